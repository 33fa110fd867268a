"""The drawing of how far shapes move during training, and of ratios of their drifts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from clt_sim.plotting.normalizations import LABELS
from clt_sim.plotting.panels import legend_below, legend_entries, letter_panels
from clt_sim.plotting.signals import SIGNAL_COLOURS, SIGNALS
from clt_sim.plotting.step_axis import STEPS_LABEL, root_steps
from clt_sim.plotting.style import GREY, PAGE_WIDTH, style
from clt_sim.plotting.ticks import mark_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DRIFTS = {"between": "between checkpoints, mean over all", "whole": "from first to last"}
DASHES = ("-", (0, (4, 1.6)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), (0, (2, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P")
KINDS = ("#222222", "#c77c02", "#832db6", "#5b7f2b", "#a96b59", GREY)
"""Colours of the normalizations, other ones than those of the signals."""
_RATIOS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)


def draw_drifts(data: dict[str, Any]) -> Figure:
    """Draw the drifts of each layer by step, and below them the ratios.

    Parameters
    ----------
    data : dict
        What `ShapeDrift.compute` returned.
    """
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(PAGE_WIDTH, 4.9), layout="constrained")
        above, below = figure.subfigures(2, 1, height_ratios=(1.15, 1.0), squeeze=False).flat
        layers = len(data["kinds"][0]["layers"])
        curves = above.subplots(1, layers, squeeze=False, sharey=True)[0]
        for index, ax in enumerate(curves):
            _draw_curves(index, data, ax)
        curves[0].set_ylabel("drift since the last checkpoint")
        ratios = below.subplots(1, len(DRIFTS), squeeze=False, sharey=True)[0]
        for (drift, words), ax in zip(DRIFTS.items(), ratios, strict=True):
            _draw_ratios(drift, data, ax)
            ax.set_title(words)
        ratios[0].set_ylabel("drift of $u$ / drift of $Wu+b$")
        letter_panels([*curves, *ratios])
        legend_below(above, _legend(data), columns=4)
        legend_below(below, legend_entries(ratios[:1]), columns=4)
    return figure


def _draw_curves(index: int, data: dict[str, Any], ax: Axes) -> None:
    """Draw the drifts of one layer, at the step to which they lead."""
    steps = data["steps"]
    for kind, dash in zip(data["kinds"], DASHES, strict=False):
        layer = kind["layers"][index]
        for signal, colour in SIGNAL_COLOURS.items():
            drift = layer["drift"][signal]
            ax.fill_between(
                steps[1:], drift["low"], drift["high"], color=colour, alpha=0.13, lw=0.0, zorder=1
            )
            ax.plot(steps[1:], drift["mean"], color=colour, ls=dash, zorder=2)
    ax.set_yscale("log")
    root_steps(int(steps[-1]), ax)
    ax.set(title=layer["name"], xlabel=STEPS_LABEL)


def _draw_ratios(drift: str, data: dict[str, Any], ax: Axes) -> None:
    """Draw the ratio of each layer and kind: every network, and their mean with its interval."""
    kinds = data["kinds"]
    layers = [layer["name"] for layer in kinds[0]["layers"]]
    gap = min(0.22, 0.62 / len(kinds))
    for place, (kind, marker) in enumerate(zip(kinds, MARKERS, strict=False)):
        x = np.arange(len(layers)) + gap * (place - 0.5 * (len(kinds) - 1))
        ratios = [layer["ratio"][drift] for layer in kind["layers"]]
        mean, low, high = (np.array([r[key] for r in ratios]) for key in ("mean", "low", "high"))
        for at, ratio in zip(x, ratios, strict=True):
            each = ratio["each"]
            ax.plot(np.full(len(each), at + 0.33 * gap), each, ".", color=GREY, ms=2.5, alpha=0.7)
        ax.errorbar(
            x,
            mean,
            (mean - low, high - mean),
            fmt=marker,
            ms=4.0,
            lw=1.0,
            capsize=2.0,
            color=KINDS[place],
            label=LABELS[kind["normalization"]],
        )
    ax.axhline(1.0, color="#222222", lw=0.7, zorder=0)
    ax.set_yscale("log")
    ax.set(xlim=(-0.85, len(layers) - 0.5), xticks=range(len(layers)), xticklabels=layers)
    _ratio_ticks(data, ax)


def _ratio_ticks(data: dict[str, Any], ax: Axes) -> None:
    """Let the axis hold all points and 1, with ticks at round numbers, and say what 1 parts."""
    ratios = [
        layer["ratio"][drift]
        for kind in data["kinds"]
        for layer in kind["layers"]
        for drift in DRIFTS
    ]
    values = np.concatenate([np.ravel(r[key]) for r in ratios for key in ("each", "low", "high")])
    low, high = float(min(np.nanmin(values), 0.6)) / 1.15, float(max(np.nanmax(values), 1.6)) * 1.15
    ax.set_ylim(low, high)
    mark_numbers(ax.yaxis, _RATIOS, (low, high))
    for words, place, side in (("$u$ drifts more", 3, "bottom"), ("$u$ drifts less", -3, "top")):
        ax.annotate(
            words,
            (0.0, 1.0),
            xycoords=("axes fraction", "data"),
            xytext=(3, place),
            textcoords="offset points",
            va=side,
            fontsize=6.5,
        )


def _legend(data: dict[str, Any]) -> dict[str, Line2D]:
    """Return the lines of each signal and normalization."""
    return {
        f"{words}, {LABELS[kind['normalization']]}": Line2D(
            [], [], color=SIGNAL_COLOURS[signal], ls=dash
        )
        for kind, dash in zip(data["kinds"], DASHES, strict=False)
        for signal, words in SIGNALS.items()
    }
