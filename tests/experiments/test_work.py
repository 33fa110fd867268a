"""Pieces of an experiment: in order, wherever they are done."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest
from travelling import Travelling

import clt_sim as clt
from clt_sim.experiments.work import Work, blocks


@pytest.fixture(scope="module")
def pool():
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        yield executor


def spelt(number):
    return f"number {number}"


def killed(number):
    os.kill(os.getpid(), signal.SIGKILL)


def in_quarters(number, tell):
    tell(0.25)
    return -number


def test_results_are_in_order_in_threads_and_processes(pool):
    expected = Work().map(divmod_by_7, range(20), str)
    assert expected == [divmod(number, 7) for number in range(20)]
    with ThreadPoolExecutor(3) as threads:
        for executor in (threads, pool, Travelling()):
            assert Work(executor=executor).map(divmod_by_7, range(20), str) == expected


def divmod_by_7(number):
    return divmod(number, 7)


@pytest.mark.parametrize("executor", [None, Travelling()])
def test_progress_names_what_is_not_done_yet(executor):
    told = []
    work = Work(lambda *report: told.append(report), executor).part(1, 2)
    work.map(abs, [3, 4], spelt)
    assert told[0] == ("number 3", 0.5)
    assert ("number 4", 0.75) in told
    assert told[-1] == ("number 4", 1.0)
    assert [share for _, share in told] == sorted(share for _, share in told)


def test_a_piece_tells_its_own_share_where_it_is_done_here():
    told = []
    work = Work(lambda *report: told.append(report))
    assert work.map_telling(in_quarters, [1, 2], spelt) == [-1, -2]
    assert told.index(("number 2", 0.625)) > told.index(("number 1", 0.125))
    assert Work(executor=Travelling()).map_telling(in_quarters, [1, 2], spelt) == [-1, -2]


def test_what_cannot_be_pickled_stays_here():
    far = Travelling()
    work = Work(executor=far)
    assert work.map(lambda number: -number, [1, 2], spelt) == [-1, -2]
    assert work.map(callable, [lambda: None], str) == [True]
    assert far.tasks == 0
    assert work.executor_for(clt.WeightedSum(3)) is far
    assert work.executor_for(lambda: None) is None


def test_an_error_of_a_piece_is_raised_here():
    """An `AttributeError`, which pickle raises, too, is not taken for one of pickle."""
    with pytest.raises(AttributeError, match="upper"):
        Work(executor=Travelling()).map(shouted, [1], str)


def shouted(text):
    return text.upper()


def test_no_pieces_are_no_work():
    assert Work(executor=Travelling()).map(abs, [], str) == Work().map(abs, [], str) == []


def test_a_killed_worker_is_explained():
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        with pytest.raises(BrokenProcessPool) as lost:
            Work(executor=executor).map(killed, [1, 2], str)
        assert "A worker of the executor was lost" in lost.value.__notes__[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"executor": 2}, r"executor must be a concurrent\.futures\.Executor, not 2"),
        ({"progress": 0.5}, r"progress must be callable, not 0\.5"),
    ],
)
def test_other_things_are_refused(arguments, message):
    with pytest.raises(TypeError, match=message):
        Work(**arguments)


def test_blocks_keep_all_items():
    for size in (1, 2, 7, 100):
        assert [item for block in blocks(range(7), size) for item in block] == list(range(7))
