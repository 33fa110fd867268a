"""Speed of `simulate` against NumPy, on one thread.

Sums of n terms ``w*phi(x)`` with normal weights and inputs, in process CPU time. NumPy only
makes the sums; `simulate` takes its statistics as well.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import clt_sim as clt
import table
import weighted_sums
from pairing import Settings, compare

TEXTBOOK, TUNED = table.at_least(20.0), table.at_least(13.0)
SIZES = (16, 64, 1024)
OTHERS = ("tanh", "gelu")


def rows(settings: Settings) -> Iterator[table.Row]:
    """Compare relu with three kinds of NumPy, other nonlinearities with the textbook line."""
    for n in SIZES:
        model = clt.WeightedSum(n, "normal", "relu", "normal")
        references = {
            weighted_sums.textbook(model): TEXTBOOK,
            weighted_sums.tuned(model, np.float64): TUNED,
            weighted_sums.tuned(model, np.float32): TUNED,
        }
        for reference, goal in references.items():
            pairs = compare(reference, weighted_sums.ours(model), settings)
            yield table.speedup_row(f"relu, n = {n}", reference.name, pairs, goal, n)
    for name in OTHERS:
        model = clt.WeightedSum(64, "normal", name, "normal")
        reference = weighted_sums.textbook(model)
        pairs = compare(reference, weighted_sums.ours(model), settings)
        yield table.speedup_row(f"{name}, n = 64", reference.name, pairs, None, 64)


if __name__ == "__main__":
    table.main(rows, __doc__)
