"""Measuring in pairs: reference, case, reference, case, ... in one run.

A processor changes its clock and is shared with other programs, so that a rate measured now says
little about one measured a minute ago. The two runs of a pair follow each other: each pair gives
one ratio, and the ratios are summarised by their median and quartiles.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Clock = Callable[[], float]
FIRST_DRAWS = 2**12
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Settings:
    """How much is measured.

    Parameters
    ----------
    rounds : int
        Pairs of runs for each ratio.
    seconds : float
        What one run takes, about.
    long : bool
        Whether to take minutes more where that shows something more.
    """

    rounds: int = 9
    seconds: float = 0.15
    long: bool = False

    @property
    def brief(self) -> Settings:
        """For tables of many rows without a goal of their own."""
        return replace(self, rounds=max(self.rounds // 2, 1))


@dataclass(frozen=True)
class Case:
    """Something that is timed.

    Parameters
    ----------
    name : str
        What it is called in the table.
    run : callable
        ``run(draws)`` does the work of so many draws.
    """

    name: str
    run: Callable[[int], object]


@dataclass(frozen=True)
class Pairs:
    """Seconds that a draw took, one of each array for each pair of runs.

    Parameters
    ----------
    reference, case : ndarray of float64, shape (rounds,)
    """

    reference: NDArray[np.float64]
    case: NDArray[np.float64]

    @property
    def speedup(self) -> NDArray[np.float64]:
        """How many times as fast the case is as the reference."""
        return self.reference / self.case

    @property
    def slowdown(self) -> NDArray[np.float64]:
        """How many times as long the case takes as the reference."""
        return self.case / self.reference


def compare(
    reference: Case, case: Case, settings: Settings, clock: Clock = time.process_time
) -> Pairs:
    """Time two cases in turn.

    Parameters
    ----------
    reference, case : Case
        What to time, in this order.
    settings : Settings
        How often and how long.
    clock : callable
        Process CPU time for what runs on one thread: other programs then do not count.
    """
    draws = [fitting_draws(each, settings.seconds) for each in (reference, case)]
    rounds = [
        [
            seconds(each, number, clock) / number
            for each, number in zip((reference, case), draws, strict=True)
        ]
        for _ in range(settings.rounds)
    ]
    return Pairs(*np.array(rounds).T)


def fitting_draws(case: Case, wanted: float) -> int:
    """Return how many draws take about the wanted seconds; this is the warm-up, too."""
    draws = FIRST_DRAWS
    case.run(draws)
    while (taken := seconds(case, draws, time.process_time)) < wanted / 4.0:
        draws *= 2
    return max(int(draws * wanted / taken), 1)


def seconds(case: Case, draws: int, clock: Clock) -> float:
    """Return what a run takes."""
    start = clock()
    case.run(draws)
    return clock() - start
