"""Quantiles of laws that have no closed form for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_MOST_STEPS = 200
"""More than twice the 64 steps in which halving alone ends."""
_PRECISION = 2.0**-52


def invert(
    cdf: Function,
    pdf: Function,
    p: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the least x with ``cdf(x) >= p``, by Newton's method kept between two bounds.

    Where Newton's step leaves the bounds or is not below a quarter of the last, as at atoms and
    near zeros and poles of the density, the floating-point numbers between the bounds are halved.

    Parameters
    ----------
    cdf, pdf : callable
        A distribution function and its density, in the shape of the argument.
    p : ndarray of float64, shape (n,)
        Probabilities above 0 and below 1.
    low, high : ndarray of float64, shape (n,)
        Finite bounds of the solutions, ``low <= x <= high``.

    Returns
    -------
    ndarray of float64, shape (n,)
        The solutions, to a few units in the last place or as far as `cdf` can tell them.

    Examples
    --------
    >>> p = np.array([0.25, 0.5])
    >>> invert(lambda x: x**2, lambda x: 2 * x, p, np.zeros(2), np.ones(2)).round(12)
    array([0.5       , 0.70710678])
    """
    least, most = low.copy(), high.copy()
    x = 0.5 * low + 0.5 * high
    step = most - least
    most = np.where(cdf(least) >= p, least, most)
    active = np.flatnonzero(least < most)
    x[most == least] = least[most == least]
    for _ in range(_MOST_STEPS):
        if not active.size:
            break
        here = x[active]
        excess = cdf(here) - p[active]
        least[active] = np.where(excess < 0.0, here, least[active])
        most[active] = np.where(excess < 0.0, most[active], here)
        bounds = least[active], most[active]
        newton, good = _newton(here, excess, pdf(here), bounds, step[active])
        after = np.where(good, newton, _between(*bounds))
        step[active] = np.abs(after - here)
        close = good & (step[active] <= _PRECISION * np.abs(after))
        adjacent = np.nextafter(bounds[0], np.inf) >= bounds[1]
        x[active] = np.where(adjacent & ~close, bounds[1], after)
        active = active[~(close | adjacent)]
    return x


def _newton(
    x: NDArray[np.float64],
    excess: NDArray[np.float64],
    density: NDArray[np.float64],
    bounds: tuple[NDArray[np.float64], NDArray[np.float64]],
    last_step: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return Newton's step, and where to take it."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        change = np.where(excess == 0.0, 0.0, excess) / density
        after = x - change
    inside = (after >= bounds[0]) & (after <= bounds[1])
    # An infinite density is a pole, next to which the step says nothing.
    usable = np.isfinite(density) & (density > 0.0)
    return after, inside & usable & (np.abs(change) <= 0.25 * last_step)


def _between(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the middle one of the floating-point numbers between two bounds."""
    first, second = _rank(low), _rank(high)
    middle = (first >> 1) + (second >> 1) + (first & second & 1)
    bits: NDArray[np.int64] = np.where(middle >= 0, middle, np.iinfo(np.int64).min - middle)
    return bits.view(np.float64)


def _rank(x: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return whole numbers that are ordered as the floating-point numbers."""
    bits = np.ascontiguousarray(x).view(np.int64)
    return np.where(bits >= 0, bits, np.iinfo(np.int64).min - bits)
