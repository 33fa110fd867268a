"""Commands whose work is shared by several processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool

import pytest

from clt_sim import claims, figures
from clt_sim.cli.workers import started

# Ctrl-C as at a terminal: processes in the background inherit that it is ignored.
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from clt_sim.cli import main; main()"
)


def test_two_workers_find_the_same(clt_sim):
    claim = "hoyer-fails-cloning-only"
    assert clt_sim("check", claim, "--json", "--workers", 2) == clt_sim("check", claim, "--json")
    assert not multiprocessing.active_children()


def test_one_worker_is_this_process():
    with started(1) as executor:
        assert executor is None


def test_workers_end_with_what_they_are_doing():
    before = time.monotonic()
    with started(2) as executor:
        executor.submit(time.sleep, 600.0)
        waiting = executor.submit(time.sleep, 600.0)
        kept = [executor.submit(time.sleep, 600.0) for _ in range(5)]
    assert time.monotonic() - before < 60.0
    assert all(future.cancelled() or future.exception() for future in [waiting, *kept])
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("workers", ["0", "-1", "two", "1.5"])
def test_wrong_numbers_of_workers_are_refused_before_work(workers, clt_sim, monkeypatch):
    monkeypatch.delattr(claims, "check")
    status, out, err = clt_sim("check", "--workers", workers)
    assert (status, out) == (2, "")
    assert "is not a whole number from 1" in err


@pytest.mark.parametrize(
    ("command", "module", "function", "message"),
    [
        (("check", "sums-approach-normal"), claims, "check", "after 0 of 1 claims."),
        (("figure", "power"), figures, "build", "the files that were named are complete."),
    ],
)
def test_a_lost_worker_is_one_line(command, module, function, message, clt_sim, monkeypatch):
    def lost(*arguments, **options):
        raise BrokenProcessPool("A process in the process pool was terminated abruptly.")

    monkeypatch.setattr(module, function, lost)
    status, out, err = clt_sim(*command)
    assert (status, out) == (1, "")
    assert err.startswith("clt-sim: a worker was lost")
    assert err.endswith(f"{message}\n")
    assert err.count("\n") == 1


def ends(group):
    """Say whether no process of a group is left, after a while."""
    for _ in range(300):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="there are no groups of processes")
def test_an_interrupt_ends_all_processes_and_leaves_what_is_written(tmp_path):
    """Ctrl-C goes to all processes of a terminal: the workers leave it to the first."""
    names = ("sum-of-n(law='uniform', ns=(1,))", "power", "layers", "gaussian-or-not")
    command = ("figure", *names, "--quality", "draft", "--out", str(tmp_path), "--workers", "2")
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        written = [process.stdout.readline().strip() for _ in range(3)]  # the others are under way
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err == "clt-sim: stopped; the files that were named are complete.\n"
    assert [os.path.basename(file) for file in written] == [
        "sum-of-n.pdf",
        "sum-of-n.png",
        "sum-of-n.json",
    ]
    assert all(os.path.getsize(file) for file in written)
    assert ends(process.pid)
