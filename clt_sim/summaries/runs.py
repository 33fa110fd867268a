"""Which draws a result is of."""

from __future__ import annotations

from dataclasses import dataclass

MOST_COUNT = 2**63 - 1
"""Of draws in all runs of a result: counts are kept as int64."""


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """The draws ``start <= i < stop`` of the stream of a seed."""

    seed: int
    start: int
    stop: int


def merged_runs(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Return the runs sorted, neighbours joined.

    Raises
    ------
    ValueError
        If draws occur twice, or there are too many to be counted.
    """
    total = sum(run.stop - run.start for run in runs)
    if total > MOST_COUNT:
        raise ValueError(f"together they have {total} draws; at most {MOST_COUNT} can be counted.")
    merged: list[Run] = []
    for run in sorted(runs):
        last = merged[-1] if merged else None
        if last is None or last.seed != run.seed or last.stop < run.start:
            merged.append(run)
        elif last.stop == run.start:
            merged[-1] = Run(run.seed, last.start, run.stop)
        else:
            raise ValueError(
                f"draws {run.start} to {min(last.stop, run.stop)} of seed {run.seed} are in both"
                " summaries; give each simulation its own seed."
            )
    return tuple(merged)
