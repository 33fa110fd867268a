"""Where sums do not become normal, or hardly: quantiles, and distances that do not fall."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim._validation import unknown_name, whole
from clt_sim.engine import sample
from clt_sim.estimate import Estimate
from clt_sim.figures.counterexample_cases import CASES, MOST_N, Case
from clt_sim.figures.exact_laws import law_or_refusal
from clt_sim.figures.recipe import Recipe, registry
from clt_sim.gaussianity import gaussianity
from clt_sim.gaussianity.measures.kolmogorov import Kolmogorov
from clt_sim.gaussianity.views.distribution import Distribution
from clt_sim.laws import Normal
from clt_sim.laws.base import KnownLaw
from clt_sim.plotting import draw_distances, draw_estimates, note, style
from clt_sim.plotting.estimates import MONTE_CARLO
from clt_sim.plotting.panels import legend_below, legend_entries
from clt_sim.plotting.style import EXACT, GREY, NORMAL, PAGE_WIDTH, UNIT
from clt_sim.plotting.ticks import mark_powers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from numpy.typing import NDArray

    from clt_sim.exact import ExactLaw
    from clt_sim.experiments.work import Work
    from clt_sim.laws import Law
    from clt_sim.models import Model

    _Standard = tuple[float, float]
    _Curve = NDArray[np.float64]

DRAWS = {"draft": 20_000, "paper": 400_000}
MEAN_FLOOR = math.sqrt(0.5 * math.pi) * math.log(2.0)
"""The mean of the Kolmogorov distance of N draws of a continuous law to it, times the root of N.

The integral of 1 less Kolmogorov's distribution function (1933), term by term.
"""
REACH = 4.0
"""How far the panels of quantiles go."""
_SCORES = np.linspace(-REACH, REACH, 321)
_POINTS = np.linspace(-3.0, 3.0, 13)
_UPPER_QUARTILE = float(Normal().quantile(0.75))
_LEAST = 1e-5
"""The least distance that is shown."""
_LIMIT: dict[str, Any] = {"color": UNIT, "linewidth": 2.6, "alpha": 0.5, "zorder": 1.8}
_FIRST: dict[str, Any] = {
    "color": GREY,
    "linestyle": (0, (3, 1, 1, 1)),
    "linewidth": 0.9,
    "zorder": 2.5,
}
_POWER: dict[str, Any] = {
    "color": NORMAL,
    "linestyle": (0, (1, 1.2)),
    "linewidth": 1.0,
    "zorder": 2.0,
}
_DRAWN: dict[str, Any] = {
    "color": NORMAL,
    "linestyle": "none",
    "marker": "o",
    "markersize": 3.0,
    "markerfacecolor": "white",
    "markeredgewidth": 0.8,
}


@registry.register
@dataclass(frozen=True, slots=True)
class Counterexamples(Recipe):
    """Families of sums that do not become normal, or more slowly than one might think.

    For each case, quantiles of the standardised sum against those of N(0,1), and the Kolmogorov
    distance against n. Sums without a variance have their median at 0 and quartiles as far
    apart as those of N(0,1). The floor is the mean distance of as many normal draws.

    Of the default cases the first three become normal, the second and third slowly; the others have
    another limit, or none.

    Parameters
    ----------
    cases : sequence of str
        Which, in this order; all by default.
    largest : int
        The n are the powers of 4 up to this one, from 4 to 4096; for layers of one unit those
        of 2 up to 8.
    """

    name: ClassVar[str] = "counterexamples"
    title: ClassVar[str] = "Sums that do not become normal: quantiles, and distances against n"

    cases: Sequence[str] = tuple(CASES)
    largest: int = 1024

    def __post_init__(self) -> None:
        """Check the parameters."""
        names = (self.cases,) if isinstance(self.cases, str) else tuple(self.cases)
        if not names:
            raise ValueError("cases must be at least one.")
        for name in names:
            if name not in CASES:
                raise unknown_name("case", name, CASES)
        object.__setattr__(self, "cases", names)
        object.__setattr__(self, "largest", whole("largest", self.largest, least=4, most=MOST_N))

    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Find the exact law of each sum where there is a route, and draw it."""
        draws = DRAWS[quality]
        run = functools.partial(_computed, largest=self.largest, draws=draws, seed=seed)
        cases = work.map(run, self.cases, "case {}".format)
        return {"draws": draws, "floor": MEAN_FLOOR / math.sqrt(draws), "cases": cases}

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw a block of two panels for each case."""
        from matplotlib.figure import Figure

        cases = data["cases"]
        columns = min(2, len(cases))
        rows = math.ceil(len(cases) / columns)
        with style():
            figure = Figure(
                figsize=(0.5 * PAGE_WIDTH * columns, 0.45 + 1.62 * rows), layout="constrained"
            )
            blocks = figure.subfigures(rows, columns, squeeze=False).flat
            for letter, case, block in zip("abcdefghij", cases, blocks, strict=False):
                block.suptitle(
                    f"$\\mathbf{{{letter}}}$  {CASES[case['name']].title}", x=0.02, ha="left"
                )
                _draw_case(case, data["floor"], block)
            legend_below(figure, legend_entries(figure.axes), columns=2 * columns)
        return figure


def _computed(name: str, largest: int, draws: int, seed: int) -> dict[str, Any]:
    """Return distances for each n, and quantiles of the first and the last known law."""
    case = CASES[name]
    ns = case.ns(largest)
    rows = [_row(case, n, draws, seed) for n in ns]
    known = [row for row in rows if row["law"] is not None]
    return {
        "name": name,
        "n": list(ns),
        "exact": np.array([row["exact"] for row in rows]),
        "no_exact_law": {str(row["n"]): row["refusal"] for row in rows if row["refusal"]},
        "monte_carlo": {
            "value": np.array([row["monte_carlo"].value for row in rows]),
            "stderr": np.array([row["monte_carlo"].stderr for row in rows]),
        },
        "limit": _limit(case),
        "scores": _SCORES,
        "lines": [
            {"n": row["n"], "z": _quantiles(row["law"], case.by_quartiles)}
            for row in (known[0], known[-1])
        ],
        "point_scores": _POINTS,
        "points": known[-1]["points"],
    }


def _limit(case: Case) -> dict[str, Any] | None:
    """Return the distance and the quantiles of the limit, if there is a law for it."""
    if case.limit is None:
        return None
    law = case.limit()
    return {
        "distance": _distance(law, case.by_quartiles),
        "z": _quantiles(law, case.by_quartiles),
    }


def _row(case: Case, n: int, draws: int, seed: int) -> dict[str, Any]:
    """Return what is known and what is measured of one sum."""
    model = case.model(n)
    law, refusal = law_or_refusal(model if case.same is None else case.same(n))
    values = sample(model, draws, seed=seed) if case.values is None else case.values(n, draws, seed)
    centre, scale = _centre_and_scale(
        law if case.by_quartiles and law is not None else model, case.by_quartiles
    )
    z = (values - centre) / scale
    return {
        "n": n,
        "law": law,
        "exact": math.nan if law is None else _distance(law, case.by_quartiles),
        "refusal": refusal,
        "monte_carlo": gaussianity(z, standardize=False, measures="kolmogorov")["kolmogorov"],
        "points": np.quantile(z, Normal().cdf(_POINTS)),
    }


def _centre_and_scale(known: Model | KnownLaw, by_quartiles: bool) -> _Standard:
    """Return what is taken away from a sum, and what it is divided by."""
    if by_quartiles and isinstance(known, KnownLaw):
        low, median, high = known.quantile([0.25, 0.5, 0.75]).tolist()
        return median, 0.5 * (high - low) / _UPPER_QUARTILE
    return known.mean, math.sqrt(known.variance)


def _distance(law: ExactLaw | Law, by_quartiles: bool) -> float:
    centre, scale = _centre_and_scale(law, by_quartiles)
    standard = Distribution(law, centre, scale, standardized=True)
    return standard.estimate(Kolmogorov()).value


def _quantiles(law: ExactLaw | Law, by_quartiles: bool) -> _Curve:
    centre, scale = _centre_and_scale(law, by_quartiles)
    return (law.quantile(Normal().cdf(_SCORES)) - centre) / scale


def _draw_case(case: dict[str, Any], floor: float, block: SubFigure) -> None:
    left, right = block.subplots(1, 2, width_ratios=(1.0, 1.15))
    _draw_quantiles(case, left)
    _draw_against_n(case, floor, right)


def _draw_quantiles(case: dict[str, Any], ax: Axes) -> None:
    first, last = case["lines"]
    ends = np.array([-REACH, REACH])
    ax.plot(ends, ends, color=NORMAL, ls=(0, (4, 2)), lw=0.8, label="N(0,1)", zorder=2.0)
    if case["limit"]:
        ax.plot(case["scores"], case["limit"]["z"], label="limit", **_LIMIT)
    ax.plot(case["scores"], first["z"], label="exact, first $n$", **_FIRST)
    ax.plot(case["scores"], last["z"], color=EXACT, label="exact, last $n$", zorder=3.0)
    ax.plot(case["point_scores"], case["points"], label=MONTE_CARLO, zorder=4.0, **_DRAWN)
    ax.set(xlim=ends, ylim=ends, xticks=(-3, 0, 3), yticks=(-3, 0, 3))
    ax.set(xlabel="quantile of N(0,1)", ylabel="quantile of the sum")
    scaled = ["by quartiles"] if CASES[case["name"]].by_quartiles else []
    note([f"$n = {first['n']}, {last['n']}$", *scaled], x=0.5, ax=ax)


def _draw_against_n(case: dict[str, Any], floor: float, ax: Axes) -> None:
    known = {n: d for n, d in zip(case["n"], case["exact"], strict=True) if not math.isnan(d)}
    measured = case["monte_carlo"]
    estimates = {
        n: Estimate(float(value), float(stderr))
        for n, value, stderr in zip(case["n"], measured["value"], measured["stderr"], strict=True)
    }
    ax.axhspan(_LEAST, floor, color="#e4e6e8", lw=0.0, label="floor of sampling", zorder=0.5)
    if case["limit"]:
        ax.axhline(case["limit"]["distance"], **_LIMIT)
    exponent = CASES[case["name"]].exponent
    if exponent is not None:
        n = np.array([case["n"][0], case["n"][-1]], np.float64)
        anchor = list(known.items())[-1]
        ax.plot(n, anchor[1] * (n / anchor[0]) ** -exponent, label="theorem's power", **_POWER)
    draw_distances(known, label=None, ax=ax)
    draw_estimates(estimates, label=None, ax=ax)
    ax.set(xlabel=CASES[case["name"]].count, ylabel="Kolmogorov distance")
    ax.set(xlim=(0.7, 1.5 * case["n"][-1]), ylim=(_LEAST, 1.0))
    mark_powers(ax.xaxis, CASES[case["name"]].base, most=12)
    mark_powers(ax.yaxis, 10, most=12, plain=False)
