"""Norms and sums of magnitudes, larger where sparser, as published; most depend on the scale.

They are functions of magnitudes c of shape (N,), at least one of them above 0, and stand in table
I of N. Hurley & S. Rickard, Comparing measures of sparsity, IEEE Trans. Inf. Theory 55, 2009.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SQUARE_ALONE = 1e100
"""From here on 1 is nothing beside the square, which may be beyond doubles."""


def zeros(c: NDArray[np.float64]) -> float:
    """Return the number of magnitudes that are 0."""
    return float(np.count_nonzero(c == 0.0))


def zeros_within(c: NDArray[np.float64], epsilon: float = 0.1) -> float:
    """Return the number of magnitudes up to epsilon."""
    return float(np.count_nonzero(c <= epsilon))


def negative_l1(c: NDArray[np.float64]) -> float:
    """Return ``-sum c``."""
    return float(-np.sum(c))


def negative_lp(c: NDArray[np.float64], p: float = 0.5) -> float:
    """Return ``-(sum c^p)^(1/p)`` for ``0 < p <= 1``."""
    return float(-(np.sum(c**p) ** (1.0 / p)))


def l2_over_l1(c: NDArray[np.float64]) -> float:
    """Return ``sqrt(sum c^2)/sum c`` of magnitudes that are not all 0."""
    c = c / np.max(c)
    return float(np.sqrt(c @ c) / np.sum(c))


def negative_tanh(c: NDArray[np.float64], a: float = 1.0, b: float = 1.0) -> float:
    """Return ``-sum tanh((a c)^b)``."""
    return float(-np.sum(np.tanh((a * c) ** b)))


def negative_log(c: NDArray[np.float64]) -> float:
    """Return ``-sum log(1 + c^2)``."""
    far = c > _SQUARE_ALONE
    near = np.where(far, 0.0, c)
    logs = np.where(far, 2.0 * np.log(np.where(far, c, 1.0)), np.log1p(near * near))
    return float(-np.sum(logs))


def negative_lp_minus(c: NDArray[np.float64], p: float = -0.5) -> float:
    """Return ``-sum c^p`` over the magnitudes that are not 0, for ``p < 0``."""
    return float(-np.sum(c[c > 0.0] ** p))
