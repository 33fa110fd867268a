"""What non-sparse means: indices of u and of Wu+b, the share near 0, and criteria for indices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim import laws
from clt_sim._validation import whole
from clt_sim.engine import sample
from clt_sim.exact import ExactLaw, NoExactLaw, exact
from clt_sim.figures.recipe import Progress, Recipe, registry
from clt_sim.measures import select
from clt_sim.models import WeightedSum
from clt_sim.models.weighted_sum import MOST_TERMS
from clt_sim.plotting import draw_normal, style
from clt_sim.plotting.distances import BARS
from clt_sim.plotting.style import EXACT, PAGE_WIDTH, UNIT
from clt_sim.sparsity import axioms, sparsity
from clt_sim.sparsity.criteria import CRITERIA
from clt_sim.sparsity.registry import MEASURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

DRAWS = {"draft": 100_000, "paper": 1_000_000}
TRIALS = {"draft": 20, "paper": 100}
MOST_NS = {"draft": 3, "paper": 64}
"""So many of the numbers of terms are taken, evenly spaced, with the first and the last."""
NEAR_ZERO = 0.1
"""Half of the window of near-zero, in root mean squares."""
REACH = 3.5
"""Densities are drawn so far from 0, in root mean squares."""
TALLEST = 1.0
"""Densities are cut here: those of a few terms have a pole at 0."""
_LINE_POINTS, _BINS = 400, 70
_LOOKS = (
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
_SAYS = {
    "D1": "giving lowers",
    "D2": "no change",
    "D3": "adding lowers",
    "D4": "no change",
    "P1": "outliers raise",
    "P2": "zeros raise",
}
"""What the criteria ask of a measure of sparsity, in two words."""
_MARKS = {"no": 0, "yes*": 1, "yes": 2}
_GAP = 0.055
"""Between the names of measures, in units of sparsity."""


@registry.register
@dataclass(frozen=True, slots=True)
class SparsityOfSums(Recipe):
    """How sparse the output u of a nonlinearity and its weighted sums are.

    Indices of sparsity of u and, along the number n of terms, of ``Wu+b`` with b = 0, beside their
    values for a centred normal law; the densities with the share of values near 0; and which
    criteria of N. Hurley & S. Rickard (Comparing measures of sparsity, 2009) measures meet.

    Parameters
    ----------
    nonlinearity : Nonlinearity or str
        What u is the output of.
    inputs : Law or str
        What it is the output for.
    weights : Law or str
        Of the sums.
    ns : sequence of int
        Numbers of terms, 2 to 64, rising. Only three of them are taken in a draft.
    n : int
        Of the sum whose density is drawn.
    measures : sequence of str
        One to eight indices of `clt_sim.sparsity`.
    """

    name: ClassVar[str] = "sparsity"
    title: ClassVar[str] = "Sparsity of u and of Wu+b, by several indices, and what they mean"

    nonlinearity: str = "relu"
    inputs: str = "normal"
    weights: str = "normal"
    ns: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128)
    n: int = 16
    measures: Sequence[str] = (
        "exact-zero",
        "near-zero",
        "hoyer",
        "gini",
        "treves-rolls",
        "pq-mean",
        "kurtosis",
    )

    def __post_init__(self) -> None:
        """Check the parameters."""
        given: Any = self.ns
        if not isinstance(given, list | tuple | range | np.ndarray):
            raise TypeError(f"ns must be a list of whole numbers, not {self.ns!r}.")
        ns = tuple(whole("each of ns", n, least=1, most=MOST_TERMS) for n in given)
        if not 2 <= len(ns) <= MOST_NS["paper"] or list(ns) != sorted(set(ns)):
            raise ValueError(f"ns must be 2 to {MOST_NS['paper']} rising numbers, not {self.ns!r}.")
        chosen = tuple(select("measure of sparsity", MEASURES, self.measures))
        if not 1 <= len(chosen) <= len(_LOOKS):
            raise ValueError(f"measures must be 1 to {len(_LOOKS)}, not {len(chosen)}.")
        put = object.__setattr__
        put(self, "ns", ns)
        put(self, "n", whole("n", self.n, least=1, most=MOST_TERMS))
        put(self, "measures", chosen)
        model = self._sum(self.n)
        put(self, "nonlinearity", str(model.nonlinearity))
        put(self, "inputs", str(model.inputs))
        put(self, "weights", str(model.weights))
        for each in (self._u(), model):
            if not 0.0 < each.variance < math.inf:
                raise ValueError(
                    f"the variance must be finite and above 0; that of the {each} is"
                    f" {each.variance}."
                )

    def _u(self) -> WeightedSum:
        return WeightedSum(1, self.inputs, self.nonlinearity, weights=1.0)

    def _sum(self, n: int) -> WeightedSum:
        return WeightedSum(n, self.inputs, self.nonlinearity, self.weights)

    def compute(self, *, quality: str, seed: int, progress: Progress) -> dict[str, Any]:
        """Measure the exact laws and draws, and try the criteria."""
        draws, ns = DRAWS[quality], _thinned(self.ns, MOST_NS[quality])
        steps = len(ns) + 3
        progress("criteria of sparsity", 0.0)
        table = axioms(trials=TRIALS[quality], seed=seed)
        progress("densities", 1 / steps)
        densities = {
            "u": _density(self._u(), draws, seed),
            "sum": _density(self._sum(self.n), draws, seed),
        }
        progress("sparsity of u", 2 / steps)
        u = self._indices(self._u(), draws, seed)
        sums = []
        for index, n in enumerate(ns):
            progress(f"sparsity of sums of {n}", (index + 3) / steps)
            sums.append({"n": n, **self._indices(self._sum(n), draws, seed)})
        normal = laws.Normal()
        return {
            "draws": draws,
            "u": u,
            "sums": sums,
            "normal": {"indices": _values(normal, self.measures), "near_zero": _near_zero(normal)},
            "densities": densities,
            "axioms": {
                "trials": table.trials,
                "findings": {
                    name: {key: str(finding) for key, finding in table[name].items()}
                    for name in table.findings
                },
            },
        }

    def _indices(self, model: WeightedSum, draws: int, seed: int) -> dict[str, Any]:
        law = _exact_law(model)
        return {
            "exact": None if law is None else _values(law, self.measures),
            "monte_carlo": _values(sample(model, draws, seed=seed), self.measures),
        }

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw the indices, the densities and the criteria."""
        from matplotlib.figure import Figure

        with style():
            figure = Figure(figsize=(PAGE_WIDTH, 4.6), layout="constrained")
            left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=(1.85, 1.0))[0]
            indices, densities = left.subplots(2, 1, height_ratios=(1.45, 1.0))
            criteria = right.subplots()
            self._draw_indices(data, indices)
            self._draw_densities(data, densities)
            _draw_criteria(data["axioms"], criteria)
            for letter, ax in zip("abc", (indices, densities, criteria), strict=True):
                ax.set_title(letter, loc="left", fontweight="bold")
        return figure

    def _draw_indices(self, data: dict[str, Any], ax: Axes) -> None:
        places = np.log2(self.ns)
        step = max(1.0, (places[-1] - places[0]) / 7.0)
        of_u, of_normal = places[0] - step, places[-1] + step
        for name, look in zip(self.measures, _LOOKS, strict=False):
            _draw_along_n(data["sums"], name, look, ax)
            _draw_estimates([data["u"]["monte_carlo"]], [of_u], name, look, ax)
            _draw_normal_value(data["normal"]["indices"], name, look, of_normal, ax)
            if data["u"]["exact"] is not None and name in data["u"]["exact"]:
                value = data["u"]["exact"][name]["value"]
                ax.plot(of_u, value, color=look[0], marker="_", ms=13.0, zorder=3)
        for place in (of_u, of_normal):
            ax.axvspan(place - 0.5 * step, place + 0.5 * step, color="#f0f1f3", lw=0.0, zorder=0)
        _name_measures(data["normal"]["indices"], self.measures, ax)
        ticks = {of_u: "$u$", **{math.log2(n): str(n) for n in _apart(self.ns, 0.35 * step)}}
        ticks[of_normal] = "N(0,1)"
        ax.set_xticks(list(ticks), list(ticks.values()))
        ax.set(xlim=(of_u - 0.5 * step, of_normal + 0.5 * step), ylim=(-0.02, 1.15))
        ax.set(xlabel="number of terms $n$ of $Wu+b$", ylabel="sparsity (1 is sparse)")
        _explain_lines(ax)

    def _draw_densities(self, data: dict[str, Any], ax: Axes) -> None:
        ax.axvspan(-NEAR_ZERO, NEAR_ZERO, color="#d9dce1", lw=0.0, zorder=0)
        names = {"u": f"$u$, {self.nonlinearity}", "sum": f"$Wu+b$, $n = {self.n}$"}
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


def _thinned(ns: Sequence[int], most: int) -> list[int]:
    """Return at most so many of the numbers, evenly spaced, with both ends."""
    places = np.linspace(0, len(ns) - 1, min(most, len(ns))).round().astype(int)
    return [ns[place] for place in places]


def _apart(ns: Sequence[int], gap: float) -> list[int]:
    """Return numbers whose logarithms to the base 2 are a gap apart, from the first on."""
    chosen = [ns[0]]
    for n in ns[1:]:
        if math.log2(n / chosen[-1]) >= gap:
            chosen.append(n)
    return chosen


def _exact_law(model: WeightedSum) -> ExactLaw | None:
    try:
        return exact(model)
    except NoExactLaw:
        return None


def _values(
    source: ExactLaw | laws.Law | NDArray[np.float64], measures: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return the indices that the source has, with their errors."""
    report = sparsity(source, measures=measures)
    return {
        name: {"value": estimate.value, "stderr": estimate.stderr}
        for name, estimate in report.items()
    }


def _near_zero(source: ExactLaw | laws.Law | NDArray[np.float64]) -> dict[str, float]:
    return _values(source, ["near-zero"])["near-zero"]


def _density(model: WeightedSum, draws: int, seed: int) -> dict[str, Any]:
    """Return the density in root mean squares, from the exact law or else from draws."""
    law = _exact_law(model)
    unit = math.hypot(model.mean, math.sqrt(model.variance))
    if law is None:
        return _density_of_draws(sample(model, draws, seed=seed), unit)
    # Both sides of each place where the density may jump.
    jumps = np.array([*law.support, *law.kinks, *law.atoms])
    jumps = jumps[np.abs(jumps) < REACH * unit]
    sides = [np.nextafter(jumps, side) for side in (-math.inf, math.inf)]
    x = np.unique(np.concatenate([unit * np.linspace(-REACH, REACH, _LINE_POINTS), *sides]))
    return {
        "x": x / unit,
        "density": law.pdf(x) * unit,
        "atoms": {
            "x": np.array(list(law.atoms)) / unit,
            "mass": np.array(list(law.atoms.values())),
        },
        "near_zero": _near_zero(law),
    }


def _density_of_draws(values: NDArray[np.float64], unit: float) -> dict[str, Any]:
    """Return a histogram as a line; draws that are exactly 0 are an atom."""
    edges = np.linspace(-REACH, REACH, _BINS + 1)
    counts, _ = np.histogram(values[values != 0.0] / unit, edges)
    heights = counts / (values.size * np.diff(edges))
    zeros = np.array([np.mean(values == 0.0)])
    zeros = zeros[zeros > 0.0]
    return {
        "x": np.repeat(edges, 2)[1:-1],
        "density": np.repeat(heights, 2),
        "atoms": {"x": np.zeros(zeros.size), "mass": zeros},
        "near_zero": _near_zero(values),
    }


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
    if not found:
        return
    ax.errorbar(
        [place for place, _ in found],
        [value["value"] for _, value in found],
        yerr=[BARS * value["stderr"] for _, value in found],
        color=colour,
        linestyle=dashes if joined else "none",
        linewidth=0.6,
        marker=marker,
        markersize=3.2,
        markerfacecolor="white",
        markeredgewidth=0.8,
        elinewidth=0.8,
        capsize=1.5,
        zorder=4,
    )


def _draw_normal_value(
    normal: dict[str, Any], name: str, look: Any, place: float, ax: Axes
) -> None:
    if name in normal:
        value = normal[name]["value"]
        ax.plot(place, value, color=look[0], marker="_", ms=13.0, zorder=3)


def _name_measures(normal: dict[str, Any], measures: Sequence[str], ax: Axes) -> None:
    """Write names and values of the normal law to the right of the panel, apart from each other."""
    named = sorted((normal[name]["value"], name) for name in measures if name in normal)
    colours = {name: look[0] for name, look in zip(measures, _LOOKS, strict=False)}
    heights = _spread([value for value, _ in named], _GAP)
    for (value, name), height in zip(named, heights, strict=True):
        ax.annotate(
            f"{name} {value:.3f}",
            (1.015, height),
            xycoords=("axes fraction", "data"),
            va="center",
            color=colours[name],
            fontsize=6.5,
            annotation_clip=False,
        )


def _spread(values: Sequence[float], gap: float) -> NDArray[np.float64]:
    """Return rising heights near rising values, at least a gap apart: those too near share it."""
    merged: list[list[float]] = []  # centres and sizes of groups
    for value in values:
        merged.append([value, 1.0])
        while len(merged) > 1 and _too_near(merged[-2], merged[-1], gap):
            (low, few), (high, more) = merged[-2:]
            merged[-2:] = [[(low * few + high * more) / (few + more), few + more]]
    return np.concatenate(
        [centre + gap * (np.arange(size) - 0.5 * (size - 1.0)) for centre, size in merged]
    )


def _too_near(low: Sequence[float], high: Sequence[float], gap: float) -> bool:
    return high[0] - low[0] < 0.5 * gap * (low[1] + high[1])


def _explain_lines(ax: Axes) -> None:
    from matplotlib.lines import Line2D

    entries = {
        "exact": Line2D([], [], color="black"),
        f"Monte Carlo ± {BARS:g} s.e.": Line2D(
            [], [], color="black", ls="none", marker="o", ms=3.2, markerfacecolor="white"
        ),
    }
    ax.legend(entries.values(), entries.keys(), loc="upper center", ncols=2, borderaxespad=0.0)


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


def _draw_criteria(table: dict[str, Any], ax: Axes) -> None:
    """Draw a map of yes and no, with the names of measures that meet all criteria in bold."""
    from matplotlib.colors import ListedColormap

    findings = table["findings"]
    marks = np.array([[_MARKS[mark] for mark in row.values()] for row in findings.values()])
    colours = ListedColormap(["#eceef1", "#8ec3ee", "#174a7c"])
    ax.pcolormesh(marks, cmap=colours, vmin=0, vmax=2, edgecolors="white", linewidth=0.8)
    for (row, column), mark in np.ndenumerate(marks):
        text = list(_MARKS)[mark]
        colour = {"no": "#5b6066", "yes*": "black", "yes": "white"}[text]
        ax.text(
            column + 0.5,
            row + 0.5,
            text,
            ha="center",
            va="center_baseline",
            fontsize=6.0,
            color=colour,
        )
    ax.set_ylim(len(marks), 0)
    ax.xaxis.tick_top()
    labels = [f"{key} {CRITERIA[key].name}\n{_SAYS[key]}" for key in next(iter(findings.values()))]
    ax.set_xticks(np.arange(len(labels)) + 0.5, labels, rotation=90, linespacing=1.1)
    ax.set_yticks(np.arange(len(marks)) + 0.5, [_with_minus(name) for name in findings])
    for label, row in zip(ax.get_yticklabels(), marks, strict=True):
        label.set_fontweight("bold" if np.all(row > 0) else "normal")
    ax.tick_params(length=0.0)
    ax.spines[:].set_visible(False)
    words = f"tried on {2 * table['trials']} random vectors each"
    if np.any(marks == _MARKS["yes*"]):
        words += "\nyes*: but for equality at some with zeros or ties"
    ax.set_xlabel(words, fontsize=6.5)


def _with_minus(name: str) -> str:
    """Return a name with minus signs, and no hyphens, at its ends."""
    inner = name.strip("-")
    return name.replace("-", "−") if "-" not in inner else name.replace("-" + inner, "−" + inner)
