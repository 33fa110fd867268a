"""Nonlinearities that are functions of the user's own."""

from __future__ import annotations

import math
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numba
import numpy as np
import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.nonlinearities import UserFunction
from clt_sim.summaries import Summary


@numba.njit
def rectified(x):
    return max(x, 0.0)


@numba.njit
def squared(x):
    return x * x


@numba.njit
def tanh(x):
    return math.tanh(x)


@numba.njit
def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


@numba.njit
def sign(x):
    if x > 0.0:
        return 1
    return -1 if x < 0.0 else 0


FUNCTIONS = {
    "relu": UserFunction(rectified, kinks=(0.0,)),
    "square": UserFunction(squared, growth=(2.0, 2.0)),
    "tanh": UserFunction(tanh, growth=(0.0, 0.0)),
    "sigmoid": UserFunction(sigmoid, growth=(0.0, 0.0)),
    "sign": UserFunction(sign, kinks=(0.0,), growth=(0.0, 0.0)),
}
WEIGHTS = ["normal", [1.0, -0.5, 2.0]]
DRAWS = 2 * driver.CHUNK + 5
"""More than one task's worth where tasks are one chunk."""


def model(function, **parts):
    return clt.WeightedSum(3, "laplace", function, **parts)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("weights", WEIGHTS, ids=str)
def test_sums_are_those_of_the_built_in_function(name, weights):
    own, built_in = (model(phi, weights=weights) for phi in (FUNCTIONS[name], name))
    x, y = (clt.sample(each, 5000, seed=1) for each in (own, built_in))
    # The size of a sum's terms is a few: each is right to a few units of single precision.
    np.testing.assert_allclose(x, y, rtol=3e-6, atol=3e-5)
    assert not np.allclose(x, clt.sample(built_in, 5000, seed=2), atol=3e-5)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_moments_are_those_of_the_built_in_function(name):
    own, built_in = (model(phi) for phi in (FUNCTIONS[name], name))
    assert own.mean == pytest.approx(built_in.mean, rel=1e-9, abs=1e-12)
    assert own.variance == pytest.approx(built_in.variance, rel=1e-9)
    assert own.tail_index == built_in.tail_index


def test_a_compiled_function_is_taken_as_it_is():
    assert model(rectified) == model(UserFunction(rectified))
    assert model(rectified) != model(tanh)
    x = clt.sample(model(rectified), 3000)
    assert np.array_equal(x, clt.sample(model(FUNCTIONS["relu"]), 3000))


def test_the_driver_is_not_compiled_again():
    clt.sample(model("relu"), 10)
    signatures = list(driver.sample_chunks.signatures)
    misses = sum(driver.sample_chunks.stats.cache_misses.values())
    for function in (tanh, numba.njit(lambda x: 2.0 * x), numba.njit(lambda x: x + 1.0)):
        clt.sample(model(function), 10)
        clt.simulate(model(function), 10)
    assert list(driver.sample_chunks.signatures) == signatures
    assert sum(driver.sample_chunks.stats.cache_misses.values()) == misses


def test_functions_of_one_name_are_told_apart():
    doubled, halved = numba.njit(lambda x: 2.0 * x), numba.njit(lambda x: 0.5 * x)
    twice, half = (clt.sample(model(function, weights=1.0), 1000) for function in (doubled, halved))
    np.testing.assert_allclose(twice, 4.0 * half, rtol=1e-5, atol=1e-5)


def test_a_function_with_constants_it_closes_over():
    slope = 0.25

    @numba.njit
    def leaky(x):
        return x if x > 0.0 else slope * x

    x, y = (clt.sample(model(phi), 3000) for phi in (leaky, "leaky-relu(slope=0.25)"))
    np.testing.assert_allclose(x, y, rtol=1e-6, atol=1e-6)


def test_a_function_that_allocates():
    @numba.njit
    def cubic(x):
        coefficients = np.array([0.5, -1.0, 0.25])
        return coefficients[0] + x * (coefficients[1] + x * x * coefficients[2])

    x, y = (clt.sample(clt.WeightedSum(1, "normal", phi, 1.0), 500) for phi in (cubic, "identity"))
    np.testing.assert_allclose(x, 0.5 - y + 0.25 * y**3, rtol=1e-5, atol=1e-5)


def test_processes(tmp_path, monkeypatch):
    monkeypatch.setattr("clt_sim.engine.tasks.TASK_CHUNKS", 1)
    own = model(rectified)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        clt.simulate(own, DRAWS, executor=executor).save(tmp_path / "processes.npz")
    clt.simulate(own, DRAWS, threads=1).save(tmp_path / "thread.npz")
    assert (tmp_path / "processes.npz").read_bytes() == (tmp_path / "thread.npz").read_bytes()


def test_a_path_along_n():
    path = clt.simulate_path(model(rectified), [1, 3], 2000)
    assert path[3].mean == clt.simulate(model(rectified), 2000).mean


def test_files_are_loaded_with_the_model(tmp_path):
    own = model(rectified)
    summary = clt.simulate(own, 2000)
    summary.save(tmp_path / "own.npz")
    loaded = Summary.load(tmp_path / "own.npz", model=own)
    assert loaded.model == own
    assert loaded.mean == summary.mean
    loaded.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "own.npz").read_bytes()
    with pytest.raises(ValueError, match="it is not of sum of 3 terms"):
        Summary.load(tmp_path / "own.npz", model=model(tanh))
    with pytest.raises(ValueError, match="is not a summary"):
        Summary.load(tmp_path / "own.npz")


def test_a_checkpoint_goes_on(tmp_path):
    own, path = model(rectified), tmp_path / "run.npz"
    clt.simulate(own, driver.CHUNK, seed=3, checkpoint=path)
    clt.simulate(own, DRAWS, seed=3, checkpoint=path)
    clt.simulate(own, DRAWS, seed=3).save(tmp_path / "whole.npz")
    assert path.read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_a_checkpoint_of_another_function_is_refused(tmp_path):
    path = tmp_path / "run.npz"
    clt.simulate(model(rectified), 100, seed=3, checkpoint=path)
    with pytest.raises(ValueError, match="it is not of sum of 3 terms"):
        clt.simulate(model(tanh), 100, seed=3, checkpoint=path)


@pytest.mark.parametrize("function", [math.tanh, np.tanh, lambda x: x])
def test_what_is_not_compiled_is_refused(function):
    with pytest.raises(TypeError, match=r"compiled by numba\.njit|given by name or value"):
        model(function)
    with pytest.raises(TypeError, match=r"function must be compiled by numba\.njit, not"):
        UserFunction(function)


def test_the_text_names_the_function():
    assert str(model(rectified)).startswith("sum of 3 terms w*user-function ")
    assert "rectified(x), x ~ laplace" in str(model(rectified))
