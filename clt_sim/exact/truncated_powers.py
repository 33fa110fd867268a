"""Piecewise polynomial densities as exact sums of truncated powers, which convolve by addition."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import pairwise

from clt_sim.laws import Piece


@dataclass(frozen=True, slots=True)
class TruncatedPowers:
    """A piecewise polynomial density, exactly.

    With ``y = (x - offset)/step`` the density of x is ::

        1/(step*denominator) * sum of c * max(y - t, 0)**(m - 1) / (m - 1)!

    over the terms (t, m, c). The Laplace transform of a term is ``c e^(-s t) / s^m``, so that a
    convolution multiplies coefficients and adds knots and orders (de Boor, *A Practical Guide
    to Splines*, chapter VIII, for truncated powers as a basis). All numbers are whole: rational
    knots cost no more than whole ones, and nothing is ever rounded.

    Parameters
    ----------
    offset : Fraction
        Left end of the support.
    step : Fraction
        Distance that divides all distances between knots, above 0.
    denominator : int
        Common denominator of the coefficients, above 0.
    terms : tuple of (int, int, int)
        Knot t, order m >= 1 and numerator c of each term, sorted, no c being 0.

    Examples
    --------
    >>> from clt_sim.laws import Uniform
    >>> uniform = TruncatedPowers.from_pieces(Uniform().pieces)
    >>> uniform.terms
    ((0, 1, 1), (1, 1, -1))
    >>> uniform.convolve(uniform).terms
    ((0, 2, 1), (1, 2, -2), (2, 2, 1))
    """

    offset: Fraction
    step: Fraction
    denominator: int
    terms: tuple[tuple[int, int, int], ...]

    @classmethod
    def from_pieces(cls, pieces: Sequence[Piece], step: Fraction | None = None) -> TruncatedPowers:
        """Return the density that has these pieces.

        Parameters
        ----------
        pieces : sequence of Piece
            Pieces that do not overlap.
        step : Fraction or None
            The step of the result; None takes the largest possible.
        """
        offset = min(piece.low for piece in pieces)
        step = common_step(pieces) if step is None else step
        exact: defaultdict[tuple[int, int], Fraction] = defaultdict(Fraction)
        for piece in pieces:
            for sign, end in ((1, piece.low), (-1, piece.high)):
                knot = int((end - offset) / step)
                for order, value in enumerate(_derivatives(piece.coefficients, end), start=1):
                    exact[knot, order] += sign * value * step**order
        denominator = math.lcm(*(value.denominator for value in exact.values()))
        whole = {key: int(value * denominator) for key, value in exact.items()}
        return cls(offset, step, denominator, _sorted_terms(whole))

    def convolve(self, other: TruncatedPowers) -> TruncatedPowers:
        """Return the density of the sum of independent variables with these two densities.

        Raises
        ------
        ValueError
            If the steps differ.
        """
        if self.step != other.step:
            raise ValueError(f"steps must be equal, not {self.step} and {other.step}.")
        product: defaultdict[tuple[int, int], int] = defaultdict(int)
        for knot, order, numerator in self.terms:
            for other_knot, other_order, other_numerator in other.terms:
                product[knot + other_knot, order + other_order] += numerator * other_numerator
        denominator = self.denominator * other.denominator
        offset = self.offset + other.offset
        return TruncatedPowers(offset, self.step, denominator, _sorted_terms(product))

    def shifted(self, by: Fraction) -> TruncatedPowers:
        """Return the density of the variable plus a constant."""
        return TruncatedPowers(self.offset + by, self.step, self.denominator, self.terms)

    @property
    def order(self) -> int:
        """The largest order; pieces have degrees below it."""
        return max(order for _, order, _ in self.terms)

    @property
    def knots(self) -> tuple[Fraction, ...]:
        """The knots in units of x, ascending; the first and the last bound the support."""
        whole = sorted({knot for knot, _, _ in self.terms})
        return tuple(self.offset + knot * self.step for knot in whole)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The polynomial between each two neighbouring knots, in powers of x."""
        added: defaultdict[Fraction, list[tuple[int, Fraction]]] = defaultdict(list)
        for knot, order, numerator in self.terms:
            scale = self.denominator * self.step**order * math.factorial(order - 1)
            added[self.offset + knot * self.step].append((order - 1, numerator / scale))
        coefficients = [Fraction(0)] * self.order
        pieces = []
        for low, high in pairwise(self.knots):
            for degree, factor in added[low]:
                for k in range(degree + 1):
                    coefficients[k] += factor * math.comb(degree, k) * (-low) ** (degree - k)
            pieces.append(Piece(low, high, _without_leading_zeros(coefficients)))
        return tuple(pieces)

    def moment(self, k: int) -> Fraction:
        """Return the exact integral of ``x**k`` against the density."""
        summands = (
            math.comb(k, j) * self.offset ** (k - j) * self.step**j * self._moment_of_y(j)
            for j in range(k + 1)
        )
        return sum(summands, Fraction(0))

    def _moment_of_y(self, k: int) -> Fraction:
        """Return the moment of y: ``(-1)^k k!`` times the transform's coefficient of s^k."""
        highest = math.factorial(k + self.order)
        total = sum(
            (-1) ** order * numerator * knot ** (k + order) * (highest // math.factorial(k + order))
            for knot, order, numerator in self.terms
        )
        return Fraction(math.factorial(k) * total, highest * self.denominator)


def scaled(pieces: Sequence[Piece], weight: Fraction) -> tuple[Piece, ...]:
    """Return the pieces of the density of ``weight*X`` for X with the given pieces.

    Parameters
    ----------
    pieces : sequence of Piece
        Density of X.
    weight : Fraction
        Any number but 0; one below 0 reflects.
    """
    result = []
    for piece in pieces:
        low, high = sorted((weight * piece.low, weight * piece.high))
        coefficients = tuple(
            value / (abs(weight) * weight**k) for k, value in enumerate(piece.coefficients)
        )
        result.append(Piece(low, high, coefficients))
    return tuple(sorted(result, key=lambda piece: piece.low))


def common_step(pieces: Sequence[Piece]) -> Fraction:
    """Return the largest step that divides all distances between the ends of pieces."""
    low = min(piece.low for piece in pieces)
    ends = {end - low for piece in pieces for end in (piece.low, piece.high)}
    return reduce(greatest_common_divisor, ends)


def greatest_common_divisor(a: Fraction, b: Fraction) -> Fraction:
    """Return the largest rational number of which `a` and `b` are whole multiples."""
    common = math.lcm(a.denominator, b.denominator)
    return Fraction(math.gcd(int(a * common), int(b * common)), common)


def _derivatives(coefficients: Sequence[Fraction], x: Fraction) -> Iterator[Fraction]:
    """Yield the polynomial and all its derivatives at x."""
    while coefficients:
        yield reduce(lambda total, c: total * x + c, reversed(coefficients), Fraction(0))
        coefficients = [k * c for k, c in enumerate(coefficients)][1:]


def _sorted_terms(numerators: Mapping[tuple[int, int], int]) -> tuple[tuple[int, int, int], ...]:
    return tuple((*key, numerators[key]) for key in sorted(numerators) if numerators[key])


def _without_leading_zeros(coefficients: Sequence[Fraction]) -> tuple[Fraction, ...]:
    degree = max((k for k, value in enumerate(coefficients) if value), default=0)
    return tuple(coefficients[: degree + 1])
