"""Cumulants of sums against scipy, closed forms and full enumeration."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import clt_sim as clt
from clt_sim.theory import Cumulants, sum_cumulants

LAWS = {
    "exponential(scale=2)": stats.expon(scale=2),
    "gamma(shape=400)": stats.gamma(400),
    "laplace(mean=3)": stats.laplace(3),
    "uniform(low=5,high=6)": stats.uniform(5, 1),
    "beta(a=.5,b=3)": stats.beta(0.5, 3),
    "logistic(mean=-20)": stats.logistic(-20),
    "bernoulli(probability=.3)": stats.bernoulli(0.3),
    "student-t(df=9)": stats.t(9),
}


def cumulants_of(central):
    """From central moments m0 to m6, by the recursion over partitions."""
    kappa = [0, 0]
    for k in range(2, 7):
        lower = (math.comb(k - 1, j - 1) * kappa[j] * central[k - j] for j in range(2, k))
        kappa.append(central[k] - sum(lower))
    return kappa


def central_by_scipy(law):
    mean = law.mean()
    return [law.expect(lambda x, k=k: (x - mean) ** k) for k in range(7)]


def standardized(kappa):
    return [float(kappa[k]) / float(kappa[2]) ** (k / 2) for k in range(3, 7)]


@pytest.mark.parametrize("text", LAWS)
def test_fixed_weights(text):
    weights = np.array([0.5, -1.0, 2.0, 0.0])
    result = sum_cumulants(clt.WeightedSum(4, text, weights=weights, bias=7.0))
    kappa = cumulants_of(central_by_scipy(LAWS[text]))
    expected = [kappa[k] * np.sum(weights**k) for k in range(7)]
    assert result.mean == pytest.approx(1.5 * LAWS[text].mean() + 7.0, rel=1e-12)
    assert result.variance == pytest.approx(expected[2], rel=1e-9)
    np.testing.assert_allclose(result.standardized, standardized(expected), rtol=2e-6, atol=1e-8)


@pytest.mark.parametrize("mean", [0.0, 3.0, 1e3, 1e6])
def test_a_large_mean_does_not_cancel(mean):
    sums = clt.WeightedSum(5, clt.laws.get("laplace", mean=mean), weights=1.0)
    expected = (0.0, 3.0 / 5, 0.0, 30.0 / 25)  # kappa_k = 2 (k - 1)! for even k
    np.testing.assert_allclose(sum_cumulants(sums).standardized, expected, atol=1e-8)


@pytest.mark.parametrize("n", [1, 7, 64])
@pytest.mark.parametrize("phi", ["relu", "identity", "abs", "tanh"])
def test_centred_random_weights(n, phi):
    phi = clt.nonlinearities.get(phi)
    result = sum_cumulants(clt.WeightedSum(n, "normal", phi, weights="laplace"))
    second, fourth = (phi.gaussian_moment(k) for k in (2, 4))
    expected = (24.0 * fourth / (2.0 * second) ** 2 - 3.0) / n
    assert result.excess_kurtosis == pytest.approx(expected, rel=1e-10)
    assert result.skewness == result.standardized[2] == 0.0


def by_enumeration(weights, inputs, n, drop, bias):
    """The cumulants of sums of products of discrete numbers, by all outcomes."""
    keep = 1 - drop
    masks = {Fraction(0): drop, 1 / keep: keep}
    term = {}
    for (w, p), (x, q), (m, r) in itertools.product(weights.items(), inputs.items(), masks.items()):
        term[w * x * m] = term.get(w * x * m, 0) + p * q * r
    law = bias
    for _ in range(n):
        after = {}
        for (s, p), (t, q) in itertools.product(law.items(), term.items()):
            after[s + t] = after.get(s + t, 0) + p * q
        law = after
    mean = sum(x * p for x, p in law.items())
    return mean, cumulants_of([sum((x - mean) ** k * p for x, p in law.items()) for k in range(7)])


@pytest.mark.parametrize("drop", [Fraction(0), Fraction(1, 4)])
def test_products_dropout_and_bias_by_enumeration(drop):
    weights = {Fraction(1): Fraction(1, 4), Fraction(2): Fraction(3, 4)}
    inputs = {Fraction(-1): Fraction(1, 2), Fraction(3): Fraction(1, 2)}
    bias = {Fraction(0): Fraction(1, 2), Fraction(5): Fraction(1, 2)}
    mean, kappa = by_enumeration(weights, inputs, 3, drop, bias)
    as_law = {
        name: clt.laws.Discrete([float(x) for x in law], [float(p) for p in law.values()])
        for name, law in (("weights", weights), ("inputs", inputs), ("bias", bias))
    }
    result = sum_cumulants(clt.WeightedSum(3, dropout=float(drop), **as_law))
    assert result.mean == pytest.approx(float(mean), rel=1e-14)
    assert result.variance == pytest.approx(float(kappa[2]), rel=1e-13)
    np.testing.assert_allclose(result.standardized, standardized(kappa), rtol=1e-11, atol=1e-12)
    wrong = sum_cumulants(clt.WeightedSum(3, dropout=float(drop) + 0.01, **as_law))
    assert not np.allclose(wrong.standardized, standardized(kappa), rtol=1e-4)


def test_fixed_inputs_and_random_weights():
    inputs = np.array([1.0, -2.0, 3.0])
    result = sum_cumulants(clt.WeightedSum(3, inputs, "relu", weights="uniform(low=-1,high=1)"))
    assert result.excess_kurtosis == pytest.approx(-1.2 * (1 + 81) / (1 + 9) ** 2, rel=1e-13)


def test_dropout_alone_is_random():
    result = sum_cumulants(clt.WeightedSum(4, np.ones(4), weights=2.0, dropout=0.25))
    exact = stats.binom(4, 0.75)
    assert result.skewness == pytest.approx(exact.stats("s"), rel=1e-13)
    assert result.excess_kurtosis == pytest.approx(exact.stats("k"), rel=1e-12)


@pytest.mark.parametrize(
    ("text", "weight", "expected"),
    [
        ("student-t(df=2)", 1.0, (math.nan,) * 4),
        ("pareto(shape=2.5)", 1.0, (math.inf, math.nan, math.nan, math.nan)),
        ("pareto(shape=2.5)", -1.0, (-math.inf, math.nan, math.nan, math.nan)),
        ("student-t(df=4)", 1.0, (0.0, math.inf, math.nan, math.nan)),
        ("cauchy", 1.0, (math.nan,) * 4),
    ],
)
def test_infinite_cumulants(text, weight, expected):
    result = sum_cumulants(clt.WeightedSum(3, text, weights=weight))
    np.testing.assert_array_equal(result.standardized, expected)


def test_infinities_of_both_signs_have_no_sum():
    result = sum_cumulants(clt.WeightedSum(2, "pareto(shape=2.5)", weights=[1.0, -1.0]))
    assert math.isnan(result.skewness)
    assert math.isfinite(result.variance)


def test_infinite_moments_of_products():
    centred = sum_cumulants(clt.WeightedSum(4, "student-t(df=3.5)", weights="normal"))
    np.testing.assert_array_equal(centred.standardized, (0.0, math.inf, math.nan, math.nan))
    never = clt.WeightedSum(4, "student-t(df=3.5)", weights="constant(value=0)")
    with pytest.raises(ValueError, match="is constant"):
        sum_cumulants(never)
    number = sum_cumulants(clt.WeightedSum(4, "exponential", weights="constant(value=-2)"))
    assert number == sum_cumulants(clt.WeightedSum(4, "exponential", weights=-2.0))


def test_a_lower_order_does_not_ask_for_higher_moments():
    sums = clt.WeightedSum(2, "lognormal(sd_log=7)", weights=1.0)
    assert sum_cumulants(sums, 2).order == 2
    assert sum_cumulants(sums, 2).standardized == ()
    assert math.isnan(sum_cumulants(sums, 2).skewness)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0.01, 100.0), min_size=1, max_size=6),
    st.sampled_from([0.25, 2.0, -8.0]),
)
def test_standardised_cumulants_have_no_scale(weights, factor):
    first = sum_cumulants(clt.WeightedSum(len(weights), "exponential", weights=weights))
    scaled = [factor * w for w in weights]
    second = sum_cumulants(clt.WeightedSum(len(weights), "exponential", weights=scaled))
    signs = [math.copysign(1.0, factor) ** k for k in range(3, 7)]
    np.testing.assert_allclose(second.standardized, np.multiply(signs, first.standardized), 1e-12)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (clt.WeightedSum(3, dependence="equicorrelated(correlation=0.5)"), "equicorrelated"),
        (clt.WeightedSum(2, np.eye(2)), "one row of data"),
        (clt.WeightedSum(2, "normal", weights=0.0), "nothing is random"),
        (clt.WeightedSum(2, "constant(value=2)", weights=1.0), "is constant"),
    ],
)
def test_refusals(model, message):
    with pytest.raises(ValueError, match=message):
        sum_cumulants(model)


def test_what_is_no_sum():
    with pytest.raises(TypeError, match="must be a WeightedSum"):
        sum_cumulants(clt.RandomNetwork(widths=[3]))
    with pytest.raises(ValueError, match="order must be from 2 to 6, not 7"):
        sum_cumulants(clt.WeightedSum(3), 7)
    assert Cumulants(0.0, 1.0).order == 2
