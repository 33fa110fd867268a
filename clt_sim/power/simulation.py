"""Studies of power: draw samples, test them all, count."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.engine.execution import Execution
from clt_sim.normality_tests.alternatives import sample
from clt_sim.power.decisions import Decision, count_rejected
from clt_sim.power.specification import Specification, specify
from clt_sim.power.study import PowerStudy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Law
    from clt_sim.models import Model

BLOCK = 1 << 18
"""Numbers in a block of samples, about: two megabytes, so that all tests find them in a cache."""
BATCH = 8
"""Blocks in a task that travels to an executor, about a quarter of a second."""


def power_study(
    tests: str | Sequence[str] | None = None,
    alternatives: object = None,
    n: int | Sequence[int] = (20, 50, 200),
    *,
    level: float = 0.05,
    repetitions: int = 10_000,
    seed: int = 0,
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> PowerStudy:
    """Find how often tests of normality reject samples of laws and models that are not normal.

    Every test sees the same samples. The normal law is always among the alternatives: its row is
    the *size* of each test, which should be the level, and what power has to be compared with.
    A study is the same for any number of threads and any executor, and the samples of an
    alternative depend on the seed, n and the alternative alone, whatever else is asked.

    Parameters
    ----------
    tests : str or sequence of str, optional
        Some of ``clt_sim.normality_tests.names()``; by default all.
    alternatives : str, Law, WeightedSum, RandomNetwork, sequence or mapping of them, optional
        What samples are drawn from: names of ``clt_sim.normality_tests.alternatives``,
        specifications of laws such as ``"student-t(df=4)"``, laws and models; a mapping is from
        labels to them. By default all that have names.
    n : int or sequence of int
        Values in a sample, up to 1e6.
    level : float
        Above 0 and below 1; a sample is rejected where its p-value is below it.
    repetitions : int
        Samples of each alternative and n. The standard error of a power is at most
        ``0.5/sqrt(repetitions)``.
    seed : int
        From 0 to 2**64 - 1. More repetitions of the same seed go on with more samples.
    threads : int, optional
        At least 1; by default as many as there are processors for this process.
    executor : concurrent.futures.Executor, optional
        Where to run instead, such as a process pool or a cluster.
    progress : callable, optional
        Called as ``progress(samples_done, samples)`` from this thread.

    Returns
    -------
    PowerStudy
        The shares of rejected samples, with standard errors.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind or out of range, unknown names (with the nearest match), or
        an n that is too small for a test: before any work.
    ArithmeticError
        If a draw is not finite, which the engine nearly always finds before any work.

    Notes
    -----
    Draws are in double precision. A sample of equal values, such as an alternative with atoms may
    give, counts as rejected. The critical values are those of the tables of
    `clt_sim.normality_tests.gaussianity_test`: the decisions are the same.

    Examples
    --------
    >>> study = power_study(
    ...     ["shapiro-wilk", "lilliefors"], ["uniform", "exponential"], n=30, repetitions=400
    ... )
    >>> study["shapiro-wilk", "exponential", 30].value > 0.9
    True
    >>> study.alternatives
    ('normal', 'uniform', 'exponential')
    """
    execution = Execution(threads, executor, progress)
    asked = specify(tests, alternatives, n, level=level, repetitions=repetitions, seed=seed)
    for source in asked.alternatives.values():
        sample(source, 1, asked.seed)  # what cannot be drawn is refused now
    total = asked.repetitions * len(asked.alternatives) * len(asked.n)
    batches = _batches(_tasks(asked), 1 if executor is None else BATCH)
    (counted,) = execution.merged(_run_batch, batches, total)
    return PowerStudy(
        asked.tests,
        tuple(asked.alternatives),
        tuple(map(str, asked.alternatives.values())),
        asked.n,
        tuple(tuple(map(tuple, rows)) for rows in counted.rejections.tolist()),
        asked.level,
        asked.repetitions,
        asked.seed,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Rejections:
    """How many of some samples were rejected; adds up with those of others.

    Parameters
    ----------
    count : int
        The number of samples.
    rejections : ndarray of int64, shape (alternatives, tests, numbers of values)
        How many of them, each with its own n, were rejected.
    """

    count: int
    rejections: NDArray[np.int64]

    def __add__(self, other: Rejections) -> Rejections:
        """Merge two results."""
        return Rejections(self.count + other.count, self.rejections + other.rejections)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """A block of samples of one alternative: what it is, and its place among the others."""

    source: Law | Model
    decisions: tuple[Decision, ...]
    samples: int
    seed: int
    shape: tuple[int, int, int]
    place: tuple[int, int]


def _tasks(asked: Specification) -> Iterator[_Task]:
    shape = len(asked.alternatives), len(asked.tests), len(asked.n)
    for column, n in enumerate(asked.n):
        decisions = tuple(Decision.at_level(test, n, asked.level) for test in asked.tests)
        most = max(1, BLOCK // n)
        for row, source in enumerate(asked.alternatives.values()):
            for block, start in enumerate(range(0, asked.repetitions, most)):
                samples = min(most, asked.repetitions - start)
                seed = _seed(asked.seed, n, block, source)
                yield _Task(source, decisions, samples, seed, shape, (row, column))


def _batches(tasks: Iterator[_Task], size: int) -> Iterator[tuple[_Task, ...]]:
    while batch := tuple(itertools.islice(tasks, size)):
        yield batch


def _seed(seed: int, n: int, block: int, source: Law | Model) -> int:
    """Return the seed of a block: nothing but what is drawn decides it."""
    digest = hashlib.sha256(str(source).encode()).digest()
    words = np.random.SeedSequence([seed, n, block, int.from_bytes(digest[:8])])
    return int(words.generate_state(1, np.uint64)[0])


def _run_batch(batch: tuple[_Task, ...]) -> tuple[Rejections]:
    (total,), *others = map(_run, batch)
    return (sum((other for (other,) in others), total),)


def _run(task: _Task) -> tuple[Rejections]:
    n = task.decisions[0].n
    rows = sample(task.source, (task.samples, n), task.seed)
    if not np.all(np.isfinite(rows)):
        raise ArithmeticError(f"not all draws of {task.source} are finite numbers.")
    rejections = np.zeros(task.shape, np.int64)
    row, column = task.place
    rejections[row, :, column] = count_rejected(task.decisions, rows)
    return (Rejections(task.samples, rejections),)
