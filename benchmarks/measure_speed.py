"""Time of measures of gaussianity and of sparsity, on one thread.

Processor time of whole reports, after one that was not timed. Measures that need no sorting take
so many nanoseconds for each of 1e7 values, all together; SciPy's skewness and kurtosis of the same
values are timed in turn with ours. All measures of 1e6 values share one sorted sample.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import scipy.stats

import clt_sim as clt
import table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pairing import Settings

MANY, FEWER = 10_000_000, 1_000_000
MOMENTS = ["skewness", "excess-kurtosis"]
ONE_PASS = [*MOMENTS, "negentropy-cumulant", "negentropy-maxent", "negentropy-maxent-abs"]
UNSORTED_SPARSITY = [
    "near-zero",
    "exact-zero",
    "hoyer",
    "treves-rolls",
    "effective-dimension",
    "kurtosis",
]


def rows(settings: Settings) -> Iterator[table.Row]:
    """Time measures of draws, sorted and not, and of a summary."""
    draws = clt.laws.get("laplace").sample(MANY, rng=1)
    some = draws[:FEWER].copy()
    summary = clt.simulate(clt.WeightedSum(4, "laplace", weights=1.0), draws=FEWER)
    rounds = max(settings.rounds // 2, 1)

    for what, values, goal in (
        ("skewness, kurtosis with errors, 1e7", draws, table.at_least(20.0)),
        ("the same, 1e6", some, None),
        ("the same, 1e7 in single precision", draws.astype("float32"), None),
    ):
        yield table.Row(what, "SciPy, no errors", _ratios(values, rounds), goal=goal)
    for what, goal, task in (
        ("one-pass gaussianity, 1e7", 15.0, lambda: _gaussianity(draws, ONE_PASS)),
        ("unsorted sparsity, 1e7", 15.0, lambda: clt.sparsity(draws, measures=UNSORTED_SPARSITY)),
    ):
        yield _row(what, task, rounds, 1e9 / MANY, "ns", goal)
    yield _row("all gaussianity, sorted 1e6", lambda: _gaussianity(some), rounds, 1.0, "s", 0.4)
    yield _row("all sparsity, 1e6", lambda: clt.sparsity(some), rounds, 1.0, "s", None)
    yield _row(
        "all gaussianity of a summary", lambda: _gaussianity(summary), rounds, 1e3, "ms", 20.0
    )
    yield _row("all sparsity of a summary", lambda: clt.sparsity(summary), rounds, 1e3, "ms", None)


def _ratios(values: NDArray[np.floating], rounds: int) -> list[float]:
    """Return how many times as long SciPy takes, both timed in turn."""
    _gaussianity(values, MOMENTS)
    ratios = []
    for _ in range(rounds):
        scipys = _seconds(lambda: (scipy.stats.skew(values), scipy.stats.kurtosis(values)))
        ratios.append(scipys / _seconds(lambda: _gaussianity(values, MOMENTS)))
    return ratios


def _gaussianity(source: object, measures: list[str] | None = None) -> None:
    clt.gaussianity(source, measures=measures)


def _row(
    what: str, task: Callable[[], object], rounds: int, scale: float, unit: str, goal: float | None
) -> table.Row:
    task()
    times = [scale * _seconds(task) for _ in range(rounds)]
    return table.Row(what, "", times, unit, None if goal is None else table.at_most(goal))


def _seconds(task: Callable[[], object]) -> float:
    start = time.process_time()
    task()
    return time.process_time() - start


if __name__ == "__main__":
    table.main(rows, __doc__)
