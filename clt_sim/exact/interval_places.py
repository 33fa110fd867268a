"""Where in an interval between rational numbers a float is, with the digits of a difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.double_double import DoubleDouble, two_sum

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FARTHEST = 900
"""Binary exponent of the farthest end: products are far from the end of doubles."""


@dataclass(frozen=True, slots=True, eq=False)
class IntervalPlaces:
    """Intervals whose ends are known to three doubles.

    The ends are those of p intervals in units of ``2**exponents``, in which widths are near 1.
    A float may be so close to an end that a double for the rest of the end is not enough.

    Parameters
    ----------
    left, right : ndarray of float64, shape (3, p)
        The ends as sums of three doubles, each the nearest to what those before leave.
    width : DoubleDouble, shape (p,)
        Widths.
    exponents : ndarray of int, shape (p,)
        Of the units.
    """

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    width: DoubleDouble
    exponents: NDArray[np.int64]

    @classmethod
    def between(cls, ends: Sequence[Fraction]) -> IntervalPlaces:
        """Take the intervals between neighbours of ascending numbers."""
        exponents = [_exponent(low, high) for low, high in pairwise(ends)]
        units = [Fraction(2) ** exponent for exponent in exponents]
        low = [end / unit for end, unit in zip(ends[:-1], units, strict=True)]
        high = [end / unit for end, unit in zip(ends[1:], units, strict=True)]
        return cls(
            np.array([_parts(end) for end in low]).T,
            np.array([_parts(end) for end in high]).T,
            DoubleDouble.of([last - first for first, last in zip(low, high, strict=True)]),
            np.array(exponents),
        )

    def coordinates(
        self, rows: NDArray[np.intp], x: NDArray[np.float64]
    ) -> tuple[DoubleDouble, DoubleDouble]:
        """Return the distances of points from the left and from the right end, over the width.

        Parameters
        ----------
        rows : ndarray of int, shape (size,)
            The interval of each point.
        x : ndarray of float64, shape (size,)
            The points.

        Returns
        -------
        u, v : DoubleDouble, shape (size,)
            Right to relative error, with the sum 1.
        """
        place = np.ldexp(x, -self.exponents[rows])
        width = DoubleDouble(self.width.high[rows], self.width.low[rows])
        from_left = _difference(place, self.left[:, rows])
        to_right = _difference(-place, -self.right[:, rows])
        return from_left.over(width), to_right.over(width)

    def lengths(self) -> NDArray[np.float64]:
        """Return the widths in units of x, rounded."""
        return np.asarray(np.ldexp(self.width.high, self.exponents))

    def outermost(self) -> tuple[float, float]:
        """Return the first and the last end, rounded."""
        low = np.ldexp(self.left[0, 0], self.exponents[0])
        return float(low), float(np.ldexp(self.right[0, -1], self.exponents[-1]))

    def near_left(self, rows: NDArray[np.intp], t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the points at a share t of the width from the left end."""
        return self._near(self.left[:, rows], self.width.high[rows] * t, rows)

    def near_right(self, rows: NDArray[np.intp], t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the points at a share t of the width from the right end."""
        return self._near(self.right[:, rows], -self.width.high[rows] * t, rows)

    def _near(
        self, end: NDArray[np.float64], distance: NDArray[np.float64], rows: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        return np.asarray(np.ldexp(end[0] + (end[1] + distance), self.exponents[rows]))


def _exponent(low: Fraction, high: Fraction) -> int:
    width, farthest = high - low, max(abs(low), abs(high))
    return max(_binary_exponent(width), _binary_exponent(farthest) - _FARTHEST)


def _binary_exponent(number: Fraction) -> int:
    return number.numerator.bit_length() - number.denominator.bit_length()


def _parts(number: Fraction) -> tuple[float, float, float]:
    first = float(number)
    second = float(number - Fraction(first))
    return first, second, float(number - Fraction(first) - Fraction(second))


def _difference(place: NDArray[np.float64], end: NDArray[np.float64]) -> DoubleDouble:
    return DoubleDouble(*two_sum(place, -end[0])).plus(DoubleDouble(-end[1], -end[2]))
