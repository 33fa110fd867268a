"""The weighted sum of n activations: exact density, Monte Carlo histogram, and the normal."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim import laws
from clt_sim._validation import finite
from clt_sim.engine.limits import check_precision
from clt_sim.engine.precision import get_precision
from clt_sim.figures.exact_laws import law_or_refusal
from clt_sim.figures.parameters import nonlinearity_names, whole_numbers
from clt_sim.figures.recipe import Recipe, registry
from clt_sim.figures.simulated_panels import simulated_panels
from clt_sim.figures.sum_of_n_activations_drawing import REACH, draw_sums
from clt_sim.gaussianity import gaussianity
from clt_sim.models import WeightedSum
from clt_sim.models.weighted_sum import MOST_TERMS

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from clt_sim.exact import ExactLaw
    from clt_sim.experiments.work import Work
    from clt_sim.summaries import Summary

DRAWS = {"draft": 200_000, "paper": 10_000_000}
MEASURES = ("kolmogorov", "excess-kurtosis")
_MERGED_BINS = 8
"""The engine's bins are too fine to be seen; this many make one of 1/16 to 1/8 sd."""
_LINE_POINTS = 200
_MOST_ATOMS = 64
_FEW = 1e-3
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

    In the gallery the peak and the stem of ReLU are gone at 16 terms; the distances have fallen 11
    times for ReLU, 24 times for tanh and 19 times for the sigmoid.

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
        put = object.__setattr__
        put(self, "nonlinearities", nonlinearity_names(self.nonlinearities))
        put(self, "inputs", laws.get(self.inputs))
        put(self, "weights", _weights(self.weights))
        put(self, "ns", whole_numbers("ns", self.ns, most=MOST_TERMS))
        for phi, n in itertools.product(self.nonlinearities, self.ns):
            model = self._model(phi, n)
            check_precision(model, get_precision("single"))
            if not 0.0 < model.variance < math.inf:
                raise ValueError(
                    "sums must have a finite variance above 0 to be standardised by; that of the"
                    f" {model} is {model.variance}."
                )

    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Simulate each sum, and find its exact law where there is a route."""
        pairs = itertools.product(self.nonlinearities, self.ns)
        models = [self._model(phi, n) for phi, n in pairs]
        what = "sum of {0.n} {0.nonlinearity}".format
        panels = iter(
            simulated_panels(_panel, models, DRAWS[quality], seed=seed, work=work, what=what)
        )
        rows = [
            {"nonlinearity": phi, "panels": [next(panels) for _ in self.ns]}
            for phi in self.nonlinearities
        ]
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
        return draw_sums(data)


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
    law, refusal = law_or_refusal(model)
    atoms: Mapping[float, float] = {} if law is None else law.atoms
    measured = {"monte_carlo": _estimates(summary)}
    if law is not None:
        measured["exact"] = _estimates(law)
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
        "no_exact_law": refusal or None,
        "gaussianity": measured,
    }


def _estimates(source: Summary | ExactLaw) -> dict[str, dict[str, float]]:
    measured = gaussianity(source, measures=MEASURES)
    return {name: asdict(estimate) for name, estimate in measured.items()}


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
