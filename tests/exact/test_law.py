from __future__ import annotations

import dataclasses
import math
import pickle
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from scipy import integrate, stats

import clt_sim as clt
from clt_sim.exact import ExactLaw, PiecewisePolynomialLaw
from clt_sim.exact.truncated_powers import TruncatedPowers
from clt_sim.laws import Piece, Uniform, Wikipedia


def law_of(n: int, inputs="uniform", weights=1.0, bias=0.0) -> PiecewisePolynomialLaw:
    law = clt.exact(clt.WeightedSum(n=n, inputs=inputs, weights=weights, bias=bias))
    assert isinstance(law, PiecewisePolynomialLaw)
    return law


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_scipy_irwin_hall(n):
    law, reference = law_of(n), stats.irwinhall(n)
    x = np.linspace(-0.5, n + 0.5, 98)  # no knots: at a jump the conventions differ
    np.testing.assert_allclose(law.pdf(x), reference.pdf(x), rtol=0, atol=1e-13)
    np.testing.assert_allclose(law.cdf(x), reference.cdf(x), rtol=0, atol=1e-13)
    np.testing.assert_allclose(law.sf(x), reference.sf(x), rtol=0, atol=1e-13)
    assert law.mean == n / 2
    assert law.variance == n / 12


def test_one_term_is_the_input_itself():
    law, x = law_of(1, "wikipedia"), np.linspace(-1.0, 1.99, 300)
    np.testing.assert_allclose(law.pdf(x), Wikipedia().pdf(x), rtol=law.error)
    np.testing.assert_allclose(law.cdf(x), Wikipedia().cdf(x), rtol=law.error)
    assert law.kinks == (1.0,)
    assert law.support == (0.0, 2.0)


def test_at_a_jump_the_density_is_the_one_from_the_right():
    law = law_of(1, "wikipedia")
    x = [np.nextafter(0.0, -1.0), 0.0, np.nextafter(1.0, 0.0), 1.0, np.nextafter(2.0, 0.0), 2.0]
    np.testing.assert_array_equal(law.pdf(x), [0.0, 0.0, np.nextafter(1.0, 0.0), 0.5, 0.5, 0.0])
    reflected = law_of(1, "wikipedia", -1.0)
    np.testing.assert_array_equal(reflected.pdf([-2.0, -1.0, 0.0]), [0.5, 1.0, 0.0])


def test_outside_the_support_and_not_a_number():
    law = law_of(3, bias=-1.0)
    x = [-math.inf, -1.0, 2.0, math.inf, math.nan]
    np.testing.assert_array_equal(law.pdf(x), [0.0, 0.0, 0.0, 0.0, math.nan])
    np.testing.assert_array_equal(law.cdf(x), [0.0, 0.0, 1.0, 1.0, math.nan])
    np.testing.assert_array_equal(law.sf(x), [1.0, 1.0, 0.0, 0.0, math.nan])
    np.testing.assert_array_equal(law.logpdf(x), [-math.inf] * 4 + [math.nan])


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_shapes_are_kept(shape):
    law, x = law_of(4), np.full(shape, 0.4)
    for function in (law.pdf, law.cdf, law.sf, law.logpdf, law.quantile):
        assert function(x).shape == shape
        assert function(x).dtype == np.float64


def test_logarithm_of_the_density_in_the_far_tail():
    x = 1e-20
    expected = 11 * math.log(x) - math.lgamma(12)
    assert float(law_of(12).logpdf(x)) == pytest.approx(expected, rel=1e-15)


def test_moments_are_exactly_rounded():
    law = law_of(4, "wikipedia")
    assert law.mean == 13 / 3
    assert law.variance == 35 / 36
    assert law.moment(0) == 1.0
    for k in range(1, 6):
        value, _ = integrate.quad(
            lambda x, k=k: x**k * law.pdf(x), 0, 8, points=law.kinks, epsabs=0, epsrel=1e-13
        )
        assert law.moment(k) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(("k", "error"), [(-1, ValueError), (1.5, TypeError)])
def test_orders_of_moments_are_whole(k, error):
    with pytest.raises(error, match="k must be"):
        law_of(2).moment(k)


def test_equal_weights_in_any_order_give_equal_laws():
    first = law_of(3, weights=[1.0, -2.0, 0.5])
    second = law_of(4, weights=[0.5, 1.0, -0.0, -2.0])
    assert first == second
    assert hash(first) == hash(second)
    assert first != law_of(3, weights=[1.0, 2.0, 0.5])
    assert pickle.loads(pickle.dumps(first)) == first  # noqa: S301


def test_a_law_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        law_of(2).error = 0.0


def test_facts_of_a_law_with_weights_and_bias():
    law = law_of(2, Uniform(-1.0, 1.0), weights=[1.0, -0.5], bias=0.25)
    assert isinstance(law, ExactLaw)
    assert law.method == "piecewise-polynomial"
    assert dict(law.atoms) == {}
    assert law.support == (-1.25, 1.75)
    assert law.kinks == (-0.25, 0.75)
    assert law.pieces[1] == Piece(Fraction(-1, 4), Fraction(3, 4), (Fraction(1, 2),))
    assert 0.0 < law.error < 3e-15


def test_gaps_in_the_support():
    gap = (
        Piece(Fraction(-2), Fraction(-1), (Fraction(2, 5),)),
        Piece(Fraction(0), Fraction(2), (Fraction(3, 5), Fraction(-3, 10))),
    )
    law = PiecewisePolynomialLaw(TruncatedPowers.from_pieces(gap))
    np.testing.assert_array_equal(law.pdf([-1.0, -0.5, np.nextafter(0.0, -1.0)]), 0.0)
    np.testing.assert_array_equal(law.cdf([-1.0, -0.5, 0.0]), 0.4)
    np.testing.assert_array_equal(law.sf([-1.0, -0.5, 0.0]), 0.6)
    assert float(law.quantile(0.4)) == -1.0
    assert float(law.quantile(np.nextafter(0.4, 1.0))) >= 0.0


def test_memory_does_not_grow_with_the_degree():
    law, x = law_of(40), np.linspace(0.0, 40.0, 200_000)
    tracemalloc.start()
    law.pdf(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (
        peak < 12 * x.nbytes
    )  # 40 coefficients for each point would be more than three times this


def test_latex_of_the_cubic_b_spline():
    """Schoenberg's cubic B-spline, as printed in every text on splines."""
    assert law_of(4).to_latex() == "\n".join(
        [
            r"f(x) = \begin{cases}",
            r"  \frac{x^{3}}{6} & 0 \le x < 1 \\",
            r"  \frac{-3x^{3} + 12x^{2} - 12x + 4}{6} & 1 \le x < 2 \\",
            r"  \frac{3x^{3} - 24x^{2} + 60x - 44}{6} & 2 \le x < 3 \\",
            r"  \frac{-x^{3} + 12x^{2} - 48x + 64}{6} & 3 \le x < 4 \\",
            r"  0 & \text{otherwise}",
            r"\end{cases}",
        ]
    )


def test_latex_of_rational_ends():
    text = law_of(2, Uniform(-1.0, 1.0), weights=[1.0, -0.5], bias=0.25).to_latex()
    assert r"  \frac{1}{2} & -\frac{1}{4} \le x < \frac{3}{4} \\" in text


def test_text_states_no_less_than_the_bound():
    for n in (1, 2, 5, 9, 33):
        law = law_of(n, "wikipedia")
        text = str(law)
        assert text == repr(law)
        assert text.startswith(
            f"piecewise-polynomial law on [0, {2 * n}]: {2 * n} pieces of degree"
        )
        assert float(text.rsplit(" ", 1)[1]) >= law.error
    assert "1 piece of degree 0" in str(law_of(1))
