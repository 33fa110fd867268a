"""A histogram on a grid that a model decides, so that histograms of one model always merge."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._validation import shown, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 2048
HALF_RANGE = 8.0
"""The grid reaches this many scales to both sides of its location."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where a model's statistics are taken.

    Parameters
    ----------
    location : float
        Centre: a multiple of ``scale/16``, plus the bias of the model.
    scale : float
        A power of two.
    """

    location: float
    scale: float

    @classmethod
    def around(cls, mean: float, sd: float) -> Grid:
        """Return the grid for a law with about this mean and standard deviation.

        The scale is the least power of two that is at least `sd`, and the location is rounded,
        so that the last bits of a quadrature cannot move the grid.
        """
        mantissa, exponent = math.frexp(sd)
        scale = math.ldexp(1.0, exponent - 1 if mantissa == 0.5 else exponent)
        return cls(round(mean / scale * 16.0) / 16.0 * scale, scale)

    @property
    def edges(self) -> NDArray[np.float64]:
        """The edges of the bins, shape (BINS + 1,)."""
        return self.location + self.scale * np.linspace(-HALF_RANGE, HALF_RANGE, BINS + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts on a grid; what falls outside is kept apart, never dropped.

    Parameters
    ----------
    grid : Grid
        Where the bins are.
    counts : ndarray of int64, shape (BINS,)
        Values in ``[edge, next edge)``, read-only.
    underflow, overflow : int
        Values below the first and from the last edge on.
    """

    grid: Grid
    counts: NDArray[np.int64]
    underflow: int
    overflow: int

    @property
    def edges(self) -> NDArray[np.float64]:
        """The edges of the bins, shape (BINS + 1,)."""
        return self.grid.edges

    @property
    def total(self) -> int:
        """The number of values, inside and outside."""
        return int(self.counts.sum()) + self.underflow + self.overflow

    def density(self, merge: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return edges and densities, with `merge` neighbouring bins made one.

        Parameters
        ----------
        merge : int
            A divisor of the number of bins.

        Returns
        -------
        edges : ndarray of float64, shape (BINS/merge + 1,)
        densities : ndarray of float64, shape (BINS/merge,)
            Share of all values, those outside included, per unit of length.

        Raises
        ------
        ValueError
            If `merge` does not divide the number of bins.
        """
        merge = whole("merge", merge, least=-BINS)
        if merge < 1 or BINS % merge:
            raise ValueError(f"merge must divide {BINS}, not be {shown(merge)}.")
        edges = self.edges[::merge]
        counts = self.counts.reshape(-1, merge).sum(1)
        return edges, counts / (self.total * np.diff(edges))

    def __add__(self, other: Histogram) -> Histogram:
        """Merge two histograms; a ValueError if they are not on the same grid."""
        if self.grid != other.grid:
            raise ValueError(f"histograms on {self.grid} and {other.grid} cannot be merged.")
        return Histogram(
            self.grid,
            frozen_counts(self.counts + other.counts),
            self.underflow + other.underflow,
            self.overflow + other.overflow,
        )


def frozen_counts(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the counts as a read-only array of int64."""
    frozen = np.array(counts, np.int64)
    frozen.setflags(write=False)
    return frozen
