"""Integrals of functions that are smooth between known points."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.estimate import Estimate

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_NODES = 20
_NEAR = np.arange(0.0, 32.0, 0.25)
_FAR = 2.0 ** np.arange(5, 61)
_DEEPEST = 50
_MOST_PANELS = 20_000
_MOST_DOUBLINGS = 400


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
    with np.errstate(over="ignore", invalid="ignore"):  # of a scale near the greatest double
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
    return math.fsum(_gauss(function, places[:-1], places[1:]))


def integrate_adaptively(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    *,
    precision: float,
    noise: float = 0.0,
) -> Estimate:
    """Return the integral of a function over panels, and its error.

    A panel is split until its 20-point rule and those of its halves agree. Corners of the function
    inside a panel, as of an absolute value, and zeros or poles of powers at its ends, are found by
    halving.

    Parameters
    ----------
    function : callable
        Takes an array and returns its values in the same shape.
    low, high : ndarray of float64, shape (panels,)
        The ends of each panel; all jumps of the function are among them.
    precision, noise : float
        Relative and absolute error of the values of the function; no panel is split for less.

    Returns
    -------
    Estimate
        The integral. Its error is the sum of the differences between the two rules, far too
        large where the function is smooth, and the error of the values.

    Examples
    --------
    >>> low, high = np.array([-1.0]), np.array([2.0])
    >>> abs(integrate_adaptively(np.abs, low, high, precision=1e-15).value - 2.5) < 1e-13
    True
    """
    values, differences = [], []
    error_of_values = noise * float(np.sum(high - low))
    whole = _gauss(function, low, high)
    size = float(np.sum(np.abs(whole)))
    for depth in range(_DEEPEST):
        middle = 0.5 * (low + high)
        left, right = _gauss(function, low, middle), _gauss(function, middle, high)
        difference = np.abs(left + right - whole)
        rough = difference > precision * (size + np.abs(whole)) + noise * (high - low)
        if depth == _DEEPEST - 1 or np.count_nonzero(rough) > _MOST_PANELS:
            rough[:] = False
        values.append((left + right)[~rough])
        differences.append(difference[~rough])
        if not rough.any():
            break
        low, high = (
            np.concatenate([low[rough], middle[rough]]),
            np.concatenate([middle[rough], high[rough]]),
        )
        whole = np.concatenate([left[rough], right[rough]])
    every = np.concatenate(values)
    error_of_values += precision * float(np.sum(np.abs(every)))
    return Estimate(math.fsum(every), math.fsum(np.concatenate(differences)) + error_of_values)


def integrate_tail(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    origin: float,
    start: float,
    *,
    precision: float,
    allowed: float,
) -> Estimate:
    """Return the integral of a function from `start` to infinity, away from `origin`.

    The distance from the origin doubles from panel to panel: over them a power of the distance,
    as in the tail of a Pareto law, gives a geometric series, and a lighter tail one that falls
    faster. Panels are added until the rest of that series is allowed.

    Parameters
    ----------
    function : callable
        Takes an array and returns its values in the same shape, of one sign and smooth.
    origin, start : float
        Infinity is on the side of `origin` on which `start` is.
    precision : float
        Relative error of the values of the function.
    allowed : float
        Absolute error that does not matter.

    Returns
    -------
    Estimate
        The integral, with an error that holds the rest of the series.

    Examples
    --------
    >>> tail = integrate_tail(lambda x: x**-1.5, 0.0, 1.0, precision=1e-15, allowed=1e-12)
    >>> abs(tail.value - 2.0) <= tail.stderr < 2e-12
    True
    """
    total, error, rest, before = 0.0, 0.0, 0.0, 0.0
    near = start - origin
    for _ in range(_MOST_DOUBLINGS):
        low, high = sorted((origin + near, origin + 2.0 * near))
        part = integrate_adaptively(
            function, np.array([low]), np.array([high]), precision=precision
        )
        size = abs(part.value)
        if size == 0.0:  # underflow: what was left before is the best bound
            rest = rest if math.isfinite(rest) else before
            break
        total += part.value
        error += part.stderr
        rest = size * size / (before - size) if size < before else math.inf
        if rest <= max(allowed, precision * abs(total)):
            break
        near, before = 2.0 * near, size
    return Estimate(total, error + rest)


def _gauss(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the 20-point rule on each panel."""
    points, weights = gauss_legendre(low, high)
    return np.asarray(np.sum(weights * function(points), axis=1))


def gauss_legendre(
    low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the nodes and weights of Gauss-Legendre rules with 20 nodes.

    Parameters
    ----------
    low, high : ndarray of float64, shape (panels,)
        The ends of each panel.

    Returns
    -------
    nodes, weights : ndarray of float64, shape (panels, 20)
        Sums of weights times values at the nodes are the integrals.
    """
    nodes, weights = legendre_rule(_NODES)
    half = 0.5 * (high - low)[:, None]
    return 0.5 * (low + high)[:, None] + half * nodes, half * weights


@functools.cache
def legendre_rule(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return nodes and weights of the Gauss-Legendre rule on [-1, 1], rounded correctly or nearly.

    NumPy's weights are off by some units in the last place, by how many depends on its version.
    Derivatives of series that are made with the rule multiply that by powers of `count`. Here two
    steps of Newton's method are made in extended precision (DLMF 3.5.15 and 18.9.17).

    Examples
    --------
    >>> nodes, weights = legendre_rule(2)
    >>> float(nodes[1]) == 3.0**-0.5, weights.tolist()
    (True, [1.0, 1.0])
    """
    x: Any = np.polynomial.legendre.leggauss(count)[0].astype(np.longdouble)
    for _ in range(2):
        before, now = np.ones_like(x), x.copy()
        for k in range(1, count):
            before, now = now, (x * now * (2 * k + 1) - before * k) / (k + 1)
        slope = (x * now - before) * count / (x * x - 1.0)
        x = x - now / slope
    return x.astype(np.float64), (2.0 / ((1.0 - x * x) * slope * slope)).astype(np.float64)
