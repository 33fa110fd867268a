"""Running tasks on threads or on an executor, in order, with progress."""

from __future__ import annotations

import contextlib
import functools
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, Self, TypeVar

from clt_sim import __version__
from clt_sim._validation import shown, whole

WAITING_TASKS = 1024
"""Tasks handed to an executor ahead of the results, so that memory stays bounded.

So many workers are kept busy at most.
"""


class Mergeable(Protocol):
    """The result of some draws, which adds up with those of others."""

    @property
    def count(self) -> int:
        """The number of draws."""

    def __add__(self, other: Self) -> Self:
        """Merge two results."""


T = TypeVar("T")
M = TypeVar("M", bound=Mergeable)


@dataclass(frozen=True, slots=True)
class Execution:
    """Where tasks run, and who is told of their progress.

    Parameters
    ----------
    threads : int or None
        At least 1; None for as many as there are processors for this process.
    executor : concurrent.futures.Executor or None
        Where to run instead.
    progress : callable or None
        Called as ``progress(draws_done, draws)``.
    """

    threads: int | None = None
    executor: Executor | None = None
    progress: Callable[[int, int], None] | None = None

    def __post_init__(self) -> None:
        """Check the arguments."""
        if self.threads is not None:
            object.__setattr__(self, "threads", whole("threads", self.threads, least=1))
            if self.executor is not None:
                raise ValueError("give threads or an executor, not both.")
        if self.executor is not None and not isinstance(self.executor, Executor):
            raise TypeError(
                f"executor must be a concurrent.futures.Executor, not {self.executor!r}."
            )
        if self.progress is not None and not callable(self.progress):
            raise TypeError(f"progress must be callable, not {shown(self.progress)}.")

    def merged(
        self,
        run: Callable[[T], tuple[M, ...]],
        tasks: Iterator[T],
        draws: int,
        *,
        start: tuple[M, ...] | None = None,
        keep: Callable[[tuple[M, ...]], None] | None = None,
    ) -> tuple[M, ...]:
        """Run the tasks and merge their results, place by place.

        Parameters
        ----------
        run : callable
            Returns the results of a task; a function that another process can import.
        tasks : iterator
            Tasks of one run, at least one if there is no `start`.
        draws : int
            All draws of the run, for `progress`.
        start : tuple of Summary or NormalMixture, optional
            What the tasks are added to.
        keep : callable, optional
            Called with the merged results after each task.

        Raises
        ------
        BrokenExecutor
            If the executor lost a worker and does not replace it.
        RuntimeError
            If a worker has another version of the package.
        """
        total = start
        # Closed here and now: an error from `progress` must not leave tasks running behind it.
        with contextlib.closing(self._results(run, tasks)) as parts:
            for part in parts:
                total = part if total is None else _added(total, part)
                if keep is not None:
                    keep(total)
                if self.progress is not None:
                    self.progress(total[0].count, draws)
        if total is None:
            raise ValueError("there must be at least one task.")
        return total

    def _results(
        self, run: Callable[[T], tuple[M, ...]], tasks: Iterator[T]
    ) -> Generator[tuple[M, ...], None, None]:
        threads = self.threads or _processors()
        if self.executor is not None:
            elsewhere = functools.partial(run_elsewhere, __version__, run)
            with _explained():
                yield from _in_order(elsewhere, tasks, self.executor, WAITING_TASKS)
        elif threads == 1:
            yield from map(run, tasks)
        else:
            with ThreadPoolExecutor(threads) as pool:
                yield from _in_order(run, tasks, pool, min(2 * threads, WAITING_TASKS))


def run_elsewhere(version: str, run: Callable[[T], tuple[M, ...]], task: T) -> tuple[M, ...]:
    """Run a task that another process sent, which has the package of this version.

    Raises
    ------
    RuntimeError
        If this process has another: parts of a run must not differ.
    """
    if version != __version__:
        raise RuntimeError(
            f"a worker has clt_sim {__version__}, but the run is of clt_sim {version}."
        )
    return run(task)


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Say how to go on where a worker was lost."""
    try:
        yield
    except BrokenExecutor as error:
        error.add_note(
            "A worker of the executor was lost. The same call with a new executor starts again, or"
            " goes on from its checkpoint if it has one (simulate: checkpoint=)."
        )
        raise


def _added(total: tuple[M, ...], part: tuple[M, ...]) -> tuple[M, ...]:
    return tuple(a + b for a, b in zip(total, part, strict=True))


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _in_order(
    run: Callable[[T], tuple[M, ...]], tasks: Iterator[T], executor: Executor, ahead: int
) -> Iterator[tuple[M, ...]]:
    waiting: deque[Future[tuple[M, ...]]] = deque(
        executor.submit(run, task) for task in islice(tasks, ahead)
    )
    try:
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(executor.submit(run, task) for task in islice(tasks, 1))
    finally:
        for future in waiting:
            future.cancel()
