"""Executors: processes, workers that are lost, versions, sizes of tasks, what a task costs."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import pickle
import signal
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.engine import checkpoint, execution, tasks
from clt_sim.normality_tests import names
from clt_sim.power import power_study
from clt_sim.power.decisions import Decision
from clt_sim.summaries import Run, Summary

MODEL = clt.WeightedSum(5, "laplace", "gelu", "normal", bias=0.1)
CHUNK = driver.CHUNK


@pytest.fixture(scope="module")
def pool():
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        yield executor


@pytest.fixture
def small_tasks(monkeypatch):
    monkeypatch.setattr(tasks, "TASK_CHUNKS", 1)
    monkeypatch.setattr(tasks, "LONG", 1)
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)


def test_a_path_in_processes(pool, small_tasks):
    expected = clt.simulate_path(MODEL, [1, 5], 3 * CHUNK, seed=4)
    path = clt.simulate_path(MODEL, [1, 5], 3 * CHUNK, seed=4, executor=pool)
    assert [path[n].to_dict() for n in path] == [expected[n].to_dict() for n in expected]


def test_variances_in_processes(pool, small_tasks):
    network = clt.RandomNetwork([4, 4], "relu")
    expected = clt.simulate_conditional(network, 3 * CHUNK, seed=4)
    mixture = clt.simulate_conditional(network, 3 * CHUNK, seed=4, executor=pool)
    assert mixture.to_dict() == expected.to_dict()


def test_a_study_of_power_in_processes(pool):
    """What decides a test is sent by its name."""
    asked = {"alternatives": ["laplace", "uniform"], "n": (10, 20), "repetitions": 40_000}
    expected = power_study(["energy", "lilliefors", "shapiro-wilk"], **asked, seed=6)
    study = power_study(["energy", "lilliefors", "shapiro-wilk"], **asked, seed=6, executor=pool)
    assert study == expected


def test_a_killed_worker_loses_nothing_that_is_in_the_checkpoint(small_tasks, tmp_path):
    """A process pool does not replace a worker: the call fails, says so, and can go on."""
    path, draws = tmp_path / "run.npz", 40 * CHUNK
    context = multiprocessing.get_context("spawn")

    def kill_one(done, draws):
        if done == 3 * CHUNK:
            os.kill(next(iter(executor._processes)), signal.SIGKILL)
            time.sleep(0.2)  # for the pool to notice

    with (
        ProcessPoolExecutor(2, mp_context=context) as executor,
        pytest.MonkeyPatch.context() as few,
    ):
        few.setattr(execution, "WAITING_TASKS", 4)  # so that some are still to come
        with pytest.raises(BrokenProcessPool) as lost:
            clt.simulate(
                MODEL, draws, seed=8, executor=executor, checkpoint=path, progress=kill_one
            )
    assert "goes on from its checkpoint" in lost.value.__notes__[0]
    assert 3 * CHUNK <= Summary.load(path).count < draws
    resumed = clt.simulate(MODEL, draws, seed=8, checkpoint=path)
    assert resumed.to_dict() == clt.simulate(MODEL, draws, seed=8).to_dict()


def test_a_worker_with_another_version_refuses(monkeypatch):
    assert execution.run_elsewhere(clt.__version__, lambda task: task, "done") == "done"
    monkeypatch.setattr(execution, "__version__", "0.0.2")
    message = r"a worker has clt_sim 0\.0\.2, but the run is of clt_sim 0\.0\.1"
    with pytest.raises(RuntimeError, match=message):
        execution.run_elsewhere("0.0.1", lambda task: task, "done")


def test_the_version_is_sent_with_each_task(monkeypatch):
    sent = []

    class Recording(ThreadPoolExecutor):
        def submit(self, function, /, *arguments) -> Future:
            sent.append(function.args[0])
            return super().submit(function, *arguments)

    with Recording(1) as executor:
        clt.simulate(MODEL, 100, executor=executor)
    assert sent == [clt.__version__]


@pytest.mark.parametrize(
    ("n", "draws", "terms"),
    [(16, 10**11, 9.9e8), (1000, 10**10, 9.9e8), (1, 10**12, 83e6), (10**6, 10**9, 6.5e10)],
)
def test_long_runs_are_cut_into_seconds(n, draws, terms):
    """1e9 terms take about a second; a chunk of a million terms takes a minute, in one piece."""
    model = clt.WeightedSum(n)
    first = next(tasks.cut(model, (n,), 0, draws, long=True))
    assert 0.95 * terms < n * len(first.replicates) < 1.05 * terms


@pytest.mark.parametrize("test", names())
def test_what_decides_a_test_can_be_sent(test):
    decision = Decision.at_level(test, 20, 0.05)
    assert pickle.loads(pickle.dumps(decision)) == decision  # noqa: S301
    assert len(pickle.dumps(decision)) < 200


@pytest.mark.parametrize("chunks", [1, 63, 65, 700, 6500])
def test_short_runs_have_tasks_for_many_workers(chunks):
    usual = list(tasks.cut(MODEL, (5,), 0, chunks * CHUNK))
    travelling = list(tasks.cut(MODEL, (5,), 0, chunks * CHUNK, long=True))
    assert min(len(usual), tasks.SHARES) <= len(travelling) <= len(usual)
    for cut in (usual, travelling):
        assert [task.first for task in cut[1:]] == [task.last for task in cut[:-1]]
        assert (cut[0].first, cut[-1].last) == (0, chunks)


class Instant(Executor):
    """Workers that answer at once, through pickles: the time of a run is that of its caller."""

    def __init__(self, model):
        (self.part,) = tasks.run_task(next(tasks.cut(model, (model.n,), 0, CHUNK)))
        self.tasks = self.sent = self.received = 0

    def submit(self, function, /, task):
        self.tasks += 1
        self.sent += len(pickle.dumps((function, task)))
        run = Run(task.seed, task.replicates.start, task.replicates.stop)
        answer = pickle.dumps((dataclasses.replace(self.part, runs=(run,)),))
        self.received += len(answer)
        future = Future()
        future.set_result(pickle.loads(answer))  # noqa: S301
        return future


def test_what_a_hundred_thousand_million_draws_cost_the_caller():
    """Measured: 0.4 ms of a processor for a task of about a second, 80 MB of results in all."""
    model = clt.WeightedSum(n=16, inputs="laplace", nonlinearity="tanh", weights="normal")
    workers = Instant(model)
    started = time.process_time()
    total = clt.simulate(model, 10**11, seed=3, executor=workers)
    seconds = time.process_time() - started
    assert total.runs == (Run(3, 0, 10**11),)  # every draw, and each once
    assert total.count == workers.tasks * CHUNK
    assert 1600 <= workers.tasks <= 1632
    assert workers.sent / workers.tasks < 600
    assert workers.received / workers.tasks < 50_000
    assert workers.received < 82e6
    assert seconds / workers.tasks < 5e-3
