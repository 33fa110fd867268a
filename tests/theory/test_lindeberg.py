"""Lindeberg's ratio and sum against closed forms and enumeration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.theory import effective_terms, lindeberg_ratio, lindeberg_sum, sum_cumulants


def test_weights_that_halve():
    weights = 2.0 ** -np.arange(1.0, 40.0)
    assert lindeberg_ratio(weights) == pytest.approx(0.75, rel=1e-12)
    assert effective_terms(weights) == pytest.approx((1 / 3) ** 2 * 15, rel=1e-12)


def test_harmonic_weights():
    weights = 1.0 / np.arange(1.0, 10**5 + 1.0)
    assert effective_terms(weights) == pytest.approx(
        (math.pi**2 / 6) ** 2 / (math.pi**4 / 90), rel=2e-5
    )


@pytest.mark.parametrize("weights", [[1.0] * 7, [3.0, -2.0, 1.0], [1e200, 1e200], [1e-200, 0.0]])
def test_effective_terms_are_the_ratio_of_kurtoses(weights):
    count = effective_terms(weights)
    assert 1.0 - 1e-12 <= count <= len(weights)
    assert 1.0 / len(weights) - 1e-12 <= lindeberg_ratio(weights) <= 1.0
    if max(map(abs, weights)) < 1e3 and min(map(abs, weights)) > 1e-3:
        kurtosis = sum_cumulants(clt.WeightedSum(len(weights), "laplace", weights=weights))
        assert 3.0 / count == pytest.approx(kurtosis.excess_kurtosis, rel=1e-12)


@pytest.mark.parametrize("function", [lindeberg_ratio, effective_terms])
def test_weights_are_checked(function):
    with pytest.raises(ValueError, match="must not all be 0"):
        function([0.0, 0.0])
    with pytest.raises(ValueError, match="finite"):
        function([1.0, math.nan])
    with pytest.raises(ValueError, match="dimension"):
        function([])


@pytest.mark.parametrize("function", [lindeberg_ratio, effective_terms])
def test_a_model_is_not_a_row_of_weights(function):
    model = clt.WeightedSum(2, weights=[3.0, 4.0])
    with pytest.raises(TypeError, match=r"weights must be numbers, not the sum of 2 terms.*values"):
        function(model)
    assert function(model.weights.values) == function([3.0, 4.0])


@pytest.mark.parametrize("epsilon", [0.05, 0.3, 0.6, 2.0])
@pytest.mark.parametrize("weights", [[1.0] * 5, [3.0, -2.0, 1.0, 0.0]])
def test_uniform(weights, epsilon):
    """E[D^2; |D| > t] = 2 (h^3 - t^3)/(3 * 2h) on [-h, h]."""
    weights = np.array(weights)
    sd = math.sqrt(np.sum(weights**2) / 12.0)
    half = np.abs(weights[weights != 0.0]) / 2.0
    beyond = (half**3 - np.minimum(epsilon * sd, half) ** 3) / (3.0 * half)
    expected = np.sum(beyond) / sd**2
    model = clt.WeightedSum(weights.size, "uniform", weights=weights)
    assert lindeberg_sum(model, epsilon) == pytest.approx(expected, abs=1e-12)


def test_normal_inputs_through_relu():
    """One term: E[(relu(Z) - m)^2; |relu(Z) - m| > eps sd], of which part is an atom at 0."""
    relu_mean, sd, epsilon = 1 / math.sqrt(math.tau), math.sqrt(0.5 - 0.5 / math.pi), 0.6
    beyond = stats.norm.expect(lambda z: (z - relu_mean) ** 2, lb=relu_mean + epsilon * sd)
    assert epsilon * sd < relu_mean
    atom = 0.5 * relu_mean**2
    below = stats.norm.expect(lambda z: (z - relu_mean) ** 2, lb=0.0, ub=relu_mean - epsilon * sd)
    model = clt.WeightedSum(1, "normal", "relu", weights=-3.0)
    assert lindeberg_sum(model, epsilon) == pytest.approx((beyond + atom + below) / sd**2, rel=1e-8)


@pytest.mark.parametrize("epsilon", [0.1, 0.4, 0.8])
def test_dropout_and_bias_by_enumeration(epsilon):
    model = clt.WeightedSum(
        2, "bernoulli(probability=.3)", weights=[1.0, 3.0], dropout=0.2, bias="rademacher"
    )
    unit = {0.0: 0.7 + 0.3 * 0.2, 1.25: 0.3 * 0.8}
    terms = [{w * v - w * 0.3: p for v, p in unit.items()} for w in (1.0, 3.0)]
    terms.append({-1.0: 0.5, 1.0: 0.5})
    variance = sum(d * d * p for term in terms for d, p in term.items())
    limit = epsilon * math.sqrt(variance)
    beyond = sum(d * d * p for term in terms for d, p in term.items() if abs(d) > limit)
    assert lindeberg_sum(model, epsilon) == pytest.approx(beyond / variance, rel=1e-12)


def test_it_goes_to_0_only_where_no_term_dominates():
    even = [lindeberg_sum(clt.WeightedSum(n, "laplace", weights=1.0), 0.5) for n in (4, 64, 512)]
    assert even[0] > even[1] > even[2]
    assert even[2] < 1e-4
    halves = clt.WeightedSum(30, "laplace", weights=2.0 ** -np.arange(30.0))
    assert lindeberg_sum(halves, 0.5) > 0.3


def test_refusals():
    with pytest.raises(ValueError, match="both have a law"):
        lindeberg_sum(clt.WeightedSum(3), 0.1)
    with pytest.raises(ValueError, match="epsilon must be above 0"):
        lindeberg_sum(clt.WeightedSum(3, weights=1.0), 0.0)
    with pytest.raises(ValueError, match="must be finite"):
        lindeberg_sum(clt.WeightedSum(3, "student-t(df=2)", weights=1.0), 0.1)
