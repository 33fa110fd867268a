"""The tail of a sum far beyond what draws reach, beside what theory puts in its place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from matplotlib.ticker import NullLocator
from scipy.special import ndtr

from clt_sim._validation import whole
from clt_sim.engine import simulate
from clt_sim.exact import ExactLaw, NoExactLaw, exact
from clt_sim.figures.convergence import heading, weight_of
from clt_sim.figures.recipe import Progress, Recipe, registry
from clt_sim.models import WeightedSum
from clt_sim.models.weighted_sum import MOST_TERMS
from clt_sim.plotting import density_overlay, style
from clt_sim.plotting.style import HISTOGRAM, NORMAL, PAGE_WIDTH
from clt_sim.theory import Edgeworth, Saddlepoint, sum_cumulants

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from clt_sim.summaries import Summary

DRAWS = {"draft": 1_000_000, "paper": 100_000_000}
POINTS = {"draft": 121, "paper": 481}
SMALLEST = 1e-30
"""Where the panels end."""
FARTHEST = 30.0
"""In standard deviations: tails that fall slowly are drawn so far."""
FEWEST_DRAWS = 10
"""Monte Carlo points have at least so many draws beyond them."""
BARS = 2.0
"""Error bars reach so many standard errors to either side."""
_SPACING = 0.5
"""Between Monte Carlo points, in standard deviations, to the next edge of a bin."""
_ERRORS = (1e-6, 30.0)
"""The relative errors that are shown."""
_ZERO = 1e-12
"""Standardised cumulants below are rounding errors of 0."""


@registry.register
@dataclass(frozen=True, slots=True)
class Tails(Recipe):
    """Survival functions of standardised sums down to 1e-30, and relative errors of theory.

    The exact law, the normal law, Edgeworth expansions of the orders 1 to 3, the saddlepoint
    approximation of Lugannani and Rice, and the shares of draws. An expansion is left
    out of a panel if it equals that of the order before, as those of odd orders do for symmetric
    laws, or if a cumulant that it takes is infinite; and there is no saddlepoint without a
    generating function. A line ends or has a gap where the value is not above 0. The exact
    one ends where its relative error has no bound.

    Parameters
    ----------
    terms : sequence of (inputs, nonlinearity, weights)
        A column for each: laws of the inputs and of the weights, or a number for all weights.
    n : int
        Number of terms.
    """

    name: ClassVar[str] = "tails"
    title: ClassVar[str] = "Tails of sums to 1e-30: exact, Edgeworth, saddlepoint, Monte Carlo"

    terms: Sequence[tuple[str, str, str | float]] = (
        ("normal", "relu", 1.0),
        ("exponential", "identity", 1.0),
        ("normal", "identity", "normal"),
        ("student-t(df=5)", "identity", 1.0),
    )
    n: int = 16

    def __post_init__(self) -> None:
        """Check the parameters."""
        given: Any = self.terms
        if not isinstance(given, list | tuple) or not given:
            raise TypeError(f"terms must be a sequence of at least one, not {given!r}.")
        for term in given:
            if not isinstance(term, list | tuple) or len(term) != 3:
                raise TypeError(
                    f"each of terms must be inputs, a nonlinearity and weights, not {term!r}."
                )
        put = object.__setattr__
        put(self, "n", whole("n", self.n, least=1, most=MOST_TERMS))
        put(self, "terms", tuple(tuple(term) for term in given))
        for model in self._models():
            if not 0.0 < model.variance < math.inf:
                raise ValueError(
                    "each sum must have a finite variance above 0 to be standardised by;"
                    f" that of the {model} is {model.variance}."
                )

    def _models(self) -> list[WeightedSum]:
        return [WeightedSum(self.n, x, phi, weights) for x, phi, weights in self.terms]

    def compute(self, *, quality: str, seed: int, progress: Progress) -> dict[str, Any]:
        """Draw each sum, and find its tail by every route."""
        panels, models = [], self._models()
        for index, model in enumerate(models):
            progress(f"tail of the {model}", index / len(models))
            summary = simulate(model, DRAWS[quality], seed=seed)
            panel = _panel(model, summary, POINTS[quality])
            # As it was given: the text of a law leaves out parameters that have their defaults.
            panels.append({**panel, "inputs": str(self.terms[index][0])})
        return {"n": self.n, "draws": DRAWS[quality], "panels": panels}

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw a column for each kind of terms: the tail, and the relative errors below."""
        from matplotlib.figure import Figure

        panels = data["panels"]
        with style():
            figure = Figure(
                figsize=(PAGE_WIDTH * max(len(panels) / 4, 0.5), 4.4),
                layout="constrained",
            )
            grid = figure.subplots(
                2, len(panels), squeeze=False, sharex="col", sharey="row", height_ratios=(1.5, 1)
            )
            for index, panel in enumerate(panels):
                upper, lower = grid[:, index]
                _draw_tail(panel, upper)
                _draw_errors(panel, lower)
                _remark(panel, data["n"], upper, lower)
                upper.set_title(heading(panel), linespacing=1.1)
                for letter, ax in zip((index, index + len(panels)), (upper, lower), strict=True):
                    ax.set_title("abcdefghijklmnopqrstuvwxyz"[letter], loc="left", weight="bold")
            grid[0, 0].set(ylabel="$P(Z > z)$", ylim=(SMALLEST, 3.0))
            grid[1, 0].set(ylabel="relative error", ylim=_ERRORS)
            _legend(figure, list(grid.flat))
        return figure


def _panel(model: WeightedSum, summary: Summary, points: int) -> dict[str, Any]:
    """Return what the column of one sum shows, in units of the standardised sum."""
    mean, sd = model.mean, math.sqrt(model.variance)
    law, refusal = _exact_law(model)
    reach = FARTHEST if law is None else _reach(law, mean, sd)
    z = np.linspace(0.0, reach, points)
    x = mean + sd * z
    tails: dict[str, NDArray[np.float64]] = {}
    if law is not None:
        values = law.sf(x)
        tails["exact"] = np.where(values >= law.smallest, values, np.nan)
    tails["normal"] = np.asarray(ndtr(-z))
    approximations, missing = _approximations(model)
    tails.update({name: source.sf(x) for name, source in approximations.items()})
    errors = {
        name: np.abs(values / tails["exact"] - 1.0)
        for name, values in tails.items()
        if name != "exact" and law is not None
    }
    return {
        "nonlinearity": str(model.nonlinearity),
        "weights": weight_of(model),
        "z": z,
        "tails": tails,
        "relative_errors": errors,
        "negative": [name for name, values in tails.items() if np.any(values < 0.0)],
        "missing": missing if law is not None else {"exact": refusal, **missing},
        "monte_carlo": _shares(summary, law, mean, sd, reach),
    }


def _exact_law(model: WeightedSum) -> tuple[ExactLaw | None, str]:
    try:
        return exact(model), ""
    except NoExactLaw as refusal:
        return None, str(refusal)


def _reach(law: ExactLaw, mean: float, sd: float) -> float:
    """Return where a tail is 1e-30, in standard deviations, to the next whole one above."""
    z = np.arange(1.0, FARTHEST + 1.0)
    beyond = np.flatnonzero(law.sf(mean + sd * z) < SMALLEST)
    return float(z[beyond[0]]) if beyond.size else FARTHEST


def _approximations(
    model: WeightedSum,
) -> tuple[dict[str, Edgeworth | Saddlepoint], dict[str, str]]:
    """Return what theory has for a sum, and why it has no more."""
    found: dict[str, Edgeworth | Saddlepoint] = {}
    missing = {}
    cumulants = sum_cumulants(model, 5)
    g, k, fifth = cumulants.standardized
    new = {1: (g,), 2: (g, k), 3: (g, fifth)}
    for order, brackets in new.items():
        name = f"edgeworth-{order}"
        if all(abs(value) < _ZERO for value in brackets):
            missing[name] = f"it is the expansion of order {order - 1}"
            continue
        try:
            found[name] = Edgeworth(cumulants, order)
        except ValueError as reason:
            missing[name] = str(reason)
    try:
        found["saddlepoint"] = Saddlepoint(model)
    except ValueError as reason:
        missing["saddlepoint"] = str(reason)
    return found, missing


def _shares(
    summary: Summary, law: ExactLaw | None, mean: float, sd: float, reach: float
) -> dict[str, Any]:
    """Return shares of draws beyond edges of the bins, with binomial standard errors."""
    histogram, draws = summary.histogram, summary.count
    beyond = np.cumsum(histogram.counts[::-1])[::-1] + histogram.overflow
    z = (histogram.edges[:-1] - mean) / sd
    wanted = np.arange(0.0, min(reach, float(z[-1])), _SPACING)
    places = np.searchsorted(z, wanted)
    places = places[beyond[places] >= FEWEST_DRAWS]
    share = beyond[places] / draws
    stderr = np.sqrt(share * (1.0 - share) / draws)
    exact_tail = None if law is None else law.sf(histogram.edges[places])
    return {"z": z[places], "share": share, "stderr": stderr, "exact": exact_tail}


def _draw_tail(panel: dict[str, Any], ax: Axes) -> None:
    curves = {name: (panel["z"], values) for name, values in panel["tails"].items()}
    density_overlay(curves, log=True, ax=ax)
    shares = panel["monte_carlo"]
    ax.errorbar(
        shares["z"],
        shares["share"],
        yerr=BARS * shares["stderr"],
        color=NORMAL,
        linestyle="none",
        marker="o",
        markersize=2.4,
        markerfacecolor="white",
        markeredgewidth=0.6,
        elinewidth=0.7,
        label=f"Monte Carlo ± {BARS:g} s.e.",
        zorder=4,
    )
    _finish(panel, ax)
    ax.set(xlabel="", yticks=10.0 ** np.arange(-30, 1, 5))
    ax.yaxis.set_minor_locator(NullLocator())


def _remark(panel: dict[str, Any], n: int, upper: Axes, lower: Axes) -> None:
    """Write the number of terms, and what the reader would look for in vain."""
    missing = ["no saddlepoint"] if "saddlepoint" in panel["missing"] else []
    words = "\n".join([*missing, f"$n = {n}$"])
    lower.text(0.97, 0.04, words, transform=lower.transAxes, ha="right", va="bottom", fontsize=6.5)
    if panel["negative"]:  # of light tails, which leave the corner free
        orders = ", ".join(name.replace("edgeworth-", "order ") for name in panel["negative"])
        words = f"Edgeworth, {orders}:\ngaps where negative"
        upper.text(0.04, 0.04, words, transform=upper.transAxes, va="bottom", fontsize=6.5)


def _draw_errors(panel: dict[str, Any], ax: Axes) -> None:
    if not panel["relative_errors"]:
        ax.text(0.5, 0.5, "no exact law", transform=ax.transAxes, ha="center")
        return
    curves = {name: (panel["z"], values) for name, values in panel["relative_errors"].items()}
    density_overlay(curves, log=True, ax=ax)
    shares = panel["monte_carlo"]
    ax.plot(
        shares["z"],
        shares["stderr"] / shares["share"],
        color=HISTOGRAM,
        linewidth=2.0,
        label="standard error of Monte Carlo",
        zorder=1.5,
    )
    _finish(panel, ax)


def _finish(panel: dict[str, Any], ax: Axes) -> None:
    """Put what is said of densities in the words of tails."""
    legend = ax.get_legend()
    if legend is not None:  # the figure has one for all panels
        legend.remove()
    ax.set(xlim=(0.0, panel["z"][-1]), xlabel="$z$, in standard deviations", ylabel="")


def _legend(figure: Figure, panels: list[Axes]) -> None:
    """Explain once what occurs in any panel."""
    entries: dict[str, Any] = {}
    for ax in panels:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    columns = 4 if len(panels) > 4 else 2
    figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=columns)
