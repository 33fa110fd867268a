"""Speed of `simulate` in double precision against NumPy, on one thread."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import clt_sim as clt
import table
import weighted_sums
from pairing import Settings, compare

GOAL = table.at_least(7.0)
N = 64


def rows(settings: Settings) -> Iterator[table.Row]:
    """Compare ``precision="double"`` with both kinds of NumPy in float64."""
    model = clt.WeightedSum(N, "normal", "relu", "normal")
    what = f"relu, n = {N}, double precision"
    case = weighted_sums.ours(model, precision="double")
    for reference in (weighted_sums.textbook(model), weighted_sums.tuned(model, np.float64)):
        try:
            case.run(1)
        except ValueError as error:
            yield table.Row(what, reference.name, goal=GOAL, note=str(error))
            continue
        pairs = compare(reference, case, settings)
        yield table.speedup_row(what, reference.name, pairs, GOAL, N)


if __name__ == "__main__":
    table.main(rows, __doc__)
