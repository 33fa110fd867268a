"""Progress, and what is left behind when it raises."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.engine import simulation, tasks

MODEL = clt.WeightedSum(2)
DRAWS = 20 * driver.CHUNK + 1


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch):
    monkeypatch.setattr(tasks, "TASK_CHUNKS", 1)


@pytest.mark.parametrize("threads", [1, 2])
def test_progress_counts_up_to_the_draws(threads):
    calls = []
    clt.simulate(MODEL, DRAWS, threads=threads, progress=lambda *call: calls.append(call))
    done = [count for count, _ in calls]
    assert done == sorted(set(done))
    assert done[-1] == DRAWS
    assert len(done) == 21
    assert {total for _, total in calls} == {DRAWS}


def test_progress_is_called_from_the_calling_thread():
    callers = set()
    clt.simulate(MODEL, DRAWS, threads=2, progress=lambda *_: callers.add(threading.get_ident()))
    assert callers == {threading.get_ident()}


def interrupt(done, draws):
    raise KeyboardInterrupt


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_an_interrupt_leaves_no_threads(threads, monkeypatch):
    ran = []
    run_task = simulation.run_task
    monkeypatch.setattr(simulation, "run_task", lambda task: ran.append(task) or run_task(task))
    before = set(threading.enumerate())
    # The traceback, which `interrupted` keeps, must not keep the threads alive.
    with pytest.raises(KeyboardInterrupt) as interrupted:
        clt.simulate(MODEL, DRAWS, threads=threads, progress=interrupt)
    assert set(threading.enumerate()) == before
    assert len(ran) < 21
    assert interrupted.tb is not None


def test_an_interrupt_cancels_what_waits_in_an_executor():
    gate, futures = threading.Event(), []

    class Recording(ThreadPoolExecutor):
        def submit(self, function, /, *arguments, **keywords) -> Future:
            held = function if not futures else lambda task: gate.wait() and function(task)
            futures.append(super().submit(held, *arguments, **keywords))
            return futures[-1]

    with Recording(1) as executor:
        try:
            with pytest.raises(KeyboardInterrupt):
                clt.simulate(MODEL, DRAWS, executor=executor, progress=interrupt)
        finally:
            gate.set()
    assert sum(future.cancelled() for future in futures) >= len(futures) - 2


def test_an_error_in_a_worker_process_arrives():
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(1, mp_context=context, initializer=exit) as executor,
        pytest.raises(BrokenProcessPool, match="terminated abruptly"),
    ):
        clt.simulate(MODEL, DRAWS, executor=executor)
