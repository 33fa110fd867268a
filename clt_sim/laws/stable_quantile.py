"""Quantiles of standardised stable laws on the right of 0."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.interpolate import CubicHermiteSpline

    from clt_sim.laws.stable_integrals import RightSide

_LEAST_MASS = 1e-18
"""Above a point with less mass beyond, a heavy tail is a power to rounding."""

_SETTLED = 1e-8
"""After one of Newton's steps that is smaller, relative, another changes nothing."""


def inverse(
    side: RightSide, below: NDArray[np.float64], above: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the points x > 0 with these masses below and above.

    By Hermite interpolation and up to two of Newton's steps.
    """
    from_zero = below - (1.0 - side.probability)
    spline = _log_quantile(side)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        odds = np.log(from_zero / above)
        x = np.exp(spline(odds))
    near = ~(odds > spline.x[0])
    at_zero = float(side.pdf(np.zeros(1))[0])
    x[near] = np.maximum(from_zero[near], 0.0) / at_zero if at_zero else np.exp(spline(spline.x[0]))
    far = (above < _LEAST_MASS) & (side.beta > -1.0)
    x[far] = side.far_quantile(above[far])
    moving = np.flatnonzero(~near & ~far)
    for _ in range(2):
        step = side.masses(x[moving]).excess(below[moving], above[moving])
        x[moving] -= step
        moving = moving[np.abs(step) > _SETTLED * x[moving]]
    return x


@functools.lru_cache(maxsize=32)
def _log_quantile(side: RightSide) -> CubicHermiteSpline:
    """Return log x as a function of the log of (mass from 0 to x)/(mass above x)."""
    from scipy.interpolate import CubicHermiteSpline

    x = _grid(side)
    below, above, density = side.masses(x)
    from_zero = below - (1.0 - side.probability)
    usable = (from_zero > 1e-306) & (above > _least_above(side)) & (density > 1e-306)
    x, between, beyond = x[usable], from_zero[usable], above[usable]
    odds = np.log(between / beyond)
    slopes = between * beyond / (side.probability * x * density[usable])
    rising = np.concatenate([[True], np.diff(np.maximum.accumulate(odds)) > 0.0])
    return CubicHermiteSpline(odds[rising], np.log(x[rising]), slopes[rising])


def _least_above(side: RightSide) -> float:
    return 1e-306 if side.beta == -1.0 else _LEAST_MASS


def _grid(side: RightSide) -> NDArray[np.float64]:
    """Return points from 0 to the far tail, close where a light tail begins or ends."""
    coarse = np.geomspace(1e-10, 1e70, 1000)
    below, above = side.tails(coarse)
    inside = coarse[(below > 1e-306) & (above > _least_above(side))]
    grid = np.geomspace(inside[0] / 1.3, inside[-1] * 1.3, 1000)
    if abs(side.beta) < 1.0:
        return grid
    # The logarithm of a light tail is an exponential of this multiple of log x.
    multiple = side.alpha / (1.0 - side.alpha)
    end = grid[0] if multiple > 0.0 else grid[-1]
    return np.union1d(grid, end * np.exp(np.linspace(0.0, 12.0, 600) / multiple))
