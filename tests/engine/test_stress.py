"""Numbers at the ends of their ranges: right, or refused before work."""

from __future__ import annotations

import math

import numpy as np
import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim._validation import TooLargeError

DRAWS = 20_000


@pytest.fixture
def no_work(monkeypatch):
    """Nothing is drawn."""

    def must_not_run(*arguments):
        raise AssertionError("work was started")

    monkeypatch.setattr(driver, "sample_chunks", must_not_run)
    monkeypatch.setattr("clt_sim.engine.program.network_driver.sample_networks", must_not_run)
    monkeypatch.setattr("clt_sim.engine.conditional.network_driver.sample_variances", must_not_run)


def near_model(summary):
    """Whether mean and variance are those of the model, with five standard errors."""
    model = summary.model
    return all(
        abs(estimate.value - exact) < 5.0 * estimate.stderr
        for estimate, exact in ((summary.mean, model.mean), (summary.variance, model.variance))
    )


# What hardly varies around a mean far from 0, or cancels.

FAR = {
    "discrete": {"inputs": "discrete(values=(1e9, 1000000001.0, 1000000003.0))"},
    "discrete-long": {"n": 32, "inputs": "discrete(values=(1e7, 10000001.0))"},
    "discrete-with-a-weight": {
        "n": 32,
        "inputs": "discrete(values=(100000.0, 100001.0))",
        "weights": 0.1,
    },
    "empirical": {"inputs": clt.laws.Empirical(1e9 + np.arange(50.0) % 7)},
    "rows": {"n": 2, "inputs": 1e9 + np.arange(12.0).reshape(6, 2) % 5},
    "sigmoid": {"inputs": "normal(sd=1e-8)", "nonlinearity": "sigmoid"},
    "exp": {"inputs": "normal(sd=1e-8)", "nonlinearity": "exp"},
    "cos": {"inputs": "normal(sd=1e-4)", "nonlinearity": "cos"},
    "bias": {"inputs": "uniform", "bias": "discrete(values=(1e9, 1000000001.0))"},
    "cancelling": {
        "n": 2,
        "inputs": "normal",
        "weights": [1.0, -1.0],
        "dependence": "equicorrelated(correlation=0.9999999999)",
    },
    "cancelling-rows": {
        "n": 2,
        "inputs": np.outer([-2.0, -1.0, 1.0, 2.0], [1.0, 1.00000001]),
        "weights": [1.0, -1.0],
    },
}


def far_model(name):
    return clt.WeightedSum(**({"n": 4, "weights": 1.0} | FAR[name]))


@pytest.mark.parametrize("name", FAR)
def test_terms_that_hide_how_their_sum_varies_are_refused_in_single_precision(name, no_work):
    message = "the terms, of size .* must be at most 1000 standard deviations .*'double'"
    with pytest.raises(ValueError, match=message):
        clt.simulate(far_model(name), DRAWS)


@pytest.mark.parametrize("name", FAR)
def test_double_precision_takes_them(name):
    assert near_model(clt.simulate(far_model(name), DRAWS, precision="double", threads=1))


def test_double_precision_has_its_limit_too(no_work):
    model = clt.WeightedSum(2, "discrete(values=(1e15, 1000000000000001.0))", weights=1.0)
    with pytest.raises(ValueError, match=r"at most 1e[+]11 standard deviations") as refusal:
        clt.simulate(model, DRAWS, precision="double")
    assert "'double'" not in str(refusal.value)


@pytest.mark.parametrize(
    "parts",
    [
        {"inputs": "discrete(values=(400.0, 401.0))"},
        {"inputs": "normal(sd=1e-2)", "nonlinearity": "sigmoid"},
        {"inputs": "discrete(values=(1e9, 1000000001.0))", "weights": "normal"},
    ],
    ids=["discrete", "sigmoid", "centred-weights"],
)
def test_nearer_means_are_drawn_right(parts):
    """A control: the check refuses no more than it has to."""
    model = clt.WeightedSum(**({"n": 32, "weights": 1.0} | parts))
    assert near_model(clt.simulate(model, DRAWS, threads=1))


@pytest.mark.parametrize("bias", [1e9, 1e10, -3e9 + 0.3])
@pytest.mark.parametrize("precision", ["single", "double"])
def test_a_bias_takes_no_digits(bias, precision):
    plain = clt.WeightedSum(4, "normal", "relu", "normal")
    moved = clt.WeightedSum(4, "normal", "relu", "normal", bias=bias)
    base = clt.simulate(plain, DRAWS, precision=precision, threads=1)
    far = clt.simulate(moved, DRAWS, precision=precision, threads=1)
    assert far.variance == base.variance
    assert (far.skewness, far.excess_kurtosis) == (base.skewness, base.excess_kurtosis)
    assert far.mean.stderr == base.mean.stderr
    assert abs(far.mean.value - bias - base.mean.value) <= math.ulp(bias)
    np.testing.assert_array_equal(far.histogram.counts, base.histogram.counts)
    assert (far.exact_zeros, far.near_zeros) == (0, 0)


def test_a_bias_beyond_is_refused(no_work):
    with pytest.raises(ValueError, match=r"bias must be at most 1e[+]10 standard deviations"):
        clt.simulate(clt.WeightedSum(2, bias=1e15), DRAWS)


# Scales.


@pytest.mark.parametrize(
    ("precision", "power"),
    [("single", -95), ("single", 95), ("double", -490), ("double", 490)],
)
@pytest.mark.parametrize("part", ["weights", "inputs", "fixed"])
def test_a_scaled_model_has_the_scaled_summary(precision, power, part):
    unit = 2.0**power
    law = f"normal(sd={unit!r})"
    parts = {
        "weights": ({"weights": law}, {"weights": "normal"}),
        "inputs": ({"inputs": law}, {"inputs": "normal"}),
        "fixed": ({"weights": [unit, -unit, 3.0 * unit]}, {"weights": [1.0, -1.0, 3.0]}),
    }[part]
    scaled, base = (
        clt.simulate(clt.WeightedSum(3, nonlinearity="relu", **some), 5000, precision=precision)
        for some in parts
    )
    assert scaled.mean.value == unit * base.mean.value
    assert scaled.variance.value == unit * base.variance.value * unit
    assert scaled.variance.stderr == unit * base.variance.stderr * unit
    assert scaled.skewness == base.skewness
    assert scaled.excess_kurtosis == base.excess_kurtosis
    assert (scaled.minimum, scaled.maximum) == (unit * base.minimum, unit * base.maximum)
    assert (scaled.exact_zeros, scaled.near_zeros) == (base.exact_zeros, base.near_zeros)
    np.testing.assert_array_equal(scaled.histogram.counts, base.histogram.counts)
    np.testing.assert_array_equal(scaled.samples, unit * base.samples)


@pytest.mark.parametrize(
    ("precision", "size"),
    [("single", size) for size in (1e-300, 1e-160, 1e-45, 1e-38, 1e38, 1e160, 1e300)]
    + [("double", size) for size in (1e-300, 1e-160, 1e160, 1e300)],
)
def test_other_scales_are_refused(precision, size, no_work):
    for parts in ({"weights": size}, {"inputs": f"normal(sd={size!r})"}):
        with pytest.raises(ValueError, match=r"draws are in .* precision. Rescale the model"):
            clt.simulate(clt.WeightedSum(2, **parts), DRAWS, precision=precision)


def test_subnormal_weights_are_refused(no_work):
    for precision in ("single", "double"):
        with pytest.raises(ValueError, match=r"the largest of weights .* not 4.94066e-324"):
            clt.sample(clt.WeightedSum(2, weights=[5e-324] * 2), 10, precision=precision)


@pytest.mark.parametrize("precision", ["single", "double"])
def test_a_tiny_weight_beside_others_is_nothing(precision):
    tiny, none = (
        clt.sample(clt.WeightedSum(3, weights=[w, 1.0, 2.0]), 1000, precision=precision)
        for w in (1e-300, 0.0)
    )
    np.testing.assert_array_equal(tiny, none)


def test_moments_beyond_doubles_are_refused():
    with pytest.raises(TooLargeError, match=r"the variance of sum of 4 terms .* is too large"):
        clt.WeightedSum(4, weights=1e200).variance  # noqa: B018
    with pytest.raises(TooLargeError, match=r"the mean of sum of 4 terms .* is too large"):
        clt.WeightedSum(4, "exponential", weights=1e308).mean  # noqa: B018
    # A control: what is infinite is a fact.
    assert clt.WeightedSum(4, "student-t(df=2)", weights=1e200).variance == math.inf


# Paths.


@pytest.mark.parametrize(
    ("weights", "precision", "message"),
    [
        ([1e-300, 1.0, 2.0], "single", "of the first 1 terms, the largest of weights"),
        ([1e-300, 1.0, 2.0], "double", "of the first 1 terms, the largest of weights"),
        ([0.0, 1e-40, 2.0], "single", "of the first 2 terms, the largest of weights"),
    ],
)
def test_each_prefix_has_to_fit(weights, precision, message, no_work):
    with pytest.raises(ValueError, match=message):
        clt.simulate_path(clt.WeightedSum(3, weights=weights), [3, 2, 1], 10, precision=precision)


def test_the_bias_has_to_fit_each_prefix(no_work):
    with pytest.raises(ValueError, match="of the first 1 terms, bias must be at most"):
        clt.simulate_path(clt.WeightedSum(2, weights=[1e-3, 1.0], bias=1e9), [1, 2], 10)


def test_a_prefix_of_zeros_is_a_constant():
    path = clt.simulate_path(clt.WeightedSum(2, weights=[0.0, 1.0]), [1, 2], 1000)
    assert (path[1].mean.value, path[1].variance.value, path[1].exact_zeros) == (0.0, 0.0, 1000)
    assert path[2].variance.value > 0.5


def test_the_order_of_ns_and_repetitions_do_not_matter():
    model = clt.WeightedSum(5, "laplace", weights=1.0)
    mixed = clt.simulate_path(model, (n for n in (5, 1, 3, 1)), 1000)
    ordered = clt.simulate_path(model, [1, 3, 5], 1000)
    assert list(mixed) == [1, 3, 5]
    assert [s.to_dict() for s in mixed.values()] == [s.to_dict() for s in ordered.values()]


# Numbers of terms, draws, threads, places and seeds.


@pytest.mark.parametrize("n", [1, 2, 33, 100_000, 1_000_000])
def test_many_terms(n):
    summary = clt.simulate(clt.WeightedSum(n, "uniform", weights=1.0), 200, threads=1)
    assert summary.model.mean == n / 2
    assert summary.model.variance == pytest.approx(n / 12, rel=1e-12)
    assert near_model(summary)


def test_more_terms_than_there_can_be():
    for n in (0, 10**6 + 1, 2**70):
        with pytest.raises(ValueError, match="n must be from 1 to 1000000"):
            clt.WeightedSum(n)
    with pytest.raises(ValueError, match="each of widths must be from 1 to 16384"):
        clt.RandomNetwork([10**7], "relu")


@pytest.mark.parametrize("draws", [0, -1, 2**53 + 1])
def test_numbers_of_draws_that_are_refused(draws, no_work):
    model = clt.WeightedSum(2)
    with pytest.raises(ValueError, match="draws must be from 1 to 9007199254740992"):
        clt.simulate(model, draws)
    with pytest.raises(ValueError, match="draws must be from 1 to 4398046511104"):
        clt.simulate_conditional(model, draws)


@pytest.mark.parametrize("draws", [1, 2, 3, driver.CHUNK - 1, driver.CHUNK, driver.CHUNK + 1])
def test_numbers_of_draws_that_fill_no_chunk(draws):
    model = clt.WeightedSum(1, weights=1.0)
    summary, x = clt.simulate(model, draws), clt.sample(model, draws)
    assert summary.count == summary.histogram.total == x.size == draws
    assert (summary.minimum, summary.maximum) == (x.min(), x.max())
    assert summary.mean.value == pytest.approx(x.mean(), rel=1e-12, abs=1e-15)
    if draws > 1:
        assert summary.variance.value == pytest.approx(x.var(ddof=1), rel=1e-12)


@pytest.mark.parametrize("threads", [64, 2**70])
def test_more_threads_than_chunks(threads):
    model = clt.WeightedSum(2, "normal", "relu")
    alone = clt.simulate(model, 70_000, threads=1)
    assert clt.simulate(model, 70_000, threads=threads).to_dict() == alone.to_dict()


def test_far_places_of_a_stream():
    """The block number takes more than 32 bits there: no draw is one of the first."""
    model = clt.WeightedSum(1, weights=1.0)
    means = {clt.simulate(model, 100, start=s).mean.value for s in (0, 2**42, 2**52, 2**53)}
    assert len(means) == 4
    far = clt.simulate(model, 70_000, start=2**53)
    assert far.runs[0].stop == 2**53 + 70_000
    assert near_model(far)
    for start in (2**53 + 65536, 2**63, 2**63 - 65536, 2**64):
        with pytest.raises(ValueError, match="start must be from 0 to 9007199254740992"):
            clt.simulate(model, 100, start=start)


def test_the_ends_of_the_seeds(tmp_path):
    model = clt.WeightedSum(2, "normal", "relu")
    both = clt.simulate(model, 2000, seed=0) + clt.simulate(model, 2000, seed=2**64 - 1)
    both.save(tmp_path / "both.npz")
    assert clt.Summary.load(tmp_path / "both.npz").to_dict() == both.to_dict()
    assert [run.seed for run in both.runs] == [0, 2**64 - 1]
    assert both.samples.size == 1024
    for seed in (-1, 2**64):
        with pytest.raises(ValueError, match="seed must be from 0 to 18446744073709551615"):
            clt.simulate(model, 10, seed=seed)


# Squares, in networks and in conditional variances.


@pytest.mark.parametrize("size", [1e-25, 1e25])
@pytest.mark.parametrize("normalization", [None, "layer", "rms"])
def test_networks_whose_squares_leave_single_precision(size, normalization, no_work):
    network = clt.RandomNetwork([3, 3], "relu", inputs=[size], normalization=normalization)
    for run in (clt.simulate, clt.simulate_conditional):
        with pytest.raises(ValueError, match="the variance of the pre-activations of layer 1, of"):
            run(network, DRAWS)


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_networks_whose_variance_runs_away(factor, no_work):
    network = clt.RandomNetwork([10] * 12, "relu", weight_variance=factor)
    with pytest.raises(ValueError, match=r"pre-activations of layer 1[0-9], of"):
        clt.simulate(network, DRAWS)


@pytest.mark.parametrize("power", [-80, 80])
def test_scaled_networks_in_double_precision(power):
    unit = 2.0**power
    scaled, base = (
        clt.simulate(clt.RandomNetwork([3, 3], "relu", inputs=[x]), 5000, precision="double")
        for x in (unit, 1.0)
    )
    assert scaled.variance.value == unit * base.variance.value * unit
    assert scaled.excess_kurtosis == base.excess_kurtosis


def test_networks_of_zeros_and_of_fast_growth_are_drawn():
    """A control."""
    assert clt.simulate(clt.RandomNetwork([3], "relu", inputs=[0.0]), 100).exact_zeros == 100
    assert clt.simulate(clt.RandomNetwork([3], "exp"), 100).variance.value > 0.0


@pytest.mark.parametrize("size", [1e-25, 1e25])
def test_conditional_variances_of_sums(size, no_work):
    model = clt.WeightedSum(4, f"normal(sd={size!r})", "relu", "normal")
    with pytest.raises(ValueError, match=r"the squares of relu\(x\), .* do not fit single"):
        clt.simulate_conditional(model, DRAWS)


@pytest.mark.parametrize("power", [-90, 90])
def test_scaled_conditional_variances(power):
    unit = 2.0**power
    scaled, base = (
        clt.simulate_conditional(
            clt.WeightedSum(4, f"normal(sd={sd!r})", "relu", "normal"), 5000, precision="double"
        )
        for sd in (unit, 1.0)
    )
    assert scaled.variance.value == unit * base.variance.value * unit
    assert scaled.excess_kurtosis == base.excess_kurtosis
    np.testing.assert_array_equal(scaled.counts, base.counts)
    assert scaled.cdf(unit) == base.cdf(1.0)
