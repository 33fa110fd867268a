"""Densities: exact lines, histograms, stems for atoms, and the normal for reference."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import positive
from clt_sim.plotting.axes import axes_or_new, check_label
from clt_sim.plotting.style import EXACT, HISTOGRAM, NORMAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

_FARTHEST = 1e100


def draw_histogram(
    edges: ArrayLike, densities: ArrayLike, *, label: str | None = None, ax: Axes | None = None
) -> Axes:
    """Fill a histogram.

    Parameters
    ----------
    edges : array_like, shape (bins + 1,)
        Edges of the bins.
    densities : array_like, shape (bins,)
        Heights.
    label : str, optional
        Entry in the legend.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.
    """
    check_label("label", label)
    heights, places = real_numbers("densities", densities), finite_numbers("edges", edges)
    if places.ndim != 1 or heights.shape != (places.size - 1,):
        raise ValueError(
            f"densities must be a row of one fewer than edges, not of shape {heights.shape} for"
            f" edges of shape {places.shape}."
        )
    ax = axes_or_new(ax)
    ax.stairs(heights, places, fill=True, color=HISTOGRAM, label=label, zorder=1)
    return ax


def draw_line(
    x: ArrayLike, densities: ArrayLike, *, label: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw an exact density as a line; nan breaks it, as at a jump."""
    check_label("label", label)
    x, densities = real_numbers("x", x), real_numbers("densities", densities)
    ax = axes_or_new(ax)
    ax.plot(x, densities, color=EXACT, label=label, zorder=3)
    return ax


def draw_stems(
    x: ArrayLike, heights: ArrayLike, *, label: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw atoms as stems."""
    check_label("label", label)
    x, heights = real_numbers("x", x), real_numbers("heights", heights)
    ax = axes_or_new(ax)
    ax.vlines(x, 0.0, heights, color=EXACT, linewidth=1.0, zorder=3)
    ax.plot(x, heights, "o", color=EXACT, markersize=2.0, label=label, zorder=3)
    return ax


def draw_normal(
    *, reach: float = 5.0, label: str | None = "N(0,1)", ax: Axes | None = None
) -> Axes:
    """Draw the standard normal density on [-reach, reach] as a dashed line."""
    check_label("label", label)
    reach = positive("reach", reach)
    if reach > _FARTHEST:
        raise ValueError(f"reach must be at most {_FARTHEST:g}, not {reach}.")
    ax = axes_or_new(ax)
    x = np.linspace(-reach, reach, 401)
    density = np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
    ax.plot(x, density, color=NORMAL, linestyle=(0, (4, 2)), linewidth=0.8, label=label, zorder=2)
    return ax
