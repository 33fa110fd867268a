"""Edgeworth and Cornish-Fisher expansions against exact sums: errors fall by the next power."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.theory import Cumulants, Edgeworth, cornish_fisher, fit_rate, sum_cumulants

Z = np.linspace(-4.0, 4.0, 2001)
ORDERS = [0, 1, 2, 3]
NS = np.array([1024, 4096, 16384])
"""From here on exponents differ from those of the limit by less than 0.02."""


def gamma_cumulants(n):
    """kappa_k = n (k - 1)!, of a sum of n exponentials."""
    return Cumulants(n, n, tuple(math.factorial(k - 1) * n / n ** (k / 2) for k in range(3, 7)))


def test_cumulants_of_gamma_sums():
    result = sum_cumulants(clt.WeightedSum(9, "exponential", weights=1.0))
    np.testing.assert_allclose(result.standardized, gamma_cumulants(9).standardized, rtol=1e-12)


@pytest.mark.parametrize("order", ORDERS)
def test_the_error_of_the_cdf_falls_by_the_next_power(order):
    ns = NS
    errors = []
    for n in ns.tolist():
        x = n + math.sqrt(n) * Z
        expansion = Edgeworth(gamma_cumulants(n), order)
        errors.append(np.max(np.abs(expansion.cdf(x) - stats.gamma(n).cdf(x))))
        np.testing.assert_allclose(expansion.cdf(x) + expansion.sf(x), 1.0, rtol=1e-14)
    assert fit_rate(ns, errors).exponent == pytest.approx((order + 1) / 2, abs=0.02)


@pytest.mark.parametrize("order", ORDERS)
def test_the_error_of_the_density_falls_by_the_next_power(order):
    ns = NS
    errors = []
    for n in ns.tolist():
        x = n + math.sqrt(n) * Z
        expansion = Edgeworth(gamma_cumulants(n), order)
        errors.append(math.sqrt(n) * np.max(np.abs(expansion.pdf(x) - stats.gamma(n).pdf(x))))
    assert fit_rate(ns, errors).exponent == pytest.approx((order + 1) / 2, abs=0.02)


@pytest.mark.parametrize("order", ORDERS)
def test_the_error_of_quantiles_falls_by_the_next_power(order):
    ns, p = NS, np.linspace(0.001, 0.999, 400)
    errors = []
    for n in ns.tolist():
        exact = (stats.gamma(n).ppf(p) - n) / math.sqrt(n)
        errors.append(np.max(np.abs(cornish_fisher(p, gamma_cumulants(n), order=order) - exact)))
    assert fit_rate(ns, errors).exponent == pytest.approx((order + 1) / 2, abs=0.02)


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_a_wrong_cumulant_is_seen(wrong):
    """The negative control: with any cumulant 10 % off, the error falls more slowly."""
    ns, errors = NS, []
    for n in ns.tolist():
        cumulants = list(gamma_cumulants(n).standardized)
        cumulants[wrong] *= 1.1
        expansion = Edgeworth(Cumulants(n, n, tuple(cumulants)), 3)
        x = n + math.sqrt(n) * Z
        errors.append(np.max(np.abs(expansion.cdf(x) - stats.gamma(n).cdf(x))))
    assert fit_rate(ns, errors).exponent == pytest.approx((wrong + 1) / 2, abs=0.02)


@pytest.mark.parametrize("order", ORDERS)
def test_coefficients_by_the_expansion_of_the_transform(order):
    """The Fourier transform of the density, expanded in powers of 1/sqrt(n) by mpmath.

    With kappa_k = l_k e^(k - 2) it is exp(-t^2/2) exp(sum l_k e^(k-2) (it)^k/k!), to the power
    `order` of e; here at e = 1.
    """
    standardized = (0.7, -0.4, 0.9)
    expansion = Edgeworth(Cumulants(0.0, 1.0, standardized), order)

    def transform(t):
        def factor(e):
            terms = (
                cumulant * e ** (k - 2) * (1j * t) ** k / mp.factorial(k)
                for k, cumulant in enumerate(standardized, start=3)
            )
            return mp.exp(sum(terms))

        return mp.exp(-t * t / 2) * sum(mp.taylor(factor, 0, order))

    def by_mpmath(x):
        value = mp.quad(lambda t: mp.re(transform(t) * mp.exp(-1j * t * x)), [0, 3, 6, 12])
        return float(value / mp.pi)

    places = [-2.3, 0.4, 1.7]
    np.testing.assert_allclose(expansion.pdf(places), list(map(by_mpmath, places)), atol=1e-9)


@pytest.mark.parametrize("order", ORDERS)
def test_the_density_is_the_derivative(order):
    expansion = Edgeworth(Cumulants(2.0, 9.0, (0.7, -0.4, 0.9)), order)
    x, h = np.linspace(-8.0, 12.0, 41), 1e-4
    slope = (expansion.cdf(x + h) - expansion.cdf(x - h)) / (2 * h)
    np.testing.assert_allclose(slope, expansion.pdf(x), atol=1e-9)


def test_symmetric_smooth_sums_have_a_limit_of_n_times_ks():
    """n KS -> |k|/24 max|He3 phi|."""
    largest = 0.5505878
    assert np.max(np.abs((Z**3 - 3 * Z) * stats.norm.pdf(Z))) == pytest.approx(largest, rel=2e-5)
    for n in (4, 16, 40):
        sums = clt.WeightedSum(n, "uniform", weights=1.0)
        law = clt.exact(sums)
        x = law.mean + math.sqrt(law.variance) * Z
        ks = np.max(np.abs(law.cdf(x) - stats.norm.cdf(Z)))
        kurtosis = sum_cumulants(sums).excess_kurtosis
        assert n * ks == pytest.approx(1.2 / 24 * largest, rel=0.4 / n)
        assert np.max(np.abs(Edgeworth(sum_cumulants(sums)).cdf(x) - law.cdf(x))) < 0.1 * ks
        assert kurtosis == pytest.approx(-1.2 / n, rel=1e-12)


def root_n_ks(law, n):
    z = np.linspace(-4.0, 4.0, 2001)
    x = law.mean + math.sqrt(law.variance) * z
    return math.sqrt(n) * np.max(np.abs(law.cdf(x) - stats.norm.cdf(z)))


def test_skewed_sums_have_a_limit_of_root_n_times_ks():
    """sqrt(n) KS -> |g| phi(0)/6, with the skewness g of one term and a next term in 1/n."""
    limit = 2.0 / 6.0 / math.sqrt(math.tau)
    for n in (100, 10_000):
        exact = root_n_ks(clt.laws.get("gamma", shape=float(n)), n)
        assert exact == pytest.approx(limit, rel=2.0 / n + 1e-6)


def test_the_limit_of_a_small_skewness_is_late():
    """Wikipedia's law has g = 118 sqrt(35)/6125: up to n = 36 the kurtosis matters more."""
    limit = 118 * math.sqrt(35) / 6125 / 6 / math.sqrt(math.tau)
    early, late = (
        root_n_ks(clt.exact(clt.WeightedSum(n, "wikipedia", weights=1.0)), n) for n in (16, 36)
    )
    assert early > 1.3 * limit
    assert late < 1.2 * limit
    assert (36 * late - 16 * early) / 20 == pytest.approx(limit, rel=0.05)


def test_it_is_no_law():
    strong = Edgeworth(Cumulants(0.0, 1.0, (3.0,)), 1)
    assert strong.pdf(Z).min() < 0.0
    assert strong.cdf(Z).min() < 0.0 or strong.cdf(Z).max() > 1.0


def test_order_0_is_normal():
    expansion = Edgeworth(Cumulants(1.0, 4.0), 0)
    np.testing.assert_allclose(expansion.cdf(Z), stats.norm(1, 2).cdf(Z), rtol=1e-14)
    p = [0.01, 0.5, 0.9]
    np.testing.assert_allclose(expansion.quantile(p), stats.norm(1, 2).ppf(p), rtol=1e-14)
    assert "normal" in str(expansion)


@pytest.mark.parametrize(
    ("cumulants", "order", "message"),
    [
        (Cumulants(0.0, 1.0, (1.0,)), 2, "takes cumulants to the order 4, not 3"),
        (Cumulants(0.0, 1.0, (0.0, math.inf)), 2, "cumulant of order 4 must be finite, not inf"),
        (Cumulants(math.nan, 1.0, ()), 0, "the mean must be finite"),
        (Cumulants(0.0, 0.0, ()), 0, "the variance must be above 0"),
        (Cumulants(0.0, 1.0, (1.0,)), 4, "order must be from 0 to 3"),
    ],
)
def test_refusals(cumulants, order, message):
    with pytest.raises(ValueError, match=message):
        Edgeworth(cumulants, order)


def test_cumulants_beyond_the_order_may_be_infinite():
    sums = clt.WeightedSum(50, "student-t(df=4.5)", weights=1.0)
    assert math.isfinite(Edgeworth(sum_cumulants(sums), 2).cdf(1.0))
