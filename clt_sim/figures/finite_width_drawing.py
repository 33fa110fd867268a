"""The drawing of pre-activations of random networks of finite width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.lines import Line2D

from clt_sim.plotting.estimates import draw_points, legend_keys
from clt_sim.plotting.panels import legend_below, letter_panels
from clt_sim.plotting.style import NORMAL, PAGE_WIDTH, style
from clt_sim.plotting.ticks import mark_numbers, mark_powers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOOKS = (
    ("#bd1f01", "-", "o"),
    ("#c77c02", (0, (5, 1.5)), "s"),
    ("#3f90da", (0, (3, 1, 1, 1)), "^"),
    ("#832db6", (0, (1, 1)), "D"),
    ("#5b7f2b", (0, (7, 1.5, 1, 1.5)), "v"),
)
"""Colour, dashes and marker of each width."""
_SCALE = "#8a8f94"


def draw_finite_width(data: dict[str, Any], marks: Sequence[int]) -> Figure:
    """Draw two distances and twice the kurtosis.

    Parameters
    ----------
    data : dict
        What `FiniteWidth.compute` returned.
    marks : sequence of int
        The depths that have ticks, from 1 to the largest.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    with style():
        spaced = ConstrainedLayoutEngine(hspace=0.06, wspace=0.04)
        figure = Figure(figsize=(PAGE_WIDTH, 5.1), layout=spaced)
        grid = figure.subplots(2, 2)
        _draw_distances(data, "raw", grid[0, 0])
        _draw_distances(data, "standardised", grid[0, 1])
        _draw_kurtosis(data, grid[1, 0])
        _draw_kurtosis_of_ratio(data, grid[1, 1])
        for ax in (*grid[0], grid[1, 0]):
            ax.set(xscale="log", xlabel="hidden layers before the pre-activation")
            mark_numbers(ax.xaxis, marks, (marks[0], marks[-1]))
        letter_panels(grid.flat)
        legend_below(figure, _legend(data), columns=4)
    return figure


def _draw_distances(data: dict[str, Any], kind: str, ax: Axes) -> None:
    for width, look in zip(data["widths"], LOOKS, strict=False):
        known = [point for point in width["points"] if point["exact"] is not None]
        _draw_exact(known, kind, look, ax)
        _draw_simulated(width["points"], kind, look, ax, joined=len(known) < 2)
        if kind == "raw":
            _draw_scale(width["points"], ax)
    titles = {"raw": "raw: scale and shape", "standardised": "standardised: shape alone"}
    ax.set(yscale="log", ylabel="Kolmogorov distance to N(0,1)", title=titles[kind])
    if kind == "raw":
        mark_powers(ax.yaxis, 10, digits=(1.0, 2.0, 5.0))  # it has hardly one decade
    elif data["sampler"] == "conditional":
        _draw_floor(data["floor"], ax)
    else:
        _draw_floors_of_points(data, ax)


def _draw_exact(known: list[dict[str, Any]], kind: str, look: Any, ax: Axes) -> None:
    colour, dashes, _ = look
    ax.plot(
        [point["depth"] for point in known],
        _sizes([point["exact"][kind]["value"] for point in known]),
        color=colour,
        ls=dashes,
        # The law of one hidden layer alone, as of tanh, is no line.
        marker="_" if len(known) == 1 else "",
        markersize=9.0,
        zorder=3,
    )


def _draw_simulated(
    points: list[dict[str, Any]], kind: str, look: Any, ax: Axes, *, joined: bool
) -> None:
    """Draw points with bars, joined by a thin line where nothing exact joins them."""
    colour, dashes, marker = look
    drawn = [point for point in points if point["monte_carlo"] is not None]
    estimates = [point["monte_carlo"][kind] for point in drawn]
    draw_points(
        [point["depth"] for point in drawn],
        _sizes([estimate["value"] for estimate in estimates]),
        [estimate["stderr"] for estimate in estimates],
        color=colour,
        marker=marker,
        dashes=dashes if joined else "none",
        ax=ax,
    )


def _draw_scale(points: list[dict[str, Any]], ax: Axes) -> None:
    """Draw the distance of the normal law with the same standard deviation."""
    shown = [point for point in points if point["scale"] is not None]
    depths = [point["depth"] for point in shown]
    distances = _sizes([point["scale"]["kolmogorov"] for point in shown])
    ax.plot(depths, distances, color=_SCALE, lw=2.6, alpha=0.45, zorder=1)


def _draw_floor(floor: dict[str, Any], ax: Axes) -> None:
    ax.axhline(floor["kolmogorov"]["value"], color=NORMAL, ls=(0, (1, 2)), lw=0.8, zorder=1)


def _draw_floors_of_points(data: dict[str, Any], ax: Axes) -> None:
    """Draw the floor for the draws of each point; it falls like the root of their number."""
    floor = data["floor"]
    for width in data["widths"]:
        drawn = [point for point in width["points"] if point["monte_carlo"] is not None]
        counts = np.array([point["monte_carlo"]["draws"] for point in drawn])
        values = floor["kolmogorov"]["value"] * np.sqrt(floor["draws"] / counts)
        depths = [point["depth"] for point in drawn]
        ax.plot(depths, values, color=NORMAL, ls=(0, (1, 2)), lw=0.8, zorder=1)


def _draw_kurtosis(data: dict[str, Any], ax: Axes) -> None:
    for width, look in zip(data["widths"], LOOKS, strict=False):
        theory = width["theory"]
        if theory is not None:
            ax.plot(
                theory["depth"],
                _sizes(theory["excess_kurtosis"]),
                color=look[0],
                ls=look[1],
                zorder=3,
            )
        _draw_simulated(width["points"], "excess_kurtosis", look, ax, joined=theory is None)
    ax.set(yscale="log", ylabel=_kurtosis_label(data), title="kurtosis by depth")
    ax.set_yticks([], minor=True)


def _draw_kurtosis_of_ratio(data: dict[str, Any], ax: Axes) -> None:
    for width, (colour, _, marker) in zip(data["widths"], LOOKS, strict=False):
        n, theory = width["width"], width["theory"]
        if theory is None:
            drawn = [point for point in width["points"] if point["monte_carlo"] is not None]
            depths = [point["depth"] for point in drawn]
            values = [point["monte_carlo"]["excess_kurtosis"]["value"] for point in drawn]
        else:
            depths, values = theory["depth"], theory["excess_kurtosis"]
        ratios = np.array(depths) / n
        ax.plot(ratios, _sizes(values), color=colour, ls="none", marker=marker, ms=2.6, zorder=3)
    limit = data["limit"]
    if limit is not None:
        ax.plot(limit["ratio"], limit["excess_kurtosis"], color=NORMAL, lw=0.8, zorder=2)
        ax.annotate(
            f"limit of depth with width,\n$3e^{{{limit['rate']:.3g}t}} - 3$",
            (0.04, 0.97),
            xycoords="axes fraction",
            va="top",
            linespacing=1.3,
        )
    ax.set(xscale="log", yscale="log", ylabel=_kurtosis_label(data))
    ax.set(xlabel="hidden layers over width, $t$", title="kurtosis by depth over width")
    ax.set_yticks([], minor=True)


def _sizes(values: Sequence[float]) -> list[float]:
    """Return absolute values, with nan for a 0, which a logarithmic axis does not have."""
    return [abs(value) or math.nan for value in values]


def _kurtosis_label(data: dict[str, Any]) -> str:
    theories = [width["theory"] for width in data["widths"] if width["theory"] is not None]
    negative = any(min(theory["excess_kurtosis"]) < 0.0 for theory in theories)
    return "size of the excess kurtosis" if negative else "excess kurtosis"


def _legend(data: dict[str, Any]) -> dict[str, Line2D]:
    """Return what occurs in any panel."""
    theories = [width["theory"] for width in data["widths"] if width["theory"] is not None]
    known = all(theory["exact"] for theory in theories)
    line = "exact" if known else "exact, or kurtosis to order 1/width"
    entries = {
        f"width {width['width']}": Line2D(
            [], [], color=colour, ls=dashes, marker=marker, markersize=3.2, markerfacecolor="white"
        )
        for width, (colour, dashes, marker) in zip(data["widths"], LOOKS, strict=False)
    }
    draws = f"{data['floor']['draws']:,}".replace(",", r"\,")
    floor = f"floor of ${draws}$ draws"
    if data["sampler"] == "direct":
        floor = "floor of as many normal draws"
    entries |= {
        **legend_keys(line),
        f"normal law with the same sd, {_sds(data)}": Line2D(
            [], [], color=_SCALE, lw=2.6, alpha=0.45
        ),
        floor: Line2D([], [], color=NORMAL, ls=(0, (1, 2)), lw=0.8),
    }
    return entries


def _sds(data: dict[str, Any]) -> str:
    """Return the range of the standard deviations in two digits, or the one that all have."""
    points = [point for width in data["widths"] for point in width["points"]]
    sds = [point["scale"]["sd"] for point in points if point["scale"] is not None]
    low, high = f"{min(sds):.2f}", f"{max(sds):.2f}"
    return low if low == high else f"{low} to {high}"
