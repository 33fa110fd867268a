"""The Bernstein form of a density on each interval between knots, in exact arithmetic."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from clt_sim.exact.law import NoExactLaw

if TYPE_CHECKING:
    from clt_sim.exact.truncated_powers import TruncatedPowers

MOST_HALVINGS = 60
"""How often an interval is halved in search of non-negative coefficients."""


@dataclass(frozen=True, slots=True)
class BernsteinPiece:
    """A polynomial on an interval, exactly.

    Its value is ``sum_i b_i C(d, i) u^i v^(d-i)`` with ``u = (x - low)/(high - low)``,
    ``v = (high - x)/(high - low)`` and ``b_i = numerators[i]/denominator``. Where no b_i is
    below 0 nothing cancels, and rounded arithmetic keeps relative accuracy.

    Parameters
    ----------
    low, high : Fraction
        Ends of the interval.
    numerators : tuple of int
        Numerators of the degree + 1 coefficients.
    denominator : int
        Their common denominator, above 0.
    """

    low: Fraction
    high: Fraction
    numerators: tuple[int, ...]
    denominator: int

    @property
    def floats(self) -> list[float]:
        """The coefficients, each rounded once."""
        return [numerator / self.denominator for numerator in self.numerators]

    def integral(self, start: Fraction) -> BernsteinPiece:
        """Return the integral from `low`, plus `start`: the degree rises by one.

        The coefficients of an integral are ``(high - low)/(degree + 1)`` times the running sums
        of the coefficients (Farouki 2012, "The Bernstein polynomial basis", section 3.5).
        """
        factor = (self.high - self.low) / (len(self.numerators) * self.denominator)
        first = start.numerator * factor.denominator
        unit = start.denominator * factor.numerator
        numerators = [first]
        for numerator in self.numerators:
            numerators.append(numerators[-1] + unit * numerator)
        denominator = start.denominator * factor.denominator
        return BernsteinPiece(self.low, self.high, tuple(numerators), denominator)

    def reflected(self) -> BernsteinPiece:
        """Return the piece with its coefficients in the opposite order."""
        return BernsteinPiece(self.low, self.high, self.numerators[::-1], self.denominator)

    def halves(self) -> tuple[BernsteinPiece, BernsteinPiece]:
        """Return the same polynomial on the two halves of the interval, by de Casteljau."""
        degree = len(self.numerators) - 1
        firsts, lasts = _triangle(self.numerators)
        left = tuple(value << (degree - i) for i, value in enumerate(firsts))
        right = tuple(value << i for i, value in enumerate(reversed(lasts)))
        middle = (self.low + self.high) / 2
        denominator = self.denominator << degree
        return (
            BernsteinPiece(self.low, middle, left, denominator),
            BernsteinPiece(middle, self.high, right, denominator),
        )


def bernstein_pieces(density: TruncatedPowers) -> tuple[BernsteinPiece, ...]:
    """Return the density between neighbouring knots, with no coefficient below 0.

    Parameters
    ----------
    density : TruncatedPowers
        An exact density.

    Returns
    -------
    tuple of BernsteinPiece
        Ascending and without gaps. An interval on which some coefficient is below 0 is halved
        until none is.

    Raises
    ------
    NoExactLaw
        If halving does not end: the density is 0 or below inside an interval.
    """
    return tuple(part for piece in _between_knots(density) for part in _non_negative(piece))


def _between_knots(density: TruncatedPowers) -> Iterator[BernsteinPiece]:
    """Go from knot to knot with the derivatives, and yield the Bernstein form on the way.

    With degree d and width h, the numbers ``e_j = h^j (d-j)! f^(j)`` at the left knot are whole,
    and d! times the Bernstein coefficients have them as leading differences: filling the
    table of differences gives the coefficients down its left side and the e_j of the right
    knot down its right side.
    """
    degree = density.order - 1
    added: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for knot, order, numerator in density.terms:
        added[knot].append((order - 1, numerator * math.factorial(degree - order + 1)))
    scale = density.denominator * math.factorial(degree) * density.step.numerator
    derivatives = [0] * (degree + 1)
    for low, high in pairwise(sorted(added)):
        for j, jump in added[low]:
            derivatives[j] += jump
        width = high - low
        firsts, lasts = _triangle([value * width**j for j, value in enumerate(derivatives)])
        yield BernsteinPiece(
            density.offset + low * density.step,
            density.offset + high * density.step,
            tuple(value * density.step.denominator for value in firsts),
            scale,
        )
        derivatives = [value // width**j for j, value in enumerate(reversed(lasts))]


def _triangle(row: Sequence[int]) -> tuple[list[int], list[int]]:
    """Add neighbours until one number is left; return the first and the last of every row."""
    firsts, lasts = [], []
    while row:
        firsts.append(row[0])
        lasts.append(row[-1])
        row = [a + b for a, b in pairwise(row)]
    return firsts, lasts


def _non_negative(piece: BernsteinPiece, halvings: int = 0) -> Iterator[BernsteinPiece]:
    if min(piece.numerators) >= 0:
        yield piece
    elif halvings == MOST_HALVINGS:
        raise NoExactLaw(
            f"the density is zero or negative at x = {float(piece.low)!r}, inside an interval"
            " between knots, where no relative accuracy can be had."
        )
    else:
        for half in piece.halves():
            yield from _non_negative(half, halvings + 1)
