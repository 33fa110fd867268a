"""Time that each nonlinearity takes, against relu, on one thread.

Sums of 64 terms with normal weights and inputs: the draws are part of the time.
"""

from __future__ import annotations

from collections.abc import Iterator

import clt_sim as clt
import table
import weighted_sums
from pairing import Settings, compare

GOALS = {"tanh": table.at_most(1.3), "gelu": table.at_most(1.3)}
N = 64


def rows(settings: Settings) -> Iterator[table.Row]:
    """Compare every nonlinearity with relu; those with a goal first."""
    reference = weighted_sums.ours(clt.WeightedSum(N, "normal", "relu", "normal"))
    for name in [*GOALS, *(n for n in clt.nonlinearities.names() if n not in GOALS)]:
        goal = GOALS.get(name)
        case = weighted_sums.ours(clt.WeightedSum(N, "normal", name, "normal"))
        pairs = compare(reference, case, settings if goal else settings.brief)
        rates = table.term_rates(pairs, N)
        yield table.Row(f"{name}, time", "relu", pairs.slowdown, goal=goal, rates=rates)


if __name__ == "__main__":
    table.main(rows, __doc__)
