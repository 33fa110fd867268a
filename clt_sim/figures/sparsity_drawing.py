"""The drawing of the sparsity of u and of Wu+b: indices, densities, and criteria."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.plotting import draw_normal, style
from clt_sim.plotting.criteria import criteria_map
from clt_sim.plotting.estimates import draw_points, legend_keys
from clt_sim.plotting.margin_names import write_margin_names
from clt_sim.plotting.panels import letter_panels
from clt_sim.plotting.style import EXACT, PAGE_WIDTH, UNIT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

NEAR_ZERO = 0.1
"""Half of the window of near-zero, in root mean squares."""
REACH = 3.5
"""Densities are drawn so far from 0, in root mean squares."""
TALLEST = 1.0
"""Densities are cut here: those of a few terms have a pole at 0."""
LOOKS = (
    ("#717581", (0, (1, 1)), "v"),
    ("#bd1f01", "-", "o"),
    ("#c77c02", (0, (5, 1.5)), "s"),
    ("#3f90da", "-", "^"),
    ("#832db6", (0, (3, 1, 1, 1)), "D"),
    ("#5b7f2b", (0, (5, 1.5)), "p"),
    ("#174a7c", (0, (1, 1)), "<"),
    ("#a96b59", (0, (7, 1.5, 1, 1.5)), "h"),
)
"""Colour, dashes and marker of each measure."""
_GAP = 0.055
"""Between the names of measures, in units of sparsity."""


def draw_sparsity(
    data: dict[str, Any], *, ns: Sequence[int], measures: Sequence[str], names: Mapping[str, str]
) -> Figure:
    """Draw the indices, the densities and the criteria.

    Parameters
    ----------
    data : dict
        What `SparsityOfSums.compute` returned.
    ns : sequence of int
        Rising numbers of terms.
    measures : sequence of str
        The indices, at most as many as there are looks.
    names : mapping of str to str
        What u and the sum are called in the panel of densities.
    """
    from matplotlib.figure import Figure

    with style():
        figure = Figure(figsize=(PAGE_WIDTH, 4.6), layout="constrained")
        left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=(1.85, 1.0))[0]
        indices, densities = left.subplots(2, 1, height_ratios=(1.45, 1.0))
        criteria = right.subplots()
        _draw_indices(data, ns, measures, indices)
        _draw_densities(data, names, densities)
        criteria_map(data["axioms"]["findings"], data["axioms"]["trials"], ax=criteria)
        letter_panels((indices, densities, criteria))
    return figure


def _draw_indices(
    data: dict[str, Any], ns: Sequence[int], measures: Sequence[str], ax: Axes
) -> None:
    places = np.log2(ns)
    step = max(1.0, (places[-1] - places[0]) / 7.0)
    of_u, of_normal = places[0] - step, places[-1] + step
    for name, look in zip(measures, LOOKS, strict=False):
        _draw_along_n(data["sums"], name, look, ax)
        _draw_estimates([data["u"]["monte_carlo"]], [of_u], name, look, ax)
        _draw_normal_value(data["normal"]["indices"], name, look, of_normal, ax)
        if data["u"]["exact"] is not None and name in data["u"]["exact"]:
            value = data["u"]["exact"][name]["value"]
            ax.plot(of_u, value, color=look[0], marker="_", ms=13.0, zorder=3)
    for place in (of_u, of_normal):
        ax.axvspan(place - 0.5 * step, place + 0.5 * step, color="#f0f1f3", lw=0.0, zorder=0)
    normal = data["normal"]["indices"]
    names = [
        (normal[name]["value"], f"{name} {normal[name]['value']:.3f}", look[0])
        for name, look in zip(measures, LOOKS, strict=False)
        if name in normal
    ]
    write_margin_names(names, gap=_GAP, ax=ax)
    ticks = {of_u: "$u$", **{math.log2(n): str(n) for n in _apart(ns, 0.35 * step)}}
    ticks[of_normal] = "N(0,1)"
    ax.set_xticks(list(ticks), list(ticks.values()))
    ax.set(xlim=(of_u - 0.5 * step, of_normal + 0.5 * step), ylim=(-0.02, 1.15))
    ax.set(xlabel="number of terms $n$ of $Wu+b$", ylabel="sparsity (1 is sparse)")
    keys = legend_keys()
    ax.legend(keys.values(), keys.keys(), loc="upper center", ncols=2, borderaxespad=0.0)


def _draw_densities(data: dict[str, Any], names: Mapping[str, str], ax: Axes) -> None:
    ax.axvspan(-NEAR_ZERO, NEAR_ZERO, color="#d9dce1", lw=0.0, zorder=0)
    looks = {"u": (EXACT, (0, (6, 1, 1, 1))), "sum": (UNIT, "-")}
    for key, name in names.items():
        density = data["densities"][key]
        colour, dashes = looks[key]
        label = f"{name}: {_percent(density['near_zero']['value'])}"
        ax.plot(density["x"], density["density"], color=colour, ls=dashes, label=label)
        _draw_atoms(density["atoms"], colour, ax)
    share = _percent(data["normal"]["near_zero"]["value"])
    draw_normal(reach=REACH, label=f"N(0,1): {share}", ax=ax)
    ax.set(xlim=(-REACH, REACH), ylim=(0.0, 1.9 * min(_tallest(data["densities"]), TALLEST)))
    ax.set(xlabel="value in root mean squares", ylabel="density, or share of one value")
    title = f"share within ±{NEAR_ZERO:g}"
    ax.legend(loc="upper right", borderaxespad=0.0, title=title, title_fontsize=7)


def _apart(ns: Sequence[int], gap: float) -> list[int]:
    """Return numbers whose logarithms to the base 2 are a gap apart, from the first on."""
    chosen = [ns[0]]
    for n in ns[1:]:
        if math.log2(n / chosen[-1]) >= gap:
            chosen.append(n)
    return chosen


def _draw_along_n(sums: list[dict[str, Any]], name: str, look: Any, ax: Axes) -> None:
    colour, dashes, _ = look
    known = [(each["n"], each["exact"][name]) for each in sums if name in (each["exact"] or {})]
    if known:
        places = np.log2([n for n, _ in known])
        ax.plot(places, [value["value"] for _, value in known], color=colour, ls=dashes, zorder=3)
    drawn = [each["monte_carlo"] for each in sums]
    places = np.log2([each["n"] for each in sums])
    _draw_estimates(drawn, places, name, look, ax, joined=not known)


def _draw_estimates(
    drawn: Sequence[dict[str, Any]],
    places: ArrayLike,
    name: str,
    look: Any,
    ax: Axes,
    *,
    joined: bool = False,
) -> None:
    """Draw points with bars, joined by a thin line where nothing exact joins them."""
    colour, dashes, marker = look
    found = [
        (place, values[name])
        for place, values in zip(np.asarray(places), drawn, strict=True)
        if name in values
    ]
    if found:
        draw_points(
            [place for place, _ in found],
            [value["value"] for _, value in found],
            [value["stderr"] for _, value in found],
            color=colour,
            marker=marker,
            dashes=dashes if joined else "none",
            ax=ax,
        )


def _draw_normal_value(
    normal: dict[str, Any], name: str, look: Any, place: float, ax: Axes
) -> None:
    if name in normal:
        value = normal[name]["value"]
        ax.plot(place, value, color=look[0], marker="_", ms=13.0, zorder=3)


def _draw_atoms(atoms: dict[str, Any], colour: str, ax: Axes) -> None:
    """Draw the share of each value as a stem; that of a sum with all terms off cannot be seen."""
    x, masses = np.asarray(atoms["x"]), np.asarray(atoms["mass"])
    seen = masses > 0.002
    ax.vlines(x[seen], 0.0, masses[seen], color=colour, linewidth=1.0, zorder=3)
    ax.plot(x[seen], masses[seen], "o", color=colour, markersize=2.5, zorder=3)


def _tallest(densities: dict[str, Any]) -> float:
    curves = [np.asarray(density["density"]) for density in densities.values()]
    masses = [np.asarray(density["atoms"]["mass"]) for density in densities.values()]
    heights = np.concatenate([*curves, *masses])
    return float(np.max(heights[np.isfinite(heights)]))


def _percent(share: float) -> str:
    return f"{100.0 * share:.1f} %"
