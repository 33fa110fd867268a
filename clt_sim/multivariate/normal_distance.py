"""The mean distance between a point and a normal vector."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import hyp1f1, poch

if TYPE_CHECKING:
    from numpy.typing import NDArray


def mean_distance(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``E|a - Z|`` for ``Z ~ N(0, I)``, and its gradient in a.

    With ``m = sqrt(2) Gamma((d + 1)/2)/Gamma(d/2)``, the mean of ``|Z|``, it is
    ``m 1F1(-1/2; d/2; -|a|^2/2)``, the mean of a noncentral chi variable (G. J. Szekely &
    M. L. Rizzo, A new test for multivariate normality, Journal of Multivariate Analysis 93, 2005,
    have its series), and its gradient ``(a m/d) 1F1(1/2; d/2 + 1; -|a|^2/2)``. The
    first function is made of two of the second kind, all terms positive, by the contiguous
    relation ``1F1(-1/2; b; -x) = 1F1(1/2; b; -x) + (x/b) 1F1(1/2; b + 1; -x)`` (DLMF 13.3.4).

    Parameters
    ----------
    points : ndarray of float64, shape (n, d)
        The points a.

    Returns
    -------
    distances : ndarray of float64, shape (n,)
    gradients : ndarray of float64, shape (n, d)

    Examples
    --------
    >>> distance, gradient = mean_distance(np.zeros((1, 2)))
    >>> round(float(distance[0]), 12) == round(math.sqrt(math.pi / 2), 12)
    True
    """
    half = 0.5 * points.shape[1]
    x = 0.5 * np.einsum("ij,ij->i", points, points)
    rise = hyp1f1(0.5, half + 1.0, -x)
    mean = mean_norm(points.shape[1])
    distances = mean * (hyp1f1(0.5, half, -x) + x / half * rise)
    return distances, (0.5 * mean / half) * rise[:, None] * points


def mean_norm(dimensions: int) -> float:
    """Return ``E|Z|`` for a standard normal vector.

    Examples
    --------
    >>> round(mean_norm(1) ** 2, 12) == round(2 / math.pi, 12)
    True
    """
    return math.sqrt(2.0) * float(poch(0.5 * dimensions, 0.5))
