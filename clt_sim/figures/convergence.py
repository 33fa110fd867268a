"""Distances to N(0,1) against the number of terms, beside what theorems say of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from matplotlib.ticker import LogLocator, NullLocator

from clt_sim import laws, nonlinearities
from clt_sim._validation import finite, unknown_name, whole
from clt_sim.engine import simulate, simulate_path
from clt_sim.estimate import Estimate
from clt_sim.exact import ExactLaw, NoExactLaw, exact
from clt_sim.figures.recipe import Progress, Recipe, registry
from clt_sim.gaussianity import gaussianity
from clt_sim.models import WeightedSum
from clt_sim.models.weighted_sum import MOST_TERMS
from clt_sim.plotting import draw_bound, draw_distances, draw_estimates, draw_rate, note, style
from clt_sim.plotting.style import PAGE_WIDTH, UNIT
from clt_sim.theory import (
    RateFit,
    berry_esseen_bound,
    fit_rate,
    goldstein_bound,
    lyapunov_fraction,
    sum_cumulants,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from clt_sim.summaries import Summary

DRAWS = {"draft": 100_000, "paper": 4_000_000}
EXACT_NS = {"draft": 3, "paper": MOST_TERMS}
"""Of how many n at most, the largest ones, the exact law is computed."""
FLOOR_RUNS = 16
"""How many runs of N(0,1) the floor of sampling is the mean of."""
ABOVE_FLOOR = 5.0
"""Estimates at least so many floors high are fitted, if there is no exact law."""
COLUMNS = 4
_FEWEST = 3
"""A power of n is fitted to at least so many distances."""
_DENSITY_0 = 1.0 / math.sqrt(math.tau)
_EXTREME_OF_HE3 = math.sqrt(6.0 * (3.0 - math.sqrt(6.0)) / math.tau) * math.exp(
    -0.5 * (3.0 - math.sqrt(6.0))
)
"""The largest value of ``|He3(z)| phi(z)``, at z^2 = 3 - sqrt(6)."""
_DENSITY_ROOT_3 = _DENSITY_0 * math.exp(-1.5)
_DENSITY_1 = _DENSITY_0 * math.exp(-0.5)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What theory says of one measure: the first terms of its expansion, and a bound."""

    label: str
    per_skewness: float | None
    """The limit of the measure over ``|skewness|``; None where the skewness does not enter."""
    per_kurtosis: float
    """The limit over ``|excess kurtosis|``, where the skewness is 0 or does not enter."""
    bound: Callable[[WeightedSum], float] | None = None
    bound_label: str = ""


# The expansion F - Phi = -phi (g/6 He2 + k/24 He3 + ...): its largest value and the integral of
# its size, which for He_j phi is the total variation of He_(j-1) phi.
MEASURES = {
    "kolmogorov": _Kind(
        "Kolmogorov distance",
        _DENSITY_0 / 6.0,
        _EXTREME_OF_HE3 / 24.0,
        berry_esseen_bound,
        "Berry–Esseen bound",
    ),
    "wasserstein-1": _Kind(
        "Wasserstein-1 distance",
        4.0 * _DENSITY_1 / 6.0,
        2.0 * (_DENSITY_0 + 4.0 * _DENSITY_ROOT_3) / 24.0,
        goldstein_bound,
        "Goldstein's bound",
    ),
    "excess-kurtosis": _Kind("$|$excess kurtosis$|$", None, 1.0),
}


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
        if self.measure not in MEASURES:
            raise unknown_name("measure of this figure", self.measure, MEASURES)
        put = object.__setattr__
        functions = [nonlinearities.get(phi) for phi in _listed(self.nonlinearities)]
        put(self, "nonlinearities", tuple(map(str, functions)))
        put(self, "weights", tuple(map(_checked_weight, _listed(self.weights))))
        given = _listed(self.inputs)
        if self.inputs is None:
            given = ["uniform" if phi.name == "identity" else "normal" for phi in functions]
        put(self, "inputs", tuple(str(laws.get(law)) for law in given))
        ns = {whole("each of ns", n, least=1, most=MOST_TERMS) for n in _listed(self.ns)}
        put(self, "ns", tuple(sorted(ns)))
        for argument in ("nonlinearities", "weights"):
            if not getattr(self, argument):
                raise ValueError(f"{argument} must be at least one.")
        if len(ns) < _FEWEST:
            raise ValueError(f"ns must be at least {_FEWEST} numbers, not {sorted(ns)}.")
        if len(given) not in (1, len(functions)):
            raise ValueError(
                f"inputs must be one law, or one for each of {len(functions)} nonlinearities,"
                f" not {len(given)}."
            )
        for model in self._models():
            if not 0.0 < model.variance < math.inf:
                raise ValueError(
                    "each sum must have a finite variance above 0 to be standardised by;"
                    f" that of the {model} is {model.variance}."
                )

    def _models(self) -> list[WeightedSum]:
        """Return the sum of the most terms for each panel."""
        inputs = itertools.cycle(self.inputs or ())
        pairs = list(zip(inputs, self.nonlinearities, strict=False))
        terms = [(*pair, self.weights[0]) for pair in pairs]
        terms += [(*pairs[0], weight) for weight in self.weights[1:]]
        return [WeightedSum(self.ns[-1], x, phi, w) for x, phi, w in terms]

    def compute(self, *, quality: str, seed: int, progress: Progress) -> dict[str, Any]:
        """Measure every sum, exactly where there is a route and by simulation."""
        draws, models = DRAWS[quality], self._models()
        panels: list[dict[str, Any]] = []
        floor = _floor(self.measure, draws, seed)
        known = self.ns[-EXACT_NS[quality] :]
        for index, model in enumerate(models):
            progress(f"distances of the {model}", index / len(models))
            panels.append(self._panel(model, known, draws, seed, floor.value))
        return {
            "measure": self.measure,
            "draws": draws,
            "floor": {"value": floor.value, "stderr": floor.stderr},
            "panels": panels,
        }

    def _panel(
        self, model: WeightedSum, known: Sequence[int], draws: int, seed: int, floor: float
    ) -> dict[str, Any]:
        """Return what the panel of one kind of terms shows."""
        exact_laws, refusals = _exact_laws(model, known)
        distances = {n: _measured(law, self.measure) for n, law in exact_laws.items()}
        fitted = {n: d for n, d in _drawable(distances).items() if n in _larger_half(self.ns)}
        alone = len(fitted) < _FEWEST
        summaries = simulate_path(model, self.ns, draws, seed=seed, independent=alone)
        estimates = {n: _measured(summary, self.measure) for n, summary in summaries.items()}
        leading = _leading_term(model, exact_laws.get(model.n), self.measure)
        if alone:
            high = {n: e for n, e in estimates.items() if e.value > ABOVE_FLOOR * floor}
            fitted = _drawable(high)
        return {
            "nonlinearity": str(model.nonlinearity),
            "inputs": str(model.inputs),
            "weights": weight_of(model),
            "exact": _columns(_drawable(distances)),
            "no_exact_law": refusals,
            "monte_carlo": _columns(_drawable(estimates)),
            "independent": alone,
            "bound": self._bounds(model),
            "leading": leading,
            "fit": _fit(fitted, None if leading is None else leading["exponent"]),
        }

    def _bounds(self, model: WeightedSum) -> dict[str, Any] | None:
        """Return the proved bound for each n, or None without one."""
        bound = MEASURES[self.measure].bound
        if bound is None or not math.isfinite(lyapunov_fraction(model)):
            return None
        return {"n": list(self.ns), "value": [bound(model.prefix(n)) for n in self.ns]}

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw a panel for each kind of terms."""
        from matplotlib.figure import Figure

        panels = data["panels"]
        columns = min(COLUMNS, len(panels))
        rows = math.ceil(len(panels) / columns)
        with style():
            figure = Figure(
                figsize=(PAGE_WIDTH * (0.5, 0.8, 1.0, 1.0)[columns - 1], 0.55 + 1.95 * rows),
                layout="constrained",
            )
            grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
            places = list(grid.flat)
            for letter, ax, panel in zip(
                "abcdefghijklmnopqrstuvwxyz", places, panels, strict=False
            ):
                _draw_panel(panel, data, ax)
                ax.set_title(f"{heading(panel)}", linespacing=1.1)
                ax.set_title(letter, loc="left", fontweight="bold")
            for ax in places[len(panels) :]:
                ax.set_visible(False)
            for ax in grid[:, 0]:
                ax.set_ylabel(MEASURES[data["measure"]].label)
            for ax in places[len(panels) - columns : len(panels)]:
                ax.set_xlabel("number of terms $n$")
                ax.tick_params(labelbottom=True)
            _limits(data, places[0])
            _legend(figure, places[: len(panels)])
        return figure


def _listed(given: Any) -> list[Any]:
    """Return a sequence as a list; one value alone is a list of one."""
    return list(given) if isinstance(given, list | tuple | range | np.ndarray) else [given]


def _checked_weight(weight: Any) -> str | float:
    """Return a law as its text, a number as it is."""
    if isinstance(weight, int | float) and not isinstance(weight, bool):
        return finite("each of weights", weight)
    return str(laws.get(weight))


def weight_of(model: WeightedSum) -> str:
    """Return the law of the weights, or the number that all weights are, after its sign."""
    if isinstance(model.weights, laws.Law):
        return rf"$\sim$ {model.weights}"
    return f"= {float(model.weights.values[0]):g}"


def _measured(source: ExactLaw | Summary, measure: str) -> Estimate:
    """Return the size of a measure."""
    estimate = gaussianity(source, measures=measure)[measure]
    return Estimate(abs(estimate.value), estimate.stderr)


def _floor(measure: str, draws: int, seed: int) -> Estimate:
    """Return the mean of what as many draws of N(0,1) itself show."""
    normal = WeightedSum(1, "normal", weights=1.0)
    # Runs that follow each other in one stream are independent.
    length = -(-draws // 65536) * 65536
    values = [
        _measured(simulate(normal, draws, seed=seed, start=run * length), measure).value
        for run in range(FLOOR_RUNS)
    ]
    return Estimate(float(np.mean(values)), float(np.std(values, ddof=1)) / math.sqrt(FLOOR_RUNS))


def _exact_laws(
    model: WeightedSum, ns: Sequence[int]
) -> tuple[dict[int, ExactLaw], dict[int, str]]:
    """Return the law for each n that has one, and for the others the reason why not."""
    known, refusals = {}, {}
    for n in ns:
        try:
            known[n] = exact(model.prefix(n))
        except NoExactLaw as refusal:
            refusals[n] = str(refusal)
    return known, refusals


def _drawable(distances: dict[int, Estimate]) -> dict[int, Estimate]:
    """Return what is finite and above its own error in numbers: all but distances that are 0."""
    return {
        n: d
        for n, d in sorted(distances.items())
        if math.isfinite(d.value) and math.isfinite(d.stderr) and d.value > 1e-12
    }


def _columns(distances: dict[int, Estimate]) -> dict[str, list[float]]:
    return {
        "n": list(distances),
        "value": [d.value for d in distances.values()],
        "stderr": [d.stderr for d in distances.values()],
    }


def _estimates(columns: dict[str, list[float]]) -> dict[int, Estimate]:
    rows = zip(columns["n"], columns["value"], columns["stderr"], strict=True)
    return {int(n): Estimate(value, stderr) for n, value, stderr in rows}


def _larger_half(ns: Sequence[int]) -> Sequence[int]:
    return ns[-max(_FEWEST, (len(ns) + 1) // 2) :]


def _fit(distances: dict[int, Estimate], theorem: float | None) -> dict[str, Any] | None:
    """Return the fitted power of n, or None for too few distances."""
    if len(distances) < _FEWEST:
        return None
    values = [d.value for d in distances.values()]
    errors = [d.stderr for d in distances.values()]
    # The errors of exact distances are those of rounding, and say nothing of weights.
    sampled = min(e / d for e, d in zip(errors, values, strict=True)) > 1e-6
    fit = fit_rate(list(distances), values, errors if sampled else None, theorem_exponent=theorem)
    return {**asdict(fit), "n": list(distances)}


def _leading_term(
    model: WeightedSum, law: ExactLaw | None, measure: str
) -> dict[str, float | None] | None:
    """Return the exponent and the constant of the leading power of 1/n; None if unknown.

    For terms whose characteristic function stays away from 1 the first term of the Edgeworth
    expansion leads: ``|skewness|`` or, if it is 0, ``|excess kurtosis|`` times a number. For
    lattice terms with the span h the Kolmogorov distance is ``(|g|/6 + h/(2 sd))/sqrt(2 pi)``
    with the skewness g and the standard deviation of the sum (Esseen, A moment inequality with an
    application to the central limit theorem, 1956). Symmetric terms with a tail index a between 2
    and 4 have a term ``|t|**a`` in the characteristic function, and the exponent ``a/2 - 1``.
    """
    kind, n = MEASURES[measure], model.n
    third, fourth = sum_cumulants(model, 4).standardized
    if kind.per_skewness is None:
        return _power(kind.per_kurtosis * abs(fourth), 1.0, n)
    try:
        discrete = _is_discrete(model)
    except NoExactLaw:
        return None
    if discrete:
        span = _span(law) if measure == "kolmogorov" else math.nan
        return _power((abs(third) / 6.0 + span / 2.0) * _DENSITY_0, 0.5, n)
    if model.tail_index < 4.0 and _is_symmetric(model):
        return {"exponent": model.tail_index / 2.0 - 1.0, "constant": None}
    if abs(third) > 1e-9:
        return _power(kind.per_skewness * abs(third), 0.5, n)
    return _power(kind.per_kurtosis * abs(fourth), 1.0, n)


def _span(law: ExactLaw | None) -> float:
    """Return the step of a lattice law in standard deviations; nan for what is none."""
    if law is None or law.method != "lattice":
        return math.nan
    places = np.sort(np.array(list(law.atoms)))
    return float(np.min(np.diff(places))) / math.sqrt(law.variance)


def _power(value: float, exponent: float, n: int) -> dict[str, float | None] | None:
    """Return the power of n that has a value at n."""
    if not (math.isfinite(value) and value > 1e-12):
        return None
    return {"exponent": exponent, "constant": value * n**exponent}


def _is_discrete(model: WeightedSum) -> bool:
    """Return whether the terms have atoms only."""
    term = exact(WeightedSum(1, model.inputs, model.nonlinearity, 1.0))
    parts = [term.atoms]
    if isinstance(model.weights, laws.Law):
        parts.append(model.weights.atoms)
    return all(math.isclose(math.fsum(atoms.values()), 1.0, rel_tol=1e-9) for atoms in parts)


def _is_symmetric(model: WeightedSum) -> bool:
    """Return whether the weights are symmetric about 0, and so every term."""
    if not isinstance(model.weights, laws.Law):
        return False
    p = np.linspace(0.01, 0.49, 25)
    low, high = model.weights.quantile(p), model.weights.quantile(1.0 - p)
    return bool(np.allclose(low, -high, rtol=1e-9, atol=1e-12))


def heading(panel: dict[str, Any]) -> str:
    """Return what the terms of a panel are, in two lines."""
    identity = panel["nonlinearity"] == "identity"
    x = "$x$" if identity else f"{panel['nonlinearity']}($x$)"
    words = rf"{x}, $x \sim$ {panel['inputs']}" + f"\n$w$ {panel['weights']}"
    return words.replace("=-", "=−").replace("= -", "= −").replace(".0)", ")")


def _draw_panel(panel: dict[str, Any], data: dict[str, Any], ax: Axes) -> None:
    kind = MEASURES[data["measure"]]
    ax.set(xscale="log", yscale="log")
    ax.axhline(
        data["floor"]["value"],
        color="#717581",
        linewidth=0.8,
        linestyle=(0, (1, 1.5)),
        label=f"N(0,1) in {_power_of_ten(data['draws'])} draws",
        zorder=1.8,
    )
    if panel["bound"]:
        bound = panel["bound"]
        draw_bound(
            dict(zip(bound["n"], bound["value"], strict=True)), label=kind.bound_label, ax=ax
        )
    leading, known = panel["leading"], _estimates(panel["exact"])
    if leading and leading["constant"]:
        ends = np.array([1.0, max(panel["monte_carlo"]["n"])])
        ax.plot(
            ends,
            leading["constant"] * ends ** -leading["exponent"],
            color=UNIT,
            alpha=0.5,
            linewidth=2.8,
            label="leading term of theory",
            zorder=2,
        )
    if known:
        draw_distances(known, label="exact", ax=ax)
    if panel["monte_carlo"]["n"]:
        estimates = _estimates(panel["monte_carlo"])
        draw_estimates(estimates, label="Monte Carlo ± 2 s.e.", ax=ax)
    note(_draw_fit(panel["fit"], ax), x=0.935, ax=ax)


def _draw_fit(fit: dict[str, Any] | None, ax: Axes) -> list[str]:
    """Draw the fitted power, and return its exponents in words."""
    if fit is None:
        return ["too few distances to fit"]
    values = {key: value for key, value in fit.items() if key != "n"}
    draw_rate(RateFit(**{**values, "interval": tuple(fit["interval"])}), fit["n"], ax=ax)
    line = ax.lines[-1]
    confidence = f"{100.0 * fit['confidence']:g} %"
    words = str(line.get_label()).replace(f"{confidence}: ", "")
    line.set_label(f"fitted power of $n$ ({confidence} interval)")
    return words.split(", ")


def _power_of_ten(draws: int) -> str:
    exponent = math.floor(math.log10(draws))
    factor = draws / 10**exponent
    return f"$10^{exponent}$" if factor == 1.0 else rf"${factor:g}\times10^{exponent}$"


def _limits(data: dict[str, Any], ax: Axes) -> None:
    """Leave room above the bound for the words."""
    values = [
        v
        for panel in data["panels"]
        for key in ("exact", "monte_carlo")
        for v in panel[key]["value"]
    ]
    bounds = [panel["bound"]["value"][0] for panel in data["panels"] if panel["bound"]]
    least = min([*values, data["floor"]["value"]])
    ax.set_ylim(0.5 * least, 15.0 * max([*values, *bounds, data["floor"]["value"]]))
    ns = [n for panel in data["panels"] for n in panel["monte_carlo"]["n"]]
    ax.set_xlim(0.7 * min(ns), 1.5 * max(ns))
    if max(ns) < 100 * min(ns):  # powers of ten would be too few marks
        ax.xaxis.set_major_locator(LogLocator(2))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_locator(NullLocator())


def _legend(figure: Figure, panels: Sequence[Axes]) -> None:
    """Explain once what occurs in any panel."""
    entries: dict[str, Any] = {}
    for ax in panels:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    columns = (2, 3, 3, len(entries))[min(len(panels), COLUMNS) - 1]
    figure.legend(
        entries.values(),
        entries.keys(),
        loc="outside lower center",
        ncols=columns,
        columnspacing=1.2,
        handletextpad=0.5,
    )
