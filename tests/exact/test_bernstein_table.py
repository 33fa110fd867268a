"""Values to half a unit in the last place, beside exact rational numbers."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.exact.bernstein import BernsteinPiece
from clt_sim.exact.bernstein_table import BernsteinTable
from clt_sim.exact.double_double import DoubleDouble
from clt_sim.exact.interval_places import IntervalPlaces

PIECES = [
    BernsteinPiece(Fraction(0), Fraction(1, 3), (0, 0, 5, 7), 9),
    BernsteinPiece(Fraction(1, 3), Fraction(4), (7, 0, 0, 10**30), 9),
]
ENDS = [Fraction(0), Fraction(1, 3), Fraction(4)]
ROWS = np.repeat([0, 1], 6)
IN_FIRST = [1e-90, 1e-5, 0.1, 1 / 6, 0.3, np.nextafter(1 / 3, 0.0)]
IN_SECOND = [np.nextafter(1 / 3, 1.0), 0.34, 1.1, 3.0, 4.0 - 1e-9, np.nextafter(4.0, 0.0)]
X = np.array([*IN_FIRST, *IN_SECOND])


def value(piece: BernsteinPiece, x: float) -> Fraction:
    u = (Fraction(x) - piece.low) / (piece.high - piece.low)
    degree = len(piece.numerators) - 1
    return sum(
        Fraction(b, piece.denominator) * math.comb(degree, i) * u**i * (1 - u) ** (degree - i)
        for i, b in enumerate(piece.numerators)
    )


def largest_error(table: BernsteinTable) -> float:
    got = table.at(ROWS, *IntervalPlaces.between(ENDS).coordinates(ROWS, X)).high
    exact = [value(PIECES[row], x) for row, x in zip(ROWS.tolist(), X.tolist(), strict=True)]
    pairs = zip(got.tolist(), exact, strict=True)
    return float(max(abs(Fraction(found) / true - 1) for found, true in pairs))


def test_values_are_rounded_once():
    table = BernsteinTable.of(PIECES)
    assert largest_error(table) <= table.error < 1.111e-16


def test_doubles_alone_would_fail():
    """Negative control: without the second parts of the coefficients the bound is broken."""
    table = BernsteinTable.of(PIECES)
    doubles = DoubleDouble(table.scaled.high, np.zeros_like(table.scaled.low))
    assert largest_error(dataclasses.replace(table, scaled=doubles)) > table.error


def test_coordinates_are_right_to_double_precision_squared():
    u, v = IntervalPlaces.between(ENDS).coordinates(ROWS, X)
    for i, (row, x) in enumerate(zip(ROWS.tolist(), X.tolist(), strict=True)):
        low, high = ENDS[row], ENDS[row + 1]
        for parts, true in ((u, Fraction(x) - low), (v, high - Fraction(x))):
            found = Fraction(float(parts.high[i])) + Fraction(float(parts.low[i]))
            assert abs(found / (true / (high - low)) - 1) < Fraction(1, 2**98)


def test_values_and_orders_at_ends():
    table = BernsteinTable.of(PIECES)
    np.testing.assert_allclose(table.at_left(), [0.0, 7 / 9], rtol=1e-15)
    np.testing.assert_allclose(table.at_right(), [7 / 9, 1e30 / 9], rtol=1e-15)
    assert [orders.tolist() for orders in table.orders()] == [[2, 0], [0, 0]]


@pytest.mark.parametrize("n", [2, 8, 16, 60])
def test_the_stated_error_does_not_grow_with_n(n):
    law = clt.exact(clt.WeightedSum(n=n, inputs="uniform", weights=1.0))
    assert law.error < 1.112e-16


@pytest.mark.parametrize(
    ("weight", "bias"), [(1e-290, 0.0), (1e290, -1e291), (1.0, 1e15), (1e-12, 1.0)]
)
def test_extreme_scales(weight, bias, irwin_hall):
    """Supports far from 1, and intervals with few floats."""
    law = clt.exact(clt.WeightedSum(n=4, inputs="uniform", weights=weight, bias=bias))
    oracle = irwin_hall(4, 0.0, 1.0, weight, bias)
    low, high = law.support
    x = np.unique(low + (high - low) * np.array([1e-3, 0.11, 0.25, 0.4, 0.77, 0.999]))
    for function in ("pdf", "cdf", "sf"):
        for found, place in zip(getattr(law, function)(x).tolist(), x.tolist(), strict=True):
            true = getattr(oracle, function)(place)
            assert abs(Fraction(found) - true) <= Fraction(law.error) * true


@pytest.mark.parametrize("inputs", ["uniform", "wikipedia"])
@pytest.mark.parametrize("n", [2, 5, 16])
def test_quantiles_are_as_near_as_floats(n, inputs):
    """The distribution function passes p between the two neighbours two units away."""
    law = clt.exact(clt.WeightedSum(n=n, inputs=inputs, weights=1.0))
    p = np.concatenate([10.0 ** -np.arange(1.0, 200.0, 9.0), np.linspace(0.01, 0.5, 40)])
    x = law.quantile(p)
    below, above = x - 2.0 * np.spacing(x), x + 2.0 * np.spacing(x)
    assert np.all(law.cdf(below) <= p)
    assert np.all(law.cdf(above) >= p)
