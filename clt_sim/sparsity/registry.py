"""The table of indices, in the order of reports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clt_sim._validation import unknown_name
from clt_sim.sparsity.concentration import Hoyer, TrevesRolls
from clt_sim.sparsity.gini import Gini
from clt_sim.sparsity.zeros import ExactZero, NearZero

if TYPE_CHECKING:
    from clt_sim.sparsity.measure import Measure

MEASURES: dict[str, Measure] = {
    measure.name: measure for measure in (NearZero(), ExactZero(), Hoyer(), Gini(), TrevesRolls())
}


def select(names: str | Iterable[str] | None) -> list[Measure]:
    """Return the indices of these names, all of them for None.

    Raises
    ------
    ValueError
        If a name is unknown, with the nearest match.

    Examples
    --------
    >>> [measure.name for measure in select("gini")]
    ['gini']
    """
    if names is None:
        return list(MEASURES.values())
    chosen = [names] if isinstance(names, str) else list(names)
    for name in chosen:
        if name not in MEASURES:
            raise unknown_name("measure of sparsity", name, MEASURES)
    return [MEASURES[name] for name in chosen]
