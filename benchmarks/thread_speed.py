"""Speed of two threads against one, in wall-clock time.

Only on a machine that does nothing else. Runs are longer than elsewhere: two threads share a few
dozen tasks of a tenth of a second.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace

import clt_sim as clt
import table
import weighted_sums
from pairing import Settings, compare

GOAL = table.at_least(1.8)
SIZES = (1, 64)
LONGER = 10.0


def rows(settings: Settings) -> Iterator[table.Row]:
    """Compare two threads with one."""
    long = replace(settings, rounds=max(settings.rounds // 2, 1), seconds=LONGER * settings.seconds)
    for n in SIZES:
        what = f"relu, n = {n}, 2 threads"
        if (os.cpu_count() or 1) < 2:
            yield table.Row(what, "1 thread", goal=GOAL, note="there is one processor")
            continue
        model = clt.WeightedSum(n, "normal", "relu", "normal")
        one, two = weighted_sums.ours(model), weighted_sums.ours(model, threads=2)
        pairs = compare(one, two, long, time.perf_counter)
        yield table.speedup_row(what, "1 thread", pairs, GOAL, n)


if __name__ == "__main__":
    table.main(rows, __doc__)
