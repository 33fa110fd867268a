"""Sums of Gaussian kernels over sorted points, with derivatives."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import factorial

if TYPE_CHECKING:
    from numpy.typing import NDArray

ERROR = 1e-14
"""Bound on the error, relative to the sum of ``|w|`` within 11 of the place.

Of what is farther away, 1e-17 may be missing."""


def gauss_transform(
    values: NDArray[np.float64], weights: NDArray[np.float64], order: int
) -> NDArray[np.float64]:
    """Return ``S(x) = sum over j of w_j exp(-(x - x_j)^2/2)`` and derivatives, at each value.

    The k-th derivative is the sum with the Hermite polynomial ``He_k(x_j - x)`` as another factor.

    Parameters
    ----------
    values, weights : ndarray of float64, shape (n,)
        The points, ascending, and their weights, of any sign.
    order : int
        The highest derivative, at most 4.

    Returns
    -------
    ndarray of float64, shape (order + 1, n)
        Row k is the k-th derivative.

    Examples
    --------
    >>> gauss_transform(np.array([0.0, 3.0]), np.array([0.5, 0.5]), 1).round(4)
    array([[ 0.5056,  0.5056],
           [ 0.0167, -0.0167]])
    """
    from clt_sim._array_kernels import gaussian_sums as kernels

    boxes, starts = _boxes(values, kernels.WIDTH)
    terms, lanes = kernels.TERMS, kernels.LANES
    out = np.empty((order + 1, values.size))
    kernels.add_gaussians(
        np.ascontiguousarray(values),
        np.ascontiguousarray(weights),
        starts,
        boxes,
        _hermite(2 * terms + order),
        1.0 / factorial(np.arange(terms)),
        np.empty((boxes.size, terms)),
        np.empty(terms + order),
        np.empty((2, lanes)),
        np.empty((terms, lanes)),
        out,
    )
    return out


def _boxes(
    values: NDArray[np.float64], width: float
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the boxes of a grid that hold values, and where each starts, with the end."""
    first, last = np.floor(values[[0, -1]] / width)
    if last - first < values.size:
        boxes = first + np.arange(last - first + 1.0)
    else:
        boxes = np.unique(np.floor(values / width))
    starts = np.append(np.searchsorted(values, boxes * width), values.size)
    filled = np.diff(starts) > 0
    return boxes[filled], np.append(starts[:-1][filled], values.size)


@functools.cache
def _hermite(count: int) -> NDArray[np.float64]:
    """Return ``He_n(d) exp(-d^2/2)`` for n below `count`, at the offsets d of boxes in reach."""
    from clt_sim._array_kernels.gaussian_sums import REACH, WIDTH

    d = WIDTH * np.arange(-REACH, REACH + 1)
    rows = [np.exp(-0.5 * d * d), d * np.exp(-0.5 * d * d)]
    for n in range(1, count - 1):
        rows.append(d * rows[n] - n * rows[n - 1])
    return np.ascontiguousarray(np.array(rows).T)
