"""Verdicts on models: draw until the margin is decided.

The draws are looked at when there are 65536, twice as many, and so on. At look k the interval has
an error probability of ``alpha/(k (k + 1))``; these sum to alpha, so with the confidence asked for
all intervals hold at once (the union bound), and so does the one at which the drawing stopped,
whatever made it stop. The budget has no part in it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from clt_sim._kernels.driver import CHUNK
from clt_sim.engine.tasks import cut, run_task
from clt_sim.gaussianity.registry import MEASURES
from clt_sim.gaussianity.views.binned import BinnedDraws
from clt_sim.measures import UnavailableError
from clt_sim.verdicts.certificate import certificate
from clt_sim.verdicts.counts import FineCounts, count_task
from clt_sim.verdicts.degrees_of_freedom import TooFewDrawsError
from clt_sim.verdicts.large_sample import by_standard_error
from clt_sim.verdicts.sources import MOMENTS, NEAREST, known_moments
from clt_sim.verdicts.verdict import draws_needed

if TYPE_CHECKING:
    from clt_sim.engine.execution import Execution
    from clt_sim.models import Model
    from clt_sim.summaries import Summary
    from clt_sim.verdicts.interval import Interval

FIRST_LOOK = CHUNK
SEQUENTIAL = ("kolmogorov", NEAREST, *MOMENTS)
"""Measures whose intervals allow for the small error probabilities of many looks."""


def looks(budget: int) -> Iterator[int]:
    """Yield the numbers of draws at which the draws are looked at; the budget is the last.

    Examples
    --------
    >>> list(looks(300_000))
    [65536, 131072, 262144, 300000]
    """
    size = FIRST_LOOK
    while size < budget:
        yield size
        size *= 2
    yield budget


def spent(look: int, alpha: float) -> float:
    """Return the error probability of a look, the first of which is 1.

    Examples
    --------
    >>> [round(spent(k, 0.06), 3) for k in (1, 2, 3)]
    [0.03, 0.01, 0.005]
    """
    return alpha / (look * (look + 1))


def draw_until_decided(
    model: Model,
    name: str,
    within: float,
    confidence: float,
    *,
    standardize: bool,
    budget: int,
    seed: int,
    execution: Execution,
) -> tuple[Interval, int | None]:
    """Return the interval that decides, or that of the whole budget, and the draws still needed.

    Parameters
    ----------
    model : WeightedSum or RandomNetwork
        What to draw.
    name, within, confidence, standardize
        What is asked of it.
    budget, seed : int
        At most so many draws, from 0 on of the stream of this seed.
    execution : Execution
        Where to draw.

    Raises
    ------
    UnavailableError
        If the measure has no interval that can be looked at so often, or the model lacks what
        it needs.
    """
    question = _question(model, name, standardize=standardize)
    drawn: tuple[Any, ...] | None = None
    done = 0
    for look, size in enumerate(looks(budget), start=1):
        tasks = cut(model, (model.n,), seed, size, done=done)
        drawn = execution.merged(question.run, tasks, budget, start=drawn)
        done = size
        alpha = spent(look, 1.0 - confidence)
        try:
            interval = question.interval(drawn[0], alpha)
        except TooFewDrawsError as few:
            if few.needed > budget:
                raise
            continue
        low, high = interval.size
        if high <= within or low > within or _hopeless(interval, within):
            break
    method = f"{interval.method}, look {look} at doubling numbers of draws"
    needed = _needed(interval, within, look, 1.0 - confidence)
    return dataclasses.replace(interval, method=method), needed


def _hopeless(interval: Interval, within: float) -> bool:
    """Whether the cells alone, of the law and not only of the draws, hold the margin."""
    least, most = interval.known_size
    return least + interval.above < within < most - interval.below


def _needed(interval: Interval, within: float, look: int, alpha: float) -> int | None:
    """Return the draws that would decide, with the smaller error probability of that look."""
    needed = draws_needed(interval, within)
    if needed is None or interval.count is None:
        return None
    later = look + max(0, math.ceil(math.log2(max(needed / interval.count, 1.0))))
    growth = math.log(2.0 / spent(later, alpha)) / math.log(2.0 / spent(look, alpha))
    return math.ceil(needed * growth)


@dataclasses.dataclass(frozen=True, slots=True)
class _Distance:
    """A Kolmogorov distance, from fine counts."""

    model: Model
    moments: tuple[float, float] | None
    run = staticmethod(count_task)

    def interval(self, drawn: FineCounts, alpha: float) -> Interval:
        steps = drawn.steps()
        if self.moments is not None:
            steps = steps.transformed(*self.moments)
        ensemble = f"{self.model}, {drawn.count} draws {self.model.ensemble}"
        nearest = self.moments is None
        return certificate(steps, drawn.count, alpha, ensemble, nearest=nearest)


@dataclasses.dataclass(frozen=True, slots=True)
class _Moment:
    """A moment, from summaries."""

    name: str
    run = staticmethod(run_task)

    def interval(self, drawn: Summary, alpha: float) -> Interval:
        binned = BinnedDraws.of(drawn, standardize=True)
        measure = MEASURES[self.name]
        estimate = binned.estimate(measure)
        sample = binned.midpoints()
        return by_standard_error(measure, sample, 1.0 - alpha, drawn.ensemble, estimate)


def _question(model: Model, name: str, *, standardize: bool) -> _Distance | _Moment:
    if name not in SEQUENTIAL:
        raise UnavailableError(
            f"models are drawn to decide {', '.join(SEQUENTIAL)}; simulate() the model or compute"
            " its exact() law, and ask of that"
        )
    if name in MOMENTS:
        return _Moment(name)
    if name == NEAREST:
        return _Distance(model, None)
    return _Distance(model, known_moments(model) if standardize else (0.0, 1.0))
