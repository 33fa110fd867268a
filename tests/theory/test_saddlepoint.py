"""Saddlepoint approximations against exact laws, into tails of 1e-30 and beyond."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import special, stats

import clt_sim as clt
from clt_sim.theory import CumulantGeneratingFunction, Saddlepoint, sum_cumulants


def equal(law, n, **parts):
    return clt.WeightedSum(n, law, weights=1.0, **parts)


def nodes_only(text, n, **parts):
    """The same law as a mixture of it alone, for which there is no closed form."""
    law = clt.laws.get(text)
    return equal(clt.laws.Mixture((law, law), (0.5, 0.5)), n, **parts)


CLOSED = {
    "exponential(scale=2)": lambda s: -mp.log(1 - 2 * s),
    "gamma(shape=.3)": lambda s: -mp.mpf("0.3") * mp.log(1 - s),
    "laplace(mean=1,scale=.5)": lambda s: s - mp.log(1 - s * s / 4),
    "normal(mean=-1,sd=2)": lambda s: -s + 2 * s * s,
    "uniform(low=-1,high=3)": lambda s: s + mp.log(mp.sinh(2 * s) / (2 * s)) if s else mp.mpf(0),
    "logistic": lambda s: mp.log(mp.pi * s / mp.sin(mp.pi * s)) if s else mp.mpf(0),
    "arcsine(low=-1,high=1)": lambda s: mp.log(mp.besseli(0, s)),
    "rademacher": lambda s: mp.log(mp.cosh(s)),
}


@pytest.mark.parametrize("by_nodes", [False, True])
@pytest.mark.parametrize("text", CLOSED)
def test_derivatives_against_closed_forms(text, by_nodes):
    make = nodes_only if by_nodes else equal
    function = CumulantGeneratingFunction(make(text, 3, bias=0.25))
    for s in (-0.4, -0.03, 0.11, 0.35):
        with mp.workdps(40):
            exact = [float(mp.diff(CLOSED[text], mp.mpf(s), k)) * 3 for k in range(4)]
        exact[0] += 0.25 * s
        exact[1] += 0.25
        np.testing.assert_allclose(function.derivatives(s), exact, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("law", ["uniform", "wikipedia", "triangular", "beta(a=.5,b=.5)"])
def test_derivatives_at_0_are_cumulants(law):
    model = equal(law, 4)
    cumulants = sum_cumulants(model)
    third = cumulants.skewness * cumulants.variance**1.5
    expected = [0.0, cumulants.mean, cumulants.variance, third]
    actual = CumulantGeneratingFunction(model).derivatives(0.0)
    np.testing.assert_allclose(actual, expected, atol=1e-12)


def test_relu_of_normal_inputs():
    """E exp(s relu(Z)) = 1/2 + exp(s^2/2) Phi(s)."""
    function = CumulantGeneratingFunction(equal("normal", 5, nonlinearity="relu"))
    s = np.array([-30.0, -2.0, 0.5, 3.0, 20.0])
    exact = 5 * np.log(0.5 + np.exp(0.5 * s * s + special.log_ndtr(s)))
    np.testing.assert_allclose(function.derivatives(s)[0], exact, rtol=1e-11)
    assert function.strip[0] == -math.inf
    assert 20.0 < function.strip[1] < 38.0  # as far as the nodes reach
    assert np.isnan(function.derivatives(function.strip[1] + 1.0)).all()
    assert function.support == (0.0, math.inf)


def test_products_weights_dropout_and_bias():
    """Rademacher weights, dropout and a bias with a law: all by hand for Laplace inputs."""
    model = clt.WeightedSum(3, "laplace", weights="rademacher", bias="uniform", dropout=0.2)
    function = CumulantGeneratingFunction(model)
    s = np.array([-0.6, -0.1, 0.2, 0.5])
    term = 0.2 + 0.8 / (1.0 - (s / 0.8) ** 2)
    exact = 3 * np.log(term) + np.log(np.expm1(s) / s)
    np.testing.assert_allclose(function.derivatives(s)[0], exact, rtol=1e-10)
    weighted = CumulantGeneratingFunction(clt.WeightedSum(2, "exponential", weights=[2.0, -1.0]))
    assert weighted.strip == (-1.0, 0.5)
    np.testing.assert_allclose(
        weighted.derivatives(0.3)[0], -math.log(1 - 0.6) - math.log(1 + 0.3), rtol=1e-13
    )
    assert weighted.support == (-math.inf, math.inf)


@pytest.mark.parametrize("n", [1, 4, 20])
def test_gamma_densities_are_off_by_stirlings_factor_everywhere(n):
    """The density is exact but for Gamma(n) in Stirling's form (Daniels 1954)."""
    saddlepoint = Saddlepoint(equal("exponential", n))
    stirling = math.exp(math.lgamma(n + 1) - n * math.log(n) + n - 0.5 * math.log(math.tau * n))
    x = n * np.array([0.01, 0.5, 1.0, 1.3, 4.0, 20.0])
    np.testing.assert_allclose(saddlepoint.pdf(x) / stats.gamma(n).pdf(x), stirling, rtol=1e-9)


def lugannani_rice(n, x):
    """The formula of the gamma law in closed form, by mpmath with 60 digits."""
    with mp.workdps(60):
        n, x = mp.mpf(n), mp.mpf(x)
        s = 1 - n / x
        w = mp.sign(s) * mp.sqrt(2 * (s * x + n * mp.log(1 - s)))
        u = s * x / mp.sqrt(n)
        return float(mp.ncdf(-w) + mp.npdf(w) * (1 / u - 1 / w))


@pytest.mark.parametrize("ratio", [0.05, 0.7, 0.999, 1 - 1e-6, 1 + 1e-9, 1.01, 1.9, 12.0])
@pytest.mark.parametrize("n", [1, 6])
def test_the_formula_to_all_digits_near_the_mean_too(n, ratio):
    x = n * ratio
    assert float(Saddlepoint(equal("exponential", n)).sf(x)) == pytest.approx(
        lugannani_rice(n, x), rel=1e-11
    )


def test_the_singularity_at_the_mean_is_removed():
    saddlepoint = Saddlepoint(equal("exponential", 5))
    skewness = 2.0 / math.sqrt(5.0)
    at_mean = 0.5 - skewness / 6.0 / math.sqrt(math.tau)
    assert float(saddlepoint.sf(5.0)) == pytest.approx(at_mean, rel=1e-14)
    x = 5.0 + np.linspace(-1e-3, 1e-3, 101)
    second = np.diff(saddlepoint.sf(x), 2)  # smooth to rounding
    assert np.abs(second).max() < 1e-9
    np.testing.assert_allclose(saddlepoint.sf(x) + saddlepoint.cdf(x), 1.0, rtol=1e-14)


@pytest.mark.parametrize(("n", "allowed"), [(2, 0.03), (5, 0.015), (20, 0.005)])
def test_gamma_tails_by_relative_error(n, allowed):
    """To 1e-84; the negative control is the normal law."""
    x = n * np.array([1.5, 3.0, 6.0, 13.0])
    saddlepoint, exact = Saddlepoint(equal("exponential", n)), stats.gamma(n)
    np.testing.assert_allclose(saddlepoint.sf(x), exact.sf(x), rtol=allowed)
    assert not np.allclose(stats.norm(n, math.sqrt(n)).sf(x), exact.sf(x), rtol=0.2)


@pytest.mark.parametrize("n", [4, 12, 30])
def test_uniform_tails_to_1e_minus_30(n):
    """Relative errors below 0.3/n of the density and 0.15/n of the tails, everywhere."""
    exact, saddlepoint = clt.exact(equal("uniform", n)), Saddlepoint(equal("uniform", n))
    x = np.append(np.linspace(0.5 * n, n - 0.2, 15), n - 10.0 ** (-30.0 / n))
    tails = exact.sf(x)
    assert tails[-1] < 1e-30
    np.testing.assert_allclose(saddlepoint.sf(x), tails, rtol=0.15 / n)
    np.testing.assert_allclose(saddlepoint.cdf(n - x), tails, rtol=0.15 / n)
    np.testing.assert_allclose(saddlepoint.pdf(x), exact.pdf(x), rtol=0.3 / n)
    # In the middle the next term is known: 1 - k/8 with the excess kurtosis k = -1.2/n.
    middle = float(saddlepoint.pdf(0.5 * n) / exact.pdf(0.5 * n))
    assert middle == pytest.approx(1.0 + 0.15 / n, abs=0.1 / n**2)


def test_relative_errors_fall_like_1_over_n():
    errors = []
    for n in (4, 16):
        exact, saddlepoint = clt.exact(equal("wikipedia", n)), Saddlepoint(equal("wikipedia", n))
        x = np.linspace(1.2 * n, 1.8 * n, 7)
        errors.append(np.max(np.abs(saddlepoint.sf(x) / exact.sf(x) - 1.0)))
    assert 2.5 < errors[0] / errors[1] < 8.0


@pytest.mark.parametrize("by_nodes", [False, True])
def test_normal_sums_are_exact(by_nodes):
    saddlepoint = Saddlepoint((nodes_only if by_nodes else equal)("normal", 4))
    x = np.array([-30.0, -3.0, 0.0, 1.0, 20.0, 60.0])
    np.testing.assert_allclose(saddlepoint.sf(x), stats.norm.sf(x / 2), rtol=1e-9)
    np.testing.assert_allclose(saddlepoint.pdf(x), stats.norm.pdf(x / 2) / 2, rtol=1e-9)


def test_what_nodes_cannot_reach_is_nan():
    """Beyond the place where densities underflow nothing is made up."""
    saddlepoint = Saddlepoint(nodes_only("normal", 4))
    assert np.isnan(saddlepoint.sf([300.0, 1e9])).all()
    assert np.isnan(saddlepoint.pdf(300.0))
    by_nodes = Saddlepoint(nodes_only("exponential", 2))
    x = np.geomspace(2.0, 1e4, 30)
    closed = Saddlepoint(equal("exponential", 2)).sf(x)
    known = ~np.isnan(by_nodes.sf(x))
    assert 5 < known.sum() < 30
    np.testing.assert_allclose(by_nodes.sf(x)[known], closed[known], rtol=1e-9)


def test_outside_the_support():
    saddlepoint = Saddlepoint(equal("uniform", 3, bias=1.0))
    x = [-5.0, 0.99, 4.01, 9.0, math.nan]
    assert saddlepoint.sf(4.0) == 0.0
    assert saddlepoint.cdf(4.0) == 1.0
    assert np.isnan(saddlepoint.pdf([1.0, 4.0])).all()
    np.testing.assert_array_equal(saddlepoint.pdf(x), [0, 0, 0, 0, math.nan])
    np.testing.assert_array_equal(saddlepoint.cdf(x), [0, 0, 1, 1, math.nan])
    np.testing.assert_array_equal(saddlepoint.sf(x), [1, 1, 0, 0, math.nan])


def test_functions_of_unbounded_inputs():
    """tanh is bounded, exp only to the left: where there is no tilt there is no value."""
    bounded = Saddlepoint(equal("normal", 3, nonlinearity="tanh"))
    assert bounded.support == (-3.0, 3.0)
    assert float(bounded.sf(0.0)) == pytest.approx(0.5, abs=1e-12)
    skewed = Saddlepoint(equal("normal", 3, nonlinearity="exp"))
    assert skewed.generating_function.strip == (-math.inf, 0.0)
    lognormal = Saddlepoint(equal("lognormal", 3))
    np.testing.assert_allclose(skewed.cdf([0.5, 2.0]), lognormal.cdf([0.5, 2.0]), rtol=1e-8)


def test_a_tail_without_exponential_moments_has_the_other_side():
    saddlepoint = Saddlepoint(equal("lognormal", 3))
    assert saddlepoint.generating_function.strip == (-math.inf, 0.0)
    assert np.isnan(saddlepoint.sf(20.0))
    assert 0.0 < saddlepoint.cdf(1.0) < 0.1


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (clt.WeightedSum(3), "of normal and normal"),
        (equal("student-t(df=5)", 3), "is infinite for all s but 0"),
        (equal("rademacher", 4), "all parts are discrete"),
        (equal("normal", 4, nonlinearity="sign"), "all parts are discrete"),
        (equal("normal", 4, nonlinearity="square"), "does not grow linearly"),
        (equal(stats.gumbel_r(), 4), "rate of the lower tail"),
        (equal("normal", 4, dependence="autoregressive"), "must be independent"),
    ],
)
def test_refusals(model, message):
    with pytest.raises(ValueError, match=message):
        Saddlepoint(model)
