"""Peak memory of `simulate` does not grow with the number of draws.

Each number of draws runs in a process of its own, which reports its largest resident set
(``getrusage``; the driver comes from the disk cache, and a first process fills that).

Run ``python benchmarks/memory.py [--n 1 64] [--draws 10000000 100000000]``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

SCRIPT = """
import resource, sys
import clt_sim as clt
model = clt.WeightedSum(int(sys.argv[1]), "normal", "relu", "normal")
clt.simulate(model, int(sys.argv[2]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak / 2**20 if sys.platform == "darwin" else peak / 2**10)
"""


def peak_mebibytes(n: int, draws: int) -> float:
    command = [sys.executable, "-c", SCRIPT, str(n), str(draws)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--n", type=int, nargs="+", default=[1, 64])
    parser.add_argument("--draws", type=int, nargs="+", default=[10**7, 10**8])
    arguments = parser.parse_args()
    peak_mebibytes(1, 1)
    print(f"{'n':>6} {'draws':>12} {'peak MiB':>10} {'difference':>11}")
    for n in arguments.n:
        first = None
        for draws in arguments.draws:
            peak = peak_mebibytes(n, draws)
            first = peak if first is None else first
            print(f"{n:>6} {draws:>12} {peak:>10.1f} {peak - first:>+11.1f}")


if __name__ == "__main__":
    main()
