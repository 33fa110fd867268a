from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from clt_sim.exact import NoExactLaw, PiecewisePolynomialLaw
from clt_sim.exact.bernstein import BernsteinPiece, bernstein_pieces
from clt_sim.exact.truncated_powers import TruncatedPowers
from clt_sim.laws import Piece, Wikipedia

CUBIC = BernsteinPiece(Fraction(-1, 3), Fraction(5, 2), (3, 0, 7, 1), 4)


def bernstein(piece: BernsteinPiece, x: Fraction) -> Fraction:
    u = (x - piece.low) / (piece.high - piece.low)
    degree = len(piece.numerators) - 1
    return sum(
        Fraction(b, piece.denominator) * math.comb(degree, i) * u**i * (1 - u) ** (degree - i)
        for i, b in enumerate(piece.numerators)
    )


def squared_distance(zero: Fraction) -> TruncatedPowers:
    """The density on [0, 1] that is proportional to the squared distance to its zero."""
    coefficients = (zero**2, -2 * zero, Fraction(1))
    mass = Fraction(1, 3) - zero + zero**2
    piece = Piece(Fraction(0), Fraction(1), tuple(c / mass for c in coefficients))
    return TruncatedPowers.from_pieces([piece])


def test_bernstein_form_is_the_density():
    law = TruncatedPowers.from_pieces(Wikipedia().pieces)
    law = law.convolve(law).convolve(law)
    for exact, piece in zip(bernstein_pieces(law), law.pieces, strict=True):
        assert (exact.low, exact.high) == (piece.low, piece.high)
        for share in (Fraction(0), Fraction(2, 7), Fraction(1)):
            x = piece.low + share * (piece.high - piece.low)
            assert bernstein(exact, x) == sum(c * x**k for k, c in enumerate(piece.coefficients))


def test_halves_are_the_same_polynomial():
    for half in CUBIC.halves():
        for share in (Fraction(0), Fraction(1, 5), Fraction(1)):
            x = half.low + share * (half.high - half.low)
            assert bernstein(half, x) == bernstein(CUBIC, x)


def test_integral_differentiates_back():
    integral = CUBIC.integral(Fraction(2, 9))
    assert bernstein(integral, CUBIC.low) == Fraction(2, 9)
    # The derivative of a Bernstein form has degree times the differences as coefficients.
    degree = len(integral.numerators) - 1
    factor = degree / (integral.high - integral.low)
    differences = np.diff(np.array(integral.numerators, object))
    for difference, numerator in zip(differences, CUBIC.numerators, strict=True):
        assert factor * Fraction(difference, integral.denominator) == Fraction(
            numerator, CUBIC.denominator
        )


@pytest.mark.parametrize("zero", [Fraction(1, 2), Fraction(5, 8)])
def test_an_interval_with_negative_coefficients_is_halved(zero):
    pieces = bernstein_pieces(squared_distance(zero))
    assert len(pieces) > 1
    assert all(min(piece.numerators) >= 0 for piece in pieces)
    law = PiecewisePolynomialLaw(squared_distance(zero))
    assert law.kinks == ()
    x = float(zero) + np.array([-1e-9, -1e-5, 1e-12, 1e-3])
    mass = Fraction(1, 3) - zero + zero**2
    true = [float((Fraction(place) - zero) ** 2 / mass) for place in x.tolist()]
    np.testing.assert_allclose(law.pdf(x), true, rtol=law.error)


def test_a_density_close_to_zero_is_halved_until_it_is_accurate():
    raised = squared_distance(Fraction(1, 3))
    tiny = Fraction(1, 10**12)
    piece = raised.pieces[0]
    lifted = tuple((c + tiny * (k == 0)) / (1 + tiny) for k, c in enumerate(piece.coefficients))
    law = PiecewisePolynomialLaw(
        TruncatedPowers.from_pieces([Piece(piece.low, piece.high, lifted)])
    )
    for x in np.linspace(1 / 3 - 1e-5, 1 / 3 + 1e-5, 101).tolist():
        true = sum(c * Fraction(x) ** k for k, c in enumerate(lifted))
        assert abs(Fraction(float(law.pdf(x))) - true) <= Fraction(law.error) * true


def test_a_zero_that_halving_never_meets_is_refused():
    with pytest.raises(NoExactLaw, match=r"zero or negative at x = 0\.33333"):
        PiecewisePolynomialLaw(squared_distance(Fraction(1, 3)))


def test_a_negative_density_is_refused():
    piece = Piece(Fraction(0), Fraction(1), (Fraction(-1), Fraction(4)))
    with pytest.raises(NoExactLaw, match=r"zero or negative at x = 0\.0"):
        PiecewisePolynomialLaw(TruncatedPowers.from_pieces([piece]))
