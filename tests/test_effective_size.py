"""Effective sizes: known correlations, independence, and repeated samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from clt_sim.effective_size import effective_size


def _autoregression(r, n, rng):
    noise = rng.standard_normal(n) * np.sqrt(1.0 - r * r)
    noise[0] = rng.standard_normal()  # the stationary law
    return lfilter([1.0], [1.0, -r], noise)


def _clusters(rho, groups, size, rng):
    common = rng.standard_normal((groups, 1))
    return np.sqrt(rho) * common + np.sqrt(1.0 - rho) * rng.standard_normal((groups, size))


@pytest.mark.parametrize("r", [-0.5, 0.0, 0.5, 0.9])
def test_autoregression(r):
    n = 50_000
    size = effective_size(_autoregression(r, n, np.random.default_rng(7)))
    assert (size.count, size.method) == (n, "initial positive sequence")
    assert abs(size.value - n * (1 - r) / (1 + r)) < 4.0 * size.stderr
    assert size.stderr < 0.15 * size.value


def test_errors_of_sequences_are_the_spread():
    rng = np.random.default_rng(8)
    sizes = [effective_size(_autoregression(0.6, 4000, rng)) for _ in range(200)]
    spread = np.std([size.value for size in sizes])
    # The sd of 200 values is off by 15 % three times in a thousand; the formula is for large n.
    assert np.mean([size.stderr for size in sizes]) == pytest.approx(spread, rel=0.2)


def test_sums_of_autocovariances():
    x = _autoregression(0.7, 60, np.random.default_rng(1)) + 3.0
    e = x - x.mean()
    gamma = [e[: 60 - k] @ e[k:] / 60 for k in range(60)]
    total = -gamma[0]
    for k in range(0, 60, 2):
        if gamma[k] + gamma[k + 1] <= 0.0:
            break
        total += 2.0 * (gamma[k] + gamma[k + 1])
    assert effective_size(x).value == pytest.approx(60 * gamma[0] / total, rel=1e-10)


@pytest.mark.parametrize("rho", [0.0, 0.2, 0.8])
def test_equicorrelated_clusters(rho):
    table = _clusters(rho, 4000, 5, np.random.default_rng(2))
    size = effective_size(table)
    assert (size.count, size.method) == (20_000, "clusters")
    assert abs(size.value - 20_000 / (1 + 4 * rho)) < 4.0 * size.stderr < 0.15 * size.value
    labels = np.repeat(np.arange(4000), 5)
    order = np.random.default_rng(3).permutation(20_000)
    by_label = effective_size(table.ravel()[order], clusters=labels[order])
    assert by_label.value == pytest.approx(size.value)
    assert by_label.stderr == pytest.approx(size.stderr)
    assert by_label.design_effect == pytest.approx(20_000 / size.value)
    named = effective_size(table[:2].ravel(), clusters=["b"] * 5 + ["a"] * 5)
    assert named.value == pytest.approx(effective_size(table[:2]).value)


def test_errors_of_clusters_are_the_spread():
    rng = np.random.default_rng(4)
    sizes = [effective_size(_clusters(0.3, 300, 4, rng)) for _ in range(300)]
    spread = np.std([size.value for size in sizes])
    assert np.mean([size.stderr for size in sizes]) == pytest.approx(spread, rel=0.15)


def test_variance_of_a_mean():
    # The definition: as many independent draws have a mean of the same variance.
    rng = np.random.default_rng(5)
    means, sizes = [], []
    for _ in range(1000):
        table = _clusters(0.5, 50, 6, rng)
        means.append(table.mean())
        sizes.append(1.0 / effective_size(table).value)
    assert np.mean(sizes) == pytest.approx(np.var(means), rel=0.15)


def test_each_its_own_cluster_is_independence():
    x = np.random.default_rng(6).exponential(size=100)
    size = effective_size(x, clusters=np.arange(100))
    assert (size.value, size.design_effect) == pytest.approx((100.0, 1.0))
    assert size.stderr == pytest.approx(0.0, abs=1e-9)


def test_negative_controls():
    table = _clusters(0.5, 1000, 5, np.random.default_rng(2))
    shuffled = np.random.default_rng(3).permutation(table.ravel()).reshape(table.shape)
    assert effective_size(table).value + 10 * effective_size(table).stderr < 5000
    size = effective_size(shuffled)
    assert abs(size.value - 5000) < 4 * size.stderr
    sequence = _autoregression(0.8, 5000, np.random.default_rng(1))
    assert effective_size(sequence).value < 1000
    size = effective_size(np.random.default_rng(0).permutation(sequence))
    assert abs(size.value - 5000) < 4 * size.stderr


def test_scale_and_location():
    x = _autoregression(0.5, 200, np.random.default_rng(1))
    for moved in (1e-200 * x, 1e200 * x, 3.0 - x, x.astype(np.float32)):
        assert effective_size(moved).value == pytest.approx(effective_size(x).value, rel=1e-3)


@pytest.mark.parametrize(
    ("x", "clusters", "match"),
    [
        ([2.0, 2.0, 2.0, 2.0], None, "must not be constant"),
        ([1.0, 2.0, 3.0], None, "at least 4 draws"),
        ([1.0, np.inf, 3.0, 4.0], None, "must be finite"),
        ([[[1.0]]], None, "1 or 2 dimensions"),
        ([[1.0, 2.0]], None, "clusters must be at least 2"),
        ([[1.0, 2.0], [3.0, 4.0]], [0, 1], "None for a table"),
        ([1.0, 2.0], [0, 1, 2], "one label for each of the 2 values"),
        ([1.0, -1.0, 1.0, -1.0], [0, 0, 1, 1], "mean that differs between clusters"),
        ([1.0, -1.0] * 20, None, "positive autocorrelation time"),
    ],
)
def test_refusals(x, clusters, match):
    with pytest.raises(ValueError, match=match):
        effective_size(x, clusters=clusters)


def test_labels_must_be_labels():
    with pytest.raises(TypeError, match="clusters must be whole numbers or strings"):
        effective_size([1.0, 2.0], clusters=[0.5, 1.5])
    with pytest.raises(TypeError, match="real numbers"):
        effective_size(["a", "b"])
