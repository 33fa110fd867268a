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


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_parts_of_a_run_that_are_drawn_apart(order, expected, tmp_path):
    places = [0, driver.CHUNK, 5 * driver.CHUNK, DRAWS]
    parts = [clt.simulate(MODEL, places[k + 1] - places[k], seed=8, start=places[k]) for k in order]
    path = tmp_path / "merged.npz"
    (parts[0] + parts[1] + parts[2]).save(path)
    assert path.read_bytes() == expected


def test_a_part_goes_on_from_its_checkpoint(tmp_path):
    path, start = tmp_path / "part.npz", 2 * driver.CHUNK
    whole = clt.simulate(MODEL, 3 * driver.CHUNK, seed=8, start=start)
    clt.simulate(MODEL, driver.CHUNK, seed=8, start=start, checkpoint=path)
    resumed = clt.simulate(MODEL, 3 * driver.CHUNK, seed=8, start=start, checkpoint=path)
    assert resumed.runs == whole.runs
    assert resumed.power_sums == whole.power_sums
    with pytest.raises(ValueError, match="does not hold the draws of seed 8 from 0 on"):
        clt.simulate(MODEL, 6 * driver.CHUNK, seed=8, checkpoint=path)


@pytest.mark.parametrize(("start", "near"), [(1, 0), (70_000, 65536)])
def test_a_start_inside_a_chunk_is_refused(start, near):
    with pytest.raises(ValueError, match=rf"multiple of 65536, such as {near}, not {start}"):
        clt.simulate(MODEL, 100, start=start)
