"""Binned draws: a histogram and the moments that were kept beside it."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from clt_sim.gaussianity.views.raw_values import check_raw_size
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.gaussianity.views.traits import Traits
from clt_sim.measures import UnavailableError, check_count
from clt_sim.summaries.histogram import Grid
from clt_sim.summaries.power_sums import estimated_variance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.estimate import Estimate
    from clt_sim.summaries import Summary


class OfBinned(Traits, Protocol):
    """What binned draws ask of a measure."""

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the value with an error of sampling and resolution."""


@dataclass(frozen=True, slots=True, eq=False)
class BinnedDraws:
    """A histogram in which no draw is missing.

    Draws below the first bin are one bin more, from the smallest draw to the first edge, and
    so on the right.

    Parameters
    ----------
    edges : ndarray of float64, shape (bins + 1,)
        Ascending edges, outer bins included.
    mass : ndarray of float64, shape (bins,)
        Share of the draws in each bin.
    count : int
        Number of draws.
    outer : tuple of int
        1 for an outer bin on the left, on the right; 0 for none.
    standardized : bool
        Whether the edges were standardised by the mean and sd of the draws.
    skewness, excess_kurtosis : Estimate
        From the moments of the draws, free of the bins.
    tail_index : float
        That of the model: where it is not above 2, there is no variance to standardise by.
    """

    edges: NDArray[np.float64]
    mass: NDArray[np.float64]
    count: int
    outer: tuple[int, int]
    standardized: bool
    skewness: Estimate
    excess_kurtosis: Estimate
    tail_index: float

    @classmethod
    def of(cls, summary: Summary, *, standardize: bool) -> BinnedDraws:
        """Take the histogram of a summary, with its underflow and overflow."""
        edges, counts = _with_outer_bins(summary)
        if standardize:
            # In units of the grid, where neither an offset nor a scale takes digits.
            central = summary.power_sums.central_moments()
            sd = math.sqrt(estimated_variance(summary.count, central).value)
            edges = (edges - summary.raw_moments[1]) / sd
        else:
            edges = summary.location + summary.scale * edges
        histogram = summary.histogram
        return cls(
            edges,
            counts / summary.count,
            summary.count,
            (int(histogram.underflow > 0), int(histogram.overflow > 0)),
            standardize,
            summary.skewness,
            summary.excess_kurtosis,
            summary.model.tail_index,
        )

    def cdf(self) -> NDArray[np.float64]:
        """Return the share of draws below each edge."""
        return np.concatenate([[0.0], np.cumsum(self.mass)])

    def midpoints(self) -> Sample:
        """Return the sample that has every draw at the middle of its bin."""
        middle = 0.5 * (self.edges[1:] + self.edges[:-1])
        return Sample(middle, self.mass, self.count, self.standardized)

    def coarser(self) -> BinnedDraws:
        """Return the histogram with its regular bins merged in pairs."""
        left, right = self.outer
        regular = np.arange(left, self.edges.size - right)
        kept = np.delete(np.arange(self.edges.size), regular[1:-1:2])
        mass = np.add.reduceat(self.mass, kept[:-1])
        return dataclasses.replace(self, edges=self.edges[kept], mass=mass)

    def holds_atom(self) -> NDArray[np.bool_]:
        """Find bins with more than 4 times their neighbours' mean plus 5 Poisson sd."""
        counts = self.mass * self.count
        around = np.pad(counts, 1)
        usual = 2.0 * (around[:-2] + around[2:])
        return np.asarray(counts > usual + 5.0 * np.sqrt(np.maximum(usual, 1.0)))

    def outer_spread(self) -> float:
        """Return the largest W1 error made by spreading the outer draws over their bins.

        A uniform spread is half a width from all the mass at either end.
        """
        left, right = self.outer
        first = left * self.mass[0] * (self.edges[1] - self.edges[0])
        last = right * self.mass[-1] * (self.edges[-1] - self.edges[-2])
        return 0.5 * float(first + last)

    def estimate(self, measure: OfBinned) -> Estimate:
        """Return a measure with its error.

        Raises
        ------
        UnavailableError
            If there are too few draws, raw ones are out of range, the model has no variance to
            standardise by, or the measure needs more than draws.
        """
        if self.tail_index <= 2.0 and not measure.needs_variance:
            raise UnavailableError("the model has no finite variance, which its error takes")
        if self.tail_index <= 2.0 and (self.standardized or measure.of_shape):
            raise UnavailableError("the model has no finite mean and variance to standardise by")
        check_count(measure, self.count)
        if not (self.standardized or measure.of_shape):
            check_raw_size(max(-float(self.edges[0]), float(self.edges[-1])))
        return measure.of_binned(self)


def _with_outer_bins(summary: Summary) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return edges in units of the grid, and counts."""
    histogram = summary.histogram
    edges, counts = Grid(0.0, 1.0).edges, histogram.counts
    if histogram.underflow:
        edges = np.concatenate([[_place(summary, summary.minimum)], edges])
        counts = np.concatenate([[histogram.underflow], counts])
    if histogram.overflow:
        # A draw on the last edge overflows, and its bin would have no width.
        last = max(_place(summary, summary.maximum), float(np.nextafter(edges[-1], np.inf)))
        edges = np.concatenate([edges, [last]])
        counts = np.concatenate([counts, [histogram.overflow]])
    return edges, counts


def _place(summary: Summary, x: float) -> float:
    return (x - summary.location) / summary.scale
