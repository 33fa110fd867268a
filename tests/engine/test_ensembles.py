"""What is drawn and what is held fixed: weights, inputs, rows of data, biases and masks."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt

DRAWS = 2**18
LIMIT = 5.0
"""Standard errors; a hundred comparisons raise a false alarm with a probability of 6e-5."""
FALSE_ALARM = 1e-5
"""Of each test of a whole distribution."""
INPUTS = np.array([0.5, -1.0, 2.0, 0.0, -0.25, 1.5])
DATA = np.random.default_rng(5).normal(size=(7, 6))
WEIGHTS = np.array([1.0, -0.5, 0.25, 2.0, 1.0, -1.0])


@pytest.mark.parametrize("phi", ["identity", "tanh", "relu"])
def test_normal_weights_at_fixed_inputs_make_a_normal_sum(phi):
    model = clt.WeightedSum(6, INPUTS, phi, "normal(mean=0.5, sd=2)", bias=-1.0)
    outputs = np.asarray(model.nonlinearity(INPUTS))
    law = stats.norm(0.5 * outputs.sum() - 1.0, 2.0 * np.linalg.norm(outputs))
    assert (model.mean, model.variance) == pytest.approx((law.mean(), law.var()), rel=1e-14)
    x = clt.sample(model, DRAWS, seed=1)
    assert stats.kstest(x, law.cdf).pvalue > FALSE_ALARM
    wrong = stats.norm(law.mean(), 1.02 * law.std())
    assert stats.kstest(x, wrong.cdf).pvalue < FALSE_ALARM


@pytest.mark.parametrize("phi", ["identity", "sigmoid"])
def test_fixed_inputs_are_fixed_weights_of_the_law_of_weights(phi):
    """Which of two factors is called a weight makes no difference to their product."""
    outputs = np.asarray(clt.nonlinearities.get(phi)(INPUTS))
    inputs = clt.WeightedSum(6, INPUTS, phi, "laplace(mean=1)")
    weights = clt.WeightedSum(6, "laplace(mean=1)", "identity", outputs)
    assert np.array_equal(clt.sample(inputs, 5000), clt.sample(weights, 5000))
    assert inputs.variance == pytest.approx(weights.variance, rel=1e-14)


def test_prefixes_of_fixed_inputs_and_data():
    for inputs in (INPUTS, DATA):
        model = clt.WeightedSum(6, inputs, "tanh", "normal")
        path = clt.simulate_path(model, [1, 4, 6], 3000, seed=2)
        for n, summary in path.items():
            alone = clt.WeightedSum(n, inputs[..., :n], "tanh", "normal")
            assert summary.model == alone
            assert summary.mean == clt.simulate(alone, 3000, seed=2).mean


def frequencies_pvalue(x, values, probabilities):
    """Chi-square of how often each of the values occurs; x must be at one of them."""
    order = np.argsort(values)
    values, probabilities = np.asarray(values)[order], np.asarray(probabilities)[order]
    nearest = np.abs(x[:, None] - values).argmin(axis=1)
    np.testing.assert_allclose(x, values[nearest], atol=2e-6)
    counts = np.bincount(nearest, minlength=values.size)
    return stats.chisquare(counts, probabilities * x.size).pvalue


@pytest.mark.parametrize("phi", ["identity", "gelu"])
def test_rows_of_data_at_fixed_weights_are_a_finite_population(phi):
    model = clt.WeightedSum(6, DATA, phi, WEIGHTS, bias=0.5)
    population = np.asarray(model.nonlinearity(DATA)) @ WEIGHTS + 0.5
    assert model.mean == pytest.approx(population.mean(), rel=1e-13)
    assert model.variance == pytest.approx(population.var(), rel=1e-13)
    x = clt.sample(model, DRAWS, seed=2)
    shares = np.full(7, 1 / 7)
    assert frequencies_pvalue(x, population, shares) > FALSE_ALARM
    uneven = np.array([1.03, 0.97, *[1.0] * 5]) / 7
    assert frequencies_pvalue(x, population, uneven) < FALSE_ALARM


def test_equal_rows_of_data_count_as_often_as_they_occur():
    model = clt.WeightedSum(2, [[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]], weights=1.0)
    x = clt.sample(model, DRAWS, seed=3)
    assert frequencies_pvalue(x, [1.0, 2.0], [2 / 3, 1 / 3]) > FALSE_ALARM


def test_rows_of_data_with_random_weights():
    model = clt.WeightedSum(6, DATA, "relu", "normal(mean=0.5)")
    outputs = np.maximum(DATA, 0.0)
    # Given the row, the sum is normal.
    means, variances = 0.5 * outputs.sum(1), (outputs**2).sum(1)
    assert model.mean == pytest.approx(means.mean(), rel=1e-13)
    assert model.variance == pytest.approx(variances.mean() + means.var(), rel=1e-13)

    def cdf(x):
        scaled = (np.asarray(x)[..., None] - means) / np.sqrt(variances)
        return stats.norm.cdf(scaled).mean(axis=-1)

    x = clt.sample(model, DRAWS, seed=4)
    assert stats.kstest(x, cdf).pvalue > FALSE_ALARM
    normal = stats.norm(model.mean, math.sqrt(model.variance))
    assert stats.kstest(x, normal.cdf).pvalue < FALSE_ALARM


@pytest.mark.parametrize("dropout", [0.25, 0.5, 0.9])
def test_masks_alone_make_a_sum_over_subsets(dropout):
    """Fixed weights and inputs: every subset of the terms has its own probability."""
    terms = np.array([1.0, 0.4, -0.7])
    model = clt.WeightedSum(3, terms, weights=1.0, dropout=dropout)
    subsets = np.array(list(itertools.product([False, True], repeat=3)))
    values = subsets @ terms / (1.0 - dropout)
    kept = subsets.sum(1)
    probabilities, wrong = (
        q**kept * (1.0 - q) ** (3 - kept) for q in (1 - dropout, 1.02 - dropout)
    )
    mean = probabilities @ values
    assert model.mean == pytest.approx(mean, rel=1e-14)
    assert model.variance == pytest.approx(probabilities @ (values - mean) ** 2, rel=1e-13)
    x = clt.sample(model, DRAWS, seed=5)
    assert frequencies_pvalue(x, values, probabilities) > FALSE_ALARM
    assert frequencies_pvalue(x, values, wrong) < FALSE_ALARM


@pytest.mark.parametrize(
    "model",
    [
        clt.WeightedSum(5, "exponential", "relu", "normal(mean=1)", dropout=0.3),
        clt.WeightedSum(6, INPUTS, "tanh", "normal(mean=1)", dropout=0.6),
        clt.WeightedSum(6, DATA, "relu", WEIGHTS, dropout=0.1, bias=3.0),
        clt.WeightedSum(
            6, "uniform", weights=WEIGHTS, dropout=0.5, dependence="equicorrelated(correlation=0.4)"
        ),
    ],
    ids=str,
)
def test_variance_with_dropout(model):
    whole = clt.WeightedSum.from_dict({**model.to_dict(), "dropout": 0.0})
    assert model.mean == pytest.approx(whole.mean, rel=1e-14)
    assert model.variance > whole.variance
    summary = clt.simulate(model, DRAWS, seed=6)
    for estimate, exact in ((summary.mean, model.mean), (summary.variance, model.variance)):
        assert abs(estimate.value - exact) < LIMIT * estimate.stderr
    assert abs(summary.variance.value - whole.variance) > LIMIT * summary.variance.stderr


@pytest.mark.parametrize("n", [1, 3, 8])
def test_a_sum_is_zero_if_all_terms_are_left_out(n):
    model = clt.WeightedSum(n, "normal", weights="normal", dropout=0.5)
    share, zeros = 0.5**n, clt.simulate(model, DRAWS, seed=7).exact_zeros
    assert abs(zeros / DRAWS - share) < LIMIT * math.sqrt(share * (1.0 - share) / DRAWS)
    wrong = 0.6**n
    assert abs(zeros / DRAWS - wrong) > LIMIT * math.sqrt(wrong * (1.0 - wrong) / DRAWS)


def cumulants(law):
    mean, variance = law.mean, law.variance
    third = law.moment(3) - 3.0 * mean * law.moment(2) + 2.0 * mean**3
    fourth = law.moment(4) - 4.0 * mean * law.moment(3) + 6.0 * mean**2 * law.moment(2)
    return np.array([mean, variance, third, fourth - 3.0 * mean**4 - 3.0 * variance**2])


@pytest.mark.parametrize("bias", ["exponential(scale=2)", "bernoulli(probability=0.1)", "uniform"])
def test_a_random_bias_adds_its_cumulants(bias):
    inputs, law = clt.laws.get("laplace(mean=0.5)"), clt.laws.get(bias)
    model = clt.WeightedSum(3, inputs, weights=[1.0, -2.0, 0.5], bias=bias)
    powers = [sum(w**k for w in (1.0, -2.0, 0.5)) for k in (1, 2, 3, 4)]
    mean, variance, third, fourth = cumulants(inputs) * powers + cumulants(law)
    assert (model.mean, model.variance) == pytest.approx((mean, variance), rel=1e-13)
    summary = clt.simulate(model, DRAWS, seed=8)
    exact = mean, variance, third / variance**1.5, fourth / variance**2
    names = "mean", "variance", "skewness", "excess_kurtosis"
    for name, value in zip(names, exact, strict=True):
        estimate = getattr(summary, name)
        assert abs(estimate.value - value) < LIMIT * estimate.stderr, name
    assert abs(summary.mean.value - (mean - law.mean)) > LIMIT * summary.mean.stderr


def test_a_random_bias_is_the_same_for_all_prefixes():
    model = clt.WeightedSum(2, weights=0.0, bias="exponential")
    one, two = (clt.sample(model.prefix(n), 2000, seed=9) for n in (1, 2))
    assert np.array_equal(one, two)
    assert stats.kstest(one, stats.expon.cdf).pvalue > FALSE_ALARM


def test_each_random_part_has_a_stream_of_its_own():
    """The sum of the parts, each drawn with all others turned off, is the sum of all."""
    seed, size = 11, 4000
    inputs = clt.sample(clt.WeightedSum(3, "laplace", weights=1.0), size, seed=seed)
    bias = clt.sample(clt.WeightedSum(3, weights=0.0, bias="exponential"), size, seed=seed)
    both = clt.sample(clt.WeightedSum(3, "laplace", weights=1.0, bias="exponential"), size, seed=11)
    np.testing.assert_allclose(both, inputs + bias, atol=1e-5)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({}, "over weights and inputs"),
        ({"weights": WEIGHTS}, "over inputs, at fixed weights"),
        ({"inputs": INPUTS}, "over weights, at fixed inputs"),
        ({"inputs": DATA}, "over weights and rows of data"),
        ({"inputs": DATA, "weights": WEIGHTS}, "over rows of data, at fixed weights"),
        ({"bias": "normal"}, "over weights, inputs and biases"),
        (
            {"inputs": INPUTS, "weights": WEIGHTS, "bias": "normal"},
            "over biases, at fixed weights and inputs",
        ),
        (
            {"inputs": INPUTS, "weights": WEIGHTS, "dropout": 0.5},
            "over dropout masks, at fixed weights and inputs",
        ),
        (
            {"bias": "normal", "dropout": 0.5},
            "over weights, inputs, biases and dropout masks",
        ),
    ],
)
def test_the_ensemble_is_named(parts, text):
    model = clt.WeightedSum(6, **parts)
    assert model.ensemble == text
    assert clt.simulate(model, 10).ensemble == f"{model}, 10 draws {text}"
