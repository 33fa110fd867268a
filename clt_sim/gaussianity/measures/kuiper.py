"""The Kuiper distance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtr

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.measures.kolmogorov import Kolmogorov
from clt_sim.gaussianity.normal import density
from clt_sim.gaussianity.numerics.suprema import roughness, supremum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

_POINTS_PER_PANEL = 16


class Kuiper(Measure):
    """The Kuiper distance ``sup (F - Phi) + sup (Phi - F)``, between 0 and 1.

    It is the largest difference in the probability of an interval, from one place z- to
    another z+ (N. H. Kuiper, Tests concerning random points on a circle, Indag. Math. 22, 1960,
    38-47), and twice the Kolmogorov distance for a symmetric law. The influence function is
    that of ``F - Phi`` at z+ less that at z-, as for the Kolmogorov distance, and holds where
    both differences stand out; else the error is too large. For a normal law all differences are
    0; then the plug-in value shows the floor of sampling, of order ``n**-0.5``.
    """

    name: ClassVar[str] = "kuiper"

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the distance, from both limits at every value, and its influence function."""
        right, normal = sample.cdf(), sample.normal_cdf()
        above = right - normal
        below = sample.weights - above  # Phi less the limit from the left
        high, low = int(np.argmax(above)), int(np.argmax(below))
        value = float(above[high] + below[low])
        places = sample.values[[high, low]]
        return value, _influence(sample, high + 1, low, places)

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the distance at the edges, and at either side of an atom inside a bin.

        A bin whose mass stands far above its neighbours' holds an atom, somewhere: both limits are
        taken at its middle, to within half the normal mass of the bin. The error joins that of
        sampling with how far both largest differences may be from the largest that were seen.
        """
        below, places, resolution = _candidates(binned)
        lead = binned.cdf()[below] - ndtr(places)
        high, low = int(np.argmax(lead)), int(np.argmin(lead))
        value = float(lead[high] - lead[low])
        unseen = sum(
            max(np.max(side + resolution) - side.max(), side.max() - np.max(side - resolution))
            for side in (lead, -lead)
        )
        middle = binned.midpoints()
        influence = _influence(middle, int(below[high]), int(below[low]), places[[high, low]])
        return Estimate(value, math.hypot(middle.stderr(influence), float(unseen)))

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the distance from a grid, refined at its peaks, and both limits at atoms."""
        at_atoms = distribution.leads_at_atoms()
        value, error = 0.0, 2.0 * distribution.precision
        for sign in (1.0, -1.0):
            highest = float(np.max(sign * at_atoms, initial=0.0))
            if not distribution.is_discrete:
                fine, coarse = (
                    max(highest, _highest(distribution, sign, points))
                    for points in (_POINTS_PER_PANEL, _POINTS_PER_PANEL // 2)
                )
                highest, error = fine, error + abs(fine - coarse)
            value += highest
        return Estimate(value, error)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return twice the Kolmogorov distance: the law is symmetric."""
        half = Kolmogorov().of_mixture(mixture)
        return Estimate(2.0 * half.value, 2.0 * half.stderr)


def _candidates(
    binned: BinnedDraws,
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return the bins below each place, the places, and how far a difference may be off there."""
    normal = ndtr(binned.edges)
    is_atom = binned.holds_atom()
    atoms = np.flatnonzero(is_atom)
    middle = binned.midpoints().values[atoms]
    smooth = np.where(is_atom, 0.0, binned.mass)
    within = 0.5 * np.diff(normal)[atoms]
    # Edges, left limits at atoms and right limits at atoms:
    below = np.concatenate([np.arange(binned.edges.size), atoms, atoms + 1])
    places = np.concatenate([binned.edges, middle, middle])
    resolution = np.concatenate([roughness(smooth - np.diff(normal)), within, within])
    return below, places, resolution


def _highest(distribution: Distribution, sign: float, points: int) -> float:
    return supremum(lambda x: sign * distribution.lead(x), distribution.breaks(), points)


def _influence(
    sample: Sample, high: int, low: int, places: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the influence function of ``F - Phi`` at one place less that at another.

    `high` and `low` are the numbers of values below them.
    """
    known = np.zeros(sample.values.size)
    known[:high] += 1.0
    known[:low] -= 1.0
    known -= sample.weights @ known
    heights = density(places)
    shift, scale = -np.diff(heights), -np.diff(places * heights)
    return sample.fitted(known, float(shift[0]), float(scale[0]))
