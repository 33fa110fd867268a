"""The table of tests of normality."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clt_sim.normality_tests.edf_tests import ANDERSON_DARLING, CRAMER_VON_MISES, LILLIEFORS
from clt_sim.normality_tests.energy import ENERGY
from clt_sim.normality_tests.epps_pulley import EPPS_PULLEY
from clt_sim.normality_tests.moment_tests import DAGOSTINO_K2, JARQUE_BERA
from clt_sim.normality_tests.shapiro import SHAPIRO_FRANCIA, SHAPIRO_WILK
from clt_sim.normality_tests.vasicek import VASICEK

if TYPE_CHECKING:
    from clt_sim.normality_tests.statistic import Statistic

STATISTICS: dict[str, Statistic] = {
    statistic.name: statistic
    for statistic in (
        SHAPIRO_WILK,
        SHAPIRO_FRANCIA,
        ANDERSON_DARLING,
        LILLIEFORS,
        CRAMER_VON_MISES,
        JARQUE_BERA,
        DAGOSTINO_K2,
        EPPS_PULLEY,
        ENERGY,
        VASICEK,
    )
}
