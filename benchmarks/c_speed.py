"""Speed of `simulate` as a share of that of hand-written AVX-512 code, on one thread.

`c_reference.c` is compiled here, with gcc; it only makes the sums, in single precision, while
`simulate` adds them up in double precision and takes its statistics.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import clt_sim as clt
import table
import weighted_sums
from pairing import Case, Settings, compare

SOURCE = Path(__file__).with_name("c_reference.c")
GOAL = table.at_least(0.7)
SIZES = (64, 1024)
PIECE = 2**12
MOST_STANDARD_ERRORS = 5.0


def rows(settings: Settings) -> Iterator[table.Row]:
    """Compare with the compiled loop, if it can be compiled."""
    obstacle = _obstacle()
    library = None if obstacle else _compiled()
    for n in SIZES:
        what, against = f"relu, n = {n}, share", "hand-written C, AVX-512, float32"
        if library is None:
            yield table.Row(what, against, goal=GOAL, note=obstacle)
            continue
        model = clt.WeightedSum(n, "normal", "relu", "normal")
        pairs = compare(_case(library, n), weighted_sums.ours(model), settings)
        yield table.speedup_row(what, against, pairs, GOAL, n)


def _obstacle() -> str:
    """Say why the loop cannot be compiled; nothing if it can."""
    if not table.has_wide_vectors():
        return "the processor has no AVX-512"
    return "" if shutil.which("gcc") else "gcc is not installed"


def _compiled() -> ctypes.CDLL:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "c_reference.so")
        options = ["-O3", "-march=native", "-mprefer-vector-width=512", "-shared", "-fPIC"]
        subprocess.run(["gcc", *options, SOURCE, "-o", path], check=True)
        library = ctypes.CDLL(path)
    sizes = [ctypes.c_size_t] * 2
    library.draw_sums.argtypes = [ctypes.c_uint64, *sizes, ctypes.c_void_p]
    library.draw_sums.restype = None
    _check(library)
    return library


def _check(library: Any, n: int = 16, draws: int = 2**20) -> None:
    """Refuse a loop that does not draw the law: variance n/2, fourth moment 3 n (n + 5)/4."""
    sums = np.empty(draws, np.float32)
    library.draw_sums(1, draws, n, sums.ctypes.data)
    for power, expected in ((1, 0.0), (2, n / 2), (3, 0.0), (4, 0.75 * n * (n + 5))):
        values = sums.astype(np.float64) ** power
        if abs(values.mean() - expected) > MOST_STANDARD_ERRORS * values.std() / draws**0.5:
            raise RuntimeError(f"moment {power} of the loop in C is {values.mean()}.")


def _case(library: Any, n: int) -> Case:
    sums = np.empty(PIECE, np.float32)

    def run(draws: int) -> None:
        for seed in range(-(-draws // PIECE)):
            library.draw_sums(seed, PIECE, n, sums.ctypes.data)

    return Case("C", run)


if __name__ == "__main__":
    table.main(rows, __doc__)
