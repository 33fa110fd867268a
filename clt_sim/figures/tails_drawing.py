"""The drawing of the tails of sums, beside what theory puts in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import NullLocator

from clt_sim.plotting import density_overlay, style
from clt_sim.plotting.estimates import BARS, MONTE_CARLO
from clt_sim.plotting.headings import terms_heading
from clt_sim.plotting.panels import legend_below, legend_entries, letter_panels
from clt_sim.plotting.style import HISTOGRAM, NORMAL, PAGE_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMALLEST = 1e-30
"""Where the panels end."""
_ERRORS = (1e-6, 30.0)
"""The relative errors that are shown."""


def draw_tails(data: dict[str, Any]) -> Figure:
    """Draw a column for each kind of terms: the tail, and the relative errors below.

    Parameters
    ----------
    data : dict
        What `Tails.compute` returned.
    """
    from matplotlib.figure import Figure

    panels = data["panels"]
    with style():
        figure = Figure(figsize=(PAGE_WIDTH * max(len(panels) / 4, 0.5), 4.4), layout="constrained")
        grid = figure.subplots(
            2, len(panels), squeeze=False, sharex="col", sharey="row", height_ratios=(1.5, 1)
        )
        for (upper, lower), panel in zip(grid.T, panels, strict=True):
            _draw_tail(panel, upper)
            _draw_errors(panel, lower)
            _remark(panel, data["n"], upper, lower)
            words = terms_heading(panel["nonlinearity"], panel["inputs"], panel["weights"])
            upper.set_title(words, linespacing=1.1)
        letter_panels(grid.flat)
        grid[0, 0].set(ylabel="$P(Z > z)$", ylim=(SMALLEST, 3.0))
        grid[1, 0].set(ylabel="relative error", ylim=_ERRORS)
        columns = 4 if len(panels) > 2 else 2
        legend_below(figure, legend_entries(grid.flat), columns=columns)
    return figure


def _draw_tail(panel: dict[str, Any], ax: Axes) -> None:
    curves = {name: (panel["z"], values) for name, values in panel["tails"].items()}
    density_overlay(curves, log=True, ax=ax)
    shares = panel["monte_carlo"]
    ax.errorbar(
        shares["z"],
        shares["share"],
        yerr=BARS * shares["stderr"],
        color=NORMAL,
        linestyle="none",
        marker="o",
        markersize=2.4,
        markerfacecolor="white",
        markeredgewidth=0.6,
        elinewidth=0.7,
        label=MONTE_CARLO,
        zorder=4,
    )
    _finish(panel, ax)
    ax.set(xlabel="", yticks=10.0 ** np.arange(-30, 1, 5))
    ax.yaxis.set_minor_locator(NullLocator())


def _remark(panel: dict[str, Any], n: int, upper: Axes, lower: Axes) -> None:
    """Write the number of terms, and what the reader would look for in vain."""
    missing = ["no saddlepoint"] if "saddlepoint" in panel["missing"] else []
    words = "\n".join([*missing, f"$n = {n}$"])
    lower.text(0.97, 0.04, words, transform=lower.transAxes, ha="right", va="bottom", fontsize=6.5)
    if panel["negative"]:  # of light tails, which leave the corner free
        orders = ", ".join(name.replace("edgeworth-", "order ") for name in panel["negative"])
        words = f"Edgeworth, {orders}:\ngaps where negative"
        upper.text(0.04, 0.04, words, transform=upper.transAxes, va="bottom", fontsize=6.5)


def _draw_errors(panel: dict[str, Any], ax: Axes) -> None:
    if not panel["relative_errors"]:
        ax.text(0.5, 0.5, "no exact law", transform=ax.transAxes, ha="center")
        return
    curves = {name: (panel["z"], values) for name, values in panel["relative_errors"].items()}
    density_overlay(curves, log=True, ax=ax)
    shares = panel["monte_carlo"]
    ax.plot(
        shares["z"],
        shares["stderr"] / shares["share"],
        color=HISTOGRAM,
        linewidth=2.0,
        label="standard error of Monte Carlo",
        zorder=1.5,
    )
    _finish(panel, ax)


def _finish(panel: dict[str, Any], ax: Axes) -> None:
    """Put what is said of densities in the words of tails."""
    legend = ax.get_legend()
    if legend is not None:  # the figure has one for all panels
        legend.remove()
    ax.set(xlim=(0.0, panel["z"][-1]), xlabel="$z$, in standard deviations", ylabel="")
