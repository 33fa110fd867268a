"""Tasks: ranges of chunks of a run, and the summaries of their draws."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim import __version__
from clt_sim._kernels import driver
from clt_sim._kernels.statistics import COUNT_LANES
from clt_sim.engine.device import CPU, CUDA, run_on_cuda
from clt_sim.engine.grids import kernel_grid, model_grid, terms_grid
from clt_sim.engine.precision import get_precision
from clt_sim.engine.program import run_chunks
from clt_sim.models import RandomNetwork
from clt_sim.summaries import Histogram, PowerSums, Reservoir, Run, Summary, WaveSums
from clt_sim.summaries.histogram import BINS, frozen_counts
from clt_sim.summaries.reservoir import SIZE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim._kernels.statistics import Accumulators
    from clt_sim.models import Model

TASK_TERMS = 10**8
"""A task is this many terms, about a tenth of a second; progress moves in these steps."""
TASK_CHUNKS = 128
LONG = 10
"""Tasks that travel to an executor are up to so many times longer, about a second."""
SHARES = 64
"""But not so long that a run has fewer of them than this."""
LONG_ON_CUDA = 100
"""Tasks of a graphics processor are up to so many times longer."""

_NO_SAMPLES = np.empty(0)


@dataclass(frozen=True, slots=True)
class Task:
    """A range of chunks of a run; small enough to send to another machine.

    Parameters
    ----------
    model : WeightedSum or RandomNetwork
        What is drawn.
    ns : tuple of int
        Which prefixes of the sum are summarised, ascending.
    seed, draws : int
        The run.
    first, last : int
        The chunks ``first <= chunk < last`` of it.
    precision : str
        Of the draws.
    characteristic_function : bool
        Whether to keep it.
    device : str
        Where it is drawn: ``"cpu"`` or ``"cuda"``.
    """

    model: Model
    ns: tuple[int, ...]
    seed: int
    draws: int
    first: int
    last: int
    precision: str = "single"
    characteristic_function: bool = False
    device: str = CPU

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return self.last - self.first

    @property
    def replicates(self) -> range:
        """The draws of this task."""
        return range(self.first * driver.CHUNK, min(self.last * driver.CHUNK, self.draws))


def cut(
    model: Model,
    ns: tuple[int, ...],
    seed: int,
    draws: int,
    *,
    done: int = 0,
    long: bool = False,
    precision: str = "single",
    characteristic_function: bool = False,
    device: str = CPU,
) -> Iterator[Task]:
    """Yield the tasks of a run, in order.

    Parameters
    ----------
    model, ns, seed, draws, precision, characteristic_function, device
        As for `Task`.
    done : int
        So many draws are there already: a multiple of the size of a chunk, or all.
    long : bool
        Whether the tasks travel.
    """
    chunks = -(-draws // driver.CHUNK)
    terms = model.terms if isinstance(model, RandomNetwork) else ns[-1]
    step = _step(terms, 1)
    if device == CUDA:
        step = _step(terms, LONG_ON_CUDA)
    elif long:
        step = min(_step(terms, LONG), max(step, chunks // SHARES))
    for first in range(-(-done // driver.CHUNK), chunks, step):
        last = min(first + step, chunks)
        yield Task(model, ns, seed, draws, first, last, precision, characteristic_function, device)


def _step(terms: int, times: int) -> int:
    """Return how many chunks a task has, which is so many times as long as is usual."""
    return min(max(times * TASK_TERMS // (driver.CHUNK * terms), 1), times * TASK_CHUNKS)


def run_task(task: Task) -> tuple[Summary, ...]:
    """Return the summary of a task's draws for each of its prefixes."""
    models = [task.model.prefix(n) for n in task.ns]
    keep_up_to, most_kept = _samples_to_keep(len(task.replicates))
    filled = driver.accumulators(
        task.chunks, len(models), BINS, keep_up_to=keep_up_to, most_kept=most_kept
    )
    _run(task, models, filled, _NO_SAMPLES)
    return tuple(_summary(task, model, filled, index) for index, model in enumerate(models))


def fill_samples(task: Task, samples: NDArray[np.float64]) -> None:
    """Overwrite `samples`, shape ``(len(task.replicates),)``, with the task's draws."""
    _run(task, [task.model], driver.accumulators(task.chunks, 1, 1), samples)
    samples += task.model.constant_bias


def _samples_to_keep(draws: int) -> tuple[int, int]:
    """Return the greatest word of draws to keep, and room for them.

    Ten standard deviations more than a reservoir holds are expected below it, and the room is for
    twenty: that either is too few has a probability below 1e-20.
    """
    expected = SIZE + 10.0 * math.sqrt(SIZE)
    if draws <= expected:
        return 2**32 - 1, draws
    return int(2.0**32 * expected / draws), SIZE + 30 * math.isqrt(SIZE)


def _summary(task: Task, model: Model, filled: Accumulators, prefix: int) -> Summary:
    run = task.replicates
    grid = model_grid(model, get_precision(task.precision))
    counts = filled.counts[prefix].reshape(-1, COUNT_LANES).sum(1, dtype=np.int64)
    least, most = filled.extremes[prefix].tolist()
    exact_zeros, near_zeros = filled.zeros[prefix].tolist()
    waves = filled.chunk_waves[:, prefix]
    return Summary(
        model=model,
        runs=(Run(task.seed, run.start, run.stop),),
        power_sums=PowerSums.of_doubles(len(run), filled.chunk_powers[:, prefix].tolist()),
        histogram=Histogram(grid, frozen_counts(counts[1:-1]), int(counts[0]), int(counts[-1])),
        minimum=grid.location + grid.scale * least,
        maximum=grid.location + grid.scale * most,
        exact_zeros=exact_zeros,
        near_zeros=near_zeros,
        reservoir=_reservoir(task, model, filled, prefix),
        precision=task.precision,
        waves=WaveSums.of_doubles(waves.tolist()) if task.characteristic_function else None,
        versions=(__version__,),
    )


def _reservoir(task: Task, model: Model, filled: Accumulators, prefix: int) -> Reservoir:
    count = int(filled.kept[0])
    if not min(SIZE, len(task.replicates)) <= count <= filled.kept_words.size:
        raise RuntimeError(f"{count} samples of {len(task.replicates)} draws: improbable.")
    return Reservoir.least(
        filled.kept_words[:count],
        np.full(count, task.seed, np.uint64),
        filled.kept_places[:count],
        filled.kept_sums[prefix, :count] + model.constant_bias,
    )


def _run(
    task: Task, models: list[Model], filled: Accumulators, samples: NDArray[np.float64]
) -> None:
    precision = get_precision(task.precision)
    grids = [terms_grid(model, precision) for model in models]
    grid = kernel_grid(models, grids, characteristic_function=task.characteristic_function)
    chunks = range(task.first, task.last)
    part = task.model, precision, task.seed, chunks, task.draws, grid, filled
    if task.device == CUDA:
        run_on_cuda(*part)
    else:
        run_chunks(*part, samples)
