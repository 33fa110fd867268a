"""The tail of a sum far beyond what draws reach, beside what theory puts in its place."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import ndtr

from clt_sim._validation import shown, whole
from clt_sim.figures.exact_laws import law_or_refusal
from clt_sim.figures.parameters import check_variances
from clt_sim.figures.recipe import Recipe, registry
from clt_sim.figures.simulated_panels import simulated_panels
from clt_sim.figures.tails_drawing import SMALLEST, draw_tails
from clt_sim.models import WeightedSum
from clt_sim.models.weighted_sum import MOST_TERMS
from clt_sim.plotting.headings import weights_text
from clt_sim.theory import Edgeworth, Saddlepoint, sum_cumulants

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from clt_sim.exact import ExactLaw
    from clt_sim.experiments.work import Work
    from clt_sim.summaries import Summary

DRAWS = {"draft": 1_000_000, "paper": 100_000_000}
POINTS = {"draft": 121, "paper": 481}
FARTHEST = 30.0
"""In standard deviations: tails that fall slowly are drawn so far."""
FEWEST_DRAWS = 10
"""Monte Carlo points have at least so many draws beyond them."""
_SPACING = 0.5
"""Between Monte Carlo points, in standard deviations, to the next edge of a bin."""
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

    In the gallery the expansions are off by more than 99 % from eight standard deviations on, where
    the saddlepoint approximation stays within 0.2 % down to 1e-30; the draws end near 1e-7.

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
            raise TypeError(f"terms must be a sequence of at least one, not {shown(given)}.")
        for term in given:
            if not isinstance(term, list | tuple) or len(term) != 3:
                raise TypeError(
                    f"each of terms must be inputs, a nonlinearity and weights, not {shown(term)}."
                )
        put = object.__setattr__
        put(self, "n", whole("n", self.n, least=1, most=MOST_TERMS))
        put(self, "terms", tuple(tuple(term) for term in given))
        check_variances(self._models())

    def _models(self) -> list[WeightedSum]:
        return [WeightedSum(self.n, x, phi, weights) for x, phi, weights in self.terms]

    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Draw each sum, and find its tail by every route."""
        draws = DRAWS[quality]
        panel = functools.partial(_panel, points=POINTS[quality])
        found = simulated_panels(
            panel, self._models(), draws, seed=seed, work=work, what="tail of the {}".format
        )
        # As it was given: the text of a law leaves out parameters that have their defaults.
        panels = [
            {**each, "inputs": str(inputs)}
            for each, (inputs, _, _) in zip(found, self.terms, strict=True)
        ]
        return {"n": self.n, "draws": draws, "panels": panels}

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw a column for each kind of terms: the tail, and the relative errors below."""
        return draw_tails(data)


def _panel(model: WeightedSum, summary: Summary, points: int) -> dict[str, Any]:
    """Return what the column of one sum shows, in units of the standardised sum."""
    mean, sd = model.mean, math.sqrt(model.variance)
    law, refusal = law_or_refusal(model)
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
        "weights": weights_text(model),
        "z": z,
        "tails": tails,
        "relative_errors": errors,
        "negative": [name for name, values in tails.items() if np.any(values < 0.0)],
        "missing": missing if law is not None else {"exact": refusal, **missing},
        "monte_carlo": _shares(summary, law, mean, sd, reach),
    }


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
