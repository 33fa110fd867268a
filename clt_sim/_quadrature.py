"""Integrals of functions that are smooth between known points and have known scales."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_NODES = 20
_NEAR = np.arange(0.0, 32.0, 0.25)
_FAR = 2.0 ** np.arange(5, 61)


def graded_panels(centre: float, scale: float) -> NDArray[np.float64]:
    """Return ends of panels that suit a function with one centre and one scale.

    The panels are a quarter of the scale wide up to 32 scales on either side of the centre; from
    there on each is as wide as its distance from the centre, so that even heavy tails are reached.

    Parameters
    ----------
    centre, scale : float
        Where the function changes, and over what length.

    Returns
    -------
    ndarray of float64, shape (m,)
        The ends, not sorted.
    """
    steps = scale * np.concatenate([_NEAR, _FAR])
    return np.concatenate([centre - steps, centre + steps])


def integrate(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    ends: ArrayLike,
    low: float,
    high: float,
) -> float:
    """Return the integral of a function by Gauss-Legendre quadrature with 20 nodes a panel.

    Parameters
    ----------
    function : callable
        Takes an array and returns its values in the same shape.
    ends : array_like, shape (m,)
        Ends of panels, in any order: every point where the function is not smooth, and
        `graded_panels` for each of its scales.
    low, high : float
        The interval; an infinite one is cut at the outermost of `ends`.

    Returns
    -------
    float
        The integral.

    Examples
    --------
    >>> def decay(x):
    ...     return np.exp(-x)
    >>> abs(integrate(decay, graded_panels(0.0, 1.0), 0.0, math.inf) - 1.0) < 1e-14
    True
    """
    places = np.unique(np.append(np.asarray(ends, np.float64), [low, high]))
    places = places[(places >= low) & (places <= high) & np.isfinite(places)]
    nodes, weights = _rule()
    half = 0.5 * np.diff(places)[:, None]
    x = 0.5 * (places[1:] + places[:-1])[:, None] + half * nodes
    return math.fsum((half * weights * function(x)).ravel())


@functools.cache
def _rule() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.polynomial.legendre.leggauss(_NODES)
