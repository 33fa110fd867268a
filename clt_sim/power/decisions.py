"""Decisions of tests of normality at a level, for many samples at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.normality_tests.null_samples import departures, standardized_rows
from clt_sim.normality_tests.null_table import null_tables
from clt_sim.normality_tests.registry import STATISTICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from clt_sim.normality_tests.null_table import NullTable
    from clt_sim.normality_tests.statistic import Statistic


@dataclass(frozen=True, slots=True)
class Decision:
    """A test of samples of n values at a level: it rejects where the score is above the critical.

    Parameters
    ----------
    statistic : Statistic
        The statistic of the test.
    n : int
        Values in a sample.
    critical : float
        The largest score whose p-value is not below the level.
    """

    statistic: Statistic
    n: int
    critical: float

    @classmethod
    def at_level(cls, test: str, n: int, level: float) -> Decision:
        """Return the decision of a test by name, with its kernel compiled."""
        statistic = STATISTICS[test]
        statistic.kernel()
        return cls(statistic, n, critical_score(null_tables()[test], n, level))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the name of the test, for executors that use processes."""
        return _decision, (self.statistic.name, self.n, self.critical)

    def rejected(self, rows: NDArray[np.float64]) -> int:
        """Return how many sorted, standardised samples are rejected; shape (samples, n)."""
        scores = self.statistic.scores(departures(self.statistic, rows), self.n)
        return int(np.count_nonzero(scores > self.critical))


def _decision(test: str, n: int, critical: float) -> Decision:
    return Decision(STATISTICS[test], n, critical)


def critical_score(table: NullTable, n: int, level: float) -> float:
    """Return the largest score whose p-value is not below the level, by bisection to the last bit.

    Parameters
    ----------
    table : NullTable
        The table of the test, whose p-values fall as the score rises.
    n : int
        Values in a sample.
    level : float
        Above 0 and below 1.
    """

    def accepted(score: float) -> bool:
        return table.pvalue(score, n)[0] >= level

    low, high = -1.0, 1.0
    while not accepted(low):
        low *= 2.0
    while accepted(high):
        high *= 2.0
    while low < (middle := 0.5 * (low + high)) < high:
        low, high = (middle, high) if accepted(middle) else (low, middle)
    return low


def count_rejected(decisions: Sequence[Decision], rows: NDArray[np.float64]) -> list[int]:
    """Return how many samples each decision rejects.

    A sample of equal values, which has no standardised form, is rejected by all: draws of a normal
    law are never equal.

    Parameters
    ----------
    decisions : sequence of Decision
        For the number of values in a sample.
    rows : ndarray of float64, shape (samples, n)
        Finite; overwritten.
    """
    # By powers of two, which is exact: sums of the largest numbers would overflow.
    _, exponents = np.frexp(np.max(np.abs(rows), axis=1, keepdims=True))
    np.ldexp(rows, -exponents, out=rows)
    varying = np.min(rows, axis=1) < np.max(rows, axis=1)
    constant = len(rows) - int(np.count_nonzero(varying))
    if constant:
        rows = rows[varying]
    standardized_rows(rows)
    return [constant + decision.rejected(rows) for decision in decisions]
