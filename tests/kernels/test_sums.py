"""The whole engine against the slow reference, from the seed to the sum."""

from __future__ import annotations

import functools

import numba
import numpy as np
import pytest
import specimens

import clt_sim as clt
from clt_sim.engine.limits import check_precision
from clt_sim.engine.precision import get_precision
from clt_sim.nonlinearities import UserFunction

FIXED = np.cos(np.arange(40.0))
DATA = np.sin(np.arange(15.0)).reshape(5, 3)
SIZES = (1, 3, 40)
BLOCKS = 2


@functools.cache
def fits(model, precision):
    """Say whether a precision holds the model; powers and exponentials of some laws do not."""
    try:
        check_precision(model, get_precision(precision))
    except ValueError:
        return False
    return True


def plain_models():
    """Every nonlinearity with some laws, and every law as inputs and as weights."""
    laws = specimens.laws()
    for index, phi in enumerate(clt.nonlinearities.names()):
        n, other = SIZES[index % 3], SIZES[(index + 1) % 3]
        yield clt.WeightedSum(n, laws[7 * index % len(laws)], phi, "normal", bias=0.5)
        yield clt.WeightedSum(other, "normal", phi, FIXED[:other], bias=-2.0)
    for law in laws:
        yield clt.WeightedSum(3, "uniform(low=-1.0)", "leaky-relu(slope=0.25)", law)
        yield clt.WeightedSum(2, law, "relu", [1.0, -0.5])


def ensembles():
    """Everything else a sum can be made of."""
    tables = ["cauchy", "sparse", "discrete", "mixture(components=('normal', 'laplace(mean=3.0)'))"]
    for law in ["normal(mean=1.0)", "exponential", *tables[1:]]:
        for dependence in (
            "equicorrelated(correlation=0.3)",
            "autoregressive(correlation=-0.8)",
            "random-scale(factor='pareto')",
        ):
            yield clt.WeightedSum(5, law, "tanh", "normal", dependence=dependence)
    for law in ["normal", "bernoulli", *tables]:
        yield clt.WeightedSum(5, "laplace", "relu", "normal", bias=law)
        yield clt.WeightedSum(3, FIXED[:3], "tanh", law, bias=0.25)
    for dropout in (0.1, 0.5, 0.99):
        yield clt.WeightedSum(5, "laplace", "gelu", "normal", dropout=dropout)
        yield clt.WeightedSum(40, FIXED, "exp", 1.0, dropout=dropout)
    for weights in ("normal", FIXED[:3]):
        yield clt.WeightedSum(3, DATA, "sigmoid", weights)
    yield clt.WeightedSum(3, DATA, "sigmoid", "cauchy", "normal", dropout=0.25)
    scaled = "random-scale(factor='cauchy')"
    yield clt.WeightedSum(3, "sparse", "relu", "discrete", "cauchy", scaled, 0.5)
    cube = UserFunction(numba.njit(lambda x: x * x * x), growth=(3.0, 3.0))
    yield clt.WeightedSum(5, "normal", cube, "normal")


PLAIN = list(plain_models())


def assert_equal(model, seed, naive, precision):
    if not fits(model, precision):
        pytest.skip(f"too large for {precision} precision")
    samples = clt.sample(model, BLOCKS * naive.BLOCK, seed=seed, precision=precision)
    for block in range(BLOCKS):
        sums, bounds = naive.block_sums(model, seed, block, precision)
        error = np.abs(samples[block * naive.BLOCK :][: naive.BLOCK] - sums)
        assert np.all(error <= bounds)


@pytest.mark.parametrize("model", PLAIN, ids=str)
def test_sample_equals_the_naive_sums(model, naive):
    assert_equal(model, 2**64 - 12345, naive, "single")


@pytest.mark.parametrize("model", list(ensembles()), ids=str)
@pytest.mark.parametrize("seed", [0, 2**64 - 12345])
def test_every_ensemble_equals_the_naive_sums(model, seed, naive):
    assert_equal(model, seed, naive, "single")


@pytest.mark.parametrize("model", PLAIN[::2] + list(ensembles()), ids=str)
def test_double_precision_equals_the_naive_sums(model, naive):
    assert_equal(model, 5, naive, "double")


def test_hardly_any_model_is_left_out():
    refused = [model for model in PLAIN if not fits(model, "single")]
    assert {model.nonlinearity.name for model in refused} <= {"exp", "square"}
    assert len(refused) < 4
    assert sum(not fits(model, "double") for model in PLAIN[::2]) < 3


@pytest.mark.parametrize("precision", ["single", "double"])
def test_bounds_are_tight(precision, naive):
    """The largest error is not far below its bound, which a tenth of an error would exceed."""
    model = clt.WeightedSum(40, "normal", "tanh", "normal")
    sums, bounds = naive.block_sums(model, 1, 0, precision)
    error = np.abs(clt.sample(model, naive.BLOCK, seed=1, precision=precision) - sums)
    assert np.all(bounds < 1e-3 * {"single": 1.0, "double": 1e-8}[precision])
    assert (error / bounds).max() > 0.01


def test_another_seed_would_be_noticed(naive):
    model = clt.WeightedSum(3, "normal", "tanh")
    sums, bounds = naive.block_sums(model, 1, 0)
    error = np.abs(clt.sample(model, naive.BLOCK, seed=0) - sums)
    assert np.mean(error < bounds) < 0.01


@pytest.mark.parametrize("draws", [1, 1000, 1024])
def test_words_of_samples_are_the_first_of_the_inputs(draws, naive):
    kept = clt.simulate(clt.WeightedSum(2), draws, seed=6).reservoir
    expected = naive.sample_words(6, 0)[:draws]
    assert np.array_equal(np.sort(expected), kept.words)
    assert np.array_equal(expected[kept.places], kept.words)


def test_the_same_replicates_are_kept_for_every_model():
    models = [
        clt.WeightedSum(2),
        clt.WeightedSum(3, DATA, "relu", FIXED[:3], dropout=0.5),
        clt.WeightedSum(4, "sparse", weights="cauchy", bias="exponential"),
    ]
    places = [clt.simulate(model, 50_000, seed=6).reservoir.places for model in models]
    for other in places[1:]:
        assert np.array_equal(places[0], other)
