"""Time to make exact laws and to ask them for numbers, on one thread.

Processor time of whole tasks, after one that was not timed: what a law keeps from an earlier call
is made again each time, what the package keeps is not. A route that is missing is skipped with the
reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

import clt_sim as clt
import table

if TYPE_CHECKING:
    from pairing import Settings

POINTS = 1000
NS = tuple(2**k for k in range(13))
PIECEWISE = clt.WeightedSum(4, "wikipedia", weights=1.0)
TANH = clt.WeightedSum(4, "normal", "tanh", "normal")


def rows(settings: Settings) -> Iterator[table.Row]:
    """Time the sum of Wikipedia variables, sums of Laplace ones along n, and a nonlinearity."""
    yield _row(f"sum of 4, {POINTS} densities", settings, _piecewise, 1e3, "ms", 30.0)
    yield _row(f"{len(NS)} values of n to {NS[-1]}", settings, _along_n, 1e3, "ms", 60.0)
    yield _row("4 terms w*tanh(x), full law", settings, _tanh, 1.0, "s", 1.0)


def _row(
    name: str, settings: Settings, task: Callable[[], object], scale: float, unit: str, goal: float
) -> table.Row:
    most = table.at_most(goal)
    try:
        task()
    except ValueError as error:  # NoExactLaw, or a route that is not known
        return table.Row(name, goal=most, note=str(error))
    times = [scale * _seconds(task) for _ in range(settings.rounds)]
    return table.Row(name, "", times, unit, most)


def _seconds(task: Callable[[], object]) -> float:
    start = time.process_time()
    task()
    return time.process_time() - start


def _piecewise() -> None:
    law = clt.exact(PIECEWISE)
    law.pdf(np.linspace(0.0, 8.0, POINTS))


def _along_n() -> None:
    """Make the laws of the sums along n, with densities of each."""
    for n in NS:
        law = clt.exact(
            clt.WeightedSum(n, "laplace", weights=1.0), method="characteristic-function"
        )
        law.pdf(np.sqrt(2.0 * n) * np.linspace(-5.0, 5.0, POINTS))


def _tanh() -> None:
    law = clt.exact(TANH)
    x = np.linspace(-8.0, 8.0, POINTS)
    law.pdf(x)
    law.cdf(x)
    law.quantile((np.arange(POINTS) + 0.5) / POINTS)


if __name__ == "__main__":
    table.main(rows, __doc__)
