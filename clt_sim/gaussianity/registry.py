"""The table of measures, in the order of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clt_sim.gaussianity.divergences import Negentropy, TotalVariation
from clt_sim.gaussianity.kolmogorov import Kolmogorov
from clt_sim.gaussianity.maxent import NegentropyMaxent
from clt_sim.gaussianity.moments import ExcessKurtosis, Skewness
from clt_sim.gaussianity.wasserstein import Wasserstein1
from clt_sim.gaussianity.wasserstein_2 import Wasserstein2

if TYPE_CHECKING:
    from clt_sim.gaussianity.measure import Measure

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Skewness(),
        ExcessKurtosis(),
        Kolmogorov(),
        Wasserstein1(),
        Wasserstein2(),
        TotalVariation(),
        Negentropy(),
        NegentropyMaxent(),
    )
}
