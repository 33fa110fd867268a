"""The sum of n variables: exact density, Monte Carlo histogram, and the normal."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim import laws
from clt_sim._validation import check_name, shown
from clt_sim.engine.limits import check_precision
from clt_sim.engine.precision import get_precision
from clt_sim.figures.exact_laws import law_or_refusal
from clt_sim.figures.parameters import whole_numbers
from clt_sim.figures.recipe import Recipe, registry
from clt_sim.figures.simulated_panels import simulated_panels
from clt_sim.gaussianity import gaussianity
from clt_sim.models import WeightedSum
from clt_sim.models.weighted_sum import MOST_TERMS
from clt_sim.plotting import draw_histogram, draw_line, draw_normal, draw_stems, note, style
from clt_sim.plotting.panels import label_grid, legend_below, legend_entries
from clt_sim.plotting.style import PAGE_WIDTH
from clt_sim.summaries.histogram import BINS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from clt_sim.exact import ExactLaw
    from clt_sim.experiments.work import Work
    from clt_sim.report import Report
    from clt_sim.summaries import Summary

DRAWS = {"draft": 1_000_000, "paper": 10_000_000}
STYLES = ("paper", "wikipedia")
_MERGED_BINS = 8
"""The engine's bins are too fine to be seen; this many make one of 1/16 to 1/8 sd."""
_LINE_POINTS = 400
_REACH = 6.0
"""In standard deviations: the panels end before."""


@registry.register
@dataclass(frozen=True, slots=True)
class SumOfN(Recipe):
    """Densities of the standardised sums of n independent copies of one law.

    In the gallery the distance from the normal law is 0.067 for one variable and 0.008 for four.

    Parameters
    ----------
    law : Law or str
        The law of one variable.
    ns : sequence of int
        One panel for each number of variables.
    normal : bool, optional
        Whether to draw N(0,1); by default only in the style ``"paper"``.
    style : str
        ``"paper"``, or ``"wikipedia"`` for the geometry of Wikipedia's illustration: x in
        [-5, 5], y in [0, 0.5].
    """

    name: ClassVar[str] = "sum-of-n"
    title: ClassVar[str] = "Densities of a law and of its standardised sums, next to N(0,1)"

    law: laws.Law | str = "wikipedia"
    ns: Sequence[int] = (1, 2, 3, 4)
    normal: bool | None = None
    style: str = "paper"

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_name("style", self.style, STYLES)
        put = object.__setattr__
        put(self, "law", laws.get(self.law))
        put(self, "ns", whole_numbers("ns", self.ns, most=MOST_TERMS))
        for n in self.ns:
            check_precision(self._model(n), get_precision("single"))
        law = laws.get(self.law)
        if not 0.0 < law.variance < math.inf:
            raise ValueError(
                "law must have a finite variance above 0 to be standardised by; that of"
                f" {law} is {law.variance}."
            )
        if self.normal is not None and not isinstance(self.normal, bool):
            raise TypeError(f"normal must be true or false, not {shown(self.normal)}.")
        put(self, "normal", self.style == "paper" if self.normal is None else self.normal)

    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Simulate each sum, and find its exact law where there is a route."""
        models = [self._model(n) for n in self.ns]
        draws = DRAWS[quality]
        panel = functools.partial(_panel, laws.get(self.law))
        panels = simulated_panels(
            panel, models, draws, seed=seed, work=work, what="sum of {0.n}".format
        )
        return {"law": str(self.law), "draws": draws, "panels": panels}

    def _model(self, n: int) -> WeightedSum:
        return WeightedSum(n=n, inputs=self.law, weights=1.0)

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw one panel for each n."""
        from matplotlib.figure import Figure

        panels = data["panels"]
        columns = min(2, len(panels))
        rows = math.ceil(len(panels) / columns)
        with style():
            figure = Figure(
                figsize=(PAGE_WIDTH * 0.78 * columns / 2, 1.95 * rows), layout="constrained"
            )
            grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
            for ax, panel in zip(grid.flat, panels, strict=False):
                self._draw_panel(panel, ax)
            label_grid(grid, len(panels), xlabel="standardised sum", ylabel="density")
            self._limits(grid[0, 0], panels)
            legend_below(figure, legend_entries([grid[0, 0]]))
        return figure

    def _draw_panel(self, panel: dict[str, Any], ax: Axes) -> None:
        if panel["stems"]:
            label = "Monte Carlo (MC), mass per spacing"
            draw_stems(panel["stems"]["x"], panel["stems"]["height"], label=label, ax=ax)
        else:
            histogram = panel["histogram"]
            draw_histogram(
                histogram["edges"], histogram["density"], label="Monte Carlo (MC)", ax=ax
            )
        if panel["line"]:
            draw_line(panel["line"]["x"], panel["line"]["density"], label="exact", ax=ax)
        if self.normal:
            draw_normal(ax=ax)
        n = panel["n"]
        ax.set_title("one variable" if n == 1 else f"sum of {n}", loc="left")
        note(_distances(panel), ax=ax)

    def _limits(self, ax: Axes, panels: list[dict[str, Any]]) -> None:
        if self.style == "wikipedia":
            ax.set(xlim=(-5, 5), ylim=(0, 0.5), xticks=(-4, -2, 0, 2, 4))
        else:
            ax.set_xlim(-4, 4)
            tallest = max(_tallest(panel) for panel in panels)
            # Room above the curves for the note; a density that has no bound is cut.
            ax.set_ylim(0, min(1.25 * max(tallest, 0.4), 2.0))


def _panel(inputs: laws.Law, model: WeightedSum, summary: Summary) -> dict[str, Any]:
    """Return what one panel shows, in units of the standardised sum."""
    mean, sd = model.mean, math.sqrt(model.variance)
    law, _ = law_or_refusal(model)
    distances: dict[str, Report] = {"monte_carlo": gaussianity(summary)}
    if law is not None:
        distances["exact"] = gaussianity(law)
    stems = _stems(inputs, summary, mean, sd)
    return {
        "n": model.n,
        "mean": mean,
        "sd": sd,
        "histogram": _histogram(summary, mean, sd),
        "stems": stems,
        "line": _line(law, mean, sd) if law is not None and not stems else None,
        "gaussianity": {source: report.to_dict() for source, report in distances.items()},
    }


def _histogram(summary: Summary, mean: float, sd: float) -> dict[str, Any]:
    """Return the occupied part of the merged histogram."""
    edges, densities = summary.histogram.density(_MERGED_BINS)
    occupied = np.flatnonzero(densities)
    part = slice(occupied[0], occupied[-1] + 1)
    return {
        "edges": (edges[part.start : part.stop + 1] - mean) / sd,
        "density": densities[part] * sd,
        "underflow": summary.histogram.underflow,
        "overflow": summary.histogram.overflow,
    }


def _stems(
    law: laws.Law, summary: Summary, mean: float, sd: float
) -> dict[str, NDArray[np.float64]] | None:
    """Return the atoms of a sum of discrete variables, mass per spacing.

    None for a law with a density, and where atoms are closer together than the bins.
    """
    places = _atoms(law, summary.model.n)
    edges = summary.histogram.edges
    bins = np.searchsorted(edges, places, side="right") - 1
    inside = (bins >= 0) & (bins < edges.size - 1)
    if not places.size or np.unique(bins[inside]).size < np.count_nonzero(inside):
        return None
    x = (places[inside] - mean) / sd
    spacing = float(np.median(np.diff(x))) if x.size > 1 else 1.0
    masses = summary.histogram.counts[bins[inside]] / summary.count
    return {"x": x, "height": masses / spacing}


def _atoms(law: laws.Law, n: int) -> NDArray[np.float64]:
    """Return where a sum of n copies of a discrete variable has its mass, or nothing."""
    if law.without_atoms is not None or len(law.atoms) > BINS:
        return np.empty(0)
    steps, places = np.array(sorted(law.atoms)), np.zeros(1)
    for _ in range(n):
        # Rounding would tell apart what differs by the last bits.
        places = np.unique(np.round((places[:, None] + steps).ravel(), 12))
        if places.size > BINS:
            return np.empty(0)
    return places


def _line(law: ExactLaw, mean: float, sd: float) -> dict[str, NDArray[np.float64]]:
    """Return the exact density on its support, with the limits from both sides at every jump.

    Tails without an end are drawn as far as the panels reach.
    """
    low, high = np.clip(law.support, mean - _REACH * sd, mean + _REACH * sd)
    ends = np.unique([low, *(kink for kink in law.kinks if low < kink < high), high])
    points = max(_LINE_POINTS // (ends.size - 1), 2)
    x, density = [], []
    for start, end in itertools.pairwise(ends):
        inside = np.linspace(start, end, points + 1)
        # The value at the right end belongs to the next piece; the limit belongs to this one.
        nearby = inside.copy()
        nearby[-1] = np.nextafter(end, start)
        x.append(inside)
        density.append(law.pdf(nearby))
    # Down to 0 where the support ends.
    left = np.where(low > law.support[0], density[0][:1], 0.0)
    right = np.where(high < law.support[1], density[-1][-1:], 0.0)
    return {
        "x": (np.concatenate([[low], *x, [high]]) - mean) / sd,
        "density": np.concatenate([left, *density, right]) * sd,
    }


def _tallest(panel: dict[str, Any]) -> float:
    if panel["stems"]:
        return float(np.max(panel["stems"]["height"]))
    return float(np.max(panel["histogram"]["density"]))


def _distances(panel: dict[str, Any]) -> list[str]:
    """Return the distances for the corner of a panel; (25) is the error of the last digits."""
    reports = panel["gaussianity"]
    simulated = reports["monte_carlo"]["estimates"]["kolmogorov"]
    lines = ["Kolmogorov distance"]
    if "exact" in reports:
        known = reports["exact"]["estimates"]["kolmogorov"]["value"]
        lines.append(f"exact {known:.5f}")
    error = round(simulated["stderr"] * 1e5)
    return [*lines, f"MC {simulated['value']:.5f}({error})"]
