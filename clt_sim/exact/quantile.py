"""Quantiles of a piecewise polynomial law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.rounded_spline import RoundedSpline, de_casteljau

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MOST_STEPS = 200
"""More than bisection takes from 1 to the least positive step that matters, 2^-100 or so."""


def quantile(spline: RoundedSpline, p: ArrayLike) -> NDArray[np.float64]:
    """Return the least x with ``cdf(x) >= p``.

    Up to p = 1/2 the equation ``cdf(x) = p`` is solved, and above it ``sf(x) = 1 - p``, in the
    distance from the left or the right end of the interval between knots that holds the
    solution: so both tails keep the accuracy of the function that is small there.

    Parameters
    ----------
    spline : RoundedSpline
        The law.
    p : array_like
        Probabilities.

    Returns
    -------
    ndarray of float64
        In the shape of `p`: the ends of the support at 0 and 1, nan outside [0, 1].
    """
    p = np.asarray(p, np.float64)
    result = np.full(p.shape, np.nan)
    result[p == 0.0] = spline.high[0]
    result[p == 1.0] = spline.high[-1]
    lower = (p > 0.0) & (p <= 0.5)
    upper = (p > 0.5) & (p < 1.0)
    result[lower] = _from_left(spline, p[lower])
    result[upper] = _from_right(spline, 1.0 - p[upper])  # exact: p is at least 1/2
    return result


def _from_left(spline: RoundedSpline, p: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = np.searchsorted(spline.cdf[:, -1], p)
    distance = _Rising(spline.cdf, spline.density, spline.width).solve(rows, p)
    return spline.high[rows] + (spline.low[rows] + spline.width[rows] * distance)


def _from_right(spline: RoundedSpline, p: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = np.searchsorted(-spline.sf[:, -1], -p)
    rising = _Rising(spline.sf[:, ::-1], spline.density[:, ::-1], spline.width)
    distance = rising.solve(rows, p)
    return spline.high[rows + 1] + (spline.low[rows + 1] - spline.width[rows] * distance)


@dataclass(frozen=True, slots=True, eq=False)
class _Rising:
    """Functions of a distance t in [0, 1] that do not fall, and their slopes ``width*density``."""

    values: NDArray[np.float64]
    density: NDArray[np.float64]
    width: NDArray[np.float64]

    def solve(self, rows: NDArray[np.intp], target: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return t with ``value(t) = target`` by Newton's method kept between two bounds."""
        t = self._start(rows, target)
        least, most = np.zeros_like(t), np.ones_like(t)
        step = np.ones_like(t)
        active = np.arange(t.size)
        for _ in range(_MOST_STEPS):
            if not active.size:
                break
            here = t[active]
            excess, slope = self._at(rows[active], here, target[active])
            least[active] = np.where(excess < 0.0, here, least[active])
            most[active] = np.where(excess >= 0.0, here, most[active])
            after = _next(
                here,
                excess,
                slope,
                least=least[active],
                most=most[active],
                last_step=step[active],
            )
            step[active] = np.abs(after - here)
            t[active] = after
            active = active[(excess != 0.0) & (step[active] > 2.0**-53 * after)]
        return t

    def _start(self, rows: NDArray[np.intp], target: NDArray[np.float64]) -> NDArray[np.float64]:
        """Invert ``value(0) + (value(1) - value(0)) t^k``, k the order of the first change.

        Between the end of the support and the first knot this is often the solution itself.
        """
        first, last = self.values[rows, 0], self.values[rows, -1]
        order = 1 + np.argmax(self.density > 0.0, axis=1)[rows]
        share = np.divide(target - first, last - first, where=last > first, out=np.ones_like(first))
        return np.asarray(np.clip(share, 0.0, 1.0) ** (1.0 / order))

    def _at(
        self, rows: NDArray[np.intp], t: NDArray[np.float64], target: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        value = de_casteljau(self.values, rows, t, 1.0 - t)
        slope = self.width[rows] * de_casteljau(self.density, rows, t, 1.0 - t)
        return value - target, slope


def _next(
    t: NDArray[np.float64],
    excess: NDArray[np.float64],
    slope: NDArray[np.float64],
    *,
    least: NDArray[np.float64],
    most: NDArray[np.float64],
    last_step: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Take Newton's step, or bisect where it leaves the bounds or does not halve the last step."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        change = np.where(excess == 0.0, 0.0, excess / slope)
    newton = t - change
    good = (newton >= least) & (newton <= most) & (np.abs(change) <= 0.5 * last_step)
    return np.where(good, newton, 0.5 * (least + most))
