"""Counts of sums that are zero, and of those that nearly are."""

from __future__ import annotations

import math

import numpy as np
import pytest

import clt_sim as clt
from clt_sim._kernels.statistics import NEAR

DRAWS = 2**18
LIMIT = 5.0
"""Standard errors of a share; ten comparisons raise a false alarm with a probability of 6e-6."""
MODELS = [
    clt.WeightedSum(2, "rademacher", weights=1.0),
    clt.WeightedSum(3, "normal", "relu", "normal"),
    clt.WeightedSum(4, "sparse(zero_probability=0.7)", weights="normal"),
    clt.WeightedSum(2, "bernoulli", weights=[1.0, -1.0], bias=1.0),
    clt.WeightedSum(2, "uniform", weights=1.0, bias=-1.0),
    clt.WeightedSum(3, "normal", "relu", 1.0, dropout=0.5),
    clt.WeightedSum(2, "constant(value=0)", weights="cauchy"),
]


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("draws", [1, 1025, 70_000])
def test_counts_are_those_of_the_sample(model, draws):
    summary, x = clt.simulate(model, draws, seed=1), clt.sample(model, draws, seed=1)
    assert summary.exact_zeros == np.sum(x == 0.0)
    assert summary.near_zeros == np.sum(np.abs(x) <= NEAR * summary.scale)
    assert type(summary.exact_zeros) is type(summary.near_zeros) is int


SHARES = [
    (clt.WeightedSum(4, "rademacher", weights=1.0), 6 / 16),
    (clt.WeightedSum(3, "normal", "relu", "normal"), 1 / 8),
    (clt.WeightedSum(2, "sparse(zero_probability=0.3)", weights=1.0), 0.09),
    (clt.WeightedSum(3, "bernoulli(probability=0.2)", weights="normal"), 0.8**3),
    (clt.WeightedSum(2, "bernoulli", weights=1.0, bias=-2.0), 0.25),
    (clt.WeightedSum(2, "bernoulli", weights=1.0, bias="constant(value=-2)"), 0.25),
]


@pytest.mark.parametrize(("model", "share"), SHARES, ids=str)
def test_shares_are_the_probabilities(model, share):
    found = clt.simulate(model, DRAWS, seed=2).exact_zeros / DRAWS
    error = math.sqrt(share * (1.0 - share) / DRAWS)
    assert abs(found - share) < LIMIT * error
    assert abs(found - 1.1 * share) > LIMIT * error


def test_the_share_near_zero_is_density_times_width():
    model = clt.WeightedSum(1, weights=1.0)
    summary = clt.simulate(model, DRAWS, seed=3)
    share = math.erf(NEAR * summary.scale / math.sqrt(2.0))
    error = math.sqrt(share / DRAWS)
    assert abs(summary.near_zeros / DRAWS - share) < LIMIT * error
    assert abs(summary.near_zeros / DRAWS - 2.0 * share) > LIMIT * error
    assert summary.exact_zeros == 0


def test_counts_add_up():
    model = MODELS[2]
    first, second = (clt.simulate(model, 3000, seed=seed) for seed in (1, 2))
    both = first + second
    assert both.exact_zeros == first.exact_zeros + second.exact_zeros
    assert both.near_zeros == first.near_zeros + second.near_zeros


def test_each_prefix_has_counts_of_its_own():
    path = clt.simulate_path(clt.WeightedSum(3, "bernoulli", weights=1.0), [1, 2, 3], DRAWS, seed=4)
    found = [summary.exact_zeros / DRAWS for summary in path.values()]
    np.testing.assert_allclose(found, [1 / 2, 1 / 4, 1 / 8], atol=LIMIT * 0.5 / math.sqrt(DRAWS))


def test_a_bias_that_is_rounded_away_hides_no_zero():
    """Zeros are sums that cancel their bias: 0 is not lost where the bias is large."""
    model = clt.WeightedSum(1, "rademacher", weights=0.1, bias=-1e3)
    summary = clt.simulate(model, 1000)
    assert summary.exact_zeros == summary.near_zeros == 0
