"""The claim that pre-activations are not sparse."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._validation import positive, whole
from clt_sim.claims.claim import Claim, Source, registry
from clt_sim.claims.finding import CONFIDENCE, Finding, finding
from clt_sim.claims.ioffe_szegedy import SYMMETRIC_AND_NON_SPARSE
from clt_sim.engine import sample
from clt_sim.estimate import Estimate
from clt_sim.exact import exact
from clt_sim.experiments.work import blocks, joined
from clt_sim.gaussianity import gaussianity
from clt_sim.laws import Normal, Sparse
from clt_sim.models import WeightedSum
from clt_sim.models.weighted_sum import MOST_TERMS
from clt_sim.sparsity import sparsity
from clt_sim.verdicts.sources import median_interval

if TYPE_CHECKING:
    from clt_sim.exact import ExactLaw
    from clt_sim.experiments.work import Work
    from clt_sim.laws import Law
    from clt_sim.report import Report

MEANINGS = ("exact-zero", "near-zero", "hoyer", "gini", "treves-rolls", "kurtosis", "support")
"""The indices, each another meaning of the word; 1 is sparse in each."""
_OF_DRAWS = MEANINGS[:-1]
"""Draws have no support."""
_BLOCK = 16
"""Vectors of weights in a piece of work."""
_FEW = 4
_WEIGHT_VECTORS = {"draft": 41, "paper": 201}
_DRAWS = {"draft": 10_000, "paper": 100_000}


@dataclass(frozen=True, slots=True)
class _Output:
    """An output u of a unit.

    Parameters
    ----------
    inputs, nonlinearity, dropout
        As of `WeightedSum`.
    alone : Law
        Inputs that give a multiple of u without dropout.
    """

    inputs: str
    nonlinearity: str
    dropout: float = 0.0
    alone: Law = Normal()  # noqa: RUF009 - a frozen value

    def sum(self, n: int) -> WeightedSum:
        """Return the sum with normal weights."""
        return WeightedSum(n, self.inputs, self.nonlinearity, dropout=self.dropout)

    def one(self) -> WeightedSum:
        """Return u, or a multiple."""
        return WeightedSum(1, self.alone, self.nonlinearity, weights=1.0)


_SPARSE = {
    "relu(normal)": _Output("normal", "relu"),
    "relu(normal) with dropout 0.5": _Output("normal", "relu", 0.5, Sparse("normal", 0.5)),
}
"""Outputs that are sparser than a normal variable in all meanings but the support."""
_OTHERS = {"sigmoid(normal)": _Output("normal", "sigmoid")}


@registry.register
@dataclass(frozen=True, slots=True)
class PreActivationsNotSparse(Claim):
    """Weighted sums are no sparser than normal variables, in each meaning of the word.

    Over weights and inputs the indices are those of exact laws. Over inputs at fixed weights they
    are medians over vectors of weights, each with its own draws of the inputs; the range of draws
    says nothing of a support, which is left out there.

    Parameters
    ----------
    n : int
        Number of terms.
    within : float
        How far an index may be above that of a centred normal law.
    """

    name: ClassVar[str] = "pre-activations-not-sparse"
    statement: ClassVar[str] = (
        "Wu+b is hardly sparser than a normal variable, and less sparse than u where u is sparse,"
        " in each meaning of the word."
    )
    source: ClassVar[Source] = SYMMETRIC_AND_NON_SPARSE
    rule: ClassVar[str] = (
        "Holds if each of seven indices of Wu+b exceeds that of a centred normal law by less than"
        " the margin, over weights and inputs and, for ReLU, in the median over fixed weights; and"
        " if six of them are below those of u for ReLU without and with dropout."
    )
    turns: ClassVar[str] = (
        "It takes dozens of terms, many of them active; a normal variable is not 0 in Hoyer's,"
        " Gini's and Treves-Rolls's index, so that u of a sigmoid is less sparse than Wu+b; sums"
        " of equal weights and discrete u stay discrete; and read as a positive excess kurtosis,"
        " sums of tanh are sparser than u."
    )

    n: int = 64
    within: float = 0.05

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "n", whole("n", self.n, least=1, most=MOST_TERMS))
        object.__setattr__(self, "within", positive("within", self.within))

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Compare the exact laws of sums with the normal law and with that of u."""
        normal = _indices(Normal())
        outputs = _SPARSE | _OTHERS
        exact_laws, draws, conditions = (work.part(index, 3) for index in range(3))
        reports = exact_laws.map(
            functools.partial(_of_output, n=self.n), outputs.items(), "sums of {0[0]}".format
        )
        found: list[Finding] = []
        for what, (of_sum, of_u) in zip(outputs, reports, strict=True):
            found += self._above_normal(what, of_sum, normal)
            if of_u is not None:
                found += self._below_u(what, of_sum, of_u)
        found += self._at_fixed_weights(normal, quality, np.random.default_rng(seed), draws)
        conditions.progress("conditions of sparsity", 0.0)
        return [*found, *self._conditions(normal)]

    def _above_normal(self, what: str, of_sum: Report, normal: Report) -> Iterator[Finding]:
        for name in MEANINGS:
            question = f"{name} of Wu+b less that of a normal law, {self.n} {what}"
            gap = _difference(of_sum[name], normal[name])
            yield finding(question, gap, "below", self.within)

    def _below_u(self, what: str, of_sum: Report, of_u: Report) -> Iterator[Finding]:
        for name in _OF_DRAWS:
            question = f"{name} of Wu+b less that of u, {self.n} {what}"
            yield finding(question, _difference(of_sum[name], of_u[name]), "below", 0.0)

    def _at_fixed_weights(
        self, normal: Report, quality: str, rng: np.random.Generator, work: Work
    ) -> Iterator[Finding]:
        """Yield medians over weight vectors of indices over inputs."""
        sums = []
        for _ in range(_WEIGHT_VECTORS[quality]):
            model = WeightedSum(self.n, "normal", "relu", rng.standard_normal(self.n))
            sums.append((model, int(rng.integers(2**32))))
        measure_sums = functools.partial(_indices_of_draws, draws=_DRAWS[quality])
        words = "sums at fixed weights".format
        reports = joined(work.map(measure_sums, blocks(sums, _BLOCK), words))
        for name in _OF_DRAWS:
            gaps = np.sort([report[name] - normal[name].value for report in reports])
            question = (
                f"{name} at fixed weights less that of a normal law, median, {self.n} relu(normal)"
            )
            interval = median_interval(gaps, CONFIDENCE)
            yield Finding(question, float(np.median(gaps)), *interval, "below", self.within)

    def _conditions(self, normal: Report) -> Iterator[Finding]:
        """Yield where sums are sparse, and where less sparse than normal is meant."""

        def one(what: str, value: Estimate, threshold: float) -> Finding:
            return finding(what, value, "below", threshold, decides=False)

        for name in ("hoyer", "gini", "treves-rolls"):
            yield one(f"{name} of a normal law itself", normal[name], self.within)
        relu = _SPARSE["relu(normal)"]
        few = sparsity(exact(relu.sum(_FEW)), measures=("exact-zero", "kurtosis"))
        yield one(f"exact-zero of the sum of {_FEW} relu(normal)", few["exact-zero"], self.within)
        gap = _difference(few["kurtosis"], _index(relu.one(), "kurtosis"))
        yield one(f"kurtosis of the sum of {_FEW} relu(normal) less that of u", gap, 0.0)
        spikes = WeightedSum(self.n, Sparse("normal", 0.8))
        gap = _difference(_index(spikes, "kurtosis"), normal["kurtosis"])
        what = f"kurtosis of Wu+b less that of a normal law, {self.n} normal, 80% of them 0"
        yield one(what, gap, self.within)
        active = WeightedSum(self.n, Sparse("normal", 1.0 - 0.5 / self.n))
        zeros = _index(active, "exact-zero")
        yield one(f"exact-zero of Wu+b, 1 of {2 * self.n} terms active", zeros, self.within)
        for what, weights in (("normal", "normal"), ("equal", 1.0)):
            support = _index(WeightedSum(self.n, "rademacher", weights=weights), "support")
            yield one(f"support of Wu+b, {self.n} rademacher, {what} weights", support, self.within)
        sigmoid = _OTHERS["sigmoid(normal)"]
        gap = _difference(_index(sigmoid.sum(self.n), "gini"), _index(sigmoid.one(), "gini"))
        yield one(f"gini of Wu+b less that of u, {self.n} sigmoid(normal)", gap, 0.0)
        tanh = _Output("normal", "tanh")
        gap = _difference(*(_excess_kurtosis(m) for m in (tanh.sum(self.n), tanh.one())))
        yield one(f"excess kurtosis of Wu+b less that of u, {self.n} tanh(normal)", gap, 0.0)


def _of_output(item: tuple[str, _Output], n: int) -> tuple[Report, Report | None]:
    """Return the indices of a sum, and of one output where they are compared."""
    what, output = item
    of_sum = _indices(exact(output.sum(n)))
    return of_sum, _indices(exact(output.one())) if what in _SPARSE else None


def _indices_of_draws(
    sums: Sequence[tuple[WeightedSum, int]], draws: int
) -> list[dict[str, float]]:
    """Return the indices of draws of each sum."""
    reports = [
        sparsity(sample(model, draws, seed=seed), measures=_OF_DRAWS) for model, seed in sums
    ]
    return [{name: report[name].value for name in _OF_DRAWS} for report in reports]


def _indices(source: ExactLaw | Law) -> Report:
    return sparsity(source, measures=MEANINGS)


def _index(model: WeightedSum, name: str) -> Estimate:
    return sparsity(exact(model), measures=name)[name]


def _excess_kurtosis(model: WeightedSum) -> Estimate:
    return gaussianity(exact(model), measures="excess-kurtosis")["excess-kurtosis"]


def _difference(first: Estimate, second: Estimate) -> Estimate:
    """Return the difference of two numbers from laws, whose errors are bounds."""
    return Estimate(first.value - second.value, first.stderr + second.stderr)
