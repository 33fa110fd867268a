"""The triangular law."""

from __future__ import annotations

import math
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
class Triangular(Law):
    """The triangular law: a density that rises to the mode and falls from it along lines.

    Parameters
    ----------
    low, mode, high : float
        Ends of the interval and the place of the peak, ``low <= mode <= high``, ``low < high``.

    Examples
    --------
    >>> Triangular(0.0, 0.0, 3.0).mean
    1.0
    """

    name: ClassVar[str] = "triangular"
    kernel: ClassVar[int] = 8

    low: float = 0.0
    mode: float = 0.5
    high: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        for name in ("low", "mode", "high"):
            object.__setattr__(self, name, finite(name, getattr(self, name)))
        check_ends(self.low, self.high)
        if not self.low <= self.mode <= self.high:
            raise ValueError(f"mode must be from {self.low} to {self.high}, not {self.mode}.")

    @property
    def _width(self) -> float:
        return self.high - self.low

    @property
    def standard_form(self) -> tuple[float, float]:
        """Location and scale of the kernel for [0, 1]."""
        return self.low, self._width

    @property
    def kernel_shape(self) -> float:
        """The place of the mode when the interval is [0, 1]."""
        return (self.mode - self.low) / self._width

    @property
    def support(self) -> tuple[float, float]:
        """The interval."""
        return self.low, self.high

    @property
    def kinks(self) -> tuple[float, ...]:
        """The mode, unless it is an end."""
        return (self.mode,) if self.low < self.mode < self.high else ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The rising and the falling piece, or one of them where the mode is an end."""
        low, mode, high = map(Fraction, (self.low, self.mode, self.high))
        pieces = []
        if low < mode:
            slope = 2 / ((high - low) * (mode - low))
            pieces.append(Piece(low, mode, (-slope * low, slope)))
        if mode < high:
            slope = 2 / ((high - low) * (high - mode))
            pieces.append(Piece(mode, high, (slope * high, -slope)))
        return tuple(pieces)

    def _moment(self, k: int) -> float:
        """Return ``E[X**k]``, exactly rounded.

        The density is the B-spline of degree 1 with knots low, mode and high, whose k-th moment is
        the mean of all products of k of its knots with repetition (Neuman, J. Comput. Appl.
        Math. 7, 1981). The sums of products of one, of two and of three knots follow from those of
        k - 1 of them.
        """
        low, mode, high = map(Fraction, (self.low, self.mode, self.high))
        power = of_two = of_three = Fraction(1)
        for _ in range(k):
            power *= low
            of_two = mode * of_two + power
            of_three = high * of_three + of_two
        return float(of_three / math.comb(k + 2, 2))

    def _variance(self) -> float:
        """Return the variance ``(w**2 - (mode - low)*(high - mode))/18`` with the width w."""
        inner = (self.mode - self.low) * (self.high - self.mode)
        return (self._width**2 - inner) / 18.0

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density."""
        x = real_numbers("x", x)
        rising, falling = self.mode - self.low, self.high - self.mode
        # A side of no length has no points; any other length will do for it.
        left = (x - self.low) / (rising or 1.0)
        right = (self.high - x) / (falling or 1.0)
        height = np.where(x < self.mode, left, right) * (2.0 / self._width)
        return np.where((x >= self.low) & (x < self.high), height, no_density(x))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        x = np.clip(real_numbers("x", x), self.low, self.high)
        rising, falling = self.mode - self.low, self.high - self.mode
        # Ratios of lengths are in range where their squares are not.
        before, after = np.minimum(x, self.mode) - self.low, np.maximum(x, self.mode) - self.mode
        left = before / self._width * (before / (rising or 1.0))
        # The area beside the mode, rather than what is missing to 1, keeps its digits near 0.
        beside = after / self._width * (1.0 + (falling - after) / (falling or 1.0))
        right = np.minimum(rising / self._width + beside, 1.0)
        return np.where(
            x < self.high, np.where(x < self.mode, left, right), np.where(np.isnan(x), x, 1.0)
        )

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function, a square root on either side of the mode."""
        p = real_numbers("p", p)
        q = np.where((p >= 0.0) & (p <= 1.0), p, np.nan)
        rising, falling = self.mode - self.low, self.high - self.mode
        left = self.low + np.sqrt(q) * (math.sqrt(self._width) * math.sqrt(rising))
        # The distance to the end, over the falling side; the nearer of end and mode is exact.
        distance = np.sqrt((1.0 - q) * self._width / (falling or 1.0))
        from_mode = self.mode + (q * self._width - rising) / (1.0 + distance)
        right = np.where(distance < 0.5, self.high - falling * distance, from_mode)
        return np.where(q * self._width < rising, left, right)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``exp(i mode t)`` times the mean of both sides, by their masses."""
        t = finite_numbers("t", t)
        rising, falling = self.mode - self.low, self.high - self.mode
        left, right = _falling_line(-rising * t), _falling_line(falling * t)
        turn: NDArray[np.complex128] = turned(self.mode, t)
        return np.asarray(turn * (rising * left + falling * right) / self._width)


def _falling_line(t: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Return the characteristic function of the density ``2(1 - x)`` on [0, 1].

    The closed form ``2(1 + i t - exp(i t))/t**2`` cancels near 0; for ``|t| < 1`` its series
    ``2 sum (i t)**k/(k + 2)!`` is used, whose 18 terms leave less than 1e-18.
    """
    away = np.where(np.abs(t) < 1.0, 1.0, t)
    with np.errstate(over="ignore"):
        square = away**2
    closed = 2.0 * (1.0 + 1j * away - np.exp(1j * away)) / square
    near = np.where(np.abs(t) < 1.0, t, 0.0)
    series = sum((1j * near) ** k * (2.0 / math.factorial(k + 2)) for k in range(18))
    return np.where(np.abs(t) < 1.0, series, closed)
