"""Reusable drawing: each function takes ``ax=None`` and returns the axes."""

from __future__ import annotations

from clt_sim.plotting.axes import corner_table, note
from clt_sim.plotting.density import draw_histogram, draw_line, draw_normal, draw_stems
from clt_sim.plotting.style import style

__all__ = [
    "corner_table",
    "draw_histogram",
    "draw_line",
    "draw_normal",
    "draw_stems",
    "note",
    "style",
]
