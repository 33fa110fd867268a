"""Double precision, from the seed to the summary."""

from __future__ import annotations

import math
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numba
import numpy as np
import pytest
import specimens
from kernels import naive

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.engine import tasks
from clt_sim.nonlinearities import UserFunction
from clt_sim.summaries import Summary

MODEL = clt.WeightedSum(5, "laplace", "gelu", "normal", bias=0.1)
DRAWS = 5 * driver.CHUNK + 77
FIXED = np.cos(np.arange(35.0))


@numba.njit
def cubed(x):
    return x * x * x


def models():
    """Every law alone, and every nonlinearity in a sum longer than what is folded at once."""
    for law in specimens.laws():
        yield clt.WeightedSum(1, law, weights=-0.75)
    for phi in clt.nonlinearities.names():
        yield clt.WeightedSum(35, "normal", phi, FIXED, bias=-2.0)


@pytest.mark.parametrize("model", list(models()), ids=str)
def test_sample_equals_the_naive_sums(model):
    samples = clt.sample(model, naive.BLOCK, seed=2**64 - 12345, precision="double")
    sums, bounds = naive.block_sums(model, 2**64 - 12345, 0, "double")
    assert np.all(np.abs(samples - sums) <= bounds)


@pytest.mark.parametrize("phi", clt.nonlinearities.names())
def test_relative_error_of_sums(phi):
    """In units of the sum of the sizes of the terms: 10^-14, where no draw decides a jump."""
    model = clt.WeightedSum(35, "normal", phi, FIXED)
    sums, _ = naive.block_sums(model, 6, 0, "double")
    sizes = clt.WeightedSum(35, "normal", phi, np.abs(FIXED))
    scale = math.sqrt(sizes.variance + sizes.mean**2)
    samples = clt.sample(model, naive.BLOCK, seed=6, precision="double")
    error = np.abs(samples - sums) / np.maximum(np.abs(sums), scale)
    assert error.max() < 1e-14
    single = clt.sample(model, naive.BLOCK, seed=6)
    of_single, _ = naive.block_sums(model, 6, 0)
    if phi not in {"step", "sign"}:
        assert np.abs(single - of_single).max() / scale > 1e-9


def test_another_seed_and_a_small_error_are_noticed():
    samples = clt.sample(MODEL, naive.BLOCK, seed=1, precision="double")
    sums, bounds = naive.block_sums(MODEL, 1, 0, "double")
    assert np.all(np.abs(samples - sums) <= bounds)
    assert np.mean(np.abs(samples * (1.0 + 1e-12) - sums) <= bounds) < 0.5
    other, _ = naive.block_sums(MODEL, 2, 0, "double")
    assert not np.any(np.abs(samples - other) <= bounds)


def test_draws_fill_the_bits_of_a_double():
    """A control of precision itself: in single precision all draws are multiples of 2^-32."""
    model = clt.WeightedSum(1, "uniform", weights=1.0)
    single, double = (clt.sample(model, 1000, precision=name) for name in ("single", "double"))
    assert np.all(single * 2.0**32 % 1.0 == 0.0)
    assert np.mean(double * 2.0**32 % 1.0 == 0.0) < 0.01


def saved(tmp_path, **settings):
    path = tmp_path / "summary.npz"
    clt.simulate(MODEL, DRAWS, seed=8, precision="double", **settings).save(path)
    return path.read_bytes()


@pytest.fixture
def expected(tmp_path, monkeypatch):
    """The bytes of a run in tasks of two chunks, on one thread."""
    monkeypatch.setattr(tasks, "TASK_CHUNKS", 2)
    return saved(tmp_path, threads=1)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_give_the_same_bytes(threads, expected, tmp_path):
    assert saved(tmp_path, threads=threads) == expected


@pytest.mark.parametrize("chunks", [1, 3, 64])
def test_sizes_of_tasks_give_the_same_bytes(chunks, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(tasks, "TASK_CHUNKS", chunks)
    assert saved(tmp_path, threads=1) == expected


def test_processes_give_the_same_bytes(expected, tmp_path):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        assert saved(tmp_path, executor=executor) == expected


def test_the_other_precision_gives_other_bytes(expected, tmp_path):
    path = tmp_path / "single.npz"
    clt.simulate(MODEL, DRAWS, seed=8).save(path)
    assert path.read_bytes() != expected


@pytest.mark.parametrize("independent", [False, True])
def test_paths(independent, tmp_path):
    path = clt.simulate_path(
        MODEL, [1, 4, 5], 20_000, seed=8, precision="double", independent=independent
    )
    for n, summary in path.items():
        (run,) = summary.runs
        alone = clt.simulate(MODEL.prefix(n), 20_000, seed=run.seed, precision="double")
        files = [tmp_path / "alone.npz", tmp_path / "path.npz"]
        alone.save(files[0])
        summary.save(files[1])
        assert files[0].read_bytes() == files[1].read_bytes()
        assert summary.precision == "double"


def test_samples_are_those_of_the_summary():
    samples = clt.sample(MODEL, 3000, seed=8, precision="double")
    summary = clt.simulate(MODEL, 3000, seed=8, precision="double")
    assert set(summary.reservoir.values.tolist()) <= set(samples.tolist())
    assert summary.mean.value == pytest.approx(samples.mean(), rel=1e-13)
    assert (summary.minimum, summary.maximum) == pytest.approx((samples.min(), samples.max()))


def test_files_keep_the_precision(tmp_path):
    for name in ("single", "double"):
        clt.simulate(MODEL, 1000, precision=name).save(tmp_path / name)
        assert Summary.load(tmp_path / name).precision == name


def test_summaries_of_both_precisions_do_not_merge():
    single = clt.simulate(MODEL, 1000)
    double = clt.simulate(MODEL, 1000, seed=1, precision="double")
    with pytest.raises(ValueError, match="precision"):
        single + double
    with pytest.raises(ValueError, match="precision"):
        double + single
    assert (double + clt.simulate(MODEL, 1000, precision="double")).precision == "double"


@pytest.mark.parametrize(("first", "then"), [("single", "double"), ("double", "single")])
def test_a_checkpoint_in_the_other_precision_is_refused_and_left(first, then, tmp_path):
    path = tmp_path / "run.npz"
    clt.simulate(MODEL, driver.CHUNK, precision=first, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=f"its draws are in {first} precision"):
        clt.simulate(MODEL, DRAWS, precision=then, checkpoint=path)
    assert path.read_bytes() == before


def test_an_interrupted_run_goes_on_to_the_same_bytes(expected, tmp_path):
    def stop(done, draws):
        if done >= 2 * driver.CHUNK:
            raise KeyboardInterrupt

    path = tmp_path / "run.npz"
    settings = {"seed": 8, "precision": "double", "threads": 1, "checkpoint": path}
    with pytest.raises(KeyboardInterrupt):
        clt.simulate(MODEL, DRAWS, progress=stop, **settings)
    assert Summary.load(path).count == 2 * driver.CHUNK
    clt.simulate(MODEL, DRAWS, **settings)
    assert path.read_bytes() == expected


@pytest.mark.parametrize(
    "model",
    [
        MODEL,
        clt.WeightedSum(8, "exponential", "relu", 1.0),
        clt.WeightedSum(4, "beta", "tanh", "student-t(df=12)"),
        clt.WeightedSum(3, "sparse", "exp", "uniform", bias="normal", dropout=0.25),
    ],
    ids=str,
)
def test_both_precisions_have_the_same_moments(model):
    """Their draws are of different words: four differences of independent estimates."""
    single = clt.simulate(model, 2**18, seed=5)
    double = clt.simulate(model, 2**18, seed=5, precision="double")
    for name in ("mean", "variance", "skewness", "excess_kurtosis"):
        one, two = getattr(single, name), getattr(double, name)
        assert abs(one.value - two.value) < 4.5 * math.hypot(one.stderr, two.stderr)
    assert abs(double.mean.value - model.mean) < 4.5 * double.mean.stderr
    # A control: a mean that is two per cent of a standard deviation off would be noticed.
    off = abs(double.mean.value + 0.02 * math.sqrt(model.variance) - model.mean)
    assert off > 4.5 * double.mean.stderr


@pytest.mark.parametrize("function", [cubed, UserFunction(cubed, growth=(3.0, 3.0))])
def test_functions_of_the_user(function):
    model = clt.WeightedSum(1, "uniform", function, 1.0)
    plain = clt.WeightedSum(1, "uniform", weights=1.0)
    cubes = clt.sample(plain, 2000, seed=3, precision="double") ** 3
    samples = clt.sample(model, 2000, seed=3, precision="double")
    np.testing.assert_allclose(samples, cubes, rtol=5e-16)


@pytest.mark.parametrize("scale", [1e100, 1e-100, 1e40])
def test_large_and_small_scales(scale):
    model = clt.WeightedSum(4, clt.laws.get("normal", sd=scale), "relu", "normal")
    unit = clt.sample(clt.WeightedSum(4, "normal", "relu", "normal"), 2000, precision="double")
    samples = clt.sample(model, 2000, precision="double")
    np.testing.assert_allclose(samples, scale * unit, rtol=1e-13, atol=1e-14 * scale)
    summary = clt.simulate(model, 2**16, precision="double")
    assert summary.variance.value == pytest.approx(2.0 * scale**2, rel=0.1)
    with pytest.raises(ValueError, match="draws are in single precision"):
        clt.sample(model, 10)


def test_offsets():
    """At 10^10 standard deviations from 0 there are six digits of each draw left."""
    far = clt.WeightedSum(4, "normal(mean=1e10)", weights=1.0)
    summary = clt.simulate(far, 2**16, precision="double")
    assert summary.mean.value == pytest.approx(4e10, abs=5 * summary.mean.stderr)
    assert summary.variance.value == pytest.approx(4.0, abs=5 * summary.variance.stderr)
    with pytest.raises(ValueError, match="the location of inputs, 1e\\+10, must be at most 1000"):
        clt.simulate(far, 10)
    clt.sample(clt.WeightedSum(4, "normal(mean=1e11)", weights=1.0), 10, precision="double")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"inputs": "normal(sd=1e200)"}, "the scale of inputs .* not 1e\\+200: .* in double"),
        ({"weights": 1e160}, "the largest of weights must be 0 or from 1e-150 to 1e\\+150"),
        ({"weights": 1e-160}, "the largest of weights"),
        ({"inputs": "normal(mean=1e12)"}, "at most 1e\\+11 scales"),
        ({"inputs": "normal(sd=1e100)", "weights": 1e100}, "terms, of size 6.*do not fit double"),
        ({"inputs": "normal(sd=1e-77)", "weights": 1e-77}, "the standard deviation of the sum"),
        ({"inputs": "normal(sd=1e-90)", "weights": 1e-90}, "the largest term .* not 6.*e-180"),
        (
            {"inputs": "normal(sd=1e-140)", "nonlinearity": "square", "weights": 1e-100},
            "the largest term must be 0 or from 1e-150",
        ),
        (
            {"inputs": "normal(sd=100)", "nonlinearity": "exp"},
            "the largest terms, .* not fit double",
        ),
        ({"inputs": "normal(sd=50)", "nonlinearity": "exp"}, "deviation of the sum .* too large"),
    ],
)
@pytest.mark.parametrize("run", [clt.simulate, clt.sample])
def test_numbers_that_double_precision_cannot_hold(run, parts, message, monkeypatch):
    monkeypatch.setattr(driver, "sample_chunks", None)
    with pytest.raises(ValueError, match=message):
        run(clt.WeightedSum(2, **parts), 10, precision="double")


@pytest.mark.parametrize("name", ["dobule", "half", None, 64])
def test_unknown_precisions(name):
    for run in (clt.simulate, clt.sample):
        with pytest.raises(ValueError, match=f"unknown precision {name!r}"):
            run(MODEL, 10, precision=name)
    with pytest.raises(ValueError, match="precision"):
        clt.simulate_path(MODEL, [1], 10, precision=name)


def test_random_networks():
    """Their kurtosis is ``3 prod(1 + 5/n)`` over the hidden widths n, without biases."""
    network = clt.RandomNetwork(widths=[10, 20], nonlinearity="relu", weight_variance=2.0)
    summary = clt.simulate(network, 2**17, seed=4, precision="double")
    assert summary.precision == "double"
    expected = 3.0 * (1.0 + 5.0 / 10.0) * (1.0 + 5.0 / 20.0) - 3.0
    deviation = abs(summary.excess_kurtosis.value - expected)
    assert deviation < 4.5 * summary.excess_kurtosis.stderr
    single = clt.sample(network, 1000, seed=4)
    assert not np.any(single == clt.sample(network, 1000, seed=4, precision="double"))
