"""Weights, inputs, replicates and seeds are independent of each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt

DRAWS = 2**20
FALSE_ALARM = 1e-3
LAGS = (1, 2, 255, 256, 257, 512, 1024, 32768)
LIMIT = stats.norm.isf(FALSE_ALARM / (2 * (4 + 3 * len(LAGS))))
"""Of a correlation times the root of the number of pairs; all tests of this file together."""


def correlation(a, b):
    return abs(np.corrcoef(a, b)[0, 1]) * np.sqrt(a.size)


def sign_and_size(seed):
    """One term w*x with a random sign w and a uniform x: both can be read off the product."""
    product = clt.sample(clt.WeightedSum(1, "uniform", weights="rademacher"), DRAWS, seed=seed)
    return np.sign(product), np.abs(product)


def test_weights_and_inputs_are_independent():
    sign, size = sign_and_size(1)
    assert correlation(sign, size) < LIMIT
    assert correlation(sign, (size - 0.5) ** 2) < LIMIT


@pytest.mark.parametrize("lag", LAGS)
def test_replicates_are_independent(lag):
    sign, size = sign_and_size(2)
    assert correlation(size[lag:], size[:-lag]) < LIMIT
    assert correlation(sign[lag:], sign[:-lag]) < LIMIT
    assert correlation(sign[lag:], size[:-lag]) < LIMIT


def test_seeds_are_independent():
    first, second = clt.WeightedSum(1, weights=1.0), clt.WeightedSum(2, weights=[0.0, 1.0])
    x = clt.sample(first, DRAWS, seed=0)
    assert correlation(x, clt.sample(first, DRAWS, seed=1)) < LIMIT
    assert correlation(x, clt.sample(second, DRAWS, seed=0)) < LIMIT


def test_a_shared_stream_would_be_noticed():
    """One per cent of the inputs mixed into something independent."""
    sign, size = sign_and_size(1)
    assert correlation(size, sign + 0.03 * size) > LIMIT


def test_every_half_of_the_seed_counts():
    model = clt.WeightedSum(1)
    samples = {clt.sample(model, 8, seed=seed).tobytes() for seed in (0, 1, 2**32, 2**64 - 1)}
    assert len(samples) == 4


def test_another_law_of_weights_keeps_the_inputs():
    positive = clt.sample(clt.WeightedSum(1, "exponential", weights=1.0), 1000, seed=5)
    signed = clt.sample(clt.WeightedSum(1, "exponential", weights="rademacher"), 1000, seed=5)
    assert np.array_equal(np.abs(signed), positive)
