"""Speed of `simulate` where statistics cost more than the draws, on one thread.

Sums of 1 to 4 terms ``w*relu(x)``. NumPy takes the statistics here as well: power sums to order 8,
a histogram with 2048 bins, extremes, and the numbers of zeros and near zeros.
"""

from __future__ import annotations

from collections.abc import Iterator

import clt_sim as clt
import table
import weighted_sums
from pairing import Settings, compare

SIZES = (1, 2, 3, 4)
SPEEDUP = table.at_least(22.0)
MILLION_SUMS = table.at_least(150.0)


def rows(settings: Settings) -> Iterator[table.Row]:
    """Compare with NumPy, and give the rate of a single term."""
    for n in SIZES:
        model = clt.WeightedSum(n, "normal", "relu", "normal")
        reference = weighted_sums.textbook_with_statistics(model)
        pairs = compare(reference, weighted_sums.ours(model), settings)
        rates = table.rates(pairs, 1e-6, "M sums/s")
        name = f"relu, n = {n}, statistics"
        yield table.Row(name, reference.name, pairs.speedup, goal=SPEEDUP, rates=rates)
        if n == 1:
            rate = 1e-6 / pairs.case
            yield table.Row("relu, n = 1, sums a second", "", rate, "M/s", MILLION_SUMS)


if __name__ == "__main__":
    table.main(rows, __doc__)
