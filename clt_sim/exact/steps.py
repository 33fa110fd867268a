"""Discrete laws by tables: masses at places, and distribution functions with a step at each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import real_numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def mass_at(places: Floats, masses: Floats, x: ArrayLike) -> Floats:
    """Return the mass at x, in the shape of `x`; 0 where x is not one of the rising places.

    Examples
    --------
    >>> mass_at(np.array([0.0, 2.0]), np.array([0.25, 0.75]), [0.0, 1.0, 2.0]).tolist()
    [0.25, 0.0, 0.75]
    """
    x = real_numbers("x", x)
    index = np.minimum(np.searchsorted(places, x), places.size - 1)
    mass = np.where(places[index] == x, masses[index], 0.0)
    return np.where(np.isnan(x), np.nan, mass)


def height_at(places: Floats, heights: Floats, x: ArrayLike) -> Floats:
    """Return a step function at x, given its heights before the first place and from each on.

    nan, which is sorted last, stays nan.

    Examples
    --------
    >>> height_at(np.array([0.0, 2.0]), np.array([0.0, 0.25, 1.0]), [-1.0, 0.0, 5.0]).tolist()
    [0.0, 0.25, 1.0]
    """
    x = real_numbers("x", x)
    return np.where(np.isnan(x), np.nan, heights[np.searchsorted(places, x, side="right")])


def step_quantile(
    places: Floats, below: Floats, support: tuple[float, float], p: ArrayLike
) -> Floats:
    """Return the least place whose height is p or more; the ends at 0 and 1, nan outside.

    Examples
    --------
    >>> below = np.array([0.0, 0.25, 1.0])
    >>> step_quantile(np.array([0.0, 2.0]), below, (0.0, 2.0), [0.25, 0.3, 1.0]).tolist()
    [0.0, 2.0, 2.0]
    """
    p = real_numbers("p", p)
    inside = (p > 0.0) & (p < 1.0)
    index = np.searchsorted(below[1:], np.where(inside, p, 0.5))
    at_ends = np.where(p == 0.0, support[0], np.where(p == 1.0, support[1], np.nan))
    return np.where(inside, places[index], at_ends)
