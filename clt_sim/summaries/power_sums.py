"""Sums of powers, kept exactly, and the moments and standard errors that follow from them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from clt_sim._validation import TooLargeError
from clt_sim.estimate import Estimate

_UNIT_BITS = 1127
"""Every finite double is a multiple of 2**-1127 (the least has 2**-1074, 53 bits above that)."""


@dataclass(frozen=True, slots=True)
class PowerSums:
    """Sums of powers of z, as whole multiples of 2**-1127.

    Whole numbers add without rounding, so that parts may be merged in any order and give the
    same result to the last bit.

    Parameters
    ----------
    count : int
        Number of values.
    sums : tuple of int
        The sums of z, z**2, ..., z**8 in units of 2**-1127.
    """

    count: int
    sums: tuple[int, ...]

    @classmethod
    def of_doubles(cls, count: int, rows: Iterable[Iterable[float]]) -> PowerSums:
        """Add up rows of power sums that were each rounded to double precision.

        Parameters
        ----------
        count : int
            Number of values that all rows stand for.
        rows : iterable of rows of float
            One row for each chunk, one column for each power.
        """
        return cls(count, tuple(map(exact_total, zip(*rows, strict=True))))

    def __add__(self, other: PowerSums) -> PowerSums:
        """Merge two disjoint sets of values."""
        pairs = zip(self.sums, other.sums, strict=True)
        return PowerSums(self.count + other.count, tuple(a + b for a, b in pairs))

    def raw_moments(self) -> tuple[Fraction, ...]:
        """Return ``E[z**k]`` for k = 0, ..., 8."""
        whole = self.count << _UNIT_BITS
        return (Fraction(1), *(Fraction(total, whole) for total in self.sums))

    def central_moments(self) -> tuple[float, ...]:
        """Return ``E[(z - mean)**k]`` for k = 0, ..., 8, each rounded once."""
        whole, *sums = _without_common_zeros([self.count << _UNIT_BITS, *self.sums])
        return tuple(_central_moment(k, whole, sums) for k in range(len(sums) + 1))


def _without_common_zeros(numbers: list[int]) -> list[int]:
    """Shift out the binary zeros that all of the numbers end with."""
    bits = 0
    for number in numbers:
        bits |= number
    shift = (bits & -bits).bit_length() - 1
    return [number >> shift for number in numbers]


def _central_moment(k: int, whole: int, sums: list[int]) -> float:
    """Return ``E[(z - mean)**k]``, where ``E[z**j]`` is ``sums[j - 1]/whole``, rounded once.

    With fractions in place of whole numbers it would take a dozen times as long.
    """
    minus = -sums[0]
    powers = sum(
        math.comb(k, j) * sums[j - 1] * minus ** (k - j) * whole ** (j - 1) for j in range(1, k + 1)
    )
    return float((minus**k + powers) / whole**k)


def exact_total(numbers: Iterable[float]) -> int:
    """Return the sum of doubles in units of 2**-1127, exactly.

    Raises
    ------
    OverflowError
        If a number is not finite.
    """
    return sum(map(_units, numbers))


def ratio(total: int, count: int) -> float:
    """Return an exact total divided by a count, rounded once."""
    return float(Fraction(total, count << _UNIT_BITS))


def _units(x: float) -> int:
    mantissa, exponent = math.frexp(x)
    if not math.isfinite(x):
        raise TooLargeError(f"a power sum is {x}: the sums are too large for double precision.")
    return int(mantissa * 2.0**53) << (exponent - 53 + _UNIT_BITS)


def if_moment_exists(tail_index: float, order: int, estimate: Estimate) -> Estimate:
    """Make an error infinite that takes a moment of this order, where there is none."""
    return estimate if tail_index > order else Estimate(estimate.value, math.inf)


def estimated_variance(count: int, central: tuple[float, ...]) -> Estimate:
    """Return the unbiased variance; its error is ``sqrt((m4 - m2^2)/count)``.

    Two draws are at equal distances from their mean, and tell nothing of the error.
    """
    if count < 2:
        return Estimate(math.nan, math.nan)
    error = _error(central[4] - central[2] ** 2, count, least=3)
    return Estimate(central[2] * count / (count - 1), error)


def estimated_skewness(count: int, central: tuple[float, ...]) -> Estimate:
    """Return ``m3/m2^(3/2)`` with its large-sample standard error.

    The error is the delta method's (Kendall & Stuart, "The Advanced Theory of Statistics",
    volume 1, section 10.15): with standardised moments a_k, ``count`` times the variance is
    ``a6 - 6 a4 + 9 - 3 a3 a5 + a3^2 (9 a4 + 35)/4``. Two draws have the skewness 0 whatever
    their law.
    """
    a = _standardized(central)
    variance = a[6] - 6 * a[4] + 9 - 3 * a[3] * a[5] + a[3] ** 2 * (9 * a[4] + 35) / 4
    return Estimate(a[3], _error(variance, count, least=3))


def estimated_excess_kurtosis(count: int, central: tuple[float, ...]) -> Estimate:
    """Return ``m4/m2^2 - 3`` with its large-sample standard error.

    The error is the delta method's, as for the skewness: ``count`` times the variance is
    ``a8 - 4 a4 a6 + 4 a4^3 - a4^2 - 8 a3 a5 + 16 a3^2 (1 + a4)``. Two draws have the kurtosis
    1 whatever their law, and three have 3/2.
    """
    a = _standardized(central)
    variance = a[8] - 4 * a[4] * a[6] + 4 * a[4] ** 3 - a[4] ** 2
    variance += -8 * a[3] * a[5] + 16 * a[3] ** 2 * (1 + a[4])
    return Estimate(a[4] - 3.0, _error(variance, count, least=4))


def _error(variance: float, count: int, *, least: int) -> float:
    """Return ``sqrt(variance/count)``, or nan of fewer draws than `least`."""
    return math.sqrt(max(variance, 0.0) / count) if count >= least else math.nan


def _standardized(central: tuple[float, ...]) -> tuple[float, ...]:
    if central[2] <= 0.0:
        return (math.nan,) * len(central)
    return tuple(moment / central[2] ** (k / 2) for k, moment in enumerate(central))
