"""Laws with polynomial pieces of one's own."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import clt_sim as clt

GAP = clt.laws.PiecewisePolynomial((0, 1, 2, "5/2"), ((0, 0, 1), (0,), ("4/3",)))


def test_the_default_is_wikipedia():
    law, peer = clt.laws.PiecewisePolynomial(), clt.laws.Wikipedia()
    assert law.pieces == peer.pieces
    x, t, p = np.linspace(-1, 3, 81), np.linspace(-90, 90, 181), np.linspace(0, 1, 101)
    np.testing.assert_allclose(law.pdf(x), peer.pdf(x), rtol=1e-15)
    np.testing.assert_allclose(law.cdf(x), peer.cdf(x), rtol=1e-15)
    np.testing.assert_allclose(law.quantile(p), peer.quantile(p), rtol=1e-14)
    turn = np.exp(1j * t)
    with np.errstate(invalid="ignore", divide="ignore"):
        closed = (turn * (1 - 1j * t) - 1) / t**2 + (turn**2 - turn) / (2j * t)
    closed[t == 0] = 1.0
    np.testing.assert_allclose(law.characteristic_function(t), closed, rtol=0, atol=1e-14)


def test_a_gap():
    np.testing.assert_allclose(GAP.quantile([1 / 24, 1 / 3, 0.5]), [0.5, 1.0, 2.125], rtol=1e-14)
    assert GAP.kinks == (1.0, 2.0)
    assert GAP.mean == float(Fraction(1, 4) + Fraction(4, 3) * Fraction(9, 8))


def test_exact_sums_follow():
    law = clt.exact(clt.WeightedSum(n=3, inputs=GAP, weights=1.0))
    assert law.mean == pytest.approx(3 * GAP.mean, rel=1e-15)
    assert law.cdf(3.0) == pytest.approx(1 / 27 + 0.0031498015872867, rel=1e-3)


def test_floats_are_normalised():
    law = clt.laws.PiecewisePolynomial((0, 3), ((0.3333333333,),))
    assert law.coefficients == ((Fraction(1, 3),),)


@pytest.mark.parametrize(
    ("knots", "coefficients", "message"),
    [
        ((0, 1), ((2,),), "mass of all pieces must be exactly 1, not 2"),
        ((0, 1), ((0.999,),), "must be within 1e-09 1"),
        ((0, 1), (("-1/2", 3),), "must not be negative; at 0.0"),
        ((0, 1), ((4, -18, 18),), r"coefficients\[0\] must not be negative; at 0.5"),
        ((0, 1, 2), ((1,), (0,)), "must not be 0: the support"),
        ((0, 0), ((1,),), "knots must rise"),
        ((0, 1, 2), ((1,),), "knots must be one more than"),
        ((0, "x"), ((1,),), r"knots\[1\] must be a finite number"),
    ],
)
def test_refusals(knots, coefficients, message):
    with pytest.raises(ValueError, match=message):
        clt.laws.PiecewisePolynomial(knots, coefficients)


def test_a_density_may_touch_zero():
    assert clt.laws.PiecewisePolynomial((0, 1), ((3, -12, 12),)).pdf(0.5) == 0.0
