"""Checkpoints on bad disks, in use by others, and of another version of the package."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import threading

import pytest

import clt_sim as clt
from clt_sim import _files
from clt_sim._kernels import driver
from clt_sim.engine import checkpoint, tasks
from clt_sim.engine.file_lock import locked
from clt_sim.summaries import Summary

resource = pytest.importorskip("resource")  # limits of the size of files

MODEL = clt.WeightedSum(2, "laplace", "tanh", "normal")
DRAWS = 4 * driver.CHUNK + 5


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch):
    monkeypatch.setattr(tasks, "TASK_CHUNKS", 1)
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", 0.0)


@pytest.fixture
def no_work(monkeypatch):
    def must_not_run(*arguments):
        raise AssertionError("work was started")

    monkeypatch.setattr(driver, "sample_chunks", must_not_run)


@pytest.fixture
def small_files():
    """Files may not grow beyond two kilobytes: the system refuses as a full disk does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))

    yield limit
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_run_outlives_a_disk_that_is_full(small_files, tmp_path):
    path = tmp_path / "run.npz"

    def fill_up(done, draws):
        if done == 2 * driver.CHUNK:
            small_files(2048)

    with pytest.warns(RuntimeWarning) as warned:
        summary = clt.simulate(MODEL, DRAWS, seed=1, threads=1, checkpoint=path, progress=fill_up)
    small_files(resource.RLIM_INFINITY)
    assert summary.to_dict() == clt.simulate(MODEL, DRAWS, seed=1).to_dict()
    first, *_, last = (str(warning.message) for warning in warned)
    assert f"{3 * driver.CHUNK} draws are not in the checkpoint {str(path)!r}: [Errno" in first
    assert last.startswith(f"{DRAWS} draws are not in the checkpoint")
    # What was written before is there, whole and alone, and the same call goes on from it.
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.npz"]
    assert Summary.load(path).count == 2 * driver.CHUNK
    again = clt.simulate(MODEL, DRAWS, seed=1, checkpoint=path)
    assert again.to_dict() == summary.to_dict()


def test_a_disk_that_has_room_again_is_written_to(monkeypatch, tmp_path):
    save, full = Summary.save, [True, False]

    def sometimes(summary, path):
        if full and full.pop(0):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        save(summary, path)

    monkeypatch.setattr(Summary, "save", sometimes)
    path = tmp_path / "run.npz"
    with pytest.warns(RuntimeWarning, match="No space left on device"):
        clt.simulate(MODEL, DRAWS, threads=1, checkpoint=path)
    assert Summary.load(path).count == DRAWS


def test_an_interrupt_is_not_hidden_by_a_full_disk(monkeypatch, tmp_path):
    def full(summary, path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def interrupt(done, draws):
        raise KeyboardInterrupt

    monkeypatch.setattr(Summary, "save", full)
    with (
        pytest.warns(RuntimeWarning, match="65536 draws are not in the checkpoint"),
        pytest.raises(KeyboardInterrupt),
    ):
        clt.simulate(MODEL, DRAWS, threads=1, checkpoint=tmp_path / "a", progress=interrupt)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks")
def test_a_read_only_folder_is_named_before_work(tmp_path):
    """In a process of its own, which gives up the rights of root if it has them."""
    tmp_path.chmod(0o555)
    code = (
        "import os, sys\n"
        "import clt_sim as clt\n"
        "from clt_sim._kernels import driver\n"
        "from clt_sim.engine import simulation\n"
        "driver.sample_chunks = simulation.run_task = None\n"
        "model = clt.WeightedSum(2)\n"
        "os.chdir(sys.argv[1])\n"
        "if os.getuid() == 0:\n    os.setuid(65534)\n"
        "try:\n    clt.simulate(model, 100, checkpoint='run.npz')\n"
        "except PermissionError as error:\n    print(error)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    tmp_path.chmod(0o755)
    assert run.stdout.strip() == "[Errno 13] Permission denied: 'run.npz'"


def test_two_runs_of_one_process_do_not_write_one_file(tmp_path):
    path, messages = tmp_path / "run.npz", []

    def start_another(done, draws):
        if not messages:
            with pytest.raises(BlockingIOError) as refusal:
                clt.simulate(MODEL, DRAWS, seed=2, checkpoint=path)
            messages.append(str(refusal.value))

    clt.simulate(MODEL, DRAWS, seed=1, threads=1, checkpoint=path, progress=start_another)
    (message,) = messages
    assert "another run is writing this file" in message
    assert str(path) in message
    assert Summary.load(path).runs[0].seed == 1


HOLD = (
    "import sys, time\n"
    "from clt_sim.engine.file_lock import locked\n"
    "with locked(sys.argv[1]):\n    print('held', flush=True)\n    time.sleep(60)\n"
)


def test_two_processes_do_not_write_one_file(tmp_path, no_work):
    path = tmp_path / "run 1%#?.npz"  # signs that a URI gives a meaning
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(BlockingIOError, match="another run is writing this file"):
            clt.simulate(MODEL, DRAWS, checkpoint=path)
        other.kill()
    # The lock is gone with its holder, though not the lock's file.
    assert (tmp_path / "run 1%#?.npz.lock").exists()
    with locked(path):
        pass
    assert not list(tmp_path.iterdir())


def test_a_lock_has_one_holder_at_a_time(tmp_path):
    """Four threads take it two hundred times, while its file comes and goes."""
    path, inside, most, taken = tmp_path / "file", [], [], []

    def take():
        while len(taken) < 200:
            try:
                with locked(path):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
                    taken.append(1)
            except BlockingIOError:
                pass

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_of_another_version_is_refused_and_left(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    with monkeypatch.context() as earlier:
        earlier.setattr(tasks, "__version__", "0.0.1")
        clt.simulate(MODEL, driver.CHUNK, checkpoint=path)
    before = path.read_bytes()
    message = f"made by clt_sim 0.0.1, and this is {re.escape(clt.__version__)}, which may draw"
    with pytest.raises(ValueError, match=message):
        clt.simulate(MODEL, DRAWS, checkpoint=path)
    assert path.read_bytes() == before


def test_files_are_whole_after_a_failure(tmp_path, monkeypatch):
    path = tmp_path / "file"
    _files.replace_file(path, b"old")

    def fail(descriptor):
        raise OSError(errno.EIO, "no disk")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no disk"):
        _files.replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_only_unfinished_files_of_the_name_are_removed(tmp_path):
    kept = {"run.npz", "run.npz.1", "other.npz.x.unfinished", "run-npz.x.unfinished"}
    for name in [*kept, "run.npz.abc.unfinished"]:
        (tmp_path / name).touch()
    _files.remove_unfinished(tmp_path / "run.npz")
    assert {entry.name for entry in tmp_path.iterdir()} == kept
