"""Summaries: results of fixed size that merge exactly."""

from __future__ import annotations

from clt_sim.summaries.characteristic_function import CharacteristicFunction, WaveSums
from clt_sim.summaries.histogram import Grid, Histogram
from clt_sim.summaries.normal_mixture import NormalMixture
from clt_sim.summaries.power_sums import PowerSums
from clt_sim.summaries.reservoir import Reservoir
from clt_sim.summaries.runs import Run
from clt_sim.summaries.summary import Summary

__all__ = [
    "CharacteristicFunction",
    "Grid",
    "Histogram",
    "NormalMixture",
    "PowerSums",
    "Reservoir",
    "Run",
    "Summary",
    "WaveSums",
]
