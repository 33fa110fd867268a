"""What the panels of a figure show of sums that are simulated."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from clt_sim.engine import simulate

if TYPE_CHECKING:
    from clt_sim.experiments.work import Work
    from clt_sim.models import WeightedSum
    from clt_sim.summaries import Summary

    _Panel = Callable[[WeightedSum, Summary], dict[str, Any]]


def simulated_panels(
    panel: _Panel,
    models: Sequence[WeightedSum],
    draws: int,
    *,
    seed: int,
    work: Work,
    what: Callable[[WeightedSum], str],
) -> list[dict[str, Any]]:
    """Simulate each sum, and return what `panel` makes of its summary.

    Parameters
    ----------
    panel : callable
        Called as ``panel(model, summary)``; for an executor with processes a function that these
        can import.
    models : sequence of WeightedSum
        A panel for each.
    draws, seed
        As for `simulate`.
    work : Work
        Where it is done: the simulations task by task, and then each panel as one piece.
    what : callable
        Returns the words for a model.
    """
    simulating, measuring = work.part(0, 2), work.part(1, 2)
    pairs = []
    for index, model in enumerate(models):
        simulating.progress(what(model), index / len(models))
        summary = simulate(model, draws, seed=seed, executor=work.executor_for(model))
        pairs.append((model, summary))
    return measuring.map(functools.partial(_of_pair, panel), pairs, lambda pair: what(pair[0]))


def _of_pair(panel: _Panel, pair: tuple[WeightedSum, Summary]) -> dict[str, Any]:
    return panel(*pair)
