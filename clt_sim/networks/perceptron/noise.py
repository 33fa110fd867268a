"""Noise after batch normalization, which undoes its control of means and variances."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST_MEAN, LARGEST_SCALE, SPREAD = 0.5, 1.25, 0.1
"""Of a step: the largest size of the mean, the largest mean scale, the spread about both."""


class Noise(NamedTuple):
    """What a normalized value x becomes in one step: ``scale * x + offset``."""

    scale: NDArray[np.float32]
    """Shape (batch, units)."""
    offset: NDArray[np.float32]
    """Shape (batch, units)."""


def draw_noise(rng: np.random.Generator, batch: int, units: int) -> Noise:
    """Draw the noise of one layer for one step.

    Noise of a mean that is not 0 and a scale that is not 1, other ones for every unit in every
    step, so that the distributions that batch normalization made stable jump about: the "noisy"
    batch normalization of Santurkar, Tsipras, Ilyas & Madry 2018 (How does batch normalization
    help optimization?, section 2.2). Here the mean of a unit in a step is uniform in
    [-0.5, 0.5] and its mean scale uniform in [1, 1.25]; for each input, the offset is uniform
    within 0.1 of the mean, and the scale normal about its mean with standard deviation 0.1.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the noise comes from.
    batch, units : int
        The shape.

    Returns
    -------
    Noise
        In float32.

    Examples
    --------
    >>> noise = draw_noise(np.random.default_rng(0), batch=60, units=100)
    >>> noise.scale.shape, bool(abs(noise.offset).max() < 0.6)
    ((60, 100), True)
    """
    mean = rng.uniform(-LARGEST_MEAN, LARGEST_MEAN, units).astype(np.float32)
    scale = rng.uniform(1.0, LARGEST_SCALE, units).astype(np.float32)
    offset = rng.random((batch, units), dtype=np.float32)
    offset = (2 * offset - 1) * np.float32(SPREAD) + mean
    about = rng.standard_normal((batch, units), dtype=np.float32)
    return Noise(scale + np.float32(SPREAD) * about, offset)
