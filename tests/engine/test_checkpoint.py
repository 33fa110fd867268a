"""Runs that are interrupted go on from their checkpoint to the same bytes."""

from __future__ import annotations

import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.engine import tasks
from clt_sim.summaries import Summary

MODEL = clt.WeightedSum(8, "laplace", "tanh", "normal")
DRAWS = 6 * driver.CHUNK + 5


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch):
    monkeypatch.setattr(tasks, "TASK_CHUNKS", 1)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    path = tmp_path_factory.mktemp("expected") / "summary.npz"
    clt.simulate(MODEL, DRAWS, seed=2).save(path)
    return path.read_bytes()


def interrupt_after(count):
    def progress(done, draws):
        if done >= count:
            raise KeyboardInterrupt

    return progress


def must_not_run(*arguments):
    raise AssertionError("work was started")


@pytest.mark.parametrize("chunks", [1, 3, 6])
@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupted_run_goes_on_to_the_same_bytes(chunks, threads, expected, tmp_path):
    path = tmp_path / "run.npz"
    stop = interrupt_after(chunks * driver.CHUNK)
    with pytest.raises(KeyboardInterrupt):
        clt.simulate(MODEL, DRAWS, seed=2, threads=threads, progress=stop, checkpoint=path)
    assert Summary.load(path).count == chunks * driver.CHUNK
    summary = clt.simulate(MODEL, DRAWS, seed=2, threads=threads, checkpoint=path)
    assert path.read_bytes() == expected
    assert summary.count == DRAWS


def test_a_finished_run_is_not_run_again(expected, tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    path.write_bytes(expected)
    monkeypatch.setattr(driver, "sample_chunks", must_not_run)
    assert clt.simulate(MODEL, DRAWS, seed=2, checkpoint=path).count == DRAWS
    assert path.read_bytes() == expected


def test_a_run_of_whole_chunks_can_be_made_longer(expected, tmp_path):
    path = tmp_path / "run.npz"
    clt.simulate(MODEL, 2 * driver.CHUNK, seed=2, checkpoint=path)
    clt.simulate(MODEL, DRAWS, seed=2, checkpoint=path)
    assert path.read_bytes() == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": clt.WeightedSum(9, "laplace", "tanh", "normal")}, "it is of another model"),
        ({"seed": 3}, "it does not hold the draws of seed 3"),
        ({"draws": 100}, f"it holds {DRAWS} draws already"),
        ({"draws": 2 * DRAWS}, f"its run ended after {DRAWS} draws, inside a chunk"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_and_left(
    change, message, expected, tmp_path, monkeypatch
):
    path = tmp_path / "run.npz"
    path.write_bytes(expected)
    monkeypatch.setattr(driver, "sample_chunks", must_not_run)
    with pytest.raises(ValueError, match=message):
        clt.simulate(**{"model": MODEL, "draws": DRAWS, "seed": 2, "checkpoint": path, **change})
    assert path.read_bytes() == expected


def test_a_file_that_is_no_checkpoint_is_refused_and_left(tmp_path, monkeypatch):
    path = tmp_path / "notes.txt"
    path.write_text("notes")
    monkeypatch.setattr(driver, "sample_chunks", must_not_run)
    with pytest.raises(ValueError, match="is not a summary"):
        clt.simulate(MODEL, DRAWS, checkpoint=path)
    assert path.read_text() == "notes"


def test_a_folder_that_is_not_there_is_named_before_work(tmp_path, monkeypatch):
    monkeypatch.setattr(driver, "sample_chunks", must_not_run)
    with pytest.raises(OSError, match="nowhere"):
        clt.simulate(MODEL, DRAWS, checkpoint=tmp_path / "nowhere" / "run.npz")


def test_nothing_else_is_left_in_the_folder(tmp_path):
    clt.simulate(MODEL, DRAWS, checkpoint=tmp_path / "run.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]
