"""The table of measures, in the order of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clt_sim.multivariate.energy import Energy
from clt_sim.multivariate.henze_zirkler import HenzeZirkler
from clt_sim.multivariate.mardia import MardiaKurtosis, MardiaSkewness
from clt_sim.multivariate.projections import SlicedWasserstein1
from clt_sim.multivariate.square_correlation import SquareCorrelation

if TYPE_CHECKING:
    from clt_sim.multivariate.measure import Measure


def measures(*, seed: int, directions: int, pair_budget: float | None) -> dict[str, Measure]:
    """Return all measures by name.

    Parameters
    ----------
    seed, directions : int
        Of the random directions of projections.
    pair_budget : float or None
        The most multiplications of a measure that goes through all pairs of draws.
    """
    entries: tuple[Measure, ...] = (
        MardiaSkewness(pair_budget),
        MardiaKurtosis(),
        HenzeZirkler(pair_budget),
        Energy(pair_budget),
        SlicedWasserstein1(directions, seed),
        SquareCorrelation(),
    )
    return {measure.name: measure for measure in entries}
