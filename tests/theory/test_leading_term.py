from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, special, stats

import clt_sim as clt
from clt_sim.theory.leading_term import LIMITS, leading_term

Z = np.linspace(-8.0, 8.0, 160_001)


def test_numbers_of_theory_are_extremes_and_integrals_of_hermite_functions():
    second, third = (np.abs(special.eval_hermitenorm(k, Z)) * stats.norm.pdf(Z) for k in (2, 3))
    for name, taken in (
        ("kolmogorov", np.max),
        ("wasserstein-1", lambda values: integrate.trapezoid(values, Z)),
    ):
        assert LIMITS[name].per_skewness == pytest.approx(taken(second) / 6.0, rel=1e-7)
        assert LIMITS[name].per_kurtosis == pytest.approx(taken(third) / 24.0, rel=1e-7)


@pytest.mark.parametrize(
    ("measure", "taken"),
    [("kolmogorov", np.max), ("wasserstein-1", lambda gap: integrate.trapezoid(gap, Z))],
)
def test_it_is_the_limit_of_the_distance_of_the_gamma_law(measure, taken):
    n = 10_000
    term = leading_term(clt.WeightedSum(n, "exponential", weights=1.0), measure)
    gap = np.abs(stats.gamma.cdf(n + math.sqrt(n) * Z, n) - stats.norm.cdf(Z))
    assert term.exponent == 0.5
    assert term.constant * n**-0.5 == pytest.approx(taken(gap), rel=0.01)
    # Another law has another constant.
    other = leading_term(clt.WeightedSum(n, "lognormal(sd_log=0.5)", weights=1.0), measure)
    assert other.constant != pytest.approx(term.constant, rel=0.05)


@pytest.mark.parametrize("p", [0.5, 0.3])
def test_on_a_lattice_it_is_the_limit_of_the_binomial(p):
    n = 16_000
    sd = math.sqrt(n * p * (1.0 - p))
    k = np.arange(n + 1)
    normal = stats.norm.cdf((k - n * p) / sd)
    sides = (stats.binom.cdf(k, n, p), stats.binom.cdf(k - 1, n, p))
    naive = max(np.max(np.abs(side - normal)) for side in sides)
    model = clt.WeightedSum(n, f"bernoulli(probability={p})", weights=1.0)
    term = leading_term(model, "kolmogorov", discrete=True, span=1.0 / sd)
    assert term.exponent == 0.5
    assert term.constant == pytest.approx(naive * math.sqrt(n), rel=0.01)


def test_without_a_lattice_nothing_is_known_of_discrete_terms():
    model = clt.WeightedSum(4, "rademacher", weights=1.0)
    assert leading_term(model, "kolmogorov", discrete=True) is None
    assert leading_term(model, "wasserstein-1", discrete=True, span=1.0) is None


def test_the_excess_kurtosis_of_a_sum_is_that_of_a_term_over_n():
    term = leading_term(clt.WeightedSum(7, "uniform", weights=1.0), "excess-kurtosis")
    assert (term.exponent, term.constant) == (1.0, pytest.approx(1.2))


def test_heavy_symmetric_weights_have_an_exponent_alone():
    term = leading_term(clt.WeightedSum(9, "normal", weights="student-t(df=3)"), "kolmogorov")
    assert (term.exponent, term.constant) == (0.5, None)


def test_a_sum_that_is_normal_has_no_leading_term():
    assert leading_term(clt.WeightedSum(9, "normal", weights=1.0), "kolmogorov") is None


def test_an_unknown_measure_is_refused():
    with pytest.raises(ValueError, match="Did you mean 'kolmogorov'"):
        leading_term(clt.WeightedSum(2, "uniform", weights=1.0), "kolmogorow")
