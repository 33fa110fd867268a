"""What non-sparse means: indices of u and of Wu+b, the share near 0, and criteria for indices."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim import laws
from clt_sim._validation import whole
from clt_sim.engine import sample
from clt_sim.figures.exact_laws import law_or_refusal
from clt_sim.figures.recipe import Recipe, registry
from clt_sim.figures.sparsity_drawing import LOOKS, REACH, draw_sparsity
from clt_sim.measures import select
from clt_sim.models import WeightedSum
from clt_sim.models.weighted_sum import MOST_TERMS
from clt_sim.sparsity import axioms, sparsity
from clt_sim.sparsity.registry import MEASURES

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from clt_sim.exact import ExactLaw
    from clt_sim.experiments.work import Work

DRAWS = {"draft": 100_000, "paper": 1_000_000}
TRIALS = {"draft": 20, "paper": 100}
MOST_NS = {"draft": 3, "paper": 64}
"""So many of the numbers of terms are taken, evenly spaced, with the first and the last."""
_LINE_POINTS, _BINS = 400, 70


@registry.register
@dataclass(frozen=True, slots=True)
class SparsityOfSums(Recipe):
    """How sparse the output u of a nonlinearity and its weighted sums are.

    Indices of sparsity of u and, along the number n of terms, of ``Wu+b`` with b = 0, beside their
    values for a centred normal law; the densities with the share of values near 0; and which
    criteria of N. Hurley & S. Rickard (Comparing measures of sparsity, 2009) measures meet.

    In the gallery the exact zeros are gone from 16 terms on; all other indices end at their values
    for a normal law, which are not 0. Of the sixteen measures the Gini index and the pq-mean alone
    meet all criteria.

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
        if not 1 <= len(chosen) <= len(LOOKS):
            raise ValueError(f"measures must be 1 to {len(LOOKS)}, not {len(chosen)}.")
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

    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Measure the exact laws and draws, and try the criteria."""
        draws, ns = DRAWS[quality], _thinned(self.ns, MOST_NS[quality])
        indices = functools.partial(self._indices, draws=draws, seed=seed)
        density = functools.partial(_density, draws=draws, seed=seed)
        pieces: list[tuple[str, Callable[[], Any]]] = [
            ("criteria of sparsity", functools.partial(_criteria, TRIALS[quality], seed)),
            ("density of u", functools.partial(density, self._u())),
            ("density of sums", functools.partial(density, self._sum(self.n))),
            ("sparsity of u", functools.partial(indices, self._u())),
        ]
        pieces += [
            (f"sparsity of sums of {n}", functools.partial(indices, self._sum(n))) for n in ns
        ]
        criteria, of_u, of_sum, u, *sums = work.map(_called, pieces, "{0[0]}".format)
        normal = laws.Normal()
        return {
            "draws": draws,
            "u": u,
            "sums": [{"n": n, **each} for n, each in zip(ns, sums, strict=True)],
            "normal": {"indices": _values(normal, self.measures), "near_zero": _near_zero(normal)},
            "densities": {"u": of_u, "sum": of_sum},
            "axioms": criteria,
        }

    def _indices(self, model: WeightedSum, draws: int, seed: int) -> dict[str, Any]:
        law, _ = law_or_refusal(model)
        return {
            "exact": None if law is None else _values(law, self.measures),
            "monte_carlo": _values(sample(model, draws, seed=seed), self.measures),
        }

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw the indices, the densities and the criteria."""
        names = {"u": f"$u$, {self.nonlinearity}", "sum": f"$Wu+b$, $n = {self.n}$"}
        return draw_sparsity(data, ns=self.ns, measures=self.measures, names=names)


def _called(piece: tuple[str, Callable[[], Any]]) -> Any:
    return piece[1]()


def _criteria(trials: int, seed: int) -> dict[str, Any]:
    """Return which measures meet which criteria, in words."""
    table = axioms(trials=trials, seed=seed)
    findings = {
        name: {key: str(finding) for key, finding in table[name].items()} for name in table.findings
    }
    return {"trials": table.trials, "findings": findings}


def _thinned(ns: Sequence[int], most: int) -> list[int]:
    """Return at most so many of the numbers, evenly spaced, with both ends."""
    places = np.linspace(0, len(ns) - 1, min(most, len(ns))).round().astype(int)
    return [ns[place] for place in places]


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
    law, _ = law_or_refusal(model)
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
