"""Time of `simulate_path` against that of its largest n alone, on one thread."""

from __future__ import annotations

from collections.abc import Iterator

import clt_sim as clt
import table
import weighted_sums
from pairing import Case, Settings, compare

NS = tuple(2**k for k in range(13))
GOAL = table.at_most(1.05)


def rows(settings: Settings) -> Iterator[table.Row]:
    """Compare n = 1, 2, 4, ..., 4096 with n = 4096."""
    model = clt.WeightedSum(NS[-1], "normal", "relu", "normal")
    path = Case("simulate_path", lambda draws: clt.simulate_path(model, NS, draws, threads=1))
    pairs = compare(weighted_sums.ours(model), path, settings)
    yield table.Row(
        f"{len(NS)} values of n to {NS[-1]}, time",
        f"n = {NS[-1]} alone",
        pairs.slowdown,
        goal=GOAL,
        rates=table.term_rates(pairs, NS[-1]),
    )


if __name__ == "__main__":
    table.main(rows, __doc__)
