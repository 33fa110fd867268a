"""Estimates as points with error bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.plotting.axes import axes_or_new
from clt_sim.plotting.style import NORMAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from numpy.typing import ArrayLike

BARS = 2.0
"""Error bars reach so many standard errors to either side."""
MONTE_CARLO = f"Monte Carlo ± {BARS:g} s.e."
"""What points with bars are called in legends."""


def draw_points(
    x: ArrayLike,
    values: ArrayLike,
    stderrs: ArrayLike,
    *,
    color: str = NORMAL,
    marker: str = "o",
    size: float = 3.2,
    dashes: Any = "none",
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw estimates as open points with bars of 2 standard errors to either side.

    Parameters
    ----------
    x : array_like, shape (points,)
        Places.
    values : array_like, shape (points,)
        Estimates.
    stderrs : array_like, shape (points,)
        Their standard errors, at least 0.
    color, marker : str
        Of the points.
    size : float
        Of the points, in points of typography.
    dashes : matplotlib line style
        Of a thin line that joins the points; by default there is none.
    label : str, optional
        Entry in the legend.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Examples
    --------
    >>> ax = draw_points([1, 2], [0.5, 0.25], [0.1, 0.1])
    >>> len(ax.containers)
    1
    """
    ax = axes_or_new(ax)
    ax.errorbar(
        np.asarray(x),
        np.asarray(values),
        yerr=BARS * np.asarray(stderrs, np.float64),
        color=color,
        label=label,
        linestyle=dashes,
        linewidth=0.6,
        marker=marker,
        markersize=size,
        markerfacecolor="white",
        markeredgewidth=0.8,
        elinewidth=0.8,
        capsize=1.5,
        zorder=4,
    )
    return ax


def legend_keys(line: str = "exact") -> dict[str, Line2D]:
    """Return black entries of a legend for lines and points whose colours mean something else.

    Parameters
    ----------
    line : str
        What lines are.

    Returns
    -------
    dict of str to Line2D
        That of a line, and that of points with bars.

    Examples
    --------
    >>> list(legend_keys())
    ['exact', 'Monte Carlo ± 2 s.e.']
    """
    from matplotlib.lines import Line2D

    return {
        line: Line2D([], [], color="black"),
        MONTE_CARLO: Line2D(
            [], [], color="black", ls="none", marker="o", ms=3.2, markerfacecolor="white"
        ),
    }
