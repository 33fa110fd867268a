from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clt_sim as clt
from clt_sim.exact.truncated_powers import TruncatedPowers, greatest_common_divisor, scaled
from clt_sim.laws import Piece, Uniform, Wikipedia

GAP = (
    Piece(Fraction(-2), Fraction(-1), (Fraction(2, 5),)),
    Piece(Fraction(0), Fraction(2), (Fraction(3, 5), Fraction(-3, 10))),
)


def central_moments(law: TruncatedPowers) -> list[Fraction]:
    raw = [law.moment(k) for k in range(5)]
    return [
        sum(math.comb(k, j) * raw[j] * (-raw[1]) ** (k - j) for j in range(k + 1)) for k in range(5)
    ]


def test_published_moments_of_the_wikipedia_law():
    law = TruncatedPowers.from_pieces(Wikipedia().pieces)
    _, _, m2, m3, m4 = central_moments(law)
    assert law.moment(1) == Fraction(13, 12)
    assert m2 == Fraction(35, 144)
    assert m3 > 0
    assert m3**2 / m2**3 == Fraction(118**2 * 35, 6125**2)  # the skewness, squared
    assert m4 / m2**2 - 3 == Fraction(-6078, 6125)


@pytest.mark.parametrize("pieces", [Wikipedia().pieces, Uniform(-1.0, 0.5).pieces, GAP])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_pieces_equal_direct_integration(pieces, n, exact_weighted_sum):
    law = one = TruncatedPowers.from_pieces(pieces)
    for _ in range(n - 1):
        law = law.convolve(one)
    oracle = exact_weighted_sum(pieces, (1.0,) * n)
    for piece in law.pieces:
        for share in (Fraction(0), Fraction(1, 3), Fraction(5, 7)):
            x = piece.low + share * (piece.high - piece.low)
            value = sum(c * x**k for k, c in enumerate(piece.coefficients))
            assert value == oracle.pdf(x)
    assert law.pieces[0].low == oracle.pieces[0].low
    assert law.pieces[-1].high == oracle.pieces[-1].high


@pytest.mark.parametrize("n", [1, 2, 5, 16])
def test_mass_is_exactly_one(n):
    law = clt.exact(clt.WeightedSum(n=n, inputs="wikipedia", weights=1 / 3, bias=0.1))
    assert law.density.moment(0) == 1


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    weights=st.lists(st.fractions(-3, 3, max_denominator=12).filter(bool), min_size=1, max_size=4),
    k=st.integers(0, 5),
)
def test_moments_are_those_of_the_pieces_and_cumulants_add(weights, k):
    terms = [scaled(Wikipedia().pieces, weight) for weight in weights]
    step = Fraction(1, 27720)
    law = TruncatedPowers.from_pieces(terms[0], step)
    for term in terms[1:]:
        law = law.convolve(TruncatedPowers.from_pieces(term, step))
    direct = sum(
        c * (piece.high ** (k + j + 1) - piece.low ** (k + j + 1)) / (k + j + 1)
        for piece in law.pieces
        for j, c in enumerate(piece.coefficients)
    )
    assert law.moment(k) == direct
    assert law.moment(1) == Fraction(13, 12) * sum(weights)
    assert central_moments(law)[2] == Fraction(35, 144) * sum(w * w for w in weights)


def test_opposite_weights_give_a_symmetric_law():
    law = clt.exact(clt.WeightedSum(n=4, inputs="wikipedia", weights=[1.0, -1.0, 0.5, -0.5]))
    for left, right in zip(law.pieces, reversed(law.pieces), strict=True):
        assert (left.low, left.high) == (-right.high, -right.low)
        assert left.coefficients == tuple(c * (-1) ** k for k, c in enumerate(right.coefficients))
    assert law.mean == law.moment(3) == 0.0


def test_gaps_stay_gaps():
    law = TruncatedPowers.from_pieces(GAP)
    assert [piece.coefficients for piece in law.pieces][1] == (Fraction(0),)


def test_steps_must_agree():
    one = TruncatedPowers.from_pieces(Uniform().pieces)
    half = TruncatedPowers.from_pieces(Uniform().pieces, Fraction(1, 2))
    with pytest.raises(ValueError, match=r"steps must be equal, not 1 and 1/2\."):
        one.convolve(half)


def test_greatest_common_divisor_of_fractions():
    assert greatest_common_divisor(Fraction(3, 4), Fraction(5, 6)) == Fraction(1, 12)
    assert greatest_common_divisor(Fraction(6), Fraction(4)) == 2
