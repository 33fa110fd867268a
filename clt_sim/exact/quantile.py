"""Quantiles of a piecewise polynomial law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import real_numbers
from clt_sim.exact.double_double import DoubleDouble, two_sum

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.exact.rounded_spline import RoundedSpline

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
    p = real_numbers("p", p)
    result = np.full(p.shape, np.nan)
    result[p == 0.0], result[p == 1.0] = spline.places.outermost()
    lower = (p > 0.0) & (p <= 0.5)
    upper = (p > 0.5) & (p < 1.0)
    result[lower] = _from_left(spline, p[lower])
    result[upper] = _from_right(spline, 1.0 - p[upper])  # exact: p is at least 1/2
    return result


def _from_left(spline: RoundedSpline, p: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = np.searchsorted(spline.cdf.at_right(), p)
    distance = _Rising(spline, upper=False).solve(rows, p)
    return spline.places.near_left(rows, distance)


def _from_right(spline: RoundedSpline, p: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = np.searchsorted(-spline.sf.at_right(), -p)
    distance = _Rising(spline, upper=True).solve(rows, p)
    return spline.places.near_right(rows, distance)


@dataclass(frozen=True, slots=True, eq=False)
class _Rising:
    """Distribution functions of the distance t in [0, 1] from the left end of an interval.

    Or for the upper tail survival functions, of the distance from the right end.
    """

    spline: RoundedSpline
    upper: bool

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
        table = self.spline.sf if self.upper else self.spline.cdf
        first, last = table.at_left()[rows], table.at_right()[rows]
        if self.upper:
            first, last = last, first
        order = 1 + self.spline.density.orders()[self.upper][rows]
        share = np.divide(target - first, last - first, where=last > first, out=np.ones_like(first))
        return np.asarray(np.clip(share, 0.0, 1.0) ** (1.0 / order))

    def _at(
        self, rows: NDArray[np.intp], t: NDArray[np.float64], target: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the value less the target, and the slope."""
        near = DoubleDouble(t, np.zeros_like(t))
        far = DoubleDouble(*two_sum(np.ones_like(t), -t))
        u, v = (far, near) if self.upper else (near, far)
        table = self.spline.sf if self.upper else self.spline.cdf
        value = table.at(rows, u, v)
        slope = self.spline.places.lengths()[rows] * self.spline.density.at(rows, u, v).high
        return (value.high - target) + value.low, slope


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
