"""Random networks: the engine against formulas, and both samplers against each other.

Every comparison of an estimate allows 4.5 standard errors, which is exceeded with a probability of
7e-6: all of this file together raise a false alarm for less than 1e-3 of the seeds.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numba import njit
from scipy import stats

import clt_sim as clt
from clt_sim.engine import tasks

SIGMAS = 4.5
DRAWS = 400_000
DATA = np.sin(np.arange(60.0)).reshape(20, 3)


def off(estimate, truth):
    return abs(estimate.value - truth) / estimate.stderr


SHAPES = [[1], [2], [10], [4, 8], [10, 10, 10]]


@pytest.mark.parametrize("sampler", ["direct", "conditional"])
@pytest.mark.parametrize("widths", SHAPES, ids=str)
@pytest.mark.parametrize(("phi", "factor"), [("relu", 5.0), ("identity", 2.0), ("abs", 2.0)])
def test_kurtosis_of_homogeneous_networks(phi, factor, widths, sampler):
    network = clt.RandomNetwork(widths, phi, sampler=sampler)
    summary = clt.simulate(network, DRAWS, seed=11)
    kurtosis = 3.0 * math.prod(1.0 + factor / n for n in widths)
    assert off(summary.variance, network.variance) < SIGMAS
    assert off(summary.mean, 0.0) < SIGMAS
    if kurtosis < 12.0:  # beyond, the standard error itself is not known from so many draws
        assert off(summary.excess_kurtosis, kurtosis - 3.0) < SIGMAS


def test_a_kurtosis_of_another_width_would_be_noticed():
    summary = clt.simulate(clt.RandomNetwork([10]), DRAWS, seed=11)
    assert off(summary.excess_kurtosis, 3.0 * (1.0 + 5.0 / 11.0) - 3.0) > SIGMAS


@pytest.mark.parametrize("slope", [0.1, 0.5])
def test_kurtosis_of_leaky_relu(slope):
    network = clt.RandomNetwork([6], f"leaky-relu(slope={slope})")
    factor = 6.0 * (1.0 + slope**4) / (1.0 + slope**2) ** 2 - 1.0
    summary = clt.simulate(network, DRAWS, seed=3)
    assert off(summary.excess_kurtosis, 3.0 * (1.0 + factor / 6.0) - 3.0) < SIGMAS


@pytest.mark.parametrize("sampler", ["direct", "conditional"])
def test_relu_with_biases_follows_the_recursion(sampler):
    """E K' = b + w E K/2, E K'^2 = b^2 + b w E K + w^2 E[K^2] (1 + 5/n)/4."""
    b, w, first, second = 0.4, 1.5, 1.9, 1.9**2
    for n in (5, 8):
        first, second = (
            b + 0.5 * w * first,
            b * b + b * w * first + w * w * second * (1.0 + 5.0 / n) / 4.0,
        )
    network = clt.RandomNetwork([5, 8], "relu", "normal", w, b, sampler=sampler)
    summary = clt.simulate(network, DRAWS, seed=4)
    assert off(summary.variance, first) < SIGMAS
    assert off(summary.excess_kurtosis, 3.0 * second / first**2 - 3.0) < SIGMAS


@pytest.mark.parametrize("weights", ["normal", "laplace"])
@pytest.mark.parametrize("n", [1, 3, 6])
def test_relu_has_an_atom_at_zero(weights, n):
    """All units are dead with probability 2^-n; then the sum is exactly 0."""
    summary = clt.simulate(clt.RandomNetwork([n], "relu", weights), DRAWS, seed=5)
    expected, sd = DRAWS * 2.0**-n, math.sqrt(DRAWS * 2.0**-n * (1.0 - 2.0**-n))
    assert abs(summary.exact_zeros - expected) < SIGMAS * sd


PAIRS = [
    {"widths": [3, 5], "nonlinearity": "tanh", "bias_variance": 0.3},
    {"widths": [4], "nonlinearity": "relu", "inputs": DATA},
    {"widths": [4, 3], "nonlinearity": "gelu", "inputs": "exponential", "input_width": 2},
    {"widths": [5, 4], "nonlinearity": "tanh", "normalization": "layer"},
    {"widths": [5, 4], "nonlinearity": "relu", "normalization": "rms", "weight_variance": 1.0},
    {"widths": [5], "nonlinearity": "sigmoid", "weights": "normal(sd=2)"},
]


def both(parts, **changed):
    direct = clt.RandomNetwork(**{**parts, **changed}, sampler="direct")
    return (
        clt.sample(direct, 2**17, seed=1),
        clt.sample(clt.RandomNetwork(**parts, sampler="conditional"), 2**17, seed=2),
    )


@pytest.mark.parametrize("parts", PAIRS, ids=str)
def test_both_samplers_have_the_same_law(parts):
    """Two-sample Kolmogorov tests, each with a false-alarm rate of 1e-4."""
    assert stats.ks_2samp(*both(parts)).pvalue > 1e-4


def test_another_width_has_another_law():
    """The control: the direct sampler has one unit less."""
    assert stats.ks_2samp(*both(PAIRS[1], widths=[3])).pvalue < 1e-4


def test_direct_network_equals_matrices_in_law():
    """Laplace weights, biases and a law of inputs against a plain simulation."""
    network = clt.RandomNetwork(
        [4, 3], "tanh", "laplace", 1.5, 0.2, inputs="uniform", input_width=5
    )
    rng, draws = np.random.default_rng(6), 2**17
    h = rng.random((draws, 5, 1))
    for units in (4, 3, 1):
        w = rng.laplace(size=(draws, units, h.shape[1])) * math.sqrt(1.5 / h.shape[1])
        z = w @ h + rng.normal(0.0, math.sqrt(0.2), (draws, units, 1))
        h = np.tanh(z)
    assert stats.ks_2samp(clt.sample(network, draws, seed=1), z.ravel()).pvalue > 1e-4


class TestNormalization:
    """Laws of normalised Gaussian numbers: kurtosis 3 (n-1)/(n+1) about the mean, 3 n/(n+2)."""

    @pytest.mark.parametrize("sampler", ["direct", "conditional"])
    @pytest.mark.parametrize(("kind", "kurtosis"), [("layer", 3.0 * 6 / 8), ("rms", 3.0 * 7 / 9)])
    def test_fourth_moment_shows_in_the_variance_of_squares(self, kind, kurtosis, sampler):
        parts = {"nonlinearity": "square", "weight_variance": 1.5, "normalization": kind}
        network = clt.RandomNetwork([7], **parts, sampler=sampler)
        assert off(clt.simulate(network, DRAWS).variance, 1.5 * kurtosis) < SIGMAS

    @pytest.mark.parametrize("kind", ["layer", "rms"])
    @pytest.mark.parametrize("sampler", ["direct", "conditional"])
    def test_what_keeps_squares_leaves_an_exactly_normal_law(self, kind, sampler):
        network = clt.RandomNetwork([3, 5], "abs", "normal", 1.0, 0.0, kind, sampler=sampler)
        assert stats.kstest(clt.sample(network, 2**17), "norm").pvalue > 1e-4

    @pytest.mark.parametrize("m", [2, 3, 8])
    def test_batch_normalised_unit(self, m):
        """With signs as weights the draw is a normalised number: x^2/(m-1) is of a beta law."""
        parts = {"input_width": 2, "batch_size": m}
        network = clt.RandomNetwork(
            [1], "identity", "rademacher", 1.0, 0.0, "batch", "normal", **parts
        )
        samples = clt.sample(network, 2**16, seed=3)
        if m == 2:
            assert np.abs(np.abs(samples) - 1.0).max() < 1e-4
        else:
            share = np.clip(samples**2 / (m - 1.0), 0.0, 1.0)
            assert stats.kstest(share, stats.beta(0.5, (m - 2.0) / 2.0).cdf).pvalue > 1e-4
        kurtosis = clt.simulate(network, DRAWS).excess_kurtosis
        assert abs(kurtosis.value - (3.0 * (m - 1) / (m + 1) - 3.0)) < SIGMAS * 2e-3

    def test_another_batch_size_would_be_noticed(self):
        parts = {"input_width": 2, "batch_size": 4}
        network = clt.RandomNetwork(
            [1], "identity", "rademacher", 1.0, 0.0, "batch", "normal", **parts
        )
        kurtosis = clt.simulate(network, DRAWS).excess_kurtosis
        assert abs(kurtosis.value - (3.0 * 4 / 6 - 3.0)) > SIGMAS * 2e-3


class TestFixedWeights:
    def test_bias_free_relu_of_one_input_is_two_rays(self):
        """It is a relu(x) + b relu(-x) at any width."""
        network = clt.RandomNetwork([50], inputs="normal", input_width=1, weight_seed=7)
        x = clt.sample(clt.WeightedSum(1, "normal", weights=1.0), 4000, seed=1)
        z = clt.sample(network, 4000, seed=1)
        above, below = z[x > 0.0] / x[x > 0.0], z[x < 0.0] / x[x < 0.0]
        assert np.ptp(above) < 1e-4
        assert np.ptp(below) < 1e-4
        assert abs(above.mean() - below.mean()) > 0.1

    def test_weight_seed_decides_the_network(self):
        first, same, other = (
            clt.sample(clt.RandomNetwork([5], "tanh", inputs=DATA, weight_seed=k), 500)
            for k in (1, 1, 2)
        )
        assert np.array_equal(first, same)
        assert not np.array_equal(first, other)

    def test_rows_of_data_give_one_value_each(self):
        network = clt.RandomNetwork([5], "tanh", inputs=DATA, weight_seed=1)
        assert np.unique(clt.sample(network, 4000)).size == len(DATA)


class TestRuns:
    NETWORK = clt.RandomNetwork([3, 4], "tanh", "laplace", bias_variance=0.1)

    def saved(self, tmp_path, model, **settings):
        path = tmp_path / "summary.npz"
        clt.simulate(model, 3 * 2**15 + 77, seed=8, **settings).save(path)
        return path.read_bytes()

    @pytest.mark.parametrize("model", [NETWORK, clt.RandomNetwork([3, 4])], ids=str)
    def test_same_bytes(self, model, tmp_path, monkeypatch):
        monkeypatch.setattr(tasks, "TASK_CHUNKS", 1)
        expected = self.saved(tmp_path, model, threads=1)
        assert self.saved(tmp_path, model, threads=3) == expected
        with ThreadPoolExecutor(2) as executor:
            assert self.saved(tmp_path, model, executor=executor) == expected
        assert self.saved(tmp_path, model, checkpoint=tmp_path / "run.npz") == expected

    def test_summaries_merge_and_load(self, tmp_path):
        first, second = (clt.simulate(self.NETWORK, 5000, seed=k) for k in (1, 2))
        both = first + second
        both.save(tmp_path / "both.npz")
        loaded = clt.Summary.load(tmp_path / "both.npz")
        assert loaded.model == self.NETWORK
        assert loaded.to_dict() == both.to_dict()
        assert str(self.NETWORK) in loaded.ensemble
        assert "over weights and biases, at fixed inputs" in loaded.ensemble

    def test_samples_are_the_draws_of_the_summary(self):
        summary = clt.simulate(self.NETWORK, 5000, seed=1)
        samples = clt.sample(self.NETWORK, 5000, seed=1)
        assert summary.minimum == pytest.approx(samples.min())
        assert summary.mean.value == pytest.approx(samples.mean(), abs=1e-12)

    def test_users_function(self):
        cube = njit(lambda x: x * x * x)
        network = clt.RandomNetwork([3], clt.nonlinearities.UserFunction(cube, (), (3.0, 3.0)))
        summary = clt.simulate(network, DRAWS)
        assert off(summary.variance, 2.0 * 15.0 * 2.0**3) < SIGMAS

    def test_no_path(self):
        with pytest.raises(TypeError, match="a RandomNetwork has no sums of fewer terms"):
            clt.simulate_path(self.NETWORK, [1, 2], 100)

    def test_numbers_that_do_not_fit(self):
        with pytest.raises(ValueError, match="weight_variance must be 0 or from 1e-30"):
            clt.simulate(clt.RandomNetwork([3], weight_variance=1e31), 10)
        with pytest.raises(ValueError, match="the standard deviation of the sum"):
            clt.simulate(clt.RandomNetwork([3] * 40, weight_variance=1e4), 10)
        with pytest.raises(ValueError, match="draws do not fit single precision"):
            clt.simulate(clt.RandomNetwork([3] * 9, "square", weight_variance=1e6), 10)
