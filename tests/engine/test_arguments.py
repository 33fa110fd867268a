"""Wrong arguments are refused with a clear error before anything runs."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.engine import tasks

MODEL = clt.WeightedSum(2)


@pytest.fixture(autouse=True)
def driver_calls(monkeypatch):
    calls = []
    monkeypatch.setattr(driver, "sample_chunks", lambda *arguments: calls.append(arguments))
    yield calls
    assert calls == []


WRONG_COUNTS = [
    (0, ValueError, "at least|from 1"),
    (-3, ValueError, "from 1"),
    (2**53 + 1, ValueError, "from 1 to 9007199254740992"),
    (1e300, ValueError, "from 1 to"),
    (1.5, TypeError, "whole number"),
    (math.nan, TypeError, "whole number"),
    (math.inf, TypeError, "whole number"),
    ("many", TypeError, "whole number"),
    (True, TypeError, "whole number"),
    (None, TypeError, "whole number"),
]
WRONG_SEEDS = [
    (-1, ValueError, "seed must be from 0 to 18446744073709551615, not -1"),
    (2**64, ValueError, "seed must be from 0"),
    (0.5, TypeError, "seed must be a whole number"),
    ("1", TypeError, "seed must be a whole number"),
    (None, TypeError, "seed must be a whole number"),
]


@pytest.mark.parametrize(("draws", "error", "message"), WRONG_COUNTS)
def test_draws(draws, error, message):
    with pytest.raises(error, match=rf"draws .*({message})"):
        clt.simulate(MODEL, draws)


@pytest.mark.parametrize(("size", "error", "message"), WRONG_COUNTS)
def test_size(size, error, message):
    with pytest.raises(error, match=rf"size .*({message})"):
        clt.sample(MODEL, size)


@pytest.mark.parametrize(("seed", "error", "message"), WRONG_SEEDS)
@pytest.mark.parametrize("run", [clt.simulate, clt.sample])
def test_seed(run, seed, error, message):
    with pytest.raises(error, match=message):
        run(MODEL, 10, seed=seed)


@pytest.mark.parametrize("threads", [0, -1])
def test_threads(threads):
    with pytest.raises(ValueError, match="threads must be at least 1"):
        clt.simulate(MODEL, 10, threads=threads)


def test_threads_of_the_wrong_kind():
    with pytest.raises(TypeError, match="threads must be a whole number"):
        clt.simulate(MODEL, 10, threads=1.5)


def test_threads_and_an_executor():
    with (
        ThreadPoolExecutor(1) as executor,
        pytest.raises(ValueError, match="threads or an executor, not both"),
    ):
        clt.simulate(MODEL, 10, threads=1, executor=executor)


def test_what_is_no_executor():
    with pytest.raises(TypeError, match=r"executor must be a concurrent\.futures\.Executor"):
        clt.simulate(MODEL, 10, executor=4)


def test_progress_that_cannot_be_called():
    with pytest.raises(TypeError, match="progress must be callable"):
        clt.simulate(MODEL, 10, progress=True)


@pytest.mark.parametrize("model", ["normal", None, 3, clt.laws.get("normal"), MODEL.to_dict()])
@pytest.mark.parametrize("run", [clt.simulate, clt.sample])
def test_model(run, model):
    with pytest.raises(TypeError, match="model must be a WeightedSum or a RandomNetwork, not"):
        run(model, 10)


def test_whole_floats_and_numpy_numbers_are_counts(driver_calls, monkeypatch):
    """A control: these are accepted, and the driver would have run."""
    ran = []

    def run(task, models, filled, samples):
        ran.append(task.replicates)
        samples.fill(0.0)

    monkeypatch.setattr(tasks, "_run", run)
    clt.sample(MODEL, 1e3, seed=np.uint64(2**64 - 1))
    assert ran == [range(1000)]


def test_precision():
    with pytest.raises(ValueError, match=r"unknown precision 'duoble'\. Did you mean 'double'\?"):
        clt.simulate(MODEL, 10, precision="duoble")
