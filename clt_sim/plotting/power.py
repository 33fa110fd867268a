"""Power of tests of normality as a map: alternatives by tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from clt_sim._validation import shown
from clt_sim.plotting.axes import own_style
from clt_sim.plotting.style import COLUMN_WIDTH, UNIT
from clt_sim.power import PowerStudy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


COLOURS = LinearSegmentedColormap.from_list("power", ["#ffffff", UNIT, "#0f2f52"])
"""From no power to full power; lightness falls all the way, so that it reads in grey, too."""
WHITE_FROM = 0.62
"""The power from which numbers are white on the colour."""
CELL_HEIGHT = 0.145
"""In inches, of maps on figures of their own."""


def power_map(study: PowerStudy, n: int, *, size: float = 5.0, ax: Axes | None = None) -> Axes:
    """Draw the powers for one n as a map: a row an alternative, a column a test, in percent.

    The first row, below which there is a line, is the normal law: the size of the tests.

    Parameters
    ----------
    study : PowerStudy
        What `clt_sim.power.power_study` returned.
    n : int
        The number of values in a sample, one of the study's.
    size : float
        Font size of the numbers in points.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Where it was drawn.

    Raises
    ------
    ValueError
        If the study has no such n.

    Examples
    --------
    >>> from clt_sim.power import power_study
    >>> ax = power_map(power_study("jarque-bera", "laplace", 20, repetitions=100), 20)
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['normal', 'laplace']
    """
    if not isinstance(study, PowerStudy):
        raise TypeError(f"study must be a PowerStudy, not {shown(study)}.")
    rows = [list(map(float, row.values())) for row in study.table(n).values()]
    with own_style(ax):
        ax = _axes_of_rows(len(rows)) if ax is None else ax
        powers = np.array(rows)
        ax.pcolormesh(powers, cmap=COLOURS, vmin=0.0, vmax=1.0, edgecolors="white", linewidth=0.4)
        _write_numbers(powers, size, ax)
        ax.axhline(1.0, color="black", linewidth=0.8)
        ax.set_yticks(np.arange(len(rows)) + 0.5, study.alternatives)
        ax.set_xticks(np.arange(len(study.tests)) + 0.5, study.tests, rotation=90)
        ax.set_ylim(len(rows), 0)
        ax.tick_params(length=0.0)
        ax.spines[:].set_visible(False)
        ax.set_title(f"$n = {n}$")
    return ax


def _axes_of_rows(rows: int) -> Axes:
    height = 1.2 + CELL_HEIGHT * rows
    return Figure(figsize=(COLUMN_WIDTH, height), layout="constrained").subplots()


def _write_numbers(powers: NDArray[np.float64], size: float, ax: Axes) -> None:
    for (row, column), power in np.ndenumerate(powers):
        ax.text(
            column + 0.5,
            row + 0.5,
            f"{100.0 * power:.0f}",
            ha="center",
            va="center_baseline",
            fontsize=size,
            color="white" if power >= WHITE_FROM else "black",
        )
