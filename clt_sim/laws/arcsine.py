"""The arcsine law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import j0

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import check_ends, finite
from clt_sim.laws.base import Law, turned
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Arcsine(Law):
    """The arcsine law, that of a sine at a random phase.

    Its density is ``1/(pi sqrt((x - low)(high - x)))``.

    Parameters
    ----------
    low, high : float
        Ends of the interval, ``low < high``.

    Examples
    --------
    >>> Arcsine(-1.0, 1.0).moment(4)
    0.375
    """

    name: ClassVar[str] = "arcsine"

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "low", finite("low", self.low))
        object.__setattr__(self, "high", finite("high", self.high))
        check_ends(self.low, self.high)

    @property
    def support(self) -> tuple[float, float]:
        """The interval."""
        return self.low, self.high

    def _moment(self, k: int) -> float:
        """Return ``E[X**k]``, exactly rounded: a binomial sum over the moments of [0, 1].

        These are ``comb(2j, j)/4**j`` (the beta law with both parameters 1/2).
        """
        low, high = Fraction(self.low), Fraction(self.high)
        width = (high - low) / 4
        terms = (
            math.comb(k, j) * math.comb(2 * j, j) * low ** (k - j) * width**j for j in range(k + 1)
        )
        return float(sum(terms, Fraction(0)))

    def _variance(self) -> float:
        """Return the variance ``(high - low)**2/8``."""
        return (self.high - self.low) ** 2 / 8.0

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density, inf at both ends."""
        x = real_numbers("x", x)
        inside = np.clip(x, self.low, self.high)
        # Roots of the distances, whose product might overflow; the sign of -0.0 would stay.
        roots = np.sqrt(np.abs(inside - self.low)) * np.sqrt(np.abs(self.high - inside))
        with np.errstate(divide="ignore"):
            density = 1.0 / (math.pi * roots)
        return np.where((x < self.low) | (x > self.high), 0.0, density)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function ``(2/pi) arctan(sqrt((x - low)/(high - x)))``."""
        x = np.clip(real_numbers("x", x), self.low, self.high)
        angle = np.arctan2(np.sqrt(x - self.low), np.sqrt(self.high - x))
        return np.asarray(angle * (2.0 / math.pi))

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function ``low + (high - low) sin(pi p/2)**2``."""
        p = real_numbers("p", p)
        q = np.where((p >= 0.0) & (p <= 1.0), p, np.nan)
        width = self.high - self.low
        from_low = self.low + width * np.sin(0.5 * math.pi * q) ** 2
        from_high = self.high - width * np.sin(0.5 * math.pi * (1.0 - q)) ** 2
        return np.where(q < 0.5, from_low, from_high)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``exp(i c t) J_0(h t)`` with centre c and half-width h."""
        t = finite_numbers("t", t)
        centre, half = 0.5 * (self.low + self.high), 0.5 * (self.high - self.low)
        return turned(centre, t) * j0(half * t)
