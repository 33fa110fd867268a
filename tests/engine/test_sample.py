"""Samples are the stream of `simulate`, whose statistics plain NumPy finds again."""

from __future__ import annotations

import math

import numpy as np
import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.summaries.histogram import BINS, HALF_RANGE

MODELS = [
    clt.WeightedSum(1, "exponential", "identity", 1.0),
    clt.WeightedSum(3, "normal", "relu", "normal", bias=-4.0),
    clt.WeightedSum(2, "rademacher", "tanh", [1.0, -2.5]),
]
DRAWS = [1, 5, 1023, 1024, 1025, driver.CHUNK - 1, driver.CHUNK, driver.CHUNK + 1]


def histogram(x, grid):
    """Counts below, in each bin and above, by rounding down."""
    place = np.floor((x - grid.location) / grid.scale * (BINS / (2 * HALF_RANGE)) + BINS / 2)
    return np.bincount(np.clip(place, -1, BINS).astype(int) + 1, minlength=BINS + 2)


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("draws", DRAWS)
def test_statistics_are_those_of_the_sample(model, draws):
    summary, x = clt.simulate(model, draws, seed=2), clt.sample(model, draws, seed=2)
    counts = histogram(x, summary.histogram.grid)
    assert summary.count == draws == x.size
    assert np.array_equal(summary.histogram.counts, counts[1:-1])
    assert summary.histogram.underflow == counts[0]
    assert summary.histogram.overflow == counts[-1]
    z = (x - summary.location) / summary.scale
    moments = [math.fsum(z**k) / draws for k in range(9)]
    sizes = [math.fsum(np.abs(z) ** k) / draws for k in range(9)]
    np.testing.assert_allclose(
        np.subtract(summary.raw_moments, moments) / np.maximum(sizes, 1e-300), 0.0, atol=1e-12
    )
    assert summary.minimum == x.min()
    assert summary.maximum == x.max()
    assert summary.mean.value == pytest.approx(x.mean(), rel=1e-12, abs=1e-12 * summary.scale)
    if draws > 5:
        assert summary.variance.value == pytest.approx(x.var(ddof=1), rel=1e-12)


def test_histogram_agrees_with_numpy():
    summary, x = clt.simulate(MODELS[1], 50_000), clt.sample(MODELS[1], 50_000)
    assert np.array_equal(np.histogram(x, summary.histogram.edges)[0], summary.histogram.counts)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_a_longer_sample_begins_with_the_shorter(model):
    longest = clt.sample(model, 2 * driver.CHUNK + 5, seed=3)
    for size in DRAWS:
        assert np.array_equal(clt.sample(model, size, seed=3), longest[:size])


def test_samples_are_writable_doubles():
    x = clt.sample(MODELS[0], 10)
    assert x.dtype == np.float64
    assert x.flags.writeable


def test_the_sample_does_not_depend_on_the_size_of_tasks(monkeypatch):
    expected = clt.sample(MODELS[1], 5 * driver.CHUNK + 3, seed=4)
    monkeypatch.setattr("clt_sim.engine.tasks.TASK_CHUNKS", 1)
    assert np.array_equal(clt.sample(MODELS[1], 5 * driver.CHUNK + 3, seed=4), expected)


def test_one_draw_has_no_spread():
    summary = clt.simulate(MODELS[0], 1)
    assert math.isnan(summary.variance.value)
    assert math.isnan(summary.skewness.value)
    assert math.isnan(summary.excess_kurtosis.value)


def test_a_sum_without_spread():
    summary = clt.simulate(clt.WeightedSum(4, weights=0.0, bias=2.5), 10_000)
    assert (summary.mean.value, summary.mean.stderr) == (2.5, 0.0)
    assert (summary.variance.value, summary.variance.stderr) == (0.0, 0.0)
    assert math.isnan(summary.skewness.value)
    assert math.isnan(summary.excess_kurtosis.value)
    assert summary.minimum == summary.maximum == 2.5
