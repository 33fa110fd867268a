"""The pieces of an experiment: here one after the other, or on an executor."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from clt_sim.engine.execution import Execution

T = TypeVar("T")
R = TypeVar("R")

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the whole that is ready."""
Share = Callable[[float], None]
"""Called with the share of one piece that is ready."""


def blocks(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Return consecutive items as blocks, so that a piece of work takes about a second.

    Examples
    --------
    >>> blocks([1, 2, 3], 2)
    [[1, 2], [3]]
    """
    return [items[start : start + size] for start in range(0, len(items), size)]


def joined(parts: Iterable[Iterable[T]]) -> list[T]:
    """Return what several pieces of work have found as one list.

    Examples
    --------
    >>> joined([[1, 2], [3]])
    [1, 2, 3]
    """
    return [item for part in parts for item in part]


def silent(*_: object) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class Work:
    """Where the pieces of a claim's or a figure's experiment are done, and who is told.

    A claim's `findings` and a figure's `compute` are given one. They hand `executor` on to the
    simulations, and do what else is independent by `map`; results are the same bytes either way.

    Parameters
    ----------
    progress : callable
        Called as ``progress(what, share)`` with what is being done and the share that is ready; by
        default nobody is told.
    executor : concurrent.futures.Executor, optional
        Where the pieces are done; by default here, one after the other.

    Raises
    ------
    TypeError
        If they are something else.

    Examples
    --------
    >>> work = Work(lambda what, share: print(f"{share:.0%} {what}"))
    >>> work.map(abs, [-1, 2], "size of {}".format)
    0% size of -1
    50% size of -1
    50% size of 2
    100% size of 2
    [1, 2]
    """

    progress: Progress = silent
    executor: Executor | None = None

    def __post_init__(self) -> None:
        """Check the arguments."""
        Execution(executor=self.executor)
        if not callable(self.progress):
            raise TypeError(f"progress must be callable, not {self.progress!r}.")

    def part(self, index: int, parts: int) -> Work:
        """Return the work of one of several equal parts, whose shares are shares of the whole.

        Parameters
        ----------
        index : int
            Which, from 0.
        parts : int
            How many there are.

        Examples
        --------
        >>> Work(print).part(1, 4).progress("a piece", 0.5)
        a piece 0.375
        """
        tell = self.progress
        return replace(self, progress=lambda what, share: tell(what, (index + share) / parts))

    def executor_for(self, model: object) -> Executor | None:
        """Return the executor, or None if the model cannot be sent to another process."""
        if self.executor is None or not _can_travel([model]):
            return None
        return self.executor

    def map(self, run: Callable[[T], R], items: Iterable[T], what: Callable[[T], str]) -> list[R]:
        """Return ``run(item)`` for each item, in order.

        On an executor each is a task. Where a task cannot be pickled, because of a function without
        a name or a live network of another library, all are done here.

        Parameters
        ----------
        run : callable
            For an executor with processes a function that these can import, or a method of a
            value that can be pickled. Its results should be small: they travel back.
        items : iterable
            What it is called with.
        what : callable
            Returns the words for an item, for `progress`.

        Raises
        ------
        BrokenExecutor
            If the executor lost a worker and does not replace it.
        RuntimeError
            If a worker has another version of the package.
        """
        return self.map_telling(functools.partial(_untold, run), items, what)

    def map_telling(
        self, run: Callable[[T, Share], R], items: Iterable[T], what: Callable[[T], str]
    ) -> list[R]:
        """Return ``run(item, tell)`` for each item, which tells by ``tell(share)`` how far it is.

        Parameters
        ----------
        run, items, what
            As for `map`. From an executor nothing is heard of a piece before it is done.
        """
        pieces = list(items)
        if self.executor is None or not _can_travel([run, *pieces]):
            return self._here(run, pieces, what)
        return self._elsewhere(run, pieces, what)

    def _here(
        self, run: Callable[[T, Share], R], pieces: Sequence[T], what: Callable[[T], str]
    ) -> list[R]:
        results = []
        for index, piece in enumerate(pieces):
            tell = functools.partial(self.part(index, len(pieces)).progress, what(piece))
            tell(0.0)
            results.append(run(piece, tell))
            tell(1.0)
        return results

    def _elsewhere(
        self, run: Callable[[T, Share], R], pieces: Sequence[T], what: Callable[[T], str]
    ) -> list[R]:
        def tell(done: int, count: int) -> None:
            # The first of those that are not done.
            self.progress(what(pieces[min(done, count - 1)]), done / count)

        if not pieces:
            return []
        tell(0, len(pieces))
        task = functools.partial(_run_piece, run)
        execution = Execution(executor=self.executor, progress=tell)
        (found,) = execution.merged(task, iter(pieces), len(pieces))
        return list(found.results)


@dataclass(frozen=True, slots=True)
class _Results(Generic[R]):
    """Results of consecutive pieces; they add up to those of all."""

    results: tuple[R, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.results)

    def __add__(self, other: _Results[R]) -> _Results[R]:
        """Return these results and the next."""
        return _Results((*self.results, *other.results))


def _run_piece(run: Callable[[T, Share], R], piece: T) -> tuple[_Results[R]]:
    return (_Results((run(piece, silent),)),)


def _untold(run: Callable[[T], R], piece: T, _: Share) -> R:
    return run(piece)


def _can_travel(values: Iterable[Any]) -> bool:
    """Return whether all values can be pickled."""
    try:
        for value in values:
            pickle.dumps(value)
    # What pickle raises of what it cannot do, and what the methods of the values raise.
    except (pickle.PicklingError, AttributeError, TypeError, NotImplementedError):
        return False
    return True
