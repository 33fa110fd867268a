"""Reusable drawing: each function takes ``ax=None`` and returns the axes."""

from __future__ import annotations

from clt_sim.plotting.axes import corner_table, note
from clt_sim.plotting.density import draw_histogram, draw_line, draw_normal, draw_stems
from clt_sim.plotting.distances import (
    distance_plot,
    draw_bound,
    draw_distances,
    draw_estimates,
)
from clt_sim.plotting.power import power_map
from clt_sim.plotting.rates import draw_rate
from clt_sim.plotting.style import style
from clt_sim.plotting.theory import density_overlay, theory_densities

__all__ = [
    "corner_table",
    "density_overlay",
    "distance_plot",
    "draw_bound",
    "draw_distances",
    "draw_estimates",
    "draw_histogram",
    "draw_line",
    "draw_normal",
    "draw_rate",
    "draw_stems",
    "note",
    "power_map",
    "style",
    "theory_densities",
]
