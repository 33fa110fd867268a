"""The drawing of the signals of layers, next to N(0,1)."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.plotting import corner_table, draw_histogram, draw_normal, draw_stems, style
from clt_sim.plotting.panels import legend_below, legend_entries
from clt_sim.plotting.style import PAGE_WIDTH, UNIT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.patches import Rectangle

REACH = 4.0
TALLEST = 0.74
"""Curves are cut here, below the table; those of units that hardly vary are taller."""
SHOWN = {
    "skewness": "skewness",
    "excess-kurtosis": "ex. kurtosis",
    "kolmogorov": "Kolmogorov",
    "near-zero": "near zero",
}
"""The measures in the corner of a panel."""
COLUMNS = {"u": "$u$", "pre_activation": "$Wu+b$", "normalized": "normalized"}
"""The signals of a record."""
_AXES = "density, against value in pooled standard deviations from the pooled mean"
_ABSENT = {"u": "$u$ was not seen", "normalized": "no normalization"}


def draw_networks(data: dict[str, Any], *, columns: int) -> Figure:
    """Draw a block of panels for each network: a row a layer, a column a signal.

    Parameters
    ----------
    data : dict
        What `Layers.compute` returned for trained networks.
    columns : int
        Of blocks.
    """
    from matplotlib.figure import Figure

    networks = data["networks"]
    with style():
        figure = Figure(figsize=(0.74 * PAGE_WIDTH * columns, 9.4), layout="constrained")
        blocks = figure.subfigures(len(networks) // columns, columns, squeeze=False)
        for block, network in zip(blocks.flat, networks, strict=True):
            _draw_network(network, data, block)
        panels = [ax for block in blocks.flat for ax in block.axes]
        legend_below(figure, legend_entries(panels), title=_AXES)
    return figure


def described(normalization: str | None) -> str:
    """Return a normalization in words."""
    return "no normalization" if normalization is None else "batch normalization"


def _draw_network(network: dict[str, Any], data: dict[str, Any], block: SubFigure) -> None:
    settings = network["settings"]
    how = described(settings["normalization"])
    accuracy = f"{network['test_accuracy']:.1%}".replace("%", " %")
    block.suptitle(f"{settings['nonlinearity']}, {how}: test accuracy {accuracy}")
    layers = network["layers"]
    grid = block.subplots(len(layers), 3, squeeze=False, sharex=True, sharey=True)
    for row, layer in zip(grid, layers, strict=True):
        row[0].set_ylabel(layer["name"])
        for ax, panel in zip(row, layer["panels"], strict=True):
            _draw_panel(panel, data, ax)
    for ax, panel in zip(grid[0], layers[0]["panels"], strict=True):
        ax.set_title(panel["label"])
    _set_limits(1.2, grid[0, 0])


def draw_record(data: dict[str, Any]) -> Figure:
    """Draw the layers of a record: a row a layer, a column a signal that any of them has.

    Parameters
    ----------
    data : dict
        What `Layers.compute` returned for a record.
    """
    from matplotlib.figure import Figure

    shown = data["record"]
    layers = shown["layers"]
    columns = [
        (key, label)
        for key, label in COLUMNS.items()
        if any(layer[key] is not None for layer in layers)
    ]
    with style():
        figure = Figure(figsize=(PAGE_WIDTH, 0.9 + 1.5 * len(layers)), layout="constrained")
        # Names are taken as they are: a dollar sign in them starts no formula.
        figure.suptitle(f"{shown['network']}: {_layers_text(shown)}", parse_math=False)
        grid = figure.subplots(len(layers), len(columns), squeeze=False, sharex=True, sharey=True)
        for row, layer in zip(grid, layers, strict=True):
            row[0].set_ylabel("\n".join(textwrap.wrap(layer["name"], 22)), parse_math=False)
            for ax, (key, _) in zip(row, columns, strict=True):
                _draw_recorded(key, layer, data, ax)
        for ax, (_, label) in zip(grid[0], columns, strict=True):
            ax.set_title(label)
        _set_limits(1.36, grid[0, 0])
        legend_below(figure, legend_entries(grid.flat), title=_AXES)
    return figure


def _layers_text(shown: dict[str, Any]) -> str:
    """Say how many layers of how many are drawn."""
    few, many = len(shown["layers"]), shown["of"]
    if few == many:
        return f"{many} layer{'s' * (many > 1)}"
    return f"{few} of {many} layers{'' if shown['named'] else ', evenly spaced'}"


def _draw_recorded(key: str, layer: dict[str, Any], data: dict[str, Any], ax: Axes) -> None:
    """Draw one signal of a recorded layer, or say that there is none."""
    panel = layer[key]
    if panel is None or "words" in panel:
        words = _ABSENT[key] if panel is None else panel["words"]
        ax.text(0.5, 0.4, words, transform=ax.transAxes, ha="center", fontsize=6.5)
    else:
        _draw_panel(panel, data, ax, units=f"up to {data['record']['units']} single units")
        for patch in ax.patches:
            patch.set_clip_path(_window(ax))
    if panel is not None:
        kind = f"{layer['normalization']}: " if key == "normalized" else ""
        ax.set_xlabel("\n".join(textwrap.wrap(kind + panel["ensemble"], 52)), fontsize=6)


def _set_limits(top: float, ax: Axes) -> None:
    # Room above the densities for the table.
    ax.set(xlim=(-REACH, REACH), ylim=(0, top))
    ax.set(xticks=(-2, 0, 2), yticks=(0, 0.4, 0.8))


def _window(ax: Axes) -> Rectangle:
    """Return what curves are cut to."""
    from matplotlib.patches import Rectangle

    return Rectangle((-REACH, 0.0), 2.0 * REACH, TALLEST, transform=ax.transData)


def _draw_panel(
    panel: dict[str, Any], data: dict[str, Any], ax: Axes, *, units: str | None = None
) -> None:
    if np.any(panel["density"]):
        draw_histogram(data["edges"], panel["density"], label="all units pooled", ax=ax)
    few = len(panel["units"])
    for index, unit in enumerate(panel["units"]):
        label = (units or f"{few} single units") if index == 0 else None
        (line,) = ax.plot(
            data["points"], unit["density"], color=UNIT, alpha=0.35, lw=0.5, label=label, zorder=2
        )
        line.set_clip_path(_window(ax))
    draw_normal(reach=REACH, ax=ax)
    if len(panel["atoms"]["x"]):
        label = "share of one value, all units pooled"
        draw_stems(panel["atoms"]["x"], panel["atoms"]["mass"], label=label, ax=ax)
    corner_table(_numbers(panel), ax=ax)


def _numbers(panel: dict[str, Any]) -> list[list[str]]:
    """Return the columns of a panel's table: the measures, pooled, and medians over units."""
    columns = [["", *SHOWN.values()]]
    for heading, source in (("pooled", "pooled"), ("unit", "median_unit")):
        values = [panel[source].get(name) for name in SHOWN]
        columns.append([heading, *("–" if v is None else _short(v["value"]) for v in values)])
    return columns


def _short(value: float) -> str:
    text = f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
    return text.replace("-", "−")
