"""However the work is cut and wherever it runs, the saved bytes are the same."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.engine import execution, tasks

MODEL = clt.WeightedSum(5, "laplace", "gelu", "normal", bias=0.1)
DRAWS = 9 * driver.CHUNK + 77


def saved(tmp_path, **settings):
    path = tmp_path / "summary.npz"
    clt.simulate(MODEL, DRAWS, seed=8, **settings).save(path)
    return path.read_bytes()


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch):
    """Tasks of two chunks, so that there are several."""
    monkeypatch.setattr(tasks, "TASK_CHUNKS", 2)


@pytest.fixture
def expected(tmp_path):
    return saved(tmp_path, threads=1)


@pytest.mark.parametrize("threads", [2, 3, None])
def test_threads(threads, expected, tmp_path):
    assert saved(tmp_path, threads=threads) == expected


def test_thread_pool(expected, tmp_path):
    with ThreadPoolExecutor(2) as executor:
        assert saved(tmp_path, executor=executor) == expected


def test_process_pool(expected, tmp_path):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        assert saved(tmp_path, executor=executor) == expected


@pytest.mark.parametrize(("terms", "chunks"), [(1, 1), (10**12, 3), (10**12, 100), (500_000, 64)])
def test_sizes_of_tasks(terms, chunks, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(tasks, "TASK_TERMS", terms)
    monkeypatch.setattr(tasks, "TASK_CHUNKS", chunks)
    assert saved(tmp_path, threads=1) == expected


def test_few_waiting_tasks(expected, tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "WAITING_TASKS", 1)
    with ThreadPoolExecutor(2) as executor:
        assert saved(tmp_path, executor=executor) == expected


def test_another_seed_gives_other_bytes(expected, tmp_path):
    path = tmp_path / "other.npz"
    clt.simulate(MODEL, DRAWS, seed=9).save(path)
    assert path.read_bytes() != expected
