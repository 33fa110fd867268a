"""Time from the start of a fresh process to the import, and to the first result.

Wall-clock time of whole processes, Python's own start included (shown alone for comparison),
median and quartiles of several runs in turn. The disk cache is warm: a first, untimed process
of each kind compiles what is missing.

Run ``python benchmarks/import_time.py [--runs 9]``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

import numpy as np

SCRIPTS = {
    "python": "pass",
    "import numpy": "import numpy",
    "import clt_sim": "import clt_sim",
    "first result": "import clt_sim as clt; clt.simulate(clt.WeightedSum(64), 1000).mean",
}


def seconds(script: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=9)
    arguments = parser.parse_args()
    for script in SCRIPTS.values():
        seconds(script)
    rounds = [[seconds(script) for script in SCRIPTS.values()] for _ in range(arguments.runs)]
    low, median, high = np.quantile(rounds, [0.25, 0.5, 0.75], axis=0)
    print(f"{'seconds':<16} {'median':>8}   quartiles")
    for row, name in enumerate(SCRIPTS):
        print(f"{name:<16} {median[row]:>8.3f}   {low[row]:.3f} to {high[row]:.3f}")


if __name__ == "__main__":
    main()
