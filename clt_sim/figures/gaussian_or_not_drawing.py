"""The drawing of the distances of u and Wu+b from normal, a point for each layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.plotting import note, style
from clt_sim.plotting.panels import legend_below, legend_entries, letter_panels
from clt_sim.plotting.signals import UNIT_FLOOR
from clt_sim.plotting.style import GREY, PAGE_WIDTH
from clt_sim.plotting.ticks import mark_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SPARSE = 0.3
"""Above this share of values near zero, u is called sparse."""
KINDS = {
    "input": ("$u$ is the input", "D", GREY),
    "normalized": ("$u$ is normalized before $W$", "s", "#832db6"),
    "sparse": (f"$u$ is over {100.0 * SPARSE:.0f} % near zero", "o", "#bd1f01"),
    "dense": ("$u$ is dense", "^", "#3f90da"),
}
"""What u may be, in words, with its marker and its colour."""
VIEWS = {"unit": "median unit", "pooled": "all units pooled"}
_TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


def draw_layers(data: dict[str, Any]) -> Figure:
    """Draw a panel for the median unit and one for all units pooled.

    Parameters
    ----------
    data : dict
        What `GaussianOrNot.compute` returned.
    """
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(PAGE_WIDTH, 4.2), layout="constrained")
        panels = figure.subplots(1, len(VIEWS))
        for (view, words), ax in zip(VIEWS.items(), panels, strict=True):
            _draw_panel(view, data, ax)
            ax.set_title(words)
        panels[0].set_ylabel("Kolmogorov distance of $Wu+b$")
        letter_panels(panels)
        legend_below(figure, legend_entries(panels[:1]), columns=3)
    return figure


def _limits(points: Sequence[dict[str, Any]], view: str) -> tuple[float, float]:
    """Return limits that hold all points of a panel and its floor, with room for words."""
    shown = [point for point in points if view in point]
    values = [point[view][signal]["value"] for point in shown for signal in ("u", "pre_activation")]
    if view == "unit":
        values += [floor for point in shown for floor in point["floor"]]
    known = [value for value in values if not math.isnan(value)] or [0.01, 0.5]
    return min(known) / 1.35, max(known) * 1.7


def _draw_panel(view: str, data: dict[str, Any], ax: Axes) -> None:
    limits = _limits(data["points"], view)
    for kind, (words, marker, colour) in KINDS.items():
        chosen = [p[view] for p in data["points"] if p["kind"] == kind and view in p]
        if not chosen:
            continue
        x, y = ([pair[name] for pair in chosen] for name in ("u", "pre_activation"))
        ax.errorbar(
            [estimate["value"] for estimate in x],
            [estimate["value"] for estimate in y],
            yerr=[estimate["stderr"] for estimate in y],
            xerr=[estimate["stderr"] for estimate in x],
            fmt=marker,
            ms=3.4,
            mfc=(colour, 0.55),
            mec=colour,
            mew=0.5,
            color=colour,
            ecolor=(colour, 0.35),
            elinewidth=0.5,
            label=words,
        )
    ax.plot(limits, limits, color="#222222", lw=0.7, zorder=0, label="the same distance")
    if view == "unit" and any("floor" in point for point in data["points"]):
        _draw_floor(data["points"], limits, ax)
    _axes(limits, ax)
    _words(data["shares"][view], ax)


def _draw_floor(points: Sequence[dict[str, Any]], limits: tuple[float, float], ax: Axes) -> None:
    """Draw what normal units show, or its range where layers have other numbers of inputs."""
    floors = np.array([point["floor"] for point in points if "floor" in point], float)
    label: str | None = "median of normal units"
    options: dict[str, Any] = {"color": "#222222", "lw": 0.8, "ls": UNIT_FLOOR, "zorder": 0}
    for u, after in {tuple(bound(floors, axis=0)) for bound in (np.fmin.reduce, np.fmax.reduce)}:
        ax.plot(limits, (after, after), label=label, **options)
        ax.plot((u, u), (limits[0], u), **options)  # above the diagonal there are words
        label = None


def _axes(limits: tuple[float, float], ax: Axes) -> None:
    ax.set(xscale="log", yscale="log", xlim=limits, ylim=limits, aspect="equal")
    for axis in (ax.xaxis, ax.yaxis):
        mark_numbers(axis, _TICKS, limits)
    ax.set_xlabel("Kolmogorov distance of $u$")


def _words(shares: dict[str, Any], ax: Axes) -> None:
    """Say how many layers are below the diagonal."""
    low, high = (f"{100.0 * bound:.0f}" for bound in shares["interval"])
    below, layers = shares["below"], shares["layers"]
    lines = [f"$Wu+b$ is closer in {below} of {layers} layers"]
    if layers:
        lines.append(f"{100.0 * below / layers:.0f} % (95 % interval {low} to {high} %)")
    lines += [
        f"{KINDS[kind][0]}: {few} of {many}"
        for kind, (few, many) in shares["kinds"].items()
        if many
    ]
    if shares["missing"]:
        lines.append(f"{shares['missing']} layers without both distances")
    note(lines, x=0.025, align="left", ax=ax)
