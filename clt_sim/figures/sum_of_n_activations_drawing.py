"""The drawing of densities of sums of n activations, next to N(0,1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.plotting import draw_histogram, draw_line, draw_normal, draw_stems, note, style
from clt_sim.plotting.panels import legend_below, legend_entries, letter_panels
from clt_sim.plotting.style import PAGE_WIDTH, UNIT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

REACH = 4.0
"""In standard deviations: how far the panels go."""
TALLEST = 1.2
"""Densities are cut here; that of a product has no bound at 0."""
_HEADROOM = 1.62
"""Height of a panel over that of its curves: the note stands above them."""
_SHARE: dict[str, Any] = {
    "color": UNIT,
    "linestyle": "none",
    "marker": "o",
    "markersize": 4.5,
    "markerfacecolor": "none",
    "markeredgewidth": 0.8,
    "zorder": 4.0,
}


def draw_sums(data: dict[str, Any]) -> Figure:
    """Draw a row of panels for each nonlinearity, a column for each number of terms.

    Parameters
    ----------
    data : dict
        What `SumOfNActivations.compute` returned.
    """
    from matplotlib.figure import Figure

    rows, columns = len(data["rows"]), len(data["rows"][0]["panels"])
    with style():
        figure = Figure(
            figsize=(PAGE_WIDTH * max(columns, 2) / 4, 0.55 + 1.5 * rows), layout="constrained"
        )
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey="row")
        for axes, row in zip(grid, data["rows"], strict=True):
            for ax, panel in zip(axes, row["panels"], strict=True):
                _draw_panel(panel, ax)
            axes[0].set_ylabel("density")
            axes[0].text(0.03, 0.98, row["nonlinearity"], va="top", transform=axes[0].transAxes)
            tallest = max(0.4, *map(_tallest, row["panels"]))
            axes[0].set_ylim(0.0, _HEADROOM * min(tallest, TALLEST))
        for ax, panel in zip(grid[0], data["rows"][0]["panels"], strict=True):
            ax.set_title("one term" if panel["n"] == 1 else f"sum of {panel['n']}")
        for ax in grid[-1]:
            ax.set_xlabel("standardised sum")
        grid[0, 0].set(xlim=(-REACH, REACH), xticks=(-3, 0, 3))
        letter_panels(grid.flat)
        entries = legend_entries(grid.flat)
        legend_below(figure, entries, columns=len(entries) if columns > 2 else 2)
    return figure


def _draw_panel(panel: dict[str, Any], ax: Axes) -> None:
    if panel["histogram"]:
        histogram = panel["histogram"]
        draw_histogram(histogram["edges"], histogram["density"], label="Monte Carlo (MC)", ax=ax)
    if panel["line"]:
        draw_line(panel["line"]["x"], panel["line"]["density"], label="exact density", ax=ax)
    draw_normal(reach=REACH, ax=ax)
    atoms = panel["atoms"]
    if len(atoms["x"]):
        label = "exact mass per spacing" if atoms["per_spacing"] else "exact mass of a single value"
        draw_stems(atoms["x"], atoms["height"], label=label, ax=ax)
    if panel["zeros"]:
        zeros = panel["zeros"]
        ax.plot(zeros["x"], zeros["share"], label="MC, share of exact zeros", **_SHARE)
    note(_numbers(panel), size=6.0, ax=ax)


def _tallest(panel: dict[str, Any]) -> float:
    """Return the height of what is drawn."""
    heights = [panel["atoms"]["height"]]
    if panel["histogram"]:
        heights.append(panel["histogram"]["density"])
    return float(np.max(np.concatenate(heights)))


def _numbers(panel: dict[str, Any]) -> list[str]:
    """Return the lines of a panel's corner; (25) is the standard error of the last digits."""
    measured = panel["gaussianity"]
    simulated = measured["monte_carlo"]
    if "exact" not in measured:
        distance, kurtosis = (simulated[name] for name in ("kolmogorov", "excess-kurtosis"))
        lines = [f"Kolmogorov MC {_digits(distance)}", f"ex. kurtosis MC {_digits(kurtosis)}"]
        return ["no exact law", *(line.replace("-", "−") for line in lines)]
    distance, kurtosis = (
        measured["exact"][name]["value"] for name in ("kolmogorov", "excess-kurtosis")
    )
    kurtosis_text = f"{kurtosis:.3f}".replace("-", "−")
    return [
        f"Kolmogorov {distance:.5f}",
        f"MC {_digits(simulated['kolmogorov'])}",
        f"ex. kurtosis {kurtosis_text}",
    ]


def _digits(estimate: Mapping[str, float]) -> str:
    """Return a number with the standard error of its last digits in brackets."""
    value, error = estimate["value"], estimate["stderr"]
    if not 0.0 < error < math.inf:
        return f"{value:.3g}"
    decimals = min(max(-math.floor(math.log10(error)) + 1, 0), 6)
    return f"{value:.{decimals}f}({round(error * 10**decimals)})"
