"""The table of indices, in the order of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clt_sim.sparsity.concentration import Hoyer, TrevesRolls
from clt_sim.sparsity.effective_dimension import EffectiveDimension
from clt_sim.sparsity.entropies import GaussianEntropy, ShannonEntropy, ShannonEntropyOfMagnitudes
from clt_sim.sparsity.gini import Gini
from clt_sim.sparsity.kurtosis import Kurtosis
from clt_sim.sparsity.pq_mean import PqMean
from clt_sim.sparsity.support import Support
from clt_sim.sparsity.u_theta import UTheta
from clt_sim.sparsity.zeros import ExactZero, NearZero

if TYPE_CHECKING:
    from clt_sim.sparsity.measure import Measure

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        NearZero(),
        ExactZero(),
        Hoyer(),
        Gini(),
        TrevesRolls(),
        EffectiveDimension(),
        PqMean(),
        Kurtosis(),
        UTheta(),
        GaussianEntropy(),
        ShannonEntropy(),
        ShannonEntropyOfMagnitudes(),
        Support(),
    )
}

ALIASES: dict[str, Measure] = {"vinje-gallant": MEASURES["treves-rolls"]}
"""Other names, which a report has only if asked."""
