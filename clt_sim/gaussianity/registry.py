"""The table of measures, in the order of reports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clt_sim._validation import unknown_name
from clt_sim.gaussianity.divergences import Negentropy, TotalVariation
from clt_sim.gaussianity.kolmogorov import Kolmogorov
from clt_sim.gaussianity.maxent import NegentropyMaxent
from clt_sim.gaussianity.moments import ExcessKurtosis, Skewness
from clt_sim.gaussianity.wasserstein import Wasserstein1

if TYPE_CHECKING:
    from clt_sim.gaussianity.measure import Measure

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Skewness(),
        ExcessKurtosis(),
        Kolmogorov(),
        Wasserstein1(),
        TotalVariation(),
        Negentropy(),
        NegentropyMaxent(),
    )
}


def select(names: str | Iterable[str] | None) -> list[Measure]:
    """Return the measures of these names, all of them for None.

    Raises
    ------
    ValueError
        If a name is unknown, with the nearest match.

    Examples
    --------
    >>> [measure.name for measure in select(["skewness", "kolmogorov"])]
    ['skewness', 'kolmogorov']
    """
    if names is None:
        return list(MEASURES.values())
    chosen = [names] if isinstance(names, str) else list(names)
    for name in chosen:
        if name not in MEASURES:
            raise unknown_name("measure of gaussianity", name, MEASURES)
    return [MEASURES[name] for name in chosen]
