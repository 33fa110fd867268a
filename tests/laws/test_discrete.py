"""The discrete law against fractions, and what it refuses."""

from __future__ import annotations

from fractions import Fraction

import pytest

import clt_sim as clt


def test_order_of_values_does_not_matter():
    law = clt.laws.Discrete((2, -1), (0.25, 0.75))
    assert law == clt.laws.Discrete((-1.0, 2.0), (0.75, 0.25))
    assert dict(law.atoms) == {-1.0: 0.75, 2.0: 0.25}
    assert clt.laws.Discrete((1, 2), (0.5, 0.5)) == clt.laws.Discrete((1, 2))


def test_moments_are_exactly_rounded():
    third, values = Fraction(1, 3), [Fraction(x) for x in (0.1, 0.7, -1e8)]
    law = clt.laws.Discrete((0.1, 0.7, -1e8))
    for k in range(7):
        assert law.moment(k) == float(sum(x**k for x in values) * third)
    mean = sum(values) * third
    assert law.variance == float(sum((x - mean) ** 2 for x in values) * third)


def test_probabilities_are_normalised():
    law = clt.laws.Discrete((0, 1), (0.3, 0.7 + 5e-10))
    assert law.atoms[0.0] == float(Fraction(0.3) / (Fraction(0.3) + Fraction(0.7 + 5e-10)))
    assert law.cdf(1.0) == 1.0


@pytest.mark.parametrize(
    ("values", "probabilities", "message"),
    [
        ((1, 1.0), None, "values must be distinct; 1.0 is given 2 times"),
        ((0.0, -0.0), None, "values must be distinct"),
        ((), None, "at least one number"),
        ((1, float("inf")), None, r"values\[1\] must be finite"),
        ((1, 2), (0.5, 0.4), "probabilities must sum to 1 within 1e-09, not to 0.9"),
        ((1, 2), (1.5, -0.5), r"must be above 0; probabilities\[1\] is -0.5"),
        ((1, 2), (1.0,), "probabilities must be 2 numbers, not 1"),
    ],
)
def test_refusals(values, probabilities, message):
    with pytest.raises(ValueError, match=message):
        clt.laws.Discrete(values, probabilities)


@pytest.mark.parametrize("values", ["123", 3, None])
def test_not_a_row(values):
    with pytest.raises(TypeError, match="values must be a row of numbers"):
        clt.laws.Discrete(values)
