"""Runs that are killed at any moment go on from their checkpoint to the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import clt_sim as clt

KILLS, PLACES = 50, 5
DRAWS = 12 * 65536 + 5

# One interpreter compiles, then forks a run at a time: fifty of them cost a second or two. Every
# chunk is a task and every task is written, so that most kills come while a file is written.
KILLER = f"""
import json, os, random, signal, sys, time
import clt_sim as clt
from clt_sim.engine import checkpoint, tasks

checkpoint.SECONDS_BETWEEN, tasks.TASK_CHUNKS = 0.0, 1
folder = sys.argv[1]
model = clt.WeightedSum(2, "laplace", "tanh", "normal")


def run(name, progress=None):
    path = os.path.join(folder, name)
    return clt.simulate(
        model, {DRAWS}, seed=2, threads=1, checkpoint=path, progress=progress
    )


started = time.perf_counter()
run("expected.npz")
seconds = time.perf_counter() - started
started = time.perf_counter()
run("again.npz")
seconds = min(seconds, time.perf_counter() - started)
moments, kills, finished, seen, litter = random.Random(5), 0, 0, set(), 0
# On a busy machine many come before the first file: then more of them.
while kills < {KILLS} or len(seen) <= {PLACES} and kills < 10 * {KILLS}:
    child = os.fork()
    if not child:
        run("run.npz")
        os._exit(0)
    time.sleep(moments.uniform(0.0, 0.4 * seconds))
    os.kill(child, signal.SIGKILL)
    if os.WIFSIGNALED(os.waitpid(child, 0)[1]):
        kills += 1
    else:
        finished += 1
    litter += any(name.endswith(".unfinished") for name in os.listdir(folder))
    path = os.path.join(folder, "run.npz")
    if os.path.exists(path):
        count = clt.Summary.load(path).count
        seen.add(count)
        if count == {DRAWS}:
            finished += 1
            os.replace(path, os.path.join(folder, "whole-%d.npz" % finished))
run("run.npz")
print(json.dumps([kills, len(seen), litter]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks")
def test_fifty_killed_runs_go_on_to_the_same_bytes(tmp_path):
    out = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout
    kills, counts, litter = json.loads(out)
    assert kills >= KILLS
    assert counts > PLACES  # kills came at different places of the run
    assert litter > 0  # and some while a file was written
    expected = (tmp_path / "expected.npz").read_bytes()
    assert (tmp_path / "run.npz").read_bytes() == expected
    assert all(path.read_bytes() == expected for path in tmp_path.glob("whole-*.npz"))
    # The last run cleared away what the killed ones had left.
    left = {path.name for path in tmp_path.iterdir() if not path.name.startswith("whole-")}
    assert left == {"expected.npz", "again.npz", "run.npz"}
    assert clt.Summary.load(tmp_path / "run.npz").count == DRAWS
