"""The claim that sums approach the normal law whatever is summed, put to counterexamples."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._validation import positive
from clt_sim.claims.claim import Claim, Source, registry
from clt_sim.claims.finding import Finding, finding
from clt_sim.estimate import Estimate
from clt_sim.exact import exact
from clt_sim.gaussianity import gaussianity
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.models import WeightedSum
from clt_sim.verdicts.nearest import nearest_normal
from clt_sim.verdicts.steps import KnownSteps

if TYPE_CHECKING:
    from clt_sim.exact import ExactLaw
    from clt_sim.experiments.work import Work

_Sum = Callable[[int], WeightedSum]

_NS = {"draft": (64, 1024), "paper": (256, 4096)}
"""The shorter and the longer sum, 16 times as long."""
_FALLING = 0.7
"""The ratio of their distances that tells slow from not at all: n^-1/4 makes it a half."""
_PLACES = {"draft": 400, "paper": 4000}
_CORRELATION = 0.2
_INDEX = 1.5
"""Of Pareto's tail: a mean, and no variance."""
_HALVINGS = 20


@registry.register
@dataclass(frozen=True, slots=True)
class SumsApproachNormalRegardlessOfU(Claim):
    """Sums without any condition are near a normal law once they are long.

    The distance is that to the nearest normal law, of any mean and sd: it exists without a
    variance, and is the kindest to the claim. It is computed from 400 or 4,000 quantiles of the
    exact law, which say the distribution function to half of their share of the probability.

    A limit that is nearer to a normal law than the margin passes, as that of a weight with half of
    the variance, or of symmetric terms of index 1.5: conditions on how the distance falls show it.

    Parameters
    ----------
    within : float
        What the Kolmogorov distance of the longest sum must be below, to the nearest normal law.
    """

    name: ClassVar[str] = "sums-approach-normal-regardless-of-u"
    statement: ClassVar[str] = (
        "The weighted sum of n terms approaches the normal law as n grows, regardless of the"
        " distribution of u and without a condition on the weights."
    )
    source: ClassVar[Source] = Source(
        "A popular reading of the central limit theorem",
        "which leaves out its conditions (Feller 1971, An Introduction to Probability Theory and"
        " Its Applications II, section VIII.4)",
    )
    rule: ClassVar[str] = (
        "Holds if for each of ten sums the Kolmogorov distance of the longest to the nearest normal"
        " law is below the margin; one sum above it refutes. Conditions tell what is slow from what"
        " does not converge: the distance must be at most 0.7 of that of a sum a sixteenth as"
        " long."
    )
    turns: ClassVar[str] = (
        "It takes a finite variance, terms of which none dominates, a law that stays the same as n"
        " grows, and inputs that share no factor; then the form of u does not matter, but for the"
        " speed: without a third moment and on a lattice it is slow."
    )

    within: float = 0.03

    def __post_init__(self) -> None:
        """Check the margin."""
        object.__setattr__(self, "within", positive("within", self.within))

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Compute the exact laws of sums that have what the theorem asks for, and that have not."""
        shorter, longer = _NS[quality]
        places = _PLACES[quality]
        cases = {**_CONVERGING, **_BREAKING, **_CONDITIONS}
        asked = [(what, longer) for what in cases]
        asked += [(what, shorter) for what in cases if what not in _CONVERGING]
        sums = [(what, cases[what](n)) for what, n in asked]
        run = functools.partial(_nearest_of, places=places)
        nearest = work.map(run, sums, "sum of {0[1].n}, {0[0]}".format)
        distances = dict(zip(asked, nearest, strict=True))
        found: list[Finding] = []
        for what in cases:
            distance = distances[what, longer]
            question = f"distance to the nearest normal law, sum of {longer}, {what}"
            decides = what not in _CONDITIONS
            found.append(Finding(question, *distance, "below", self.within, decides))
            if what not in _CONVERGING:
                ratio = _ratio(distance, distances[what, shorter])
                question = f"that distance over the one of the sum of {shorter}, {what}"
                found.append(Finding(question, *ratio, "below", _FALLING, False))
        return [
            *found,
            *self._of_lattice(shorter, longer),
            *_of_halved_weights(self.within, places),
        ]

    def _of_lattice(self, shorter: int, longer: int) -> Iterator[Finding]:
        """Yield what a symmetric lattice keeps: the floor of half an atom, and a slow rate."""
        laws = [exact(_equal("rademacher")(n)) for n in (shorter, longer)]
        atom = Estimate(0.5 * max(laws[-1].atoms.values()), laws[-1].error)
        floor = f"half of the largest atom, no distance is smaller, sum of {longer}, rademacher"
        yield finding(floor, atom, "below", self.within, decides=False)
        first, last = (
            gaussianity(law, measures=["kolmogorov"])["kolmogorov"].value for law in laws
        )
        power = math.log(first / last) / math.log(longer / shorter)
        rate = "power of 1/n by which it falls, rademacher (symmetric without a lattice: 1)"
        yield finding(rate, Estimate(power, 0.0), "above", 0.75, decides=False)


def _equal(inputs: str, nonlinearity: str = "identity", dependence: str | None = None) -> _Sum:
    return lambda n: WeightedSum(n, inputs, nonlinearity, weights=1.0, dependence=dependence)


def _one_dominates(share: float) -> _Sum:
    """Return sums of exponential terms, the first of which has a share of the variance."""

    def dominated(n: int) -> WeightedSum:
        first = math.sqrt((n - 1) * share / (1.0 - share))
        return WeightedSum(n, "exponential", weights=[first, *[1.0] * (n - 1)])

    return dominated


_CONVERGING: dict[str, _Sum] = {
    "uniform": _equal("uniform"),
    "exponential": _equal("exponential"),
    "relu(normal)": _equal("normal", "relu"),
    "bernoulli(0.1)": _equal("bernoulli(probability=0.1)"),
    "rademacher": _equal("rademacher"),
}
_BREAKING: dict[str, _Sum] = {
    "cauchy": _equal("cauchy"),
    f"pareto of index {_INDEX:g}": _equal(f"pareto(shape={_INDEX})"),
    "exponential, one weight with 90% of the variance": _one_dominates(0.9),
    "normal with a shared exponential scale": _equal(
        "normal", dependence="random-scale(factor='exponential')"
    ),
    f"exponential with correlation {_CORRELATION:g}": _equal(
        "exponential", dependence=f"equicorrelated(correlation={_CORRELATION})"
    ),
}
_CONDITIONS: dict[str, _Sum] = {
    "exponential, one weight with half of the variance": _one_dominates(0.5),
    "pareto of index 2.5 (no third moment)": _equal("pareto(shape=2.5)"),
    f"normal weight x pareto of index {_INDEX:g}": lambda n: WeightedSum(
        n, f"pareto(shape={_INDEX})", weights="normal"
    ),
    "one active of n: bernoulli(1/n)": lambda n: WeightedSum(
        n, f"bernoulli(probability={1.0 / n!r})", weights=1.0
    ),
}


def _of_halved_weights(within: float, places: int) -> Iterator[Finding]:
    """Yield the distance of signs with weights 1, 1/2, 1/4 ...: uniform but for 2^-20."""
    law = exact(WeightedSum(_HALVINGS, "rademacher", weights=0.5 ** np.arange(_HALVINGS)))
    question = f"distance to the nearest normal law, sum of {_HALVINGS}, rademacher x 2^-i"
    yield Finding(question, *_nearest(law, places), "below", within, False)


def _nearest_of(piece: tuple[str, WeightedSum], places: int) -> tuple[float, float, float]:
    """Return the distance of the exact law of a sum."""
    return _nearest(exact(piece[1]), places)


def _nearest(law: ExactLaw, places: int) -> tuple[float, float, float]:
    """Return the distance to the nearest normal law, and bounds of it.

    The distribution function F_m of the m quantiles of (i - 1/2)/m is ``floor(m F + 1/2)/m``, and
    so nowhere further from F than 1/(2m): nor are the distances.
    """
    quantiles = np.asarray(law.quantile((np.arange(places) + 0.5) / places))
    least, most = nearest_normal(KnownSteps.of_sample(Sample.of(quantiles)))
    reach = 0.5 / places + law.error
    return 0.5 * (least + most), max(0.0, least - reach), most + reach


def _ratio(
    after: tuple[float, float, float], before: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Return the quotient of two distances above 0, and its bounds."""
    return after[0] / before[0], after[1] / before[2], after[2] / before[1]
