"""What a terminal shows, and what is not shown without one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

import clt_sim as clt

pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
# Ctrl-C as at a terminal: processes in the background inherit that it is ignored.
PROGRAM = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from clt_sim.cli import main; main()"
)
TRAIN = ("train", "--hidden", "5", "--steps", "20", "--snapshots", "0")


def start(*arguments, stderr):
    environment = {**os.environ, "TERM": "xterm", "FORCE_COLOR": "1"}
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, env=environment)


def drained(terminal):
    """Return all that is written to a terminal until its last writer closes it."""
    shown = b""
    while True:
        try:
            some = os.read(terminal, 65536)
        except OSError:  # how Linux says that it is closed
            return shown
        if not some:
            return shown
        shown += some


def in_terminal(*arguments, interrupt=None):
    """Run with stderr in a terminal: status, stdout, what stderr showed."""
    terminal, stderr = pty.openpty()
    with start(*arguments, stderr=stderr) as process:
        os.close(stderr)
        if interrupt is not None:
            interrupt(process)
        shown = drained(terminal)
        out, _ = process.communicate(timeout=60)
    os.close(terminal)
    return process.returncode, out.decode(), shown.decode()


def test_bars_are_drawn_on_stderr_and_wiped_away():
    status, out, shown = in_terminal(*TRAIN)
    assert status == 0
    assert out.startswith("perceptron 64-5-10, sigmoid: 20 steps\n")
    assert "\x1b" not in out
    assert "train" in shown
    assert "%" in shown
    assert shown.endswith("\x1b[2K")


def test_nothing_is_drawn_without_a_terminal():
    """Not even where colours are forced."""
    with start(*TRAIN, stderr=subprocess.PIPE) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert b"\x1b" not in out


def test_ctrl_c_is_clean_and_the_checkpoint_goes_on(tmp_path):
    file = tmp_path / "sums.npz"

    def interrupt(process):
        deadline = time.monotonic() + 120.0
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)

    arguments = ("simulate", "-n", "8", "--draws", "1e11", "--threads", "1", "--checkpoint", file)
    status, out, shown = in_terminal(*arguments, interrupt=interrupt)
    assert (status, out) == (1, "")
    assert "Traceback" not in shown
    done = clt.Summary.load(file).count
    assert f"stopped after {done} of 100000000000 draws" in shown.replace("\r\n", "")
