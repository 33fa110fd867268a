"""The uniform law."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import check_ends, finite
from clt_sim.laws.base import Law, Piece, no_density, turned
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Uniform(Law):
    """The uniform law on an interval.

    Parameters
    ----------
    low, high : float
        Ends of the interval, ``low < high``.

    Examples
    --------
    >>> Uniform(-1.0, 1.0).moment(4)
    0.2
    """

    name: ClassVar[str] = "uniform"
    kernel: ClassVar[int] = 1

    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "low", finite("low", self.low))
        object.__setattr__(self, "high", finite("high", self.high))
        check_ends(self.low, self.high)

    @property
    def standard_form(self) -> tuple[float, float]:
        """Location and scale of the kernel for [0, 1]."""
        return self.low, self.high - self.low

    @property
    def support(self) -> tuple[float, float]:
        """The interval."""
        return self.low, self.high

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """One constant piece."""
        low, high = Fraction(self.low), Fraction(self.high)
        return (Piece(low, high, (1 / (high - low),)),)

    def _moment(self, k: int) -> float:
        """Return ``E[X**k] = (high^(k+1) - low^(k+1)) / ((k+1)(high - low))``, exactly rounded."""
        low, high = Fraction(self.low), Fraction(self.high)
        return float((high ** (k + 1) - low ** (k + 1)) / ((k + 1) * (high - low)))

    def _variance(self) -> float:
        """Return the variance ``(high - low)**2 / 12``."""
        return (self.high - self.low) ** 2 / 12.0

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density."""
        x = real_numbers("x", x)
        inside = (x >= self.low) & (x < self.high)
        return np.where(inside, 1.0 / (self.high - self.low), no_density(x))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        z = (real_numbers("x", x) - self.low) / (self.high - self.low)
        return np.clip(z, 0.0, 1.0)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function."""
        p = real_numbers("p", p)
        inside = (p >= 0.0) & (p <= 1.0)
        return np.where(inside, self.low + (self.high - self.low) * p, np.nan)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``exp(i c t) sin(h t)/(h t)`` with centre c and half-width h."""
        t = finite_numbers("t", t)
        centre, half = 0.5 * (self.low + self.high), 0.5 * (self.high - self.low)
        turn: NDArray[np.complex128] = turned(centre, t)
        return turn * np.sinc(half * t / np.pi)
