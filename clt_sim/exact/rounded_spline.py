"""Density, distribution and survival function in double precision, with relative accuracy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import real_numbers
from clt_sim.exact.bernstein_table import BernsteinTable
from clt_sim.exact.interval_places import IntervalPlaces

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.exact.bernstein import BernsteinPiece

_CHUNK = 2048
"""Points evaluated together, so that the working arrays stay small and in cache."""


@dataclass(frozen=True, slots=True, eq=False)
class RoundedSpline:
    """A density and its two integrals on intervals, to full precision of doubles.

    Parameters
    ----------
    places : IntervalPlaces
        The p intervals.
    density : BernsteinTable
        The density on each.
    cdf, sf : BernsteinTable
        Distribution and survival function. They are kept apart, as each is accurate in the tail
        in which the other is 1 minus something small.
    first : ndarray of float64, shape (p + 1,)
        The least float that is not below each end.
    """

    places: IntervalPlaces
    density: BernsteinTable
    cdf: BernsteinTable
    sf: BernsteinTable
    first: NDArray[np.float64]

    @classmethod
    def from_pieces(cls, pieces: Sequence[BernsteinPiece]) -> RoundedSpline:
        """Round exact pieces, which must be ascending and without gaps."""
        ends = [pieces[0].low, *(piece.high for piece in pieces)]
        nearest = [float(end) for end in ends]
        below = [Fraction(near) < end for end, near in zip(ends, nearest, strict=True)]
        upper = [p.reflected() for p in _running_integrals([p.reflected() for p in pieces[::-1]])]
        return cls(
            IntervalPlaces.between(ends),
            BernsteinTable.of(pieces),
            BernsteinTable.of(_running_integrals(pieces)),
            BernsteinTable.of(upper[::-1]),
            np.where(below, np.nextafter(nearest, math.inf), nearest),
        )

    @property
    def error(self) -> float:
        """Bound on the relative error of a value of density, cdf or sf.

        That of the polynomials of the highest degree, for values above 1e-300.
        """
        return self.cdf.error

    def evaluate(
        self, table: BernsteinTable, x: ArrayLike, *, below: float, above: float
    ) -> NDArray[np.float64]:
        """Return one of the functions, in the shape of `x`.

        Parameters
        ----------
        table : BernsteinTable
            One of `density`, `cdf` and `sf`.
        x : array_like
            Points; nan gives nan.
        below, above : float
            Values left of the support, and from its right end on.
        """
        x = real_numbers("x", x)
        result = np.full(x.shape, np.nan)
        result[x < self.first[0]] = below
        result[x >= self.first[-1]] = above
        inside = (x >= self.first[0]) & (x < self.first[-1])
        points = x[inside]
        values = np.empty(points.shape)
        for start in range(0, points.size, _CHUNK):
            part = slice(start, start + _CHUNK)
            rows = np.searchsorted(self.first, points[part], side="right") - 1
            values[part] = table.at(rows, *self.places.coordinates(rows, points[part])).high
        result[inside] = values
        return result


def _running_integrals(pieces: Sequence[BernsteinPiece]) -> list[BernsteinPiece]:
    """Return the integral from the first end on, on each of the intervals."""
    total = Fraction(0)
    integrals = []
    for piece in pieces:
        integral = piece.integral(total)
        total = Fraction(integral.numerators[-1], integral.denominator)
        integrals.append(integral)
    return integrals
