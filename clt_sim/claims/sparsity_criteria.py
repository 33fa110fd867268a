"""The claim that Hoyer's index of sparsity fails one of six criteria."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import betaincinv

from clt_sim._validation import unknown_name
from clt_sim.claims.claim import Claim, Source, registry
from clt_sim.claims.finding import CONFIDENCE, Finding, finding
from clt_sim.estimate import Estimate
from clt_sim.sparsity import hurley_rickard
from clt_sim.sparsity.criteria import CRITERIA, vectors, vectors_with_ties

if TYPE_CHECKING:
    from clt_sim.experiments.work import Work

_TRIALS = {"draft": 200, "paper": 2000}
_RARE = 0.05
"""The share that breaks a criterion is below this if it is met, and above if not.

It is not 0, as no trials could tell a share from that.
"""
_MANY = 10_000


@registry.register
@dataclass(frozen=True, slots=True)
class HoyerFailsCloningOnly(Claim):
    """Hoyer's index meets five of six criteria of sparsity.

    Each criterion is tried on random positive vectors of 4 to 11 values, and on as many with zeros
    and ties, where only a change in the wrong direction breaks it: see `clt_sim.sparsity.axioms`.
    The interval of the share that breaks it is that of C. J. Clopper & E. S. Pearson (The use of
    confidence or fiducial limits illustrated in the case of the binomial, Biometrika 26, 1934).

    Parameters
    ----------
    measure : str
        One of the names in `clt_sim.sparsity.hurley_rickard`.
    """

    name: ClassVar[str] = "hoyer-fails-cloning-only"
    statement: ClassVar[str] = (
        "Of the criteria Robin Hood, scaling, rising tide, cloning, Bill Gates and babies, Hoyer's"
        " index of sparsity fails cloning and meets the other five."
    )
    source: ClassVar[Source] = Source(
        "Hurley & Rickard 2009, Comparing Measures of Sparsity (IEEE Transactions on Information"
        " Theory 55)",
        "comparison of measures by six criteria",
    )
    rule: ClassVar[str] = (
        "Holds if more than 5 % of random vectors break cloning, and fewer than 5 % each of the"
        " other five."
    )
    turns: ClassVar[str] = (
        "The Gini index and the pq-mean meet all six; for many values cloning hardly changes"
        " Hoyer's index; and where a single value is not 0 it is 1 with any number of zeros, so"
        " that babies do not raise it."
    )

    measure: str = "hoyer"

    def __post_init__(self) -> None:
        """Check the name."""
        if self.measure not in hurley_rickard:
            raise unknown_name("measure", self.measure, hurley_rickard)

    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Try the criteria on random vectors."""
        measures = dict.fromkeys((self.measure, "gini", "pq-mean"))
        pairs = list(itertools.product(measures, CRITERIA))
        run = functools.partial(_share_that_breaks, trials=_TRIALS[quality], seed=seed)
        shares = work.map(run, pairs, "criteria of {0[0]}".format)
        found = [self._of(*pair, share) for pair, share in zip(pairs, shares, strict=True)]
        return [*found, *_of_extremes(seed)]

    def _of(self, measure: str, key: str, share: tuple[float, float, float]) -> Finding:
        decides = measure == self.measure
        question = f"{measure}: share that breaks {key} {CRITERIA[key].name}"
        side = "above" if decides and key == "D4" else "below"
        return Finding(question, *share, side, _RARE, decides)


def _share_that_breaks(pair: tuple[str, str], trials: int, seed: int) -> tuple[float, float, float]:
    """Return the share of random vectors that break a criterion, and its interval."""
    measure, key = pair
    rng = np.random.default_rng(seed)
    function, criterion = hurley_rickard[measure].function, CRITERIA[key]
    changes = [criterion.violation(function, c, rng) for c in vectors(trials, rng)]
    broken = sum(change is not None for change in changes)
    tied = [criterion.violation(function, c, rng) for c in vectors_with_ties(trials, rng)]
    broken += sum(change is not None and change.direction != 0 for change in tied)
    return broken / (2 * trials), *_share_interval(broken, 2 * trials)


def _share_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the interval of Clopper and Pearson for a probability."""
    miss = 0.5 * (1.0 - CONFIDENCE)
    failures = trials - successes
    low = betaincinv(successes, failures + 1, miss) if successes else 0.0
    high = betaincinv(successes + 1, failures, 1.0 - miss) if failures else 1.0
    return float(low), float(high)


def _of_extremes(seed: int) -> Iterator[Finding]:
    """Yield what cloning does to many values, and another 0 to one."""
    hoyer = hurley_rickard["hoyer"]
    c = np.abs(np.random.default_rng(seed).standard_normal(_MANY))
    change = abs(hoyer(np.tile(c, 2)) / hoyer(c) - 1.0)
    question = f"hoyer: relative change by cloning {_MANY} normal magnitudes"
    yield finding(question, Estimate(change, 0.0), "above", 0.05, decides=False)
    gain = hoyer([1.0, 0.0, 0.0, 0.0, 0.0]) - hoyer([1.0, 0.0, 0.0, 0.0])
    question = "hoyer: what another 0 adds for one value and three 0"
    yield finding(question, Estimate(gain, 0.0), "above", 0.0, decides=False)
