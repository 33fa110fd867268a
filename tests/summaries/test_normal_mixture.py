"""Normal mixtures: against the exact laws of their models and against exact variances.

Every comparison of an estimate allows 4.5 standard errors, which is exceeded with a probability of
7e-6; with some 100 comparisons this file raises a false alarm for less than 1e-3 of the seeds.
"""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import integrate, special, stats

import clt_sim as clt
from clt_sim._kernels import variances
from clt_sim.engine import tasks
from clt_sim.summaries import normal_mixture

SIGMAS = 4.5
X = np.array([-2.5, -1.0, -0.3, 0.2, 0.7, 1.5, 3.0, 6.0])
LAPLACE = {
    "network": clt.RandomNetwork([2], "identity", "normal", 1.0),
    "network of weights with another scale": clt.RandomNetwork([2], "abs", "normal(sd=2)", 0.25),
    "weighted sum": clt.WeightedSum(2, "normal", "identity", "normal(sd=0.70710678118654752)"),
}
"""Given their inputs they are N(0, K) with K exponential of mean 1: Laplace laws."""
PUBLISHED = [0.3769, 0.2423, 0.1627, 0.1143, 0.0831, 0.0611, 0.0441, 0.0412, 0.0431, 0.0442]
"""Kolmogorov distances to N(0, 1) of ReLU networks of two hidden layers of n = 1, ..., 10 units,
from 200000 samples each (Wolinski & Arbel, Gaussian Pre-Activations: Myth or Reality?, 2025)."""


def off(value, stderr, truth):
    return np.max(np.abs(value - truth) / np.maximum(stderr, 1e-9))


@pytest.mark.parametrize("model", LAPLACE.values(), ids=LAPLACE)
def test_laplace_law(model):
    mixture = clt.simulate_conditional(model, 300_000, seed=2)
    law = stats.laplace(scale=math.sqrt(0.5))
    assert off(mixture.cdf(X), mixture.cdf_stderr(X), law.cdf(X)) < SIGMAS
    assert off(mixture.pdf(X), mixture.pdf_stderr(X), law.pdf(X)) < SIGMAS
    assert off(mixture.variance.value, mixture.variance.stderr, 1.0) < SIGMAS
    assert off(mixture.excess_kurtosis.value, mixture.excess_kurtosis.stderr, 3.0) < SIGMAS
    assert mixture.mass_at_location.value == 0.0


def test_another_law_would_be_noticed():
    mixture = clt.simulate_conditional(LAPLACE["network"], 300_000, seed=2)
    law = stats.laplace(scale=math.sqrt(0.51))
    assert off(mixture.cdf(X), mixture.cdf_stderr(X), law.cdf(X)) > SIGMAS
    assert off(mixture.variance.value, mixture.variance.stderr, 1.02) > SIGMAS


@pytest.mark.parametrize("n", [3, 8])
def test_linear_network_has_a_bessel_law(n):
    """sqrt(n/pi)/Gamma(n/2) (sqrt(n)|h|/2)^((n-1)/2) K_((n-1)/2)(sqrt(n)|h|)."""
    mixture = clt.simulate_conditional(clt.RandomNetwork([n], "identity", "normal", 1.0), 300_000)
    h, order = math.sqrt(n) * np.abs(X), (n - 1) / 2.0
    density = math.sqrt(n / math.pi) / special.gamma(n / 2.0)
    density = density * (h / 2.0) ** order * special.kv(order, h)
    assert off(mixture.pdf(X), mixture.pdf_stderr(X), density) < SIGMAS


@pytest.mark.parametrize("n", [2, 5])
def test_relu_network_is_a_binomial_mixture_with_an_atom(n):
    mixture = clt.simulate_conditional(clt.RandomNetwork([n], "relu"), 300_000, seed=1)
    cdf = np.where(X >= 0.0, 2.0**-n, 0.0)
    for k in range(1, n + 1):
        # Given that k units live, K is 4/n times a chi-squared number with k degrees of freedom.
        share = math.comb(n, k) * 2.0**-n
        cdf += share * np.array([_scaled_chi_squared_cdf(x, k, 4.0 / n) for x in X])
    assert off(mixture.cdf(X), mixture.cdf_stderr(X), cdf) < SIGMAS
    atom = mixture.mass_at_location
    assert off(atom.value, atom.stderr, 2.0**-n) < SIGMAS


def _scaled_chi_squared_cdf(x, k, scale):
    def integrand(v):
        return special.ndtr(x / math.sqrt(scale * v)) * stats.chi2.pdf(v, k)

    return sum(integrate.quad(integrand, a, b)[0] for a, b in [(0, 1), (1, 10), (10, np.inf)])


@pytest.mark.parametrize("n", range(1, 11))
def test_published_kolmogorov_distances(n):
    """The published numbers are of samples: a standard error of up to 0.5/sqrt(200000)."""
    mixture = clt.simulate_conditional(clt.RandomNetwork([n, n], "relu"), 200_000, seed=n)
    report = clt.gaussianity(mixture, measures=["kolmogorov"], standardize=False)
    kolmogorov = report["kolmogorov"]
    error = math.hypot(kolmogorov.stderr, 0.5 / math.sqrt(200_000))
    # The maximum over places makes the distance of a sample about one error too large.
    assert -2.5 * error < PUBLISHED[n - 1] - kolmogorov.value < 4.0 * error


@pytest.mark.parametrize("widths", [[10], [10, 10, 10]], ids=str)
def test_errors_are_a_fraction_of_those_of_raw_draws(widths):
    network = clt.RandomNetwork(widths, "tanh")
    raw = clt.simulate(network, 200_000, seed=1)
    mixture = clt.simulate_conditional(network, 200_000, seed=1)
    assert mixture.excess_kurtosis.stderr < raw.excess_kurtosis.stderr / 10.0
    gap = abs(mixture.excess_kurtosis.value - raw.excess_kurtosis.value)
    assert gap < SIGMAS * raw.excess_kurtosis.stderr


def test_standard_errors_are_those_between_seeds():
    """The ratio of 64 pairs of seeds: its chi-squared number is off by more with 1e-4."""
    network = clt.RandomNetwork([6], "relu")
    runs = [clt.simulate_conditional(network, 4096, seed=seed) for seed in range(65)]
    low, high = stats.chi2.ppf([5e-5, 1.0 - 5e-5], 64) / 64
    for name in ("variance", "excess_kurtosis", "mass_at_location"):
        estimates = [getattr(run, name) for run in runs]
        spread = np.var([estimate.value for estimate in estimates], ddof=1)
        stated = np.mean([estimate.stderr**2 for estimate in estimates])
        assert low < spread / stated < high
    spread = np.var([run.cdf(1.0) for run in runs], ddof=1)
    assert low < spread / np.mean([run.cdf_stderr(1.0) ** 2 for run in runs]) < high


def test_bins_keep_the_moments():
    """The first to rounding, the second to an eighth of the squared width of a bin."""
    network = clt.RandomNetwork([1], "identity", "normal", 1.0)
    mixture = clt.simulate_conditional(network, 20_000, seed=3)
    values, shares = mixture.variances()
    moments = [float(moment) for moment in mixture.power_sums.raw_moments()]
    assert values @ shares == pytest.approx(mixture.unit * moments[1], rel=1e-8)
    assert values**2 @ shares == pytest.approx(mixture.unit**2 * moments[2], rel=2.0**-18)
    assert np.all(np.diff(values) > 0.0)
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)


def test_bins_are_those_of_the_kernels():
    names = ("BIN_BITS", "OFFSET_BITS", "OCTAVES_BELOW", "OCTAVES_ABOVE")
    assert [getattr(normal_mixture, k) for k in names] == [getattr(variances, k) for k in names]
    assert normal_mixture.BINS == variances.VARIANCE_BINS


class TestMerge:
    NETWORK = clt.RandomNetwork([3], "relu", bias_variance=0.1)

    def test_any_order_and_any_tasks_give_the_same(self, monkeypatch):
        whole = clt.simulate_conditional(self.NETWORK, 3 * 2**15 + 7, seed=1, threads=1)
        monkeypatch.setattr(tasks, "TASK_CHUNKS", 1)
        parts = clt.simulate_conditional(self.NETWORK, 3 * 2**15 + 7, seed=1, threads=2)
        assert parts.to_dict() == whole.to_dict()
        assert parts.power_sums == whole.power_sums
        other = clt.simulate_conditional(self.NETWORK, 999, seed=2)
        assert (other + whole).to_dict() == (whole + other).to_dict()
        assert (other + whole).count == whole.count + 999

    def test_draws_in_both_are_refused(self):
        mixture = clt.simulate_conditional(self.NETWORK, 999, seed=2)
        with pytest.raises(ValueError, match="draws 0 to 999 of seed 2 are in both"):
            mixture + mixture

    def test_other_models_and_precisions_are_refused(self):
        mixture = clt.simulate_conditional(self.NETWORK, 999, seed=2)
        with pytest.raises(ValueError, match="cannot merge different models"):
            mixture + clt.simulate_conditional(clt.RandomNetwork([4]), 999, seed=1)
        double = clt.simulate_conditional(self.NETWORK, 999, seed=1, precision="double")
        with pytest.raises(ValueError, match="cannot merge single and double precision"):
            mixture + double

    def test_description_is_json(self):
        mixture = clt.simulate_conditional(self.NETWORK, 999, seed=2)
        read = json.loads(json.dumps(mixture.to_dict()))
        assert read["count"] == 999
        assert read["model"] == self.NETWORK.to_dict()
        assert "999 draws of the variance over weights and biases" in mixture.ensemble


class TestWeightedSum:
    def test_relu_sum_and_its_location(self):
        model = clt.WeightedSum(16, "normal", "relu", "normal", bias=3.0)
        mixture = clt.simulate_conditional(model, 300_000)
        assert off(mixture.variance.value, mixture.variance.stderr, 8.0) < SIGMAS
        kurtosis = mixture.excess_kurtosis
        assert off(kurtosis.value, kurtosis.stderr, 15.0 / 16.0) < SIGMAS
        assert mixture.location == 3.0
        assert mixture.cdf(3.0) == pytest.approx(0.5, abs=1e-4)

    def test_rows_of_data_and_a_normal_bias(self):
        data = np.array([[1.0, 2.0], [3.0, -4.0], [0.0, 0.5]])
        model = clt.WeightedSum(2, data, "abs", "normal(sd=2)", bias="normal(sd=0.5)")
        mixture = clt.simulate_conditional(model, 100_000)
        values, shares = mixture.variances()
        expected = np.sort(4.0 * (data**2).sum(1) + 0.25)
        assert values == pytest.approx(expected, rel=1e-6)
        assert np.abs(shares - 1.0 / 3.0).max() < SIGMAS * math.sqrt(2.0 / 9.0 / 100_000)

    @pytest.mark.parametrize(
        ("parts", "message"),
        [
            ({"weights": "laplace"}, "weights must have a normal law with mean 0"),
            ({"weights": "normal(mean=1)"}, "weights must have a normal law with mean 0"),
            ({"weights": 1.0}, "weights must have a normal law with mean 0, not be fixed"),
            ({"bias": "laplace"}, "the bias must have a normal law with mean 0"),
            ({"inputs": [1.0, 2.0]}, "with fixed inputs there is nothing to draw"),
            ({"dependence": "equicorrelated"}, "inputs must be independent, not equicorrelated"),
            ({"dropout": 0.5}, "dropout must be 0, not 0.5"),
        ],
    )
    def test_what_is_not_conditionally_normal_is_refused(self, parts, message):
        with pytest.raises(ValueError, match=f"not conditionally normal: {message}"):
            clt.simulate_conditional(clt.WeightedSum(2, **parts), 100)


def test_direct_networks_and_other_models_are_refused():
    with pytest.raises(ValueError, match="its sampler is direct"):
        clt.simulate_conditional(clt.RandomNetwork([3], sampler="direct"), 100)
    with pytest.raises(TypeError, match="model must be a WeightedSum or a RandomNetwork"):
        clt.simulate_conditional(clt.laws.get("normal"), 100)
    with pytest.raises(ValueError, match="draws must be from 1 to 4398046511104"):
        clt.simulate_conditional(clt.RandomNetwork([3]), 2**42 + 1)


@pytest.mark.parametrize("model", LAPLACE.values(), ids=LAPLACE)
def test_a_round_trip_gives_the_same_bytes(model, tmp_path):
    mixture = clt.simulate_conditional(model, 10_000, seed=4)
    mixture.save(tmp_path / "saved.npz")
    loaded = clt.NormalMixture.load(tmp_path / "saved.npz")
    loaded.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "saved.npz").read_bytes()
    assert loaded.to_dict() == mixture.to_dict()
    more = clt.simulate_conditional(model, 10_000, seed=5)
    assert (loaded + more).to_dict() == (mixture + more).to_dict()


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "saved.npz"
    clt.simulate_conditional(LAPLACE["network"], 1000, seed=4).save(path)
    return path


def rewritten(path, **changes):
    with np.load(path) as arrays:
        members = {name: arrays[name].copy() for name in arrays.files}
    header = json.loads(bytes(members["header"]))
    for name, change in changes.items():
        if name in members:
            members[name] = change(members[name])
        else:
            header[name] = change(header[name])
    members["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez_compressed(path, **members)


def test_rewriting_alone_is_harmless(saved):
    rewritten(saved)
    assert clt.NormalMixture.load(saved).count == 1000


@pytest.mark.parametrize(
    "changes",
    [
        {"counts": lambda counts: counts + 1},
        {"counts": lambda counts: -counts},
        {"counts": lambda counts: counts[1:]},
        {"offsets": lambda offsets: offsets + 2**40},
        {"offsets": lambda offsets: offsets.astype(float)},
        {"zeros": lambda zeros: zeros + 1},
        {"precision": lambda _: "half"},
        {"overflow": lambda overflow: overflow - 1},
        {"unit": lambda unit: 3.0 * unit},
        {"unit": lambda _: 0.0},
        {"runs": lambda runs: runs + runs},
        {"runs": lambda _: []},
        {"power_sums": lambda sums: sums[:-1]},
        {"power_sums": lambda sums: [sums[0], "-1", *sums[2:]]},
        {"model": lambda _: {"model": "no model"}},
        {"format": lambda _: "clt_sim normal mixture 0"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_damaged_files_are_refused(changes, saved):
    rewritten(saved, **changes)
    with pytest.raises(ValueError, match=r"saved\.npz' is not a normal mixture"):
        clt.NormalMixture.load(saved)


def test_a_summary_is_no_mixture(saved):
    clt.simulate(LAPLACE["network"], 1000).save(saved)
    with pytest.raises(ValueError, match="its format is 'clt_sim summary 2', not"):
        clt.NormalMixture.load(saved)
