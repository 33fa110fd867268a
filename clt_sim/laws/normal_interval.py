"""The standard normal law within an interval, without cancellation in the tails."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erf, erfcx, log_ndtr, ndtr, ndtri_exp, wofz

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_HALF = math.sqrt(0.5 * math.pi)
"""Half of the whole normal mass, in units of the density at 0."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_SHARES = 0.5 * (1.0 + _NODES)
_NEWTON_STEPS = 4


@dataclass(frozen=True, slots=True)
class NormalInterval:
    """A standard normal variable given that it is from `low` to `high`.

    Masses are in units of the density at the point of the interval that is nearest to 0, so
    that none underflows.

    Parameters
    ----------
    low, high : float
        The ends, possibly infinite, with ``low < high`` and ``-low <= high``: of the two, the
        upper end is farther from 0.
    """

    low: float
    high: float

    @property
    def _total(self) -> float:
        return float(self._between(self.low, self.high, self.high - self.low))

    def _relative(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the normal density at z over that at the point nearest to 0."""
        nearest = max(self.low, 0.0)
        with np.errstate(under="ignore", over="ignore"):
            return np.asarray(np.exp(0.5 * (nearest - z) * (nearest + z)))

    def _between(self, u: ArrayLike, v: ArrayLike, length: ArrayLike) -> NDArray[np.float64]:
        """Return the mass from u to v, whose distance is given apart to keep its digits."""
        u, v, length = (np.asarray(value, np.float64) for value in (u, v, length))
        # Short lengths by quadrature: differences of tails would cancel.
        with np.errstate(invalid="ignore"):
            short = length * (1.0 + np.minimum(np.abs(u), np.abs(v))) < 1.0
        start, step = np.where(short, u, 0.0), np.where(short, length, 0.0)
        values = self._relative(start[..., None] + step[..., None] * _SHARES)
        with np.errstate(invalid="ignore"):  # infinite ones where it is not short
            near = 0.5 * step * (values @ _WEIGHTS)
        # Below 0, the mass of the mirrored interval.
        inner, outer = np.where(v < 0.0, -v, u), np.where(v < 0.0, -u, v)
        tails = self._tail(np.maximum(inner, 0.0)) - self._tail(np.maximum(outer, 0.0))
        astride = _HALF * (erf(outer / math.sqrt(2.0)) - erf(inner / math.sqrt(2.0)))
        return np.where(short, near, np.where(inner < 0.0, astride, tails))

    def _tail(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the normal mass above a z that is not below 0."""
        return np.asarray(_HALF * erfcx(z / math.sqrt(2.0)) * self._relative(z))

    def density(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density at points of the interval."""
        return self._relative(z) / self._total

    def probabilities(
        self, z: NDArray[np.float64], from_low: NDArray[np.float64], to_high: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the probabilities below and above z.

        Parameters
        ----------
        z, from_low, to_high : ndarray of float64, shape (...)
            Points of the interval and their distances from its ends.
        """
        below = self._between(self.low, z, from_low) / self._total
        above = self._between(z, self.high, to_high) / self._total
        lesser = below < above
        return np.where(lesser, below, 1.0 - above), np.where(lesser, 1.0 - below, above)

    def quantile(
        self, p: NDArray[np.float64], q: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the points with probability p below and q above.

        Returns
        -------
        z, from_low, to_high : ndarray of float64, shape (...)
            The points and their distances from the ends; of these distances the one to the end
            on the side of the lesser probability keeps its digits.
        """
        z = np.clip(self._inverse(p, q), self.low, self.high)
        with np.errstate(invalid="ignore"):
            from_low, to_high = z - self.low, self.high - z
        for _ in range(_NEWTON_STEPS):
            if math.isfinite(self.low):
                excess = self._between(self.low, self.low + from_low, from_low) - p * self._total
                from_low = np.maximum(from_low - self._over_density(excess, z), 0.0)
            if math.isfinite(self.high):
                excess = self._between(self.high - to_high, self.high, to_high) - q * self._total
                to_high = np.maximum(to_high - self._over_density(excess, z), 0.0)
        return z, from_low, to_high

    def _over_density(
        self, excess: NDArray[np.float64], z: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return a correction of the first order, 0 where the density underflows."""
        density = self._relative(z)
        return excess / np.where(density > 0.0, density, np.inf)

    def _inverse(self, p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the points to the precision that normal probabilities have."""
        above_low, above_high = float(log_ndtr(-self.low)), float(log_ndtr(-self.high))
        beyond = math.exp(above_high - above_low)
        # Of the normal probabilities below and above the point, the lesser has the digits.
        below = ndtr(self.low) + p * (ndtr(self.high) - ndtr(self.low))
        with np.errstate(divide="ignore"):
            from_above = -ndtri_exp(above_low + np.log(beyond + q * (1.0 - beyond)))
            from_below = ndtri_exp(np.log(np.minimum(below, 0.5)))
        return np.where(below < 0.5, from_below, from_above)

    @np.errstate(over="ignore")
    def characteristic_function(self, t: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Return ``E[exp(i t Z)]``, the difference of the transforms of two tails."""
        value = -self._upper(self.high, t)
        if self.low < 0.0:
            value += 2.0 * _HALF * np.exp(-0.5 * t * t) - self._upper(-self.low, -t)
        else:
            value += self._upper(self.low, t)
        return value / self._total

    def _upper(self, z: float, t: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Return the integral of ``exp(i t x)`` above z, by the Faddeeva function.

        Completing the square gives ``exp(i t z) w((t + i z)/sqrt(2))`` times the density at z.
        """
        if math.isinf(z):
            return np.zeros(t.shape, np.complex128)
        size = _HALF * float(self._relative(np.asarray(z)))
        faddeeva = np.asarray(wofz((t + 1j * z) / math.sqrt(2.0)), np.complex128)
        return np.asarray(size * np.exp(1j * z * t) * faddeeva)
