"""Draws of a model counted in cells far finer than the bins of a summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.engine.grids import model_grid
from clt_sim.engine.precision import get_precision
from clt_sim.engine.tasks import Task, fill_samples
from clt_sim.summaries.histogram import HALF_RANGE, Grid
from clt_sim.verdicts.steps import KnownSteps

if TYPE_CHECKING:
    from numpy.typing import NDArray

PER_SCALE = 4096
"""Cells to a scale of the model's grid: between 2048 and 4096 to a standard deviation."""
_CELLS = int(2.0 * HALF_RANGE) * PER_SCALE
_PIECE = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class FineCounts:
    """How many draws are in each cell, with one more cell at either end for the rest.

    Parameters
    ----------
    grid : Grid
        That of the model's summaries.
    counts : ndarray of int64, shape (65538,)
        Read-only by agreement: counts add up to new arrays.
    """

    grid: Grid
    counts: NDArray[np.int64]

    @property
    def count(self) -> int:
        """The number of draws."""
        return int(self.counts.sum())

    def __add__(self, other: FineCounts) -> FineCounts:
        """Merge disjoint draws of one model."""
        return FineCounts(self.grid, self.counts + other.counts)

    def steps(self) -> KnownSteps:
        """Return the share of the draws below each edge."""
        offsets = np.arange(_CELLS + 1) / PER_SCALE - HALF_RANGE
        below = np.cumsum(self.counts[:-1]) / self.count
        return KnownSteps.of_bins(self.grid.location + self.grid.scale * offsets, below)


def count_task(task: Task) -> tuple[FineCounts]:
    """Return the counts of a task's draws."""
    samples = np.empty(len(task.replicates))
    fill_samples(task, samples)
    grid = model_grid(task.model, get_precision(task.precision))
    counts = np.zeros(_CELLS + 2, np.int64)
    for start in range(0, samples.size, _PIECE):
        cells = (samples[start : start + _PIECE] - grid.location) * (PER_SCALE / grid.scale)
        np.floor(cells, out=cells)
        cells += 0.5 * _CELLS + 1.0
        np.clip(cells, 0.0, _CELLS + 1.0, out=cells)
        counts += np.bincount(cells.astype(np.intp), minlength=_CELLS + 2)
    return (FineCounts(grid, counts),)
