"""Magnitudes of binned draws."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.measures import OfValues, UnavailableError, check_count
from clt_sim.sparsity.magnitudes import Magnitudes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.summaries import Summary

_LARGE = 100
"""Fourth powers of numbers beyond 2**100, or below its inverse, may leave the range of doubles."""


class OfBinned(OfValues, Protocol):
    """What binned draws ask of an index, as `clt_sim.sparsity.measure.Measure` describes it."""

    moment: ClassVar[int]
    resolution: ClassVar[float]

    def of_binned(self, binned: BinnedMagnitudes) -> float:
        """Return the index with every draw at the middle of its bin."""

    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the influence function of the index at each value of one row."""


@dataclass(frozen=True, slots=True, eq=False)
class BinnedMagnitudes:
    """A histogram of signed draws, with those outside its range and those that are 0.

    Draws are in a unit that keeps their fourth powers in range; no index depends on it.

    Parameters
    ----------
    edges : ndarray of float64, shape (bins + 1,)
        Ascending edges.
    mass : ndarray of float64, shape (bins,)
        Share of the draws in each bin, without those that are 0.
    zeros : float
        Share of the draws that are 0.
    outer : tuple of tuple of float
        For each side a row of edge, extreme draw and share of draws between them.
    outer_place : float
        Where the outer draws are put, from 0 at the edge to 1 at the extreme.
    count : int
        Number of draws.
    sums : tuple of float or None
        Means of the squares and the fourth powers of all draws; None where negative draws count
        as 0, whose sums are not known.
    tail_index : float
        That of the model.
    """

    edges: NDArray[np.float64]
    mass: NDArray[np.float64]
    zeros: float
    outer: tuple[tuple[float, float, float], ...]
    outer_place: float
    count: int
    sums: tuple[float, float] | None
    tail_index: float

    @classmethod
    def of(cls, summary: Summary, *, rectified: bool = False) -> BinnedMagnitudes:
        """Take the histogram and the moments of a summary."""
        histogram, count = summary.histogram, summary.count
        unit = _unit(summary.scale)
        edges = histogram.edges / unit
        counts = np.concatenate([[histogram.underflow], histogram.counts, [histogram.overflow]])
        counts[np.searchsorted(edges, 0.0, side="right")] -= summary.exact_zeros
        shares = counts / count
        outer = (
            (float(edges[0]), summary.minimum / unit, float(shares[0])),
            (float(edges[-1]), summary.maximum / unit, float(shares[-1])),
        )
        zeros, tail_index = summary.exact_zeros / count, summary.model.tail_index
        sums = None if rectified else _means_of_powers(summary, unit)
        return cls(edges, shares[1:-1], zeros, outer, 0.5, count, sums, tail_index)

    @property
    def rectified(self) -> bool:
        """Whether negative draws count as 0, and not by their magnitude."""
        return self.sums is None

    @property
    def has_atom_at_0(self) -> bool:
        """Whether draws are 0, or below 0 and count as 0."""
        below = self.mass[self.edges[1:] <= 0.0]
        return self.zeros > 0.0 or (self.rectified and bool(np.any(below > 0.0)))

    @property
    def share_of_zeros(self) -> float:
        """Share of the draws that are 0, or count as 0.

        Raises
        ------
        UnavailableError
            If draws of unknown sign are outside of the histogram.
        """
        if not self.rectified:
            return self.zeros
        (first, _, below), (last, _, above) = self.outer
        if (first > 0.0 and below > 0.0) or (last < 0.0 and above > 0.0):
            raise UnavailableError("the sign of draws outside of the histogram is not known")
        return self.zeros + self.share_below(0.0)

    @property
    def mean_square(self) -> float:
        """Mean of the squares, from sums of all draws where they are known."""
        return float(self.magnitudes().mean_square) if self.sums is None else self.sums[0]

    @property
    def mean_fourth(self) -> float | None:
        """Mean of the fourth powers of all draws, if it is known."""
        return None if self.sums is None else self.sums[1]

    def coarser(self) -> BinnedMagnitudes:
        """Return the histogram with its bins merged in pairs."""
        mass = self.mass[::2] + self.mass[1::2]
        return dataclasses.replace(self, edges=self.edges[::2], mass=mass)

    def share_below(self, x: float) -> float:
        """Return the share of draws up to `x`, those at 0 left out, linear within bins."""
        below = self.outer[0][2] + np.concatenate([[0.0], np.cumsum(self.mass)])
        return float(np.interp(x, self.edges, below))

    def share_within(self, x: float) -> float:
        """Return the share of draws with magnitudes up to `x`, inside the histogram."""
        return self.zeros + self.share_below(x) - (0.0 if self.rectified else self.share_below(-x))

    def bins_of_magnitudes(self, merged: int) -> NDArray[np.intp]:
        """Return the bins of magnitudes, `merged` times as wide, that have draws.

        Draws that count as 0 are an atom, in no bin.
        """
        middle = 0.5 * (self.edges[1:] + self.edges[:-1])[self.mass > 0.0]
        folded = middle[middle > 0.0] if self.rectified else np.abs(middle)
        width = merged * (self.edges[1] - self.edges[0])
        return np.asarray(np.floor(folded / width), np.intp)

    def magnitudes(self) -> Magnitudes:
        """Return the magnitudes with every draw but zeros at the middle of its bin."""
        places = [edge + self.outer_place * (end - edge) for edge, end, _ in self.outer]
        middle = 0.5 * (self.edges[1:] + self.edges[:-1])
        signed = np.concatenate([middle, places, [0.0]])
        values = np.maximum(signed, 0.0) if self.rectified else np.abs(signed)
        weights = np.concatenate([self.mass, [share for _, _, share in self.outer], [self.zeros]])
        order = np.argsort(values)
        mean_square = weights @ values**2 if self.sums is None else self.sums[0]
        return Magnitudes(values[order], weights[order], np.array(mean_square), None)

    def estimate(self, measure: OfBinned) -> Estimate:
        """Return the index of the law that was drawn from.

        The error joins that of sampling with that of resolution: the change when bins are
        merged in pairs, and half the change when the outer draws move from the edge to the
        extreme.

        Raises
        ------
        UnavailableError
            If there are too few draws, bins cannot tell, or the index is relative to a moment
            that the model does not have.
        """
        check_count(measure, self.count)
        if self.tail_index <= measure.moment:
            raise UnavailableError(
                f"the model has no finite moment of order {measure.moment}: draws do not settle"
            )
        value = measure.of_binned(self)
        magnitudes = self.magnitudes()
        influence = measure.influence(magnitudes)
        square = float(magnitudes.weights @ influence**2)
        sampling = math.sqrt(square / self.count) if self.count > 1 else math.nan
        merged = abs(measure.of_binned(self.coarser()) - value)
        near, far = (
            measure.of_binned(dataclasses.replace(self, outer_place=place)) for place in (0.0, 1.0)
        )
        resolution = measure.resolution * merged + 0.5 * abs(far - near)
        return Estimate(value, math.hypot(sampling, resolution))


def _unit(scale: float) -> float:
    """Return 1, or the scale of a grid, a power of two, where fourth powers would overflow."""
    return scale if abs(math.frexp(scale)[1]) > _LARGE else 1.0


def _means_of_powers(summary: Summary, unit: float) -> tuple[float, float]:
    """Return the means of squares and of fourth powers of the draws, in that unit."""
    moments, shift = summary.raw_moments, summary.location / summary.scale
    second, fourth = (
        sum(math.comb(k, j) * moments[j] * shift ** (k - j) for j in range(k + 1)) for k in (2, 4)
    )
    scale = summary.scale / unit
    return scale**2 * second, scale**4 * fourth
