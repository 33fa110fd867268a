"""The claim that pre-activations are symmetric."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np

from clt_sim import laws
from clt_sim._validation import positive, whole
from clt_sim.claims.claim import Claim, Source, registry
from clt_sim.claims.finding import CONFIDENCE, Finding, finding
from clt_sim.claims.ioffe_szegedy import SYMMETRIC_AND_NON_SPARSE
from clt_sim.engine import sample
from clt_sim.estimate import Estimate
from clt_sim.exact import exact
from clt_sim.experiments.work import blocks, joined
from clt_sim.gaussianity import gaussianity
from clt_sim.models import WeightedSum
from clt_sim.models.weighted_sum import MOST_TERMS
from clt_sim.verdicts.sources import median_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.experiments.work import Work

MEASURES = ("skewness", "l-skewness", "quantile-asymmetry")
_SKEWED = (("relu", "normal"), ("gelu", "normal"), ("sigmoid", "normal(mean=1.0)"))
"""Nonlinearities and inputs whose outputs u are skewed."""
_WEIGHT_VECTORS = {"draft": 41, "paper": 201}
_DRAWS = {"draft": 10_000, "paper": 100_000}
_KNOWN_VECTORS = {"draft": 1001, "paper": 4001}
"""Of sums at these the skewness is known without draws."""
_BLOCK = 16
"""Vectors of weights in a piece of work: a second of the quality ``"paper"``."""
_FEW, _DOZENS, _THOUSANDS = 4, 64, 4096
_SHIFTED = "normal(mean=0.5)"


@registry.register
@dataclass(frozen=True, slots=True)
class PreActivationsSymmetric(Claim):
    """Weighted sums are symmetric where their terms are skewed, in three measures of asymmetry.

    The measures are the skewness, the L-skewness and the asymmetry of the quantiles, in absolute
    value. Over weights and inputs the laws are exact. Over inputs at fixed weights a measure is
    described by its median over vectors of weights. There the skewness is that of u times
    ``sum w^3/(sum w^2)^1.5``, which is never above 1 in absolute value and falls as 1/n where
    ``E w^3 = 0``, and as n^-1/2 otherwise. The other two are measured on draws of the inputs, new
    ones for each vector; errors of sampling make absolute values larger, against the claim.

    Parameters
    ----------
    n : int
        Number of terms, from 2.
    weights : Law or str
        Of the weights, with a finite third moment.
    within : float
        What asymmetries of sums must be below, and those of u above.
    """

    name: ClassVar[str] = "pre-activations-symmetric"
    statement: ClassVar[str] = (
        "Where u has a skewed distribution, that of Wu+b is symmetric, over weights and inputs and"
        " over inputs at fixed weights."
    )
    source: ClassVar[Source] = SYMMETRIC_AND_NON_SPARSE
    rule: ClassVar[str] = (
        "Holds if for each of three skewed outputs u three asymmetries of u are above the margin,"
        " those of Wu+b over weights and inputs are below it, and so are their medians over weight"
        " vectors for Wu+b at fixed weights."
    )
    turns: ClassVar[str] = (
        "It takes dozens of terms at fixed weights, and weights about 0: with a mean they keep a"
        " skewness in both ensembles, which falls as n^-1/2 and not as 1/n; sigmoid and tanh of"
        " inputs about 0 leave nothing to gain, as their u is symmetric."
    )

    n: int = 64
    weights: laws.Law | str = "normal"
    within: float = 0.1

    def __post_init__(self) -> None:
        """Check the parameters."""
        put = object.__setattr__
        put(self, "n", whole("n", self.n, least=2, most=MOST_TERMS))
        weights = laws.get(self.weights)
        if not weights.tail_index > 3.0:
            raise ValueError(f"weights must have a finite third moment; those of {weights} do not.")
        put(self, "weights", str(weights))
        put(self, "within", positive("within", self.within))

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Compute the exact laws over weights and inputs, and draw inputs at fixed weights."""
        rng = np.random.default_rng(seed)
        found: list[Finding] = []
        for index, (phi, inputs) in enumerate(_SKEWED):
            part = work.part(index, len(_SKEWED) + 1)
            part.progress(f"symmetry of sums of {phi}", 0.0)
            model = WeightedSum(self.n, inputs, phi, self.weights)
            found += [self._of_u(phi, inputs), self._over_weights(model)]
            found.append(self._known(model, _KNOWN_VECTORS[quality], rng))
            found += self._measured(model, quality, rng, part)
        work.progress("conditions of symmetry", len(_SKEWED) / (len(_SKEWED) + 1))
        asked = {one.question for one in found}  # parameters may make a condition decide
        conditions = self._conditions(_KNOWN_VECTORS[quality], rng)
        return [*found, *(one for one in conditions if one.question not in asked)]

    def _of_u(self, phi: str, inputs: str, *, decides: bool = True) -> Finding:
        """Return that u is skewed."""
        asymmetries = _asymmetries(WeightedSum(1, inputs, phi, weights=1.0))
        question = f"least asymmetry of u = {phi}(x), x ~ {inputs}"
        least = min(asymmetries.values(), key=float)
        return finding(question, least, "above", self.within, decides=decides)

    def _over_weights(self, model: WeightedSum, *, decides: bool = True) -> Finding:
        """Return that the sum over weights and inputs is not."""
        largest = max(_asymmetries(model).values(), key=float)
        question = f"largest asymmetry over weights and inputs, {model}"
        return finding(question, largest, "below", self.within, decides=decides)

    def _known(
        self, model: WeightedSum, vectors: int, rng: np.random.Generator, *, decides: bool = True
    ) -> Finding:
        """Return the median skewness at fixed weights, from that of u."""
        u = WeightedSum(1, model.inputs, model.nonlinearity, weights=1.0)
        skews = _asymmetries(u)["skewness"].value * _skewness_of_weights(model, vectors, rng)
        question = f"median |skewness| at fixed weights, {model}"
        return _median_finding(question, skews, self.within, decides=decides)

    def _measured(
        self, model: WeightedSum, quality: str, rng: np.random.Generator, work: Work
    ) -> Iterator[Finding]:
        """Yield the medians of the other asymmetries at fixed weights, from draws of inputs."""
        sums = [_at_fixed_weights(model, rng) for _ in range(_WEIGHT_VECTORS[quality])]
        measure_sums = functools.partial(_asymmetry_of_draws, draws=_DRAWS[quality])
        words = f"symmetry of sums of {model.nonlinearity}".format
        reports = joined(work.map(measure_sums, blocks(sums, _BLOCK), words))
        for measure in MEASURES[1:]:
            sizes = np.array([report[measure] for report in reports])
            question = f"median |{measure}| at fixed weights, {model}"
            yield _median_finding(question, sizes, self.within)

    def _conditions(self, vectors: int, rng: np.random.Generator) -> Iterator[Finding]:
        """Yield where symmetry is not to be had, or takes more terms."""

        def relu(n: int, weights: laws.Law | str) -> WeightedSum:
            return WeightedSum(n, "normal", "relu", weights)

        yield self._known(relu(_FEW, "normal"), vectors, rng, decides=False)
        for weights, theorem in (("laplace", 1.0), (_SHIFTED, 0.5)):
            first, last = (
                self._known(relu(n, weights), vectors, rng, decides=False)
                for n in (_DOZENS, _THOUSANDS)
            )
            yield from (first, last)
            question = f"power of 1/n by which it falls, w ~ {weights} (theorem: {theorem:g})"
            yield Finding(question, *_power(first, last), "above", 0.75, decides=False)
        yield self._over_weights(relu(_DOZENS, _SHIFTED), decides=False)
        for phi in ("sigmoid", "tanh"):
            yield self._of_u(phi, "normal", decides=False)


def _skewness_of_weights(
    model: WeightedSum, vectors: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return ``|sum w^3|/(sum w^2)^1.5`` of vectors of weights."""
    rows = (_weights(model, rng) for _ in range(vectors))
    return np.array([abs((w**3).sum()) / float(w @ w) ** 1.5 for w in rows])


def _at_fixed_weights(model: WeightedSum, rng: np.random.Generator) -> tuple[WeightedSum, int]:
    """Return the sum at one vector of weights, and a seed for its draws."""
    fixed = WeightedSum(model.n, model.inputs, model.nonlinearity, _weights(model, rng))
    return fixed, int(rng.integers(2**32))


def _asymmetry_of_draws(
    sums: Sequence[tuple[WeightedSum, int]], draws: int
) -> list[dict[str, float]]:
    """Return the measures of draws of each sum, in absolute value."""
    reports = [
        gaussianity(sample(model, draws, seed=seed), measures=MEASURES[1:]) for model, seed in sums
    ]
    return [{name: abs(report[name].value) for name in MEASURES[1:]} for report in reports]


def _weights(model: WeightedSum, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a vector of weights from their law."""
    law = cast("laws.Law", model.weights)
    return np.asarray(law.sample(model.n, rng=rng), dtype=np.float64)


def _asymmetries(model: WeightedSum) -> dict[str, Estimate]:
    """Return the absolute values of the measures of an exact law."""
    report = gaussianity(exact(model), measures=MEASURES)
    return {name: Estimate(abs(report[name].value), report[name].stderr) for name in MEASURES}


def _median_finding(
    question: str, values: NDArray[np.float64], threshold: float, *, decides: bool = True
) -> Finding:
    """Return the finding of a median, which is to be below the threshold.

    Its interval misses with half of the probability that is allowed, so that two may be compared.
    """
    low, high = median_interval(np.sort(values), 0.5 * (1.0 + CONFIDENCE))
    return Finding(question, float(np.median(values)), low, high, "below", threshold, decides)


def _power(first: Finding, last: Finding) -> tuple[float, float, float]:
    """Return the power of 1/n by which a median falls from dozens of terms to thousands."""
    span = math.log(_THOUSANDS / _DOZENS)
    pairs = ((first.value, last.value), (first.low, last.high), (first.high, last.low))
    value, low, high = (math.log(before / after) / span for before, after in pairs)
    return value, low, high
