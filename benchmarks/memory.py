"""Peak memory of `simulate`, which must not grow with the number of draws.

Each number of draws runs in a process of its own, which reports the largest resident set that it
ever had. Draws are sums of one term; the kernels come from the disk cache, and a first process
fills that.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import table

if TYPE_CHECKING:
    from pairing import Settings

DRAWS = (2**24, 2**27)
LONG_DRAWS = (*DRAWS, 2**30)
GOAL = table.at_most(2.0)
RUNS = 3

# Linux hands the largest resident set on to new programs of a process, for getrusage to report;
# the status file knows this program's own.
SCRIPT = """
import pathlib, re, resource, sys
import clt_sim as clt
clt.simulate(clt.WeightedSum(1, "normal", "relu", "normal"), int(sys.argv[1]))
status = pathlib.Path("/proc/self/status")
if status.exists():
    print(1024 * int(re.search(r"VmHWM:\\s*(\\d+) kB", status.read_text())[1]))
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak if sys.platform == "darwin" else 1024 * peak)
"""


def peak_megabytes(draws: int) -> float:
    command = [sys.executable, "-c", SCRIPT, str(draws)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return int(run.stdout) / 1e6


def rows(settings: Settings) -> Iterator[table.Row]:
    """Compare the peak of each number of draws with that of the smallest."""
    smallest, *others = LONG_DRAWS if settings.long else DRAWS
    peak_megabytes(1)
    first = [peak_megabytes(smallest) for _ in range(RUNS)]
    yield table.Row(f"peak memory, {_power(smallest)} draws", "", first, "MB")
    for draws in others:
        differences = [peak_megabytes(draws) - before for before in first]
        against = f"{_power(smallest)} draws"
        yield table.Row(f"more memory, {_power(draws)} draws", against, differences, "MB", GOAL)


def _power(draws: int) -> str:
    return f"2^{draws.bit_length() - 1}"


if __name__ == "__main__":
    table.main(rows, __doc__)
