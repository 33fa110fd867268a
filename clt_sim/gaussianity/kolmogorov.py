"""The Kolmogorov distance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtr

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.normal import density

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.binned import BinnedDraws
    from clt_sim.gaussianity.distribution import Distribution
    from clt_sim.gaussianity.sample import Sample

_POINTS_PER_PANEL = 16


class Kolmogorov(Measure):
    """The Kolmogorov distance ``sup_z |F(z) - Phi(z)|``, between 0 and 1.

    The influence function of the plug-in value is that of ``|F - Phi|`` at the point z* where
    it is largest: ``s (1[z <= z*] - F(z*))`` with the sign s of the difference, and
    ``s phi(z*)``, ``s z* phi(z*)`` as derivatives along mean and sd. It holds where the
    largest difference stands out. For a normal law all differences are 0; then the plug-in
    value shows the floor of sampling, of order ``n**-0.5``, and the error is that of one point.
    """

    name: ClassVar[str] = "kolmogorov"

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the distance, from both limits at every value, and its influence function."""
        right = sample.cdf()
        normal = ndtr(sample.values)
        above, below = right - normal, normal - (right - sample.weights)
        is_above = bool(above.max() >= below.max())
        place = int(np.argmax(above if is_above else below))
        reached = np.arange(sample.values.size) < place + is_above
        at = float(sample.values[place])
        value = float(above[place] if is_above else below[place])
        return value, _influence(sample, reached, at, 1.0 if is_above else -1.0)

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the distance at the edges, and at either side of an atom inside a bin.

        Between edges a smooth difference stays within an eighth of its second difference of
        the values at the edges. A bin whose mass stands far above its neighbours' holds an
        atom, somewhere: both limits are taken at the middle, and half the normal mass of the
        bin is added to the error.
        """
        cdf, normal = binned.cdf(), ndtr(binned.edges)
        middle = binned.midpoints()
        atoms = np.flatnonzero(_holds_atom(binned))
        normal_middle = ndtr(middle.values[atoms])
        inside = 0.5 * np.diff(normal)[atoms]
        roughness = _roughness(cdf - normal)
        # Columns: signed difference, resolution, place, number of bins below.
        candidates = np.concatenate(
            [
                np.transpose([cdf - normal, roughness, binned.edges, np.arange(cdf.size)]),
                *(
                    np.transpose([cdf[bins] - normal_middle, inside, middle.values[atoms], bins])
                    for bins in (atoms, atoms + 1)
                ),
            ]
        )
        best = candidates[np.argmax(np.abs(candidates[:, 0]))]
        difference, resolution, place, bins_below = (float(entry) for entry in best)
        reached = np.arange(binned.mass.size) < bins_below
        influence = _influence(middle, reached, place, math.copysign(1.0, difference))
        return Estimate(abs(difference), math.hypot(middle.stderr(influence), resolution))

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the distance from a grid, refined at its peaks, and both limits at atoms."""
        atoms = distribution.atoms()
        right = distribution.cdf(atoms.values)
        normal = ndtr(atoms.values)
        at_atoms = float(
            np.max(np.abs([right - normal, right - atoms.weights - normal]), initial=0.0)
        )
        if distribution.is_discrete:
            return Estimate(at_atoms, distribution.precision)
        fine, coarse = (
            max(at_atoms, _largest(distribution, points))
            for points in (_POINTS_PER_PANEL, _POINTS_PER_PANEL // 2)
        )
        return Estimate(fine, abs(fine - coarse) + distribution.precision)


def _influence(
    sample: Sample, reached: NDArray[np.bool_], place: float, sign: float
) -> NDArray[np.float64]:
    """Return the influence function of ``sign (F - Phi)`` at a place."""
    at_place = float(density(np.array(place)))
    share = float(sample.weights @ reached)
    known = np.where(reached, sign * (1.0 - share), -sign * share)
    return sample.fitted(known, sign * at_place, sign * place * at_place)


def _holds_atom(binned: BinnedDraws) -> NDArray[np.bool_]:
    """Find bins with more than 4 times their neighbours' mean plus 5 Poisson sd."""
    counts = binned.mass * binned.count
    around = np.pad(counts, 1)
    neighbours = 0.5 * (around[:-2] + around[2:])
    usual = 4.0 * neighbours
    return counts > usual + 5.0 * np.sqrt(np.maximum(usual, 1.0))


def _roughness(difference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a difference may rise between edges, judged by its second differences.

    The largest of nine neighbours and twice the parabola's eighth are taken: a lattice that is
    about as fine as the bins shows as roughness nearby.
    """
    second = np.pad(np.abs(np.diff(difference, 2)), 5)
    windows: NDArray[np.float64] = np.lib.stride_tricks.sliding_window_view(second, 9)
    return 0.25 * np.asarray(windows.max(axis=1))


def _largest(distribution: Distribution, points: int) -> float:
    """Return the largest ``|F - Phi|`` on a grid between breaks, refined at its peaks."""
    from scipy.optimize import elementwise

    def negative(z: NDArray[np.float64]) -> NDArray[np.float64]:
        return -np.abs(distribution.cdf(z) - ndtr(z))

    breaks = distribution.breaks()
    steps = np.arange(points) / points
    grid = np.append((breaks[:-1, None] + np.diff(breaks)[:, None] * steps).ravel(), breaks[-1])
    heights = negative(grid)
    inner = heights[1:-1]
    is_peak = (inner <= heights[:-2]) & (inner <= heights[2:]) & (inner < 0.5 * heights.min())
    peaks = 1 + np.flatnonzero(is_peak)
    best = -float(heights.min())
    if peaks.size:
        brackets = (grid[peaks - 1], grid[peaks], grid[peaks + 1])
        best = max(best, -float(np.min(elementwise.find_minimum(negative, brackets).f_x)))
    return best
