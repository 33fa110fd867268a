"""Hostile arguments: one line, a documented exit status, and soon, whatever is given."""

from __future__ import annotations

import importlib.util
import os
import resource
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clt_sim import cli

_PLACE = Path(__file__).parents[2] / "fuzzing" / "arguments.py"
_SPEC = importlib.util.spec_from_file_location("arguments", _PLACE)
arguments = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(arguments)

SECONDS, MEGABYTES = 5.0, 1024


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """Return a function that runs the command line, checks how it ends, and returns that."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.delitem(sys.modules, "own", raising=False)
    arguments.prepare(tmp_path)

    def run(*given):
        monkeypatch.setattr(sys, "argv", ["clt-sim", *map(str, given)])
        start, before = time.process_time(), _megabytes()
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert time.process_time() - start < SECONDS
        assert _megabytes() - before < MEGABYTES
        out, err = capsys.readouterr()
        status = end.value.code or 0
        check_end(given, status, err)
        return status, out, err

    yield run
    assert not (tmp_path / "sprung").exists()


def _megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def check_end(given, status, err):
    """Check the status, and that an error is one line without a traceback."""
    assert status in {0, 1, 2, 3}
    if "--debug" in given:
        return
    assert "Traceback" not in err
    assert "a fault of the program" not in err
    if status == 2 or (status == 1 and "--within" not in given):
        lines = [line for line in err.splitlines() if line and not line.startswith("figure: ")]
        assert len(lines) == 1, err


def test_random_vectors(call, tmp_path):
    statuses = []

    @settings(
        max_examples=60,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.integers(0, 2**32))
    def check(seed):
        statuses.append(call(*arguments.vector(Random(seed)))[0])  # noqa: S311
        for name in ("run.npz", "state.npz", "out.npz"):
            (tmp_path / name).unlink(missing_ok=True)

    check()
    assert {0, 1, 2} <= set(statuses)


HUGE = "9" * 5000
REFUSED = [
    ("simulate", "-n", "3", "--draws", "1e30"),
    ("simulate", "-n", "3", "--draws", "1e400"),
    ("simulate", "-n", "3", "--draws", HUGE),
    ("simulate", "-n", "10**12"),
    ("simulate", "-n", "1e12"),
    ("simulate", "-n", "1e12", "--weights", "1"),
    ("simulate", "-n", "1e30"),
    ("simulate", "-n", ""),
    ("simulate", "-n", "3\x00"),
    ("simulate", "-n", "3", "--draws", "10", "--threads", "-1"),
    ("simulate", "-n", "3", "--draws", "10", "--seed", "1e30"),
    ("simulate", "-n", "3", "--draws", "10", "--within", "nan"),
    ("simulate", "-n", "3", "--draws", "10", "--within", "0.1", "--confidence", "nan"),
    ("simulate", "-n", "3", "--draws", "10", "--inputs", "\x00"),
    ("simulate", "-n", "3", "--draws", "10", "--inputs", "\udcff"),
    ("simulate", "-n", "3", "--draws", "10", "--inputs", "normal(" * 3000),
    (
        "simulate",
        "-n",
        "3",
        "--draws",
        "10",
        "--inputs",
        "normal(sd=" + "(" * 900 + "1" + ")" * 900 + ")",
    ),
    ("simulate", "-n", "3", "--draws", "10", "--inputs", "normal(sd=" + "-" * 900 + "1)"),
    ("simulate", "-n", "3", "--draws", "10", "--inputs", "normal(sd=10**10**10)"),
    ("simulate", "-n", "3", "--draws", "10", "--inputs", "1," * 10**6),
    ("simulate", "--widths", "1e30", "--draws", "10"),
    ("simulate", "--widths", "4," * 2000 + "4", "--draws", "10"),
    ("simulate", "--widths", "nan", "--draws", "10"),
    ("simulate", "--widths", "inf", "--draws", "10"),
    ("simulate", "--widths", "4", "--inputs", "normal", "--input-width", "1e12", "--draws", "10"),
    ("simulate", "-n", "3", "--draws", "10", "--out", "folder"),
    ("simulate", "-n", "3", "--draws", "10", "--out", "pipe"),
    ("simulate", "-n", "3", "--draws", "10", "--out", "/dev/zero"),
    ("simulate", "-n", "3", "--draws", "10", "--out", "gone/x.npz"),
    ("simulate", "-n", "3", "--draws", "10", "--out", "x" * 5000),
    ("simulate", "-n", "3", "--draws", "10", "--out", "a\x00b"),
    ("simulate", "-n", "3", "--draws", "10", "--checkpoint", "pipe"),
    ("simulate", "-n", "3", "--draws", "10", "--checkpoint", "broken.npz"),
    ("simulate", "-n", "3", "--draws", "10", "--checkpoint", "small.npz"),
    ("exact", "-n", "3", "-p", "nan"),
    ("exact", "-n", "3", "-p", "2"),
    ("exact", "-n", "3", "-x", "1,,2"),
    ("exact", "-n", "3", "--bias", "1e400"),
    ("record", "own:layers", "--random-inputs", "1e12"),
    ("record", "own:layers", "--random-inputs", "1e30"),
    ("record", "own:layers", "--inputs", "pipe"),
    ("record", "own:layers", "--inputs", "/dev/zero"),
    ("record", "own:layers", "--inputs", "folder"),
    ("record", "own:layers", "--inputs", "a\x00b"),
    ("record", "own:layers", "--inputs", ""),
    ("record", "own:layers", "--inputs", "broken.npz"),
    ("record", "own:nothing", "--inputs", "inputs.npy"),
    ("record", "", "--inputs", "inputs.npy"),
    ("record", ":", "--inputs", "inputs.npy"),
    ("record", "own:__doc__.x", "--inputs", "inputs.npy"),
    ("record", "\x00:x", "--inputs", "inputs.npy"),
    ("record", "..:x", "--inputs", "inputs.npy"),
    ("train", "--data", "small.npz", "--hidden", "1e9,1e9", "--steps", "1", "--batch-size", "2"),
    ("train", "--data", "small.npz", "--hidden", "1e30", "--steps", "1", "--batch-size", "2"),
    ("train", "--data", "small.npz", "--hidden", "nan", "--steps", "1", "--batch-size", "2"),
    ("train", "--data", "small.npz", "--steps", "1", "--batch-size", "1e12"),
    ("train", "--data", "small.npz", "--steps", "1", "--batch-size", "2", "--snapshots", "1e9"),
    ("train", "--data", "pipe", "--steps", "1"),
    ("train", "--data", "/dev/zero", "--steps", "1"),
    ("train", "--data", "", "--steps", "1"),
    ("train", "--data", "a\x00b", "--steps", "1"),
    ("train", "--data", "broken.npz", "--steps", "1"),
    ("check", "sums-approach-normal(within='x')"),
    ("check", "sums-approach-normal(within=-1)"),
    ("check", "sums-approach-normal", "--seed", "-1"),
    ("check", "sums-approach-normal", "--seed", HUGE),
    ("figure", "ioffe-szegedy(data='nonsense')"),
    ("figure", "shape-drift(data=-1)"),
    ("figure", "gaussianity-in-training(data='gone.npz')"),
    ("figure", "layers(record='pipe')"),
    ("figure", "layers(record='broken.npz')"),
    ("figure", "nonsense"),
    ("figure", ""),
    ("figure", "sum-of-n", "--out", "/dev/null/x"),
    ("completion", "\x00"),
    ("\x00",),
    ("",),
    ("simulate", "--", "-n", "3"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number, call):
    status, out, _ = call(*REFUSED[number])
    assert status in {1, 2}
    assert out == ""


def test_many_points_are_answered(call):
    status, out, _ = call("exact", "-n", "3", "--weights", "1", "-x", ",".join(["0.5"] * 5000))
    assert status == 0
    assert out.count("\n  0.5 ") == 5000


@pytest.mark.parametrize("option", [("--random-inputs", "1e8"), ("--random-inputs", "1e9")])
def test_random_inputs_that_would_fill_memory_are_refused(option, call):
    tracemalloc.start()
    status, _, err = call("record", "own:layers", *option)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert status == 1
    assert "at most 1073741824 are made" in err
    assert peak < 2**24


def test_arguments_that_are_no_text_in_the_locale(tmp_path):
    """Bytes that are not UTF-8 come as surrogates, which cannot be printed as they are."""
    command = [sys.executable, "-m", "clt_sim", "simulate", "-n", "3", "--draws", "9"]
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        [*map(os.fsencode, command), b"--inputs", b"\xff\xfe"],
        capture_output=True,
        env=environment,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"Traceback" not in done.stderr
