"""The table of measures, in the order of reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clt_sim.gaussianity.measures.cumulant_negentropy import NegentropyCumulant
from clt_sim.gaussianity.measures.debiased import NegentropyDebiased
from clt_sim.gaussianity.measures.divergences import Negentropy, TotalVariation
from clt_sim.gaussianity.measures.energy import Energy
from clt_sim.gaussianity.measures.epps_pulley import EppsPulley
from clt_sim.gaussianity.measures.hellinger import Hellinger
from clt_sim.gaussianity.measures.kernel_stein import KernelStein
from clt_sim.gaussianity.measures.kolmogorov import Kolmogorov
from clt_sim.gaussianity.measures.kuiper import Kuiper
from clt_sim.gaussianity.measures.l_moments import LKurtosis, LSkewness
from clt_sim.gaussianity.measures.maxent import NegentropyMaxent, NegentropyMaxentAbs
from clt_sim.gaussianity.measures.moments import ExcessKurtosis, Skewness
from clt_sim.gaussianity.measures.quadratic_edf import AndersonDarling, CramerVonMises
from clt_sim.gaussianity.measures.quantile_asymmetry import QuantileAsymmetry
from clt_sim.gaussianity.measures.spacings import (
    NegentropyCorrea,
    NegentropyEbrahimi,
    NegentropyVanEs,
    NegentropyVasicek,
)
from clt_sim.gaussianity.measures.tails import (
    TailRatio,
    TailRatio2,
    TailRatio4,
    TailRatio5,
    TailRatio6,
)
from clt_sim.gaussianity.measures.wasserstein import Wasserstein1
from clt_sim.gaussianity.measures.wasserstein_2 import Wasserstein2

if TYPE_CHECKING:
    from clt_sim.gaussianity.measure import Measure

MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Skewness(),
        ExcessKurtosis(),
        LSkewness(),
        LKurtosis(),
        QuantileAsymmetry(),
        TailRatio2(),
        TailRatio(),
        TailRatio4(),
        TailRatio5(),
        TailRatio6(),
        Kolmogorov(),
        Kuiper(),
        CramerVonMises(),
        AndersonDarling(),
        Wasserstein1(),
        Wasserstein2(),
        Energy(),
        EppsPulley(),
        KernelStein(),
        TotalVariation(),
        Hellinger(),
        Negentropy(),
        NegentropyMaxent(),
        NegentropyMaxentAbs(),
        NegentropyCumulant(),
        NegentropyVasicek(),
        NegentropyEbrahimi(),
        NegentropyVanEs(),
        NegentropyCorrea(),
        NegentropyDebiased(),
    )
}
