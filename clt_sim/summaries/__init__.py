"""Summaries: results of fixed size that merge exactly."""

from __future__ import annotations

from clt_sim.summaries.histogram import Grid, Histogram
from clt_sim.summaries.power_sums import PowerSums
from clt_sim.summaries.summary import Run, Summary, model_grid, terms_grid

__all__ = ["Grid", "Histogram", "PowerSums", "Run", "Summary", "model_grid", "terms_grid"]
