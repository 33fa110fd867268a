"""Functions of the standard normal law."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOG_ROOT_TWO_PI = 0.5 * math.log(2.0 * math.pi)


@np.errstate(over="ignore")
def density(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard normal density, in the shape of z."""
    return np.exp(-0.5 * z * z - LOG_ROOT_TWO_PI)


def integrated_cdf(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``z Phi(z) + phi(z)``, the integral of Phi from minus infinity to each z."""
    return np.asarray(z * ndtr(z) + density(z))
