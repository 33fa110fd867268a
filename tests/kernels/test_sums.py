"""The whole engine against the slow reference, from the seed to the sum."""

from __future__ import annotations

import numpy as np
import pytest

import clt_sim as clt

TOLERANCE = 1e-6
"""Error allowed to a sum in units of the naive scale: nearly twice the largest seen."""
FIXED = np.cos(np.arange(40.0))


def models():
    laws, phis = clt.laws.names(), clt.nonlinearities.names()
    for index, phi in enumerate(phis):
        for n in (1, 3, 40):
            yield clt.WeightedSum(n, laws[index % len(laws)], phi, "normal", bias=0.5)
            yield clt.WeightedSum(n, "normal", phi, FIXED[:n], bias=-2.0)
    for law in laws:
        yield clt.WeightedSum(3, "uniform(low=-1.0)", "leaky-relu(slope=0.25)", law)


@pytest.mark.parametrize("model", list(models()), ids=str)
@pytest.mark.parametrize("seed", [0, 2**64 - 12345])
def test_sample_equals_the_naive_sums(model, seed, naive):
    samples = clt.sample(model, 3 * naive.BLOCK, seed=seed)
    for block in range(3):
        sums, scale = naive.block_sums(model, seed, block)
        error = np.abs(samples[block * naive.BLOCK :][: naive.BLOCK] - sums)
        assert np.all(error < TOLERANCE * scale)


def test_another_seed_would_be_noticed(naive):
    model = clt.WeightedSum(3, "normal", "tanh")
    sums, scale = naive.block_sums(model, 1, 0)
    error = np.abs(clt.sample(model, naive.BLOCK, seed=0) - sums)
    assert np.mean(error < TOLERANCE * scale) < 0.01
