"""Power of tests of normality: how often each finds that samples are not normal."""

from __future__ import annotations

from clt_sim.power.simulation import power_study
from clt_sim.power.study import PowerStudy

__all__ = ["PowerStudy", "power_study"]
