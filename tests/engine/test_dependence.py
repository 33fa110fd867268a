"""Inputs that depend on each other: their moments, their law, and that of their sums."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.models import RandomScale

DRAWS = 2**18
LIMIT = 5.0
"""Standard errors; a hundred comparisons raise a false alarm with a probability of 6e-5."""
CORRELATIONS = {
    "equicorrelated(correlation=0.3)": lambda i, j: 1.0 if i == j else 0.3,
    "equicorrelated(correlation=1)": lambda i, j: 1.0,
    "autoregressive(correlation=0.6)": lambda i, j: 0.6 ** abs(i - j),
    "autoregressive(correlation=-0.8)": lambda i, j: (-0.8) ** abs(i - j),
}
WEIGHTS = np.array([1.0, -0.5, 2.0, 0.25])


def one_input(i, n, law, dependence):
    """The i-th input of each sum: all others have the weight 0."""
    model = clt.WeightedSum(n, law, weights=np.eye(n)[i], dependence=dependence)
    return clt.sample(model, DRAWS, seed=3)


def inputs(n, law, dependence):
    return np.stack([one_input(i, n, law, dependence) for i in range(n)])


def assert_moments(model, mean, variance):
    """The formula is exact, the simulation within the limit, and a tenth more is noticed."""
    assert model.mean == pytest.approx(mean, rel=1e-12)
    assert model.variance == pytest.approx(variance, rel=1e-12)
    summary = clt.simulate(model, DRAWS, seed=7)
    for estimate, exact in ((summary.mean, mean), (summary.variance, variance)):
        assert abs(estimate.value - exact) < LIMIT * estimate.stderr
    estimate = summary.variance
    assert abs(estimate.value - 1.1 * variance) > LIMIT * estimate.stderr


@pytest.mark.parametrize("dependence", CORRELATIONS)
@pytest.mark.parametrize("law", ["normal(mean=1, sd=2)", "uniform", "exponential(scale=0.5)"])
def test_mean_and_variance_of_the_sum(dependence, law):
    law, correlation = clt.laws.get(law), CORRELATIONS[dependence]
    pairs = itertools.product(range(WEIGHTS.size), repeat=2)
    shape = math.fsum(WEIGHTS[i] * WEIGHTS[j] * correlation(i, j) for i, j in pairs)
    model = clt.WeightedSum(4, law, weights=WEIGHTS, dependence=dependence)
    assert_moments(model, WEIGHTS.sum() * law.mean, shape * law.variance)


@pytest.mark.parametrize("dependence", CORRELATIONS)
def test_random_weights_have_no_memory(dependence):
    """Weights of mean 0 leave only their own products: n var(w) E[x^2]."""
    law = clt.laws.get("uniform(low=-1, high=2)")
    model = clt.WeightedSum(5, law, weights="normal(sd=0.5)", dependence=dependence)
    assert_moments(model, 0.0, 5 * 0.25 * law.moment(2))


@pytest.mark.parametrize("dependence", CORRELATIONS)
@pytest.mark.parametrize("law", ["normal(mean=1)", "uniform"])
def test_correlations_of_inputs(dependence, law):
    found = np.corrcoef(inputs(4, law, dependence))
    expected = np.array([[CORRELATIONS[dependence](i, j) for j in range(4)] for i in range(4)])
    # The error of a correlation is at most that of independent numbers for these laws.
    np.testing.assert_allclose(found, expected, atol=LIMIT / math.sqrt(DRAWS))
    assert np.abs(found - 0.9 * expected).max() > LIMIT / math.sqrt(DRAWS)


@pytest.mark.parametrize("dependence", CORRELATIONS)
def test_correlation_by_sums_and_differences(dependence):
    """Var(x + y) and Var(x - y) are 2 var (1 + r) and 2 var (1 - r)."""
    both, difference = (
        clt.simulate(clt.WeightedSum(2, "normal", weights=w, dependence=dependence), DRAWS).variance
        for w in ([1.0, 1.0], [1.0, -1.0])
    )
    r = CORRELATIONS[dependence](0, 1)
    assert abs(both.value - 2.0 * (1.0 + r)) < LIMIT * both.stderr
    assert abs(difference.value - 2.0 * (1.0 - r)) <= LIMIT * difference.stderr
    assert both.value / (both.value + difference.value) == pytest.approx((1.0 + r) / 2.0, abs=0.01)


@pytest.mark.parametrize("dependence", CORRELATIONS)
def test_normal_inputs_stay_normal(dependence):
    x = one_input(3, 4, "normal(mean=2, sd=3)", dependence)
    assert stats.kstest(x, stats.norm(2.0, 3.0).cdf).pvalue > 1e-5
    assert stats.kstest(x, stats.norm(2.0, 3.1).cdf).pvalue < 1e-5


def test_inputs_that_share_everything_are_equal():
    """The fresh part has the factor 0."""
    shares = "equicorrelated(correlation=1)"
    summary = clt.simulate(clt.WeightedSum(2, weights=[1.0, -1.0], dependence=shares), 10_000)
    assert summary.minimum == summary.maximum == 0.0
    assert summary.exact_zeros == 10_000


@pytest.mark.parametrize("name", ["equicorrelated", "autoregressive"])
def test_no_correlation_is_independence(name):
    parts = {"inputs": "exponential", "nonlinearity": "tanh", "weights": "normal"}
    alone = clt.WeightedSum(6, **parts)
    uncorrelated = clt.WeightedSum(6, **parts, dependence=f"{name}(correlation=0)")
    assert np.array_equal(clt.sample(alone, 5000), clt.sample(uncorrelated, 5000))


def arc_cosine(r):
    """E[relu(x) relu(y)] of standard normals of correlation r (Cho & Saul, 2009)."""
    angle = math.acos(r)
    return (math.sin(angle) + (math.pi - angle) * r) / (2.0 * math.pi)


@pytest.mark.parametrize(("dependence", "r"), [("equicorrelated", 0.3), ("autoregressive", -0.8)])
def test_rectified_normal_inputs(dependence, r):
    """There is no formula for the variance in the model, but there is one for two terms."""
    text = f"{dependence}(correlation={r})"
    model = clt.WeightedSum(2, "normal", "relu", 1.0, dependence=text)
    mean = 2.0 / math.sqrt(2.0 * math.pi)
    assert model.mean == pytest.approx(mean, rel=1e-12)
    assert math.isnan(model.variance)
    summary = clt.simulate(model, DRAWS, seed=1)
    exact = 2.0 * 0.5 + 2.0 * arc_cosine(r) - mean**2
    assert abs(summary.mean.value - mean) < LIMIT * summary.mean.stderr
    assert abs(summary.variance.value - exact) < LIMIT * summary.variance.stderr
    independent = 2.0 * 0.5 + 2.0 * arc_cosine(0.0) - mean**2
    assert abs(summary.variance.value - independent) > LIMIT * summary.variance.stderr


RADII = clt.laws.Discrete((1.0, 3.0), (0.75, 0.25))
SCALED = RandomScale(RADII)


@pytest.mark.parametrize("law", ["normal", "normal(mean=1)", "uniform"])
def test_moments_with_a_random_scale(law):
    law = clt.laws.get(law)
    model = clt.WeightedSum(4, law, weights=WEIGHTS, dependence=SCALED)
    centre = WEIGHTS.sum() * law.mean
    spread = (WEIGHTS**2).sum() * law.variance
    # By the law of total variance, over the two values of R.
    variance = 0.75 * spread + 0.25 * 9.0 * spread + centre**2 * RADII.variance
    assert_moments(model, 1.5 * centre, variance)


@pytest.mark.parametrize("n", [1, 16, 256])
def test_a_sum_with_a_random_scale_never_becomes_normal(n):
    """It is R*Z for every n."""
    model = clt.WeightedSum(n, weights=1.0 / math.sqrt(n), dependence=SCALED)
    summary, x = (run(model, DRAWS, seed=5) for run in (clt.simulate, clt.sample))
    exact = 3.0 * RADII.moment(4) / RADII.moment(2) ** 2 - 3.0
    kurtosis = summary.excess_kurtosis
    assert abs(kurtosis.value - exact) < LIMIT * kurtosis.stderr
    assert abs(kurtosis.value) > LIMIT * kurtosis.stderr

    def cdf(points):
        return 0.75 * stats.norm.cdf(points) + 0.25 * stats.norm.cdf(points / 3.0)

    assert stats.kstest(x, cdf).pvalue > 1e-5
    assert stats.kstest(x, stats.norm(0.0, math.sqrt(RADII.moment(2))).cdf).pvalue < 1e-5


def test_the_factor_is_drawn_once_for_every_sum():
    x = inputs(3, "rademacher", SCALED)
    assert set(np.unique(x)) == {-3.0, -1.0, 1.0, 3.0}
    assert np.array_equal(np.abs(x[0]), np.abs(x[1]))
    assert abs(np.corrcoef(np.sign(x))[0, 1]) < LIMIT / math.sqrt(DRAWS)
    share = np.mean(np.abs(x[0]) == 3.0)
    assert abs(share - 0.25) < LIMIT * math.sqrt(0.25 * 0.75 / DRAWS)


@pytest.mark.parametrize("dependence", [*CORRELATIONS, SCALED], ids=str)
def test_the_first_terms_do_not_depend_on_how_many_there_are(dependence):
    model = clt.WeightedSum(40, "exponential", "relu", "normal", dependence=dependence)
    path = clt.simulate_path(model, [1, 33, 40], 3000, seed=2)
    for n, summary in path.items():
        assert summary.mean == clt.simulate(model.prefix(n), 3000, seed=2).mean


@pytest.mark.parametrize("name", ["equicorrelated", "autoregressive"])
def test_inputs_without_a_mean_have_no_correlation(name):
    with pytest.raises(ValueError, match=f"dependence {name} is of inputs with a finite mean"):
        clt.WeightedSum(3, "cauchy", dependence=name)
    assert clt.WeightedSum(3, "cauchy", dependence="random-scale").tail_index == 1.0
