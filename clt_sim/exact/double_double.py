"""Arithmetic of unevaluated sums of two doubles, with relative errors near 1e-31."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_SPLITTER = 2.0**27 + 1.0


@dataclass(frozen=True, slots=True, eq=False)
class DoubleDouble:
    """An array of numbers ``high + low``, where `high` is the sum rounded to a double.

    The algorithms are those of Dekker (*Numerische Mathematik* 18, 1971) and Knuth (*The Art of
    Computer Programming* 2, 4.2.2). Numbers must stay below 1e290 in size; products below 1e-290
    lose digits.

    Parameters
    ----------
    high, low : ndarray of float64, of one shape
        The two parts.

    Examples
    --------
    >>> third = DoubleDouble.of([Fraction(1, 3)])
    >>> one = third.times(DoubleDouble.of([Fraction(3)]))
    >>> float(one.high[0]), abs(float(one.low[0])) < 1e-31
    (1.0, True)
    """

    high: NDArray[np.float64]
    low: NDArray[np.float64]

    @classmethod
    def of(cls, numbers: Iterable[Fraction]) -> DoubleDouble:
        """Return rational numbers, rounded."""
        exact = list(numbers)
        high = [float(number) for number in exact]
        low = [float(number - Fraction(part)) for number, part in zip(exact, high, strict=True)]
        return cls(np.array(high), np.array(low))

    def plus(self, other: DoubleDouble) -> DoubleDouble:
        """Return the sum; the relative error is small where the signs are equal."""
        total, error = two_sum(self.high, other.high)
        return _joined(total, error + (self.low + other.low))

    def times(self, other: DoubleDouble) -> DoubleDouble:
        """Return the product."""
        product, error = two_product(self.high, other.high)
        return _joined(product, error + (self.high * other.low + self.low * other.high))

    def over(self, other: DoubleDouble) -> DoubleDouble:
        """Return the quotient, by one step of long division beyond the first."""
        first = self.high / other.high
        product = other.times(DoubleDouble(first, np.zeros_like(first)))
        rest = self.plus(DoubleDouble(-product.high, -product.low))
        return _joined(first, (rest.high + rest.low) / other.high)


def two_sum(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the rounded sum and its rounding error, which together are the exact sum."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def two_product(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the rounded product and its rounding error, which together are the exact product."""
    product = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def _split(a: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two halves of 26 bits."""
    scaled = _SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high


def _joined(high: NDArray[np.float64], low: NDArray[np.float64]) -> DoubleDouble:
    total = high + low
    return DoubleDouble(total, low - (total - high))
