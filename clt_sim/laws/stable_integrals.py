"""Density and both tails of a standardised stable law on the right of 0."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gamma

from clt_sim.laws.stable_panels import Masses

if TYPE_CHECKING:
    from numpy.typing import NDArray

_REACH = 45.0
"""Beyond, the weight of the logistic substitution is below exp(-45)."""
_MOST_AT_ONCE = 2**15
"""Numbers that stay in the caches of a processor."""
_NEAR, _FAR = 1e-12, 1e5
_TERMS = 8
_LARGEST_LOG = 700.0


@dataclass(frozen=True, slots=True)
class RightSide:
    """The standard stable law with index `alpha` and skewness `beta`, at x > 0.

    Zolotarev's integrals over an angle, in the form of Nolan (Stochastic Models 13, 1997,
    theorem 1), are taken by the trapezoidal rule in y, where the angle is a logistic function
    of y; it converges geometrically. For large x the series in ``x**-alpha`` is used
    (Zolotarev 1986, section 2.4), whose terms after the eighth are below 1e-30 there.

    Parameters
    ----------
    alpha : float
        Index, above 0 and below 2, not 1.
    beta : float
        Skewness, from -1 to 1; there must be mass on the right of 0.
    """

    alpha: float
    beta: float

    @property
    def angle(self) -> float:
        """The angle theta_0, with ``P(X > 0) = 1/2 + theta_0/pi``."""
        if abs(self.beta) == 1.0:
            extreme = 0.5 * math.pi if self.alpha < 1.0 else 0.5 * math.pi - math.pi / self.alpha
            return math.copysign(extreme, extreme * self.beta)
        return math.atan(self.beta * math.tan(0.5 * math.pi * self.alpha)) / self.alpha

    @property
    def probability(self) -> float:
        """The probability of x > 0."""
        return 0.5 + self.angle / math.pi

    @property
    def _scale(self) -> float:
        """The factor that turns x into Zolotarev's variable."""
        return float(math.cos(self.alpha * self.angle) ** (1.0 / self.alpha))

    def pdf(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density at points >= 0."""
        return self.masses(x).density

    def tails(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the masses below and above points >= 0, each right to relative error."""
        below, above, _ = self.masses(x)
        return below, above

    def masses(self, x: NDArray[np.float64]) -> Masses:
        """Return the masses below and above points >= 0, and the density."""
        inner = np.clip(x, _NEAR, None)
        decay, rise, peak = self._integrals(inner)
        falling, rising = (decay, rise) if self.alpha < 1.0 else (rise, decay)
        below, above = 1.0 - self.probability + falling / math.pi, rising / math.pi
        density = peak * self.alpha / (math.pi * abs(self.alpha - 1.0)) / inner
        far, near = self._is_far(x), x < _NEAR
        above[far], density[far] = self._series(inner[far], 0), self._series(inner[far], 1)
        at_zero = gamma(1.0 + 1.0 / self.alpha) * math.cos(self.angle) * self._scale / math.pi
        below[near], above[near], density[near] = 1.0 - self.probability, self.probability, at_zero
        return Masses(np.minimum(below, 1.0), above, density)

    def far_quantile(self, above: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return x with a mass so small above that the first term of the series is all."""
        first = gamma(self.alpha) * math.sin(math.pi * self.alpha * self.probability) / math.pi
        with np.errstate(over="ignore", divide="ignore"):
            return np.asarray((first / above) ** (1.0 / self.alpha) / self._scale)

    def _is_far(self, x: NDArray[np.float64]) -> NDArray[np.bool_]:
        # Without a heavy right tail all terms of the series are 0.
        heavy = self.beta > -1.0
        return np.asarray(heavy & (x > (_FAR ** (1.0 / self.alpha)) / self._scale))

    def _series(self, x: NDArray[np.float64], order: int) -> NDArray[np.float64]:
        """Return the upper mass (order 0) or the density (order 1) by the series."""
        z = x * self._scale
        total = np.zeros_like(x)
        for k in range(1, _TERMS + 1):
            angle = math.sin(k * math.pi * self.alpha * self.probability)
            size = (-1.0) ** (k + 1) * gamma(k * self.alpha + order) / math.factorial(k)
            total += size * angle / math.pi * z ** (-k * self.alpha - order)
        return total * self._scale**order

    def _integrals(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return those of ``exp(-g)``, ``1 - exp(-g)`` and ``g exp(-g)`` over the angle."""
        logs, weights = _rule(self)
        power = self.alpha / (self.alpha - 1.0)
        rows = max(1, _MOST_AT_ONCE // logs.size)
        result = np.empty((3, x.size))
        for start in range(0, x.size, rows):
            some = slice(start, start + rows)
            log_g = power * np.log(x[some])[:, None] + logs
            g = np.exp(np.minimum(log_g, _LARGEST_LOG))
            decay = np.exp(-g)
            for part, values in zip(result, (decay, -np.expm1(-g), g * decay), strict=True):
                part[some] = values @ weights
        return result


@functools.lru_cache(maxsize=32)
def _rule(side: RightSide) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``log V`` at the nodes of the angle, and their weights.

    All sines are taken of the distance to the nearer zero, from either end of the angle.
    """
    alpha, length = side.alpha, math.pi * side.probability
    steepest = max(alpha, 1.0) / abs(alpha - 1.0)
    # exp(-exp(steepest*y)) is analytic in a strip of half-width pi/(2 steepest).
    step = min(0.25 / steepest, 0.4)
    count = math.ceil(_REACH / step)
    y = step * np.arange(-count, count + 1)
    below, above = length / (1.0 + np.exp(-y)), length / (1.0 + np.exp(y))
    first = below < above
    rest = math.pi - length
    # pi - alpha*length, which is 0 where the right tail is light.
    gap = 0.0 if side.beta == -1.0 else math.pi - alpha * length
    cosine = np.sin(np.where(first, rest + below, above))
    sine = np.sin(np.where(first | (alpha < 1.0), alpha * below, gap + alpha * above))
    # The sines of alpha*length and of gap are the same.
    far_end = alpha * length if alpha < 1.0 else gap
    second = far_end + abs(1.0 - alpha) * above
    last = np.sin(np.where(first, rest + (1.0 - alpha) * below, second))
    power = alpha / (alpha - 1.0)
    logs = (
        math.log(math.cos(alpha * side.angle)) / (alpha - 1.0)
        + power * (np.log(cosine) - np.log(sine))
        + np.log(last)
        - np.log(cosine)
    )
    return logs, step * below * above / length
