"""Claims on executors: the same verdicts, and pieces that really travel."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest
from travelling import Travelling

from clt_sim import WeightedSum, claims
from clt_sim.claims import trained
from clt_sim.experiments.work import Work

SMALL = "(nonlinearities=('relu',), networks=3)"
ONE_KIND = "(nonlinearities=('relu',), normalizations=('batch',), networks=3)"
TRAVELLING = {
    "hoyer-fails-cloning-only": 18,
    f"batch-normalized-close-to-standard-normal{SMALL}": 6,
    f"trained-weights-keep-gaussianity{ONE_KIND}": 6,
}
"""Claims, and how many tasks they have at least."""


@pytest.fixture
def _untrained(monkeypatch):
    monkeypatch.setattr(trained, "_HISTORIES", {})


@pytest.mark.usefixtures("_untrained")
@pytest.mark.parametrize("claim", TRAVELLING)
def test_the_pieces_travel_and_the_verdict_stays(claim, monkeypatch):
    far = Travelling()
    found = claims.check(claim, executor=far).to_dict()
    assert far.tasks >= TRAVELLING[claim]
    monkeypatch.setattr(trained, "_HISTORIES", {})
    assert found == claims.check(claim).to_dict()


def test_blocks_of_draws_travel():
    """Weights and seeds are drawn here, one after the other, and the inputs elsewhere."""
    claim = claims.get("pre-activations-symmetric")
    model = WeightedSum(8, "normal", "relu", "normal")
    far = Travelling()
    there, here = (
        list(claim._measured(model, "draft", np.random.default_rng(1), Work(executor=executor)))
        for executor in (far, None)
    )
    assert there == here
    assert far.tasks == 3


@pytest.mark.usefixtures("_untrained")
def test_processes_and_threads_find_the_same():
    claim = f"activations-drift-more-than-pre-activations{ONE_KIND}"
    expected = claims.check(claim).to_dict()
    context = multiprocessing.get_context("spawn")
    for executor in (ThreadPoolExecutor(2), ProcessPoolExecutor(1, mp_context=context)):
        trained._HISTORIES.clear()
        with executor:
            assert claims.check(claim, executor=executor).to_dict() == expected


@pytest.mark.usefixtures("_untrained")
def test_trained_networks_are_kept_for_the_next_claim():
    far = Travelling()
    claims.check(f"activations-drift-more-than-pre-activations{ONE_KIND}", executor=far)
    assert far.tasks == len(trained._HISTORIES) == 3
    claims.check(f"activations-drift-more-than-pre-activations{ONE_KIND}", executor=far)
    assert far.tasks == 3


def test_a_killed_worker_is_explained():
    context = multiprocessing.get_context("spawn")

    def kill_one(what, share):
        os.kill(next(iter(executor._processes)), signal.SIGKILL)
        time.sleep(0.2)  # for the pool to notice

    with ProcessPoolExecutor(1, mp_context=context) as executor:
        executor.submit(os.getpid).result()
        with pytest.raises(BrokenProcessPool) as lost:
            claims.check("hoyer-fails-cloning-only", executor=executor, progress=kill_one)
    assert "with a new executor starts again" in lost.value.__notes__[0]


def test_other_things_are_refused_before_work():
    with pytest.raises(TypeError, match="executor must be"):
        claims.check("hoyer-fails-cloning-only", executor=2)
