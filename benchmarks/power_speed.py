"""Time of a study of power: ten tests against ten alternatives, on two threads.

Samples of 20, 50 and 200 values, 10,000 of each kind, and as many of the normal law; wall-clock
time, with compilation done. Beside it stands the time that SciPy's `shapiro` alone would take for
these samples, as measured on a thousand of each size.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import scipy.stats

import table
from clt_sim.normality_tests import alternatives
from clt_sim.power import power_study

if TYPE_CHECKING:
    from pairing import Settings

SIZES = (20, 50, 200)
ALTERNATIVES = alternatives.names()[:10]
REPETITIONS = 10_000
SOME = 1_000
GOAL = table.at_most(120.0)
THREADS = 2


def rows(settings: Settings) -> Iterator[table.Row]:
    """Time the study, and SciPy on samples of the same sizes."""
    power_study(alternatives=ALTERNATIVES, n=SIZES, repetitions=10, threads=THREADS)
    rounds = max(settings.rounds // 3, 1)
    studies = [_seconds(_study) for _ in range(rounds)]
    samples = (len(ALTERNATIVES) + 1) * REPETITIONS
    reference = sum(_seconds(lambda n=n: _shapiro(n)) for n in SIZES) * samples / SOME
    yield table.Row(
        f"10 tests, {len(ALTERNATIVES)} alternatives, 3 n",
        f"{reference:.0f} s of SciPy's shapiro alone",
        studies,
        unit="s",
        goal=GOAL,
        rates=f"{samples * len(SIZES) * 10 / np.median(studies) * 1e-3:.0f} k tests/s",
    )


def _study() -> None:
    power_study(alternatives=ALTERNATIVES, n=SIZES, repetitions=REPETITIONS, threads=THREADS)


def _shapiro(n: int) -> None:
    for row in np.random.default_rng(0).standard_normal((SOME, n)):
        scipy.stats.shapiro(row)


def _seconds(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    table.main(rows, __doc__)
