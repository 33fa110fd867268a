"""Run a model: cut the draws into tasks, run them anywhere, merge what comes back."""

from __future__ import annotations

import contextlib
import functools
import operator
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from clt_sim import __version__
from clt_sim._kernels import blocks, driver
from clt_sim._validation import whole
from clt_sim.engine.program import (
    check_single_precision,
    kernel_grid,
    model_grid,
    seed_words,
    sum_parameters,
)
from clt_sim.models import WeightedSum
from clt_sim.summaries import Histogram, PowerSums, Run, Summary
from clt_sim.summaries.histogram import BINS, frozen_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_DRAWS = 2**53
MOST_SEED = 2**64 - 1
TASK_TERMS = 10**8
"""A task is this many terms, about a tenth of a second; progress moves in these steps."""
TASK_CHUNKS = 64
WAITING_TASKS = 64
"""Tasks handed to an executor ahead of the results, so that memory stays bounded."""

_NO_SAMPLES = np.empty(0)


@dataclass(frozen=True, slots=True)
class Task:
    """A range of chunks of a run; small enough to send to another machine."""

    model: WeightedSum
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


def simulate(
    model: WeightedSum,
    draws: int = 10_000_000,
    *,
    seed: int = 0,
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Draw a model many times and keep moments, a histogram and extremes.

    Draws are in single precision, their sums in double. The result is the same to the last byte
    for any number of threads and any executor. Memory does not grow with the number of draws.

    Parameters
    ----------
    model : WeightedSum
        What to draw.
    draws : int
        How many sums, at least 1.
    seed : int
        From 0 to 2**64 - 1. A longer run with the same seed begins with the same draws.
    threads : int, optional
        At least 1; by default as many as there are processors for this process.
    executor : concurrent.futures.Executor, optional
        Where to run instead, such as a process pool; `threads` must then be left out.
    progress : callable, optional
        Called as ``progress(draws_done, draws)`` from this thread.

    Returns
    -------
    Summary
        Merges with those of other seeds by ``+``.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind or out of range, before any work.

    Examples
    --------
    >>> import clt_sim as clt
    >>> model = clt.WeightedSum(n=16, inputs="normal", nonlinearity="relu", weights="normal")
    >>> summary = clt.simulate(model, draws=100_000, seed=3)
    >>> summary.excess_kurtosis.value > 0.5  # the limit is 15/16
    True
    """
    model = _checked_model(model)
    draws = whole("draws", draws, least=1, most=MOST_DRAWS)
    seed = whole("seed", seed, least=0, most=MOST_SEED)
    if threads is not None:
        threads = whole("threads", threads, least=1)
        if executor is not None:
            raise ValueError("give threads or an executor, not both.")
    if executor is not None and not isinstance(executor, Executor):
        raise TypeError(f"executor must be a concurrent.futures.Executor, not {executor!r}.")
    if progress is not None and not callable(progress):
        raise TypeError(f"progress must be callable, not {progress!r}.")
    parts = _results(_tasks(model, seed, draws), threads or _processors(), executor)
    # Closed here and now: an error from `progress` must not leave tasks running behind it.
    with contextlib.closing(parts):
        return functools.reduce(operator.add, _reported(parts, draws, progress))


def sample(model: WeightedSum, size: int, *, seed: int = 0) -> NDArray[np.float64]:
    """Return the sums themselves, from the same stream as `simulate`.

    Parameters
    ----------
    model : WeightedSum
        What to draw.
    size : int
        How many sums, at least 1.
    seed : int
        From 0 to 2**64 - 1.

    Returns
    -------
    ndarray of float64, shape (size,)
        The sums, whose terms are in single precision.

    Examples
    --------
    >>> import clt_sim as clt
    >>> clt.sample(clt.WeightedSum(n=2, inputs="rademacher", weights=1.0), 5).tolist()
    [-2.0, -2.0, -2.0, 0.0, -2.0]
    """
    model = _checked_model(model)
    size = whole("size", size, least=1, most=MOST_DRAWS)
    seed = whole("seed", seed, least=0, most=MOST_SEED)
    samples = np.empty(size)
    for task in _tasks(model, seed, size):
        run = task.replicates
        _run_driver(task, driver.accumulators(task.chunks, 1), samples[run.start : run.stop])
    return samples


def _checked_model(model: object) -> WeightedSum:
    if not isinstance(model, WeightedSum):
        raise TypeError(f"model must be a WeightedSum, not {type(model).__name__}.")
    check_single_precision(model)
    return model


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _tasks(model: WeightedSum, seed: int, draws: int) -> Iterator[Task]:
    chunks = -(-draws // driver.CHUNK)
    step = min(max(TASK_TERMS // (driver.CHUNK * model.n), 1), TASK_CHUNKS)
    for first in range(0, chunks, step):
        yield Task(model, seed, draws, first, min(first + step, chunks))


def _results(
    tasks: Iterator[Task], threads: int, executor: Executor | None
) -> Generator[Summary, None, None]:
    if executor is not None:
        yield from _in_order(tasks, executor, WAITING_TASKS)
    elif threads == 1:
        yield from map(run_task, tasks)
    else:
        with ThreadPoolExecutor(threads) as pool:
            yield from _in_order(tasks, pool, 2 * threads)


def _reported(
    parts: Iterator[Summary], draws: int, progress: Callable[[int, int], None] | None
) -> Iterator[Summary]:
    done = 0
    for part in parts:
        done += part.count
        if progress is not None:
            progress(done, draws)
        yield part


def _in_order(tasks: Iterator[Task], executor: Executor, ahead: int) -> Iterator[Summary]:
    waiting: deque[Future[Summary]] = deque(
        executor.submit(run_task, task) for task in islice(tasks, ahead)
    )
    try:
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(executor.submit(run_task, task) for task in islice(tasks, 1))
    finally:
        for future in waiting:
            future.cancel()


def run_task(task: Task) -> Summary:
    """Return the summary of a task's draws."""
    grid = model_grid(task.model)
    filled = driver.accumulators(task.chunks, BINS)
    _run_driver(task, filled, _NO_SAMPLES)
    run = task.replicates
    counts = filled.counts.sum(0, dtype=np.int64)
    return Summary(
        model=task.model,
        runs=(Run(task.seed, run.start, run.stop),),
        power_sums=PowerSums.of_doubles(len(run), filled.chunk_powers.tolist()),
        histogram=Histogram(grid, frozen_counts(counts[1:-1]), int(counts[0]), int(counts[-1])),
        minimum=grid.location + grid.scale * float(filled.extremes[0].min()),
        maximum=grid.location + grid.scale * float(filled.extremes[1].max()),
        versions=(__version__,),
    )


def _run_driver(task: Task, filled: driver.Accumulators, samples: NDArray[np.float64]) -> None:
    parameters, fixed_weights = sum_parameters(task.model)
    driver.sample_chunks(
        *seed_words(task.seed),
        task.first,
        task.last,
        task.draws,
        parameters,
        fixed_weights,
        blocks.workspace(),
        kernel_grid(model_grid(task.model)),
        filled,
        samples,
    )
