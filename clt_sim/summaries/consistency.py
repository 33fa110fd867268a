"""Whether the parts of a summary that was read from a file could be of the same draws."""

from __future__ import annotations

import bisect
import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.summaries.characteristic_function import FREQUENCIES, WaveSums
from clt_sim.summaries.reservoir import SIZE, Reservoir
from clt_sim.summaries.runs import Run, merged_runs

if TYPE_CHECKING:
    from clt_sim.summaries.histogram import Grid
    from clt_sim.summaries.summary import Summary

PRECISIONS = ("single", "double")


def is_consistent(summary: Summary) -> bool:
    """Return whether all parts fit each other."""
    histogram, sums = summary.histogram, summary.power_sums.sums
    lengths = [run.stop - run.start for run in summary.runs]
    below, above = np.searchsorted(
        histogram.edges, [summary.minimum, summary.maximum], side="right"
    )
    rounding = 1e-9 * max(summary.scale, abs(summary.minimum), abs(summary.maximum))
    occupied = np.flatnonzero([histogram.underflow, *histogram.counts, histogram.overflow])
    return bool(
        len(sums) == 8
        and summary.count == histogram.total == sum(lengths) > 0
        and min(lengths) > 0
        and summary.runs == merged_runs(summary.runs)
        and min(histogram.underflow, histogram.overflow) >= 0
        and summary.precision in PRECISIONS
        and _sound(histogram.grid)
        and len(summary.samples) == min(summary.count, SIZE)
        and _samples_of(summary.runs, summary.reservoir)
        and summary.minimum - rounding <= summary.samples.min()
        and summary.samples.max() <= summary.maximum + rounding
        and 0 <= summary.exact_zeros <= summary.near_zeros <= summary.count
        and (summary.waves is None or _sound_waves(summary.waves))
        and (below, above) == (occupied[0], occupied[-1])
        and summary.power_sums.central_moments()[2] >= 0.0
    )


def _samples_of(runs: tuple[Run, ...], reservoir: Reservoir) -> bool:
    """Whether the samples are of different draws, which are in the sorted runs."""
    draws = list(zip(reservoir.seeds.tolist(), reservoir.places.tolist(), strict=True))
    starts = [(run.seed, run.start) for run in runs]
    within = [runs[bisect.bisect_right(starts, draw) - 1] for draw in draws]
    inside = all(
        run.seed == seed and run.start <= place < run.stop
        for run, (seed, place) in zip(within, draws, strict=True)
    )
    return inside and len(set(draws)) == len(draws)


def _sound(grid: Grid) -> bool:
    return math.isfinite(grid.location) and math.frexp(grid.scale)[0] == 0.5


def _sound_waves(waves: WaveSums) -> bool:
    return len(waves.cosines) == len(waves.sines) == FREQUENCIES
