"""Distances to N(0,1) against the number of terms, beside what theorems say of them."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim import laws, nonlinearities
from clt_sim._validation import check_name, finite, whole
from clt_sim.engine import simulate, simulate_path
from clt_sim.estimate import Estimate
from clt_sim.figures.convergence_drawing import draw_convergence
from clt_sim.figures.exact_laws import law_or_refusal
from clt_sim.figures.parameters import check_variances, listed
from clt_sim.figures.powers_of_n import (
    FEWEST,
    drawable,
    fitted_power,
    larger_half,
    leading_power,
)
from clt_sim.figures.recipe import Recipe, registry
from clt_sim.gaussianity import gaussianity
from clt_sim.models import WeightedSum
from clt_sim.models.weighted_sum import MOST_TERMS
from clt_sim.plotting.headings import weights_text
from clt_sim.theory import berry_esseen_bound, goldstein_bound, lyapunov_fraction
from clt_sim.theory.leading_term import LIMITS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from clt_sim.exact import ExactLaw
    from clt_sim.experiments.work import Work
    from clt_sim.summaries import Summary

    _Exact = tuple[dict[int, Estimate], dict[int, str], dict[str, float | None] | None]

DRAWS = {"draft": 100_000, "paper": 4_000_000}
EXACT_NS = {"draft": 3, "paper": MOST_TERMS}
"""Of how many n at most, the largest ones, the exact law is computed."""
FLOOR_RUNS = 16
"""How many runs of N(0,1) the floor of sampling is the mean of."""
ABOVE_FLOOR = 5.0
"""Estimates at least so many floors high are fitted, if there is no exact law."""
BOUNDS: dict[str, Callable[[WeightedSum], float]] = {
    "kolmogorov": berry_esseen_bound,
    "wasserstein-1": goldstein_bound,
}
"""What is proved of a measure."""


@registry.register
@dataclass(frozen=True, slots=True)
class Convergence(Recipe):
    """Distances of standardised sums to N(0,1) against n, on logarithmic axes.

    The first panels are of each nonlinearity with the first weights; the others of the first
    nonlinearity with each of the other weights. Each has exact distances where there is a route,
    Monte Carlo estimates of the same sums, which share their draws along n, the floor
    that estimates have from sampling alone, a bound that is proved, and the leading term of the
    expansion of the distance.

    The power of n is fitted to the exact distances of the larger half of `ns`, whose deviations
    from it are no errors but the way to the power. Where fewer than three are known each n is
    drawn by itself, and it is fitted to the estimates that are five times as high as the floor.
    For the quality ``"draft"`` only the three largest n have exact distances.

    In the gallery the distances of symmetric terms fall like 1/n, those of skewed terms and of
    weights without a third moment like n^(-1/2). The bound is 3 to 1000 times as large, and draws
    show nothing below their floor.

    Parameters
    ----------
    measure : str
        ``"kolmogorov"``, ``"wasserstein-1"`` or ``"excess-kurtosis"``, of which the size is drawn.
    nonlinearities : sequence of Nonlinearity or str
        A panel for each.
    weights : sequence of Law, str or float
        Laws of the weights; a number is that of all weights.
    inputs : Law, str, or sequence of such, optional
        The law of the inputs, or one for each nonlinearity; by default normal, and uniform for the
        identity, which would leave sums of normal inputs normal.
    ns : sequence of int
        Numbers of terms, at least three.
    """

    name: ClassVar[str] = "convergence"
    title: ClassVar[str] = "Distances to N(0,1) against the number of terms, with bounds and rates"

    measure: str = "kolmogorov"
    nonlinearities: Sequence[str] = ("relu", "tanh", "sigmoid", "identity")
    weights: Sequence[str | float] = (
        1.0,
        "normal",
        "rademacher",
        "uniform(low=-1.0)",
        "student-t(df=3)",
    )
    inputs: str | Sequence[str] | None = None
    ns: Sequence[int] = (1, 3, 10, 30, 100, 300, 1000)

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_name("measure of this figure", self.measure, LIMITS)
        put = object.__setattr__
        functions = [nonlinearities.get(phi) for phi in listed(self.nonlinearities)]
        put(self, "nonlinearities", tuple(map(str, functions)))
        put(self, "weights", tuple(map(_checked_weight, listed(self.weights))))
        given = listed(self.inputs)
        if self.inputs is None:
            given = ["uniform" if phi.name == "identity" else "normal" for phi in functions]
        put(self, "inputs", tuple(str(laws.get(law)) for law in given))
        ns = {whole("each of ns", n, least=1, most=MOST_TERMS) for n in listed(self.ns)}
        put(self, "ns", tuple(sorted(ns)))
        for argument in ("nonlinearities", "weights"):
            if not getattr(self, argument):
                raise ValueError(f"{argument} must be at least one.")
        if len(ns) < FEWEST:
            raise ValueError(f"ns must be at least {FEWEST} numbers, not {sorted(ns)}.")
        if len(given) not in (1, len(functions)):
            raise ValueError(
                f"inputs must be one law, or one for each of {len(functions)} nonlinearities,"
                f" not {len(given)}."
            )
        check_variances(self._models())

    def _models(self) -> list[WeightedSum]:
        """Return the sum of the most terms for each panel."""
        inputs = itertools.cycle(self.inputs or ())
        pairs = list(zip(inputs, self.nonlinearities, strict=False))
        terms = [(*pair, self.weights[0]) for pair in pairs]
        terms += [(*pairs[0], weight) for weight in self.weights[1:]]
        return [WeightedSum(self.ns[-1], x, phi, w) for x, phi, w in terms]

    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Measure every sum, exactly where there is a route and by simulation."""
        draws, models = DRAWS[quality], self._models()
        sampling, exact_laws, simulating = (work.part(index, 3) for index in range(3))
        floor = _floor(self.measure, draws, seed, sampling)
        run = functools.partial(_exact, ns=self.ns[-EXACT_NS[quality] :], measure=self.measure)
        known = exact_laws.map(run, models, "exact laws of the {}".format)
        panels = []
        for index, (model, exact) in enumerate(zip(models, known, strict=True)):
            simulating.progress(f"distances of the {model}", index / len(models))
            panels.append(self._panel(model, exact, draws, seed, floor.value, work))
        return {
            "measure": self.measure,
            "draws": draws,
            "floor": {"value": floor.value, "stderr": floor.stderr},
            "panels": panels,
        }

    def _panel(
        self, model: WeightedSum, exact: _Exact, draws: int, seed: int, floor: float, work: Work
    ) -> dict[str, Any]:
        """Return what the panel of one kind of terms shows."""
        distances, refusals, leading = exact
        fitted = {n: d for n, d in drawable(distances).items() if n in larger_half(self.ns)}
        alone = len(fitted) < FEWEST
        executor = work.executor_for(model)
        summaries = simulate_path(
            model, self.ns, draws, seed=seed, independent=alone, executor=executor
        )
        estimates = {n: _measured(summary, self.measure) for n, summary in summaries.items()}
        if alone:
            high = {n: e for n, e in estimates.items() if e.value > ABOVE_FLOOR * floor}
            fitted = drawable(high)
        return {
            "nonlinearity": str(model.nonlinearity),
            "inputs": str(model.inputs),
            "weights": weights_text(model),
            "exact": _columns(drawable(distances)),
            "no_exact_law": refusals,
            "monte_carlo": _columns(drawable(estimates)),
            "independent": alone,
            "bound": self._bounds(model),
            "leading": leading,
            "fit": fitted_power(fitted, None if leading is None else leading["exponent"]),
        }

    def _bounds(self, model: WeightedSum) -> dict[str, Any] | None:
        """Return the proved bound for each n, or None without one."""
        bound = BOUNDS.get(self.measure)
        if bound is None or not math.isfinite(lyapunov_fraction(model)):
            return None
        return {"n": list(self.ns), "value": [bound(model.prefix(n)) for n in self.ns]}

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw a panel for each kind of terms."""
        return draw_convergence(data)


def _checked_weight(weight: Any) -> str | float:
    """Return a law as its text, a number as it is."""
    if isinstance(weight, int | float) and not isinstance(weight, bool):
        return finite("each of weights", weight)
    return str(laws.get(weight))


def _measured(source: ExactLaw | Summary, measure: str) -> Estimate:
    """Return the size of a measure."""
    estimate = gaussianity(source, measures=measure)[measure]
    return Estimate(abs(estimate.value), estimate.stderr)


def _floor(measure: str, draws: int, seed: int, work: Work) -> Estimate:
    """Return the mean of what as many draws of N(0,1) itself show."""
    run = functools.partial(_floor_run, measure=measure, draws=draws, seed=seed)
    values = work.map(run, range(FLOOR_RUNS), "floor of sampling, run {}".format)
    return Estimate(float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(FLOOR_RUNS))


def _floor_run(run: int, measure: str, draws: int, seed: int) -> float:
    normal = WeightedSum(1, "normal", weights=1.0)
    # Runs that follow each other in one stream are independent.
    length = -(-draws // 65536) * 65536
    return _measured(simulate(normal, draws, seed=seed, start=run * length), measure).value


def _exact(model: WeightedSum, ns: Sequence[int], measure: str) -> _Exact:
    """Return for each n the distance or why there is none, and the leading power of n."""
    known, refusals = {}, {}
    for n in ns:
        law, refusal = law_or_refusal(model.prefix(n))
        if law is None:
            refusals[n] = refusal
        else:
            known[n] = law
    distances = {n: _measured(law, measure) for n, law in known.items()}
    return distances, refusals, leading_power(model, known.get(model.n), measure)


def _columns(distances: dict[int, Estimate]) -> dict[str, list[float]]:
    return {
        "n": list(distances),
        "value": [d.value for d in distances.values()],
        "stderr": [d.stderr for d in distances.values()],
    }
