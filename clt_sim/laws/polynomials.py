"""Polynomials with exact rational coefficients, and their values in floating point."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NODES = 40
_FEW_TURNS = 20.0
"""Up to this phase over half an interval the rule of 40 nodes is exact to rounding."""


@dataclass(frozen=True, slots=True)
class Polynomial:
    """The polynomial ``sum(c * x**k for k, c in enumerate(coefficients))``.

    Parameters
    ----------
    coefficients : tuple of Fraction
        At least one.
    """

    coefficients: tuple[Fraction, ...]

    def __call__(self, x: Fraction) -> Fraction:
        """Return the exact value."""
        return functools.reduce(lambda total, c: total * x + c, reversed(self.coefficients))

    def plus(self, constant: Fraction) -> Polynomial:
        """Return the sum of this and a number."""
        return Polynomial((self.coefficients[0] + constant, *self.coefficients[1:]))

    def primitive(self) -> Polynomial:
        """Return the integral from 0."""
        powers = (c / (k + 1) for k, c in enumerate(self.coefficients))
        return Polynomial((Fraction(0), *powers))

    def derivative(self) -> Polynomial:
        """Return the derivative."""
        powers = tuple(k * c for k, c in enumerate(self.coefficients))[1:]
        return Polynomial(powers or (Fraction(0),))

    def integral(self, low: Fraction, high: Fraction) -> Fraction:
        """Return the exact integral."""
        primitive = self.primitive()
        return primitive(high) - primitive(low)

    def about(self, centre: Fraction) -> Polynomial:
        """Return the polynomial of the distance from `centre`."""
        terms, derivative = [], self
        for k in range(len(self.coefficients)):
            terms.append(derivative(centre) / math.factorial(k))
            derivative = derivative.derivative()
        return Polynomial(tuple(terms))

    def between(self, low: Fraction, high: Fraction, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values at points of an interval, from the distance to its nearer end.

        So zeros at the ends keep their relative accuracy.
        """
        from_low, from_high = x - float(low), x - float(high)
        return np.where(
            from_low <= -from_high,
            _horner(_rounded_about(self, low), from_low),
            _horner(_rounded_about(self, high), from_high),
        )

    def negative_at(self, low: Fraction, high: Fraction) -> Fraction | None:
        """Return a point of an interval at which this is below 0, or None.

        The sign is exact at both ends and once between neighbouring roots. The roots are
        found in floating point: two that lie so close that it takes them for one are not told
        apart.
        """
        leading = [float(c) for c in reversed(self.about(low).coefficients)]
        roots = sorted(Fraction(float(root.real)) + low for root in np.roots(leading))
        places = [low, *(root for root in roots if low < root < high), high]
        middles = [(a + b) / 2 for a, b in pairwise(places)]
        return next((x for x in [low, high, *middles] if self(x) < 0), None)


def fourier_integral(
    polynomial: Polynomial, low: Fraction, high: Fraction, t: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Return the integral of ``exp(i t x)`` times a polynomial over an interval.

    By Gauss-Legendre quadrature where the exponential turns little, otherwise by repeated
    integration by parts, whose terms fall there.

    Parameters
    ----------
    polynomial : Polynomial
        The polynomial.
    low, high : Fraction
        The interval.
    t : ndarray of float64
        Frequencies.

    Returns
    -------
    ndarray of complex128
        In the shape of `t`.
    """
    half = float(high - low) / 2.0
    slow = np.abs(t) * half < _FEW_TURNS
    result = np.empty(t.shape, np.complex128)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    x = float((low + high) / 2) + half * nodes
    values = half * weights * polynomial.between(low, high, x)
    # The integral itself is exact; only what the exponential changes is summed.
    mass = float(polynomial.integral(low, high))
    result[slow] = mass + np.expm1(1j * np.multiply.outer(t[slow], x)) @ values
    fast = t[~slow]
    total = np.zeros(fast.shape, np.complex128)
    derivative, factor = polynomial, 1.0 / (1j * fast)
    for _ in polynomial.coefficients:
        for end, sign in ((high, 1.0), (low, -1.0)):
            total += sign * float(derivative(end)) * factor * np.exp(1j * float(end) * fast)
        derivative, factor = derivative.derivative(), factor * (-1.0 / (1j * fast))
    result[~slow] = total
    return result


@functools.lru_cache(maxsize=256)
def _rounded_about(polynomial: Polynomial, centre: Fraction) -> tuple[float, ...]:
    return tuple(map(float, polynomial.about(centre).coefficients))


def _horner(coefficients: tuple[float, ...], x: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.zeros_like(x)
    for c in reversed(coefficients):
        total = total * x + c
    return total
