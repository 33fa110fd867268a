"""Tasks: ranges of chunks of a run, and the summaries of their draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim import __version__
from clt_sim._kernels import blocks, driver
from clt_sim.engine.program import kernel_grid, seed_words, sum_parameters
from clt_sim.summaries import Histogram, PowerSums, Run, Summary, model_grid
from clt_sim.summaries.histogram import BINS, frozen_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.models import WeightedSum

TASK_TERMS = 10**8
"""A task is this many terms, about a tenth of a second; progress moves in these steps."""
TASK_CHUNKS = 64

_NO_SAMPLES = np.empty(0)


@dataclass(frozen=True, slots=True)
class Task:
    """A range of chunks of a run; small enough to send to another machine.

    Parameters
    ----------
    model : WeightedSum
        What is drawn.
    ns : tuple of int
        Which prefixes of the sum are summarised, ascending.
    seed, draws : int
        The run.
    first, last : int
        The chunks ``first <= chunk < last`` of it.
    """

    model: WeightedSum
    ns: tuple[int, ...]
    seed: int
    draws: int
    first: int
    last: int

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return self.last - self.first

    @property
    def replicates(self) -> range:
        """The draws of this task."""
        return range(self.first * driver.CHUNK, min(self.last * driver.CHUNK, self.draws))


def cut(
    model: WeightedSum, ns: tuple[int, ...], seed: int, draws: int, *, done: int = 0
) -> Iterator[Task]:
    """Yield the tasks of a run, in order.

    Parameters
    ----------
    model, ns, seed, draws
        As for `Task`.
    done : int
        So many draws are there already: a multiple of the size of a chunk, or all.
    """
    chunks = -(-draws // driver.CHUNK)
    step = min(max(TASK_TERMS // (driver.CHUNK * ns[-1]), 1), TASK_CHUNKS)
    for first in range(-(-done // driver.CHUNK), chunks, step):
        yield Task(model, ns, seed, draws, first, min(first + step, chunks))


def run_task(task: Task) -> tuple[Summary, ...]:
    """Return the summary of a task's draws for each of its prefixes."""
    models = [task.model.prefix(n) for n in task.ns]
    filled = driver.accumulators(task.chunks, len(models), BINS)
    _run_driver(task, models, filled, _NO_SAMPLES)
    return tuple(_summary(task, model, filled, index) for index, model in enumerate(models))


def fill_samples(task: Task, samples: NDArray[np.float64]) -> None:
    """Overwrite `samples`, shape ``(len(task.replicates),)``, with the task's draws."""
    _run_driver(task, [task.model], driver.accumulators(task.chunks, 1, 1), samples)
    samples += task.model.bias


def _summary(task: Task, model: WeightedSum, filled: driver.Accumulators, prefix: int) -> Summary:
    run = task.replicates
    grid = model_grid(model)
    counts = filled.counts[prefix].sum(0, dtype=np.int64)
    least, most = filled.extremes[prefix]
    return Summary(
        model=model,
        runs=(Run(task.seed, run.start, run.stop),),
        power_sums=PowerSums.of_doubles(len(run), filled.chunk_powers[:, prefix].tolist()),
        histogram=Histogram(grid, frozen_counts(counts[1:-1]), int(counts[0]), int(counts[-1])),
        minimum=grid.location + grid.scale * float(least.min()),
        maximum=grid.location + grid.scale * float(most.max()),
        versions=(__version__,),
    )


def _run_driver(
    task: Task, models: list[WeightedSum], filled: driver.Accumulators, samples: NDArray[np.float64]
) -> None:
    parameters, fixed_weights = sum_parameters(task.model)
    driver.sample_chunks(
        *seed_words(task.seed),
        task.first,
        task.last,
        task.draws,
        parameters,
        fixed_weights,
        blocks.workspace(),
        kernel_grid(models),
        filled,
        samples,
    )
