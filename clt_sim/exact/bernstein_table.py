"""Polynomials in Bernstein form, evaluated in double-double arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.double_double import DoubleDouble

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.bernstein import BernsteinPiece

_ARITHMETIC = 2.0**-74
"""Of one degree: 16 operations, and products of 1e-300 that lose what is below 2^-1074."""


@dataclass(frozen=True, slots=True, eq=False)
class BernsteinTable:
    """One polynomial for each of some intervals, none with a coefficient below 0.

    Parameters
    ----------
    scaled : DoubleDouble
        Bernstein coefficients times binomial coefficients, over ``2**exponents``: the largest
        of an interval is near 1. Both parts have the shape (p, d + 1).
    exponents : ndarray of int, shape (p,)
        Of the factors, one for each interval.
    """

    scaled: DoubleDouble
    exponents: NDArray[np.int64]

    @classmethod
    def of(cls, pieces: Sequence[BernsteinPiece]) -> BernsteinTable:
        """Round exact polynomials of one degree."""
        rows = [_scaled(piece) for piece in pieces]
        high, low = ([row[part] for row in rows] for part in (0, 1))
        scaled = DoubleDouble(np.array(high), np.array(low))
        return cls(scaled, np.array([exponent for _, _, exponent in rows]))

    @property
    def degree(self) -> int:
        """The degree d."""
        return int(self.scaled.high.shape[1]) - 1

    @property
    def error(self) -> float:
        """Bound on the relative error of a value that is rounded to a double.

        That is half a unit in the last place, and hardly more. All terms are at least 0, so
        that relative errors add up and are never amplified. One of double-double arithmetic is
        below 2^-102 (Joldes, Muller & Popescu 2017, "Tight and rigorous error bounds for basic
        building blocks of double-word arithmetic"). For each degree there are a product, a
        sum, the three divisions that lead to the ratio of the distances, and the powers of the
        longer distance: fewer than 16. The bound holds for values above 1e-300 and above 1e-300
        of the largest coefficient: of what a product is, less than 2^-1072 may be lost.
        """
        return 2.0**-53 + (self.degree + 1) * _ARITHMETIC

    def at(self, rows: NDArray[np.intp], u: DoubleDouble, v: DoubleDouble) -> DoubleDouble:
        """Return ``sum_i b_i C(d, i) u^i v^(d-i)`` with b of one interval for every point.

        By Horner's rule in the ratio of the shorter distance to the longer one.

        Parameters
        ----------
        rows : ndarray of int, shape (size,)
            The intervals.
        u, v : DoubleDouble, shape (size,)
            Barycentric coordinates: at least 0, with the sum 1.

        Returns
        -------
        DoubleDouble, shape (size,)
            The values.
        """
        degree = self.degree
        left = u.high <= v.high
        shorter, longer = _chosen(left, u, v), _chosen(left, v, u)
        ratio = shorter.over(longer)
        first, step = np.where(left, degree, 0), np.where(left, -1, 1)
        total = self._coefficients(rows, first)
        for k in range(1, degree + 1):
            total = total.times(ratio).plus(self._coefficients(rows, first + k * step))
        value = total.times(_power(longer, degree))
        exponents = self.exponents[rows]
        return DoubleDouble(np.ldexp(value.high, exponents), np.ldexp(value.low, exponents))

    def at_left(self) -> NDArray[np.float64]:
        """Return the values at the left ends, shape (p,)."""
        return np.asarray(np.ldexp(self.scaled.high[:, 0], self.exponents))

    def at_right(self) -> NDArray[np.float64]:
        """Return the values at the right ends, shape (p,)."""
        return np.asarray(np.ldexp(self.scaled.high[:, -1], self.exponents))

    def orders(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return of which order the polynomials are 0 at the left and at the right ends."""
        positive = self.scaled.high > 0.0
        return np.argmax(positive, axis=1), np.argmax(positive[:, ::-1], axis=1)

    def _coefficients(self, rows: NDArray[np.intp], i: NDArray[np.int64]) -> DoubleDouble:
        return DoubleDouble(self.scaled.high[rows, i], self.scaled.low[rows, i])


def _scaled(piece: BernsteinPiece) -> tuple[list[float], list[float], int]:
    """Return the two parts of the numbers of one interval, and their exponent."""
    degree = len(piece.numerators) - 1
    numerators = [math.comb(degree, i) * value for i, value in enumerate(piece.numerators)]
    exponent = max(numerators).bit_length() - piece.denominator.bit_length()
    denominator = piece.denominator << max(exponent, 0)
    numerators = [value << max(-exponent, 0) for value in numerators]
    high = [value / denominator for value in numerators]
    low = []
    for value, near in zip(numerators, high, strict=True):
        above, below = near.as_integer_ratio()
        low.append((value * below - above * denominator) / (denominator * below))
    return high, low, exponent


def _chosen(condition: NDArray[np.bool_], a: DoubleDouble, b: DoubleDouble) -> DoubleDouble:
    return DoubleDouble(np.where(condition, a.high, b.high), np.where(condition, a.low, b.low))


def _power(base: DoubleDouble, exponent: int) -> DoubleDouble:
    """Return a power by squaring: its relative error is that of the exponent minus 1 products."""
    result = DoubleDouble(np.ones_like(base.high), np.zeros_like(base.low))
    while exponent:
        if exponent % 2:
            result = result.times(base)
        exponent //= 2
        if exponent:
            base = base.times(base)
    return result
