"""Time that each law takes to draw, against the normal one, on one thread.

Sums of 64 inputs with fixed weights and no nonlinearity, so that little but the draws is timed.
Laws are taken with their default parameters.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import clt_sim as clt
import table
import weighted_sums
from pairing import Case, Settings, compare

N = 64
WITHOUT_DEFAULTS = {"empirical": {"data": np.arange(1000.0) ** 2}}


def rows(settings: Settings) -> Iterator[table.Row]:
    """Compare every registered law with the normal one."""
    reference = _case(clt.laws.Normal())
    for name in clt.laws.names():
        law = clt.laws.get(name, **WITHOUT_DEFAULTS.get(name, {}))
        try:
            case = _case(law)
            pairs = compare(reference, case, settings.brief)
        except ValueError as error:
            yield table.Row(f"{name}, time", "normal", note=str(error))
            continue
        rates = table.term_rates(pairs, N)
        yield table.Row(f"{name}, time", "normal", pairs.slowdown, rates=rates)


def _case(law: clt.laws.Law) -> Case:
    return weighted_sums.ours(clt.WeightedSum(N, law, weights=1.0))


if __name__ == "__main__":
    table.main(rows, __doc__)
