"""The drawing of distances to N(0,1) against the number of terms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.plotting import draw_bound, draw_distances, draw_estimates, draw_rate, note, style
from clt_sim.plotting.against_n import mark_few_decades
from clt_sim.plotting.estimates import MONTE_CARLO
from clt_sim.plotting.headings import terms_heading
from clt_sim.plotting.panels import label_grid, legend_below, legend_entries, letter_panels
from clt_sim.plotting.style import GREY, PAGE_WIDTH, UNIT
from clt_sim.theory import RateFit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 4
LABELS = {
    "kolmogorov": "Kolmogorov distance",
    "wasserstein-1": "Wasserstein-1 distance",
    "excess-kurtosis": "$|$excess kurtosis$|$",
}
BOUND_LABELS = {"kolmogorov": "Berry–Esseen bound", "wasserstein-1": "Goldstein's bound"}


def draw_convergence(data: dict[str, Any]) -> Figure:
    """Draw a panel for each kind of terms.

    Parameters
    ----------
    data : dict
        What `Convergence.compute` returned.
    """
    from matplotlib.figure import Figure

    panels = data["panels"]
    columns = min(COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    with style():
        figure = Figure(
            figsize=(PAGE_WIDTH * (0.5, 0.8, 1.0, 1.0)[columns - 1], 0.55 + 1.95 * rows),
            layout="constrained",
        )
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        places = list(grid.flat)[: len(panels)]
        for ax, panel in zip(places, panels, strict=True):
            _draw_panel(panel, data, ax)
            heading = terms_heading(panel["nonlinearity"], panel["inputs"], panel["weights"])
            ax.set_title(heading, linespacing=1.1)
        letter_panels(places)
        label_grid(grid, len(panels), xlabel="number of terms $n$", ylabel=LABELS[data["measure"]])
        _limits(data, places[0])
        entries = legend_entries(places)
        legend_below(
            figure,
            entries,
            columns=(2, 3, 3, len(entries))[columns - 1],
            columnspacing=1.2,
            handletextpad=0.5,
        )
    return figure


def _estimates(columns: dict[str, list[float]]) -> dict[int, Estimate]:
    rows = zip(columns["n"], columns["value"], columns["stderr"], strict=True)
    return {int(n): Estimate(value, stderr) for n, value, stderr in rows}


def _draw_panel(panel: dict[str, Any], data: dict[str, Any], ax: Axes) -> None:
    ax.set(xscale="log", yscale="log")
    ax.axhline(
        data["floor"]["value"],
        color=GREY,
        linewidth=0.8,
        linestyle=(0, (1, 1.5)),
        label=f"N(0,1) in {_power_of_ten(data['draws'])} draws",
        zorder=1.8,
    )
    if panel["bound"]:
        bound = panel["bound"]
        values = dict(zip(bound["n"], bound["value"], strict=True))
        draw_bound(values, label=BOUND_LABELS[data["measure"]], ax=ax)
    leading, known = panel["leading"], _estimates(panel["exact"])
    if leading and leading["constant"]:
        ends = np.array([1.0, max(panel["monte_carlo"]["n"])])
        ax.plot(
            ends,
            leading["constant"] * ends ** -leading["exponent"],
            color=UNIT,
            alpha=0.5,
            linewidth=2.8,
            label="leading term of theory",
            zorder=2,
        )
    if known:
        draw_distances(known, label="exact", ax=ax)
    if panel["monte_carlo"]["n"]:
        estimates = _estimates(panel["monte_carlo"])
        draw_estimates(estimates, label=MONTE_CARLO, ax=ax)
    note(_draw_fit(panel["fit"], ax), x=0.935, ax=ax)


def _draw_fit(fit: dict[str, Any] | None, ax: Axes) -> list[str]:
    """Draw the fitted power, and return its exponents in words."""
    if fit is None:
        return ["too few distances to fit"]
    values = {key: value for key, value in fit.items() if key != "n"}
    draw_rate(RateFit(**{**values, "interval": tuple(fit["interval"])}), fit["n"], ax=ax)
    line = ax.lines[-1]
    confidence = f"{100.0 * fit['confidence']:g} %"
    words = str(line.get_label()).replace(f"{confidence}: ", "")
    line.set_label(f"fitted power of $n$ ({confidence} interval)")
    return words.split(", ")


def _power_of_ten(draws: int) -> str:
    exponent = math.floor(math.log10(draws))
    factor = draws / 10**exponent
    return f"$10^{exponent}$" if factor == 1.0 else rf"${factor:g}\times10^{exponent}$"


def _limits(data: dict[str, Any], ax: Axes) -> None:
    """Leave room above the bound for the words."""
    values = [
        v
        for panel in data["panels"]
        for key in ("exact", "monte_carlo")
        for v in panel[key]["value"]
    ]
    bounds = [panel["bound"]["value"][0] for panel in data["panels"] if panel["bound"]]
    least = min([*values, data["floor"]["value"]])
    ax.set_ylim(0.5 * least, 15.0 * max([*values, *bounds, data["floor"]["value"]]))
    ns = [n for panel in data["panels"] for n in panel["monte_carlo"]["n"]]
    ax.set_xlim(0.7 * min(ns), 1.5 * max(ns))
    mark_few_decades(ns, ax)
