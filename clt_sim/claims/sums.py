"""Claims about sums of independent variables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from clt_sim._validation import positive
from clt_sim.claims.claim import Claim, Source, registry
from clt_sim.claims.finding import CONFIDENCE, Finding, finding
from clt_sim.exact import exact
from clt_sim.gaussianity import gaussianity
from clt_sim.models import WeightedSum
from clt_sim.theory import fit_rate

if TYPE_CHECKING:
    from clt_sim.estimate import Estimate
    from clt_sim.experiments.work import Work

# From 32 terms on: the atom 2^-n that relu has at 0 would bend the line.
_NS = {"draft": (32, 48, 64, 96, 128), "paper": (32, 64, 128, 256, 512)}
_CASES: tuple[tuple[str, str, float | str, float], ...] = (
    # inputs, nonlinearity, weights, and the power of n of the first term of Edgeworth's expansion.
    ("exponential", "identity", 1.0, 0.5),
    ("uniform", "identity", 1.0, 1.0),
    ("normal", "relu", 1.0, 0.5),
    ("normal", "relu", "normal", 1.0),
)


@registry.register
@dataclass(frozen=True, slots=True)
class SumsApproachNormal(Claim):
    """The distance of the standardised sum to the normal law falls as a power of n.

    Parameters
    ----------
    within : float
        What the Kolmogorov distance of the longest sum must be below.
    """

    name: ClassVar[str] = "sums-approach-normal"
    statement: ClassVar[str] = (
        "The standardised sum of n independent variables of finite variance approaches the normal"
        " law as n grows."
    )
    source: ClassVar[Source] = Source(
        "Feller 1971, An Introduction to Probability Theory and Its Applications II",
        "section XVI.4, theorem 1 and section XVI.5, theorem 1",
    )
    rule: ClassVar[str] = (
        "Holds if for each of four laws the Kolmogorov distance of the longest sum is below the"
        " margin, and falls at least as fast as n^-0.45."
    )
    turns: ClassVar[str] = (
        "Without a finite variance the sum approaches another stable law or none, see"
        " sums-approach-normal-regardless-of-u; a symmetric law makes the rate 1 in place of 1/2."
    )

    within: float = 0.03

    def __post_init__(self) -> None:
        """Check the margin."""
        object.__setattr__(self, "within", positive("within", self.within))

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Compute the exact laws along n."""
        ns = _NS[quality]
        pieces = [
            (_term(inputs, phi, weights), [WeightedSum(n, inputs, phi, weights) for n in ns])
            for inputs, phi, weights, _ in _CASES
        ]
        measured = work.map(_distances, pieces, "sums of {0[0]}".format)
        found: list[Finding] = []
        for (what, _), (*_, theorem), distances in zip(pieces, _CASES, measured, strict=True):
            found += self._of(what, ns, distances, theorem)
        return found

    def _of(
        self, what: str, ns: Sequence[int], distances: Sequence[Estimate], theorem: float
    ) -> Iterator[Finding]:
        """Yield the last distance and the rate of one sum."""
        longest = f"distance to the normal law, sum of {ns[-1]}, {what}"
        yield finding(longest, distances[-1], "below", self.within)
        fit = fit_rate(ns, [one.value for one in distances], confidence=CONFIDENCE)
        rate = f"power of 1/n by which it falls, {what} (theorem: {theorem:g})"
        yield Finding(rate, fit.exponent, *fit.interval, side="above", threshold=0.45)


def _term(inputs: str, phi: str, weights: float | str) -> str:
    """Return the words for one term of a sum."""
    term = inputs if phi == "identity" else f"{phi}({inputs})"
    return term if weights == 1.0 else f"{weights} weight x {term}"


def _distances(piece: tuple[str, Sequence[WeightedSum]]) -> list[Estimate]:
    """Return the distances of exact laws."""
    _, models = piece
    return [gaussianity(exact(model), measures=["kolmogorov"])["kolmogorov"] for model in models]
