"""Exact oracles that share nothing with the package: rational numbers and direct integration."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

import pytest

from clt_sim.laws import Piece

Polynomial = tuple[Fraction, ...]


def value(polynomial: Polynomial, x: Fraction) -> Fraction:
    return sum((c * x**k for k, c in enumerate(polynomial)), Fraction(0))


def product(p: Polynomial, q: Polynomial) -> Polynomial:
    result = [Fraction(0)] * (len(p) + len(q) - 1)
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            result[i + j] += a * b
    return tuple(result)


def integral(p: Polynomial, low: Fraction, high: Fraction) -> Fraction:
    return sum(c * (high ** (k + 1) - low ** (k + 1)) / (k + 1) for k, c in enumerate(p))


def mirrored(p: Polynomial, x: Fraction) -> Polynomial:
    """q(y) = p(x - y)."""
    total = (Fraction(0),)
    for c in reversed(p):
        total = product(total, (x, Fraction(-1)))
        total = (total[0] + c, *total[1:])
    return total


def through(points: Sequence[tuple[Fraction, Fraction]]) -> Polynomial:
    """The polynomial through some points, by Newton's divided differences."""
    nodes = [x for x, _ in points]
    column = [y for _, y in points]
    leading = [column[0]]
    for gap in range(1, len(nodes)):
        column = [
            (b - a) / (nodes[i + gap] - nodes[i]) for i, (a, b) in enumerate(pairwise(column))
        ]
        leading.append(column[0])
    total: Polynomial = (Fraction(0),)
    for node, c in zip(reversed(nodes), reversed(leading), strict=True):
        total = product(total, (-node, Fraction(1)))
        total = (total[0] + c, *total[1:])
    return total


def convolution_at(f: Sequence[Piece], g: Sequence[Piece], x: Fraction) -> Fraction:
    total = Fraction(0)
    for p in f:
        for q in g:
            low, high = max(p.low, x - q.high), min(p.high, x - q.low)
            if low < high:
                integrand = product(p.coefficients, mirrored(q.coefficients, x))
                total += integral(integrand, low, high)
    return total


def convolution(f: Sequence[Piece], g: Sequence[Piece]) -> tuple[Piece, ...]:
    """Integrate exactly at as many points of each interval as fix its polynomial."""
    ends = {a + b for p in f for q in g for a in (p.low, p.high) for b in (q.low, q.high)}
    count = max(len(p.coefficients) for p in f) + max(len(q.coefficients) for q in g)
    pieces = []
    for low, high in pairwise(sorted(ends)):
        nodes = [low + (high - low) * Fraction(i, count) for i in range(count + 1)]
        points = [(x, convolution_at(f, g, x)) for x in nodes]
        pieces.append(Piece(low, high, through(points)))
    return tuple(pieces)


def times(pieces: Sequence[Piece], weight: Fraction) -> tuple[Piece, ...]:
    result = []
    for p in pieces:
        low, high = sorted((p.low * weight, p.high * weight))
        coefficients = tuple(c / weight**k / abs(weight) for k, c in enumerate(p.coefficients))
        result.append(Piece(low, high, coefficients))
    return tuple(sorted(result, key=lambda p: p.low))


class RationalLaw:
    """The exact density, distribution and survival function at rational points."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = tuple(pieces)

    def pdf(self, x: float) -> Fraction:
        x = Fraction(x)
        inside = (value(p.coefficients, x) for p in self.pieces if p.low <= x < p.high)
        return next(inside, Fraction(0))

    def cdf(self, x: float) -> Fraction:
        x = Fraction(x)
        parts = (integral(p.coefficients, p.low, min(x, p.high)) for p in self.pieces if p.low < x)
        return sum(parts, Fraction(0))

    def sf(self, x: float) -> Fraction:
        return 1 - self.cdf(x)


@functools.cache
def weighted_sum(
    pieces: tuple[Piece, ...], weights: tuple[float, ...], bias: float = 0.0
) -> RationalLaw:
    terms = [times(pieces, Fraction(w)) for w in weights]
    shift = Fraction(bias)
    total = functools.reduce(convolution, terms)
    shifted = [
        Piece(
            p.low + shift,
            p.high + shift,
            tuple(c * (-1) ** k for k, c in enumerate(mirrored(p.coefficients, -shift))),
        )
        for p in total
    ]
    return RationalLaw(shifted)


class IrwinHall:
    """The sum of n uniforms on [low, high] times a weight, plus a bias; the closed formula.

    Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 2, section 26.9.
    """

    def __init__(self, n: int, low: float, high: float, weight: float, bias: float) -> None:
        self.n = n
        self.scale = Fraction(weight) * (Fraction(high) - Fraction(low))
        self.start = n * Fraction(weight) * Fraction(low) + Fraction(bias)

    def _sum(self, x: float, power: int) -> Fraction:
        y = min((Fraction(x) - self.start) / self.scale, Fraction(self.n))
        terms = (
            (-1) ** k * math.comb(self.n, k) * (y - k) ** power
            for k in range(math.floor(max(y, Fraction(0))) + 1)
        )
        return sum(terms, Fraction(0)) / math.factorial(power) if y > 0 else Fraction(0)

    def pdf(self, x: float) -> Fraction:
        return self._sum(x, self.n - 1) / self.scale

    def cdf(self, x: float) -> Fraction:
        return self._sum(x, self.n)

    def sf(self, x: float) -> Fraction:
        return 1 - self.cdf(x)


@pytest.fixture(scope="session")
def exact_weighted_sum() -> Callable[..., RationalLaw]:
    return weighted_sum


@pytest.fixture(scope="session")
def irwin_hall() -> type[IrwinHall]:
    return IrwinHall
