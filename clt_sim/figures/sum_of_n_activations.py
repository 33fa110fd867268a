"""The weighted sum of n activations: exact density, Monte Carlo histogram, and the normal."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim import laws, nonlinearities
from clt_sim._validation import finite, whole
from clt_sim.engine import simulate
from clt_sim.engine.limits import check_precision
from clt_sim.engine.precision import get_precision
from clt_sim.exact import ExactLaw, NoExactLaw, exact
from clt_sim.figures.recipe import Progress, Recipe, registry
from clt_sim.gaussianity import gaussianity
from clt_sim.models import WeightedSum
from clt_sim.models.weighted_sum import MOST_TERMS
from clt_sim.plotting import draw_histogram, draw_line, draw_normal, draw_stems, note, style
from clt_sim.plotting.style import PAGE_WIDTH, UNIT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from clt_sim.summaries import Summary

DRAWS = {"draft": 200_000, "paper": 10_000_000}
MEASURES = ("kolmogorov", "excess-kurtosis")
REACH = 4.0
"""In standard deviations: how far the panels go."""
TALLEST = 1.2
"""Densities are cut here; that of a product has no bound at 0."""
_MERGED_BINS = 8
"""The engine's bins are too fine to be seen; this many make one of 1/16 to 1/8 sd."""
_LINE_POINTS = 200
_MOST_ATOMS = 64
_HEADROOM = 1.62
"""Height of a panel over that of its curves: the note stands above them."""
_FEW = 1e-3
_SHARE: dict[str, Any] = {
    "color": UNIT,
    "linestyle": "none",
    "marker": "o",
    "markersize": 4.5,
    "markerfacecolor": "none",
    "markeredgewidth": 0.8,
    "zorder": 4.0,
}
_NEAR = 1e-5
"""An atom so near to an edge, in bins, may be in either bin by the rounding of draws."""


@registry.register
@dataclass(frozen=True, slots=True)
class SumOfNActivations(Recipe):
    """Densities of the standardised sums of n terms ``w*phi(x)``.

    A row for each nonlinearity, a column for each n. Values that have a probability of their own,
    such as the 0 where all n units of ReLU are off, are drawn as stems: their mass, on the axis
    of the density. The histogram is of the rest. Where there is no exact law, 0 is taken for such
    a value if more than one draw in a thousand is exactly 0.

    Parameters
    ----------
    nonlinearities : sequence of Nonlinearity or str
        The functions phi.
    inputs : Law or str
        The law of every x.
    weights : Law, str or float
        The law of every w, drawn anew for every sum; a number, or ``"constant"`` for 1, for
        weights that are all equal.
    ns : sequence of int
        Numbers of terms.
    """

    name: ClassVar[str] = "sum-of-n-activations"
    title: ClassVar[str] = "Densities of standardised sums of n activations, next to N(0,1)"

    nonlinearities: Sequence[str] = ("relu", "tanh", "sigmoid")
    inputs: laws.Law | str = "normal"
    weights: laws.Law | str | float = "normal"
    ns: Sequence[int] = (1, 2, 4, 16)

    def __post_init__(self) -> None:
        """Check the parameters."""
        given: Any = self.ns
        if not isinstance(given, list | tuple | range | np.ndarray) or len(given) == 0:
            raise TypeError(f"ns must be a list of whole numbers, not {self.ns!r}.")
        names = np.atleast_1d(np.array(self.nonlinearities, object)).tolist()
        if not names:
            raise ValueError("nonlinearities must be at least one.")
        put = object.__setattr__
        put(self, "nonlinearities", tuple(str(nonlinearities.get(name)) for name in names))
        put(self, "inputs", laws.get(self.inputs))
        put(self, "weights", _weights(self.weights))
        put(self, "ns", tuple(whole("each of ns", n, least=1, most=MOST_TERMS) for n in self.ns))
        for phi, n in itertools.product(self.nonlinearities, self.ns):
            model = self._model(phi, n)
            check_precision(model, get_precision("single"))
            if not 0.0 < model.variance < math.inf:
                raise ValueError(
                    "sums must have a finite variance above 0 to be standardised by; that of the"
                    f" {model} is {model.variance}."
                )

    def compute(self, *, quality: str, seed: int, progress: Progress) -> dict[str, Any]:
        """Simulate each sum, and find its exact law where there is a route."""
        total = len(self.nonlinearities) * len(self.ns)
        rows = []
        for row, phi in enumerate(self.nonlinearities):
            panels = []
            for column, n in enumerate(self.ns):
                progress(f"sum of {n} {phi}", (row * len(self.ns) + column) / total)
                model = self._model(phi, n)
                panels.append(_panel(model, simulate(model, DRAWS[quality], seed=seed)))
            rows.append({"nonlinearity": phi, "panels": panels})
        return {
            "inputs": str(self.inputs),
            "weights": str(self.weights),
            "draws": DRAWS[quality],
            "rows": rows,
        }

    def _model(self, phi: str, n: int) -> WeightedSum:
        return WeightedSum(n=n, inputs=self.inputs, nonlinearity=phi, weights=self.weights)

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw a grid of panels."""
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
            _finish(figure, list(grid.flat))
        return figure


def _weights(weights: Any) -> laws.Law | float:
    """Return a law, or a number for equal weights."""
    if weights == "constant":
        return 1.0
    if isinstance(weights, laws.Law | str):
        return laws.get(weights)
    return finite("weights", weights)


def _panel(model: WeightedSum, summary: Summary) -> dict[str, Any]:
    """Return what one panel shows, in units of the standardised sum."""
    mean, sd = model.mean, math.sqrt(model.variance)
    law, why = _exact_law(model)
    atoms: Mapping[float, float] = {} if law is None else law.atoms
    measured = {"monte_carlo": gaussianity(summary, measures=MEASURES).to_dict()["estimates"]}
    if law is not None:
        measured["exact"] = gaussianity(law, measures=MEASURES).to_dict()["estimates"]
    discrete = math.isclose(math.fsum(atoms.values()), 1.0, rel_tol=1e-12)
    zeros = None if discrete else _zeros(summary, mean, sd)
    return {
        "n": model.n,
        "mean": mean,
        "sd": sd,
        "atoms": _atoms(atoms, mean, sd, per_spacing=discrete),
        "zeros": zeros,
        "histogram": None
        if discrete
        else _histogram(summary, [*atoms, *([0.0] if zeros else [])], mean, sd),
        "line": None if law is None or discrete else _line(law, mean, sd),
        "no_exact_law": why,
        "gaussianity": measured,
    }


def _exact_law(model: WeightedSum) -> tuple[ExactLaw | None, str | None]:
    """Return the law, or why there is none."""
    try:
        return exact(model), None
    except NoExactLaw as refusal:
        return None, str(refusal)


def _zeros(summary: Summary, mean: float, sd: float) -> dict[str, float] | None:
    """Return the share of the draws that are 0, or nothing if rounding may have made them so."""
    share = summary.exact_zeros / summary.count
    if share <= _FEW:
        return None
    return {
        "x": -mean / sd,
        "share": share,
        "stderr": math.sqrt(share * (1 - share) / summary.count),
    }


def _atoms(
    atoms: Mapping[float, float], mean: float, sd: float, *, per_spacing: bool
) -> dict[str, Any]:
    """Return the atoms within the panel, and those of a discrete law as masses per spacing."""
    x = (np.array(list(atoms)) - mean) / sd
    height = np.array(list(atoms.values()))
    if per_spacing:
        height = height / (np.median(np.diff(x)) if x.size > 1 else 1.0)
    inside = np.abs(x) <= REACH
    return {"x": x[inside], "height": height[inside], "per_spacing": per_spacing}


def _histogram(summary: Summary, atoms: Sequence[float], mean: float, sd: float) -> dict[str, Any]:
    """Return the density of the draws that are at no atom.

    Fine bins that hold an atom are left out, and the bin that they are merged in is narrower.
    """
    histogram = summary.histogram
    edges, count = histogram.edges, summary.count
    width = edges[1] - edges[0]
    places = (np.array(atoms) - edges[0]) / width
    beside = np.floor(np.concatenate([places - _NEAR, places + _NEAR])).astype(int)
    kept = np.ones(histogram.counts.size, bool)
    kept[beside[(beside >= 0) & (beside < kept.size)]] = False
    widths = width * kept.reshape(-1, _MERGED_BINS).sum(1)
    counts = np.where(kept, histogram.counts, 0).reshape(-1, _MERGED_BINS).sum(1)
    density = np.divide(counts, count * widths, out=np.zeros(widths.size), where=widths > 0.0)
    occupied = np.flatnonzero(density)
    part = slice(occupied[0], occupied[-1] + 1)
    return {
        "edges": (edges[::_MERGED_BINS][part.start : part.stop + 1] - mean) / sd,
        "density": density[part] * sd,
        "left_out": int((~kept).sum()),
        "underflow": histogram.underflow,
        "overflow": histogram.overflow,
    }


def _line(law: ExactLaw, mean: float, sd: float) -> dict[str, NDArray[np.float64]]:
    """Return the exact density of the part without atoms, with both limits at every kink.

    Points come closer together towards kinks and ends, where a density may rise without bound.
    """
    low, high = np.clip(law.support, mean - REACH * sd, mean + REACH * sd)
    breaks = {low, high, *law.atoms, *law.kinks} if len(law.atoms) <= _MOST_ATOMS else {low, high}
    ends = np.array(sorted(end for end in breaks if low <= end <= high))
    places = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, _LINE_POINTS))  # Chebyshev's
    x, density = [], []
    for start, end in itertools.pairwise(ends):
        inside = start + (end - start) * places**2 * (3.0 - 2.0 * places)
        inside[[0, -1]] = np.nextafter(start, end), np.nextafter(end, start)
        x.append(inside)
        density.append(law.pdf(inside))
    # Down to 0 where the support ends.
    left = [0.0] if low == law.support[0] else density[0][:1]
    right = [0.0] if high == law.support[1] else density[-1][-1:]
    return {
        "x": (np.concatenate([[low], *x, [high]]) - mean) / sd,
        "density": np.concatenate([left, *density, right]) * sd,
    }


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
        distance, kurtosis = (simulated[name] for name in MEASURES)
        lines = [f"Kolmogorov MC {_digits(distance)}", f"ex. kurtosis MC {_digits(kurtosis)}"]
        return ["no exact law", *(line.replace("-", "−") for line in lines)]
    distance, kurtosis = (measured["exact"][name]["value"] for name in MEASURES)
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


def _finish(figure: Figure, panels: Sequence[Axes]) -> None:
    """Letter the panels, and explain once what occurs in any of them."""
    entries: dict[str, Any] = {}
    for letter, ax in zip("abcdefghijklmnopqrstuvwxyz", panels, strict=False):
        ax.set_title(letter, loc="left", fontweight="bold")
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    columns = len(entries) if figure.get_figwidth() >= 5.0 else 2
    figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=columns)
