"""Logarithmic axes for numbers against the number of terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.plotting.axes import axes_or_new
from clt_sim.plotting.ticks import mark_powers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from clt_sim.estimate import Estimate

    Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
    Numbers = Mapping[int, float | Estimate]


def logarithmic(ax: Axes | None) -> Axes:
    """Return the axes, or new ones, with both scales logarithmic."""
    ax = axes_or_new(ax)
    ax.set(xscale="log", yscale="log")
    return ax


def rising_row(argument: str, numbers: Numbers) -> Curve:
    """Return rising n and their values."""
    if not numbers:
        raise ValueError(f"{argument} must be at least one.")
    n = np.array(sorted(numbers), np.float64)
    values = np.array([float(numbers[key]) for key in sorted(numbers)])
    for what, row in (("each n", n), (f"each of {argument}", values)):
        if not np.all(np.isfinite(row) & (row > 0.0)):
            raise ValueError(f"{what} must be finite and above 0, not {row.tolist()}.")
    return n, values


def mark_few_decades(ns: Sequence[int], ax: Axes) -> None:
    """Mark powers of two where powers of ten would be too few.

    Parameters
    ----------
    ns : sequence of int
        The numbers of terms on the x axis.
    ax : matplotlib.axes.Axes
        The panel.
    """
    if max(ns) < 100 * min(ns):
        mark_powers(ax.xaxis, 2)
