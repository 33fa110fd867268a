"""Time from the start of a process to the import, and to the first result.

Wall-clock time of whole processes, Python's own start included, several runs in turn; processor
time beside it. *Cold* means an empty `NUMBA_CACHE_DIR`: the kernels are compiled. *Warm* is with
what that left there. After a first result nothing more must be compiled, for any built-in law or
nonlinearity.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

import table

if TYPE_CHECKING:
    from pairing import Settings

FIRST_RESULT = "import clt_sim as clt; clt.simulate(clt.WeightedSum(64), 1000).mean"
IMPORTS = {"python": "pass", "import numpy": "import numpy", "import clt_sim": "import clt_sim"}
ALL_BUILT_IN = """
from numba.core import event
import clt_sim as clt
clt.simulate(clt.WeightedSum(2), 1000)
from_data = {"empirical": {"data": [0.0, 1.0, 3.0]}}
laws = [clt.laws.get(name, **from_data.get(name, {})) for name in clt.laws.names()]
models = [clt.WeightedSum(2, law) for law in laws]
models += [clt.WeightedSum(2, "normal", "identity", law) for law in laws]
models += [clt.WeightedSum(2, "uniform", name) for name in clt.nonlinearities.names()]
with event.install_recorder("numba:compile") as compiled:
    for model in models:
        clt.simulate(model, 1000)
print(len(models), sum(one.is_start for _, one in compiled.buffer))
"""
GOALS = {
    "import clt_sim": table.at_most(0.3),
    "first result, warm": table.at_most(1.5),
    "first result, cold": table.at_most(12.0),
}
RUNS = 7
LONG_RUNS = 4
"""More cold starts, on request."""


def rows(settings: Settings) -> Iterator[table.Row]:
    """Time imports and first results, and count what is compiled after the first."""
    with tempfile.TemporaryDirectory() as cache:
        cold = [_times(FIRST_RESULT, cache)]
        cold += [_cold_times() for _ in range(LONG_RUNS if settings.long else 0)]
        yield _row("first result, cold", cold)
        scripts = {**IMPORTS, "first result, warm": FIRST_RESULT}
        for script in scripts.values():
            _run(script, cache)
        rounds = [[_times(script, cache) for script in scripts.values()] for _ in range(RUNS)]
        for name, times in zip(scripts, zip(*rounds, strict=True), strict=True):
            yield _row(name, times)
        models, compilations = map(int, _run(ALL_BUILT_IN, cache).split())
        yield table.Row(
            f"compiled for {models} more models",
            "all built-in laws, nonlinearities",
            [compilations],
            "",
            table.at_most(0.0),
        )


def _row(name: str, times: Sequence[tuple[float, float]]) -> table.Row:
    wall, processor = zip(*times, strict=True)
    rates = f"processor time {np.median(processor):.2f} s"
    return table.Row(name, "", wall, "s", GOALS.get(name), rates)


def _cold_times() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as cache:
        return _times(FIRST_RESULT, cache)


def _times(script: str, cache: str) -> tuple[float, float]:
    """Return wall-clock and processor time of a process."""
    start, before = time.perf_counter(), os.times()
    _run(script, cache)
    wall, after = time.perf_counter() - start, os.times()
    user = after.children_user - before.children_user
    system = after.children_system - before.children_system
    return wall, user + system


def _run(script: str, cache: str) -> str:
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return run.stdout


if __name__ == "__main__":
    table.main(rows, __doc__)
