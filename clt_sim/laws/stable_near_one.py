"""Stable laws with an index near 1, on the whole line."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.laws.stable_half_line import HalfLine
from clt_sim.laws.stable_panels import Masses, masses

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.interpolate import CubicHermiteSpline

    Floats = NDArray[np.float64]

_SETTLED = 1e-7
"""After a step of Newton's method that is smaller, relative, another changes nothing."""
_MOST_STEPS = 4
_LEAST_MASS = 1e-300


@dataclass(frozen=True, slots=True)
class NearOne:
    """The standard stable law in Nolan's parametrisation 0, which is continuous in the index.

    Parameters
    ----------
    alpha : float
        Index, from 0.8 to 1.2.
    beta : float
        Skewness, from -1 to 1; not 0 if alpha is 1.
    """

    alpha: float
    beta: float

    @property
    def zeta(self) -> float:
        """``-beta*tan(pi*alpha/2)``, the place where Zolotarev's variable is 0; 0 for alpha = 1."""
        return 0.0 if self.alpha == 1.0 else -self.beta * math.tan(0.5 * math.pi * self.alpha)

    @property
    def support(self) -> tuple[float, float]:
        """The real line, or a half-line from zeta."""
        one_sided = self.alpha < 1.0 and abs(self.beta) == 1.0
        low = self.zeta if one_sided and self.beta > 0.0 else -math.inf
        high = self.zeta if one_sided and self.beta < 0.0 else math.inf
        return low, high

    @property
    def _sign(self) -> int:
        """1 if the bulk is above zeta, -1 if it is below."""
        return 1 if (self.beta <= 0.0) == (self.alpha >= 1.0) else -1

    def masses(self, x: Floats) -> Masses:
        """Return the masses below and above points inside the support, and the density."""
        bulk, rest = (HalfLine(self.alpha, abs(self.beta), bulk) for bulk in (True, False))
        x = self._sign * x
        below, above, density = (np.empty(x.shape) for _ in range(3))
        inside = x >= bulk.zeta
        between, above[inside], density[inside] = masses(bulk, x[inside])
        below[inside] = rest.mass + between
        if not inside.all():
            between, below[~inside], density[~inside] = masses(rest, -x[~inside])
            above[~inside] = bulk.mass + between
        return Masses(below, above, density) if self._sign > 0 else Masses(above, below, density)

    def quantile(self, below: Floats, above: Floats) -> Floats:
        """Return the points with these positive masses below and above.

        By Hermite interpolation and steps of Newton's method.
        """
        spline = _quantile(self)
        odds = np.log(below) - np.log(above)
        tabled = np.clip(odds, spline.x[0], spline.x[-1])
        # Beyond the table, a heavy tail is a power; there the steps are not needed.
        heavy = np.where(odds < tabled, self.beta < 1.0, self.beta > -1.0)
        slope = np.where(heavy, 1.0 / self.alpha, spline(tabled, 1))
        x = np.sinh(spline(tabled) + (odds - tabled) * slope)
        moving = np.flatnonzero((odds == tabled) | ~heavy)
        for _ in range(_MOST_STEPS):
            step = self.masses(x[moving]).excess(below[moving], above[moving])
            x[moving] -= step
            moving = moving[np.abs(step) > _SETTLED * (1.0 + np.abs(x[moving]))]
        return np.asarray(x)


@functools.lru_cache(maxsize=32)
def _quantile(law: NearOne) -> CubicHermiteSpline:
    """Return arsinh x as a function of the log of (mass below)/(mass above)."""
    from scipy.interpolate import CubicHermiteSpline

    coarse = 2.0 * np.sinh(np.linspace(-6.5, 6.5, 1501))
    usable = coarse[_usable(law, coarse)]
    ends = [usable[0] + np.linspace(-0.05, 0.5, 300), usable[-1] - np.linspace(-0.05, 0.5, 300)]
    v = np.unique(np.concatenate([coarse, *ends]))
    v = v[_usable(law, v)]
    x = np.sinh(v)
    below, above, density = law.masses(x)
    odds = np.log(below) - np.log(above)
    slopes = below * above / (density * np.cosh(v)) / (below + above)
    # Neighbouring points may be closer than rounding errors.
    rising = np.append(True, np.diff(np.maximum.accumulate(odds)) > 0.0)
    return CubicHermiteSpline(odds[rising], v[rising], slopes[rising])


def _usable(law: NearOne, v: Floats) -> NDArray[np.bool_]:
    """Say where neither mass is nearly a subnormal number, in the support."""
    x = np.sinh(v)
    usable = (x > law.support[0]) & (x < law.support[1])
    below, above, density = law.masses(x[usable])
    usable[usable] = (below > _LEAST_MASS) & (above > _LEAST_MASS) & (density > _LEAST_MASS)
    return usable
