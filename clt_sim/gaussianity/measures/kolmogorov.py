"""The Kolmogorov distance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtr

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.normal import density
from clt_sim.gaussianity.numerics.suprema import roughness, supremum
from clt_sim.gaussianity.views.scale_mixture import RESOLUTION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

_POINTS_PER_PANEL = 16
_REFINEMENTS = 4


class Kolmogorov(Measure):
    """The Kolmogorov distance ``sup_z |F(z) - Phi(z)|``, between 0 and 1.

    The influence function of the plug-in value is that of ``|F - Phi|`` at the point z* where
    it is largest: ``s (1[z <= z*] - F(z*))`` with the sign s of the difference, and
    ``s phi(z*)``, ``s z* phi(z*)`` as derivatives along mean and sd. It holds where the
    largest difference stands out. Where others nearby, or on the other side of a symmetric law,
    are almost as large, the error is that of one of them, which is too large (by a third for
    400 uniform draws). For a normal law all differences are 0; then the plug-in value
    shows the floor of sampling, of order ``n**-0.5``.
    """

    name: ClassVar[str] = "kolmogorov"

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the distance, from both limits at every value, and its influence function."""
        right = sample.cdf()
        normal = sample.normal_cdf()
        above, below = right - normal, normal - (right - sample.weights)
        is_above = bool(above.max() >= below.max())
        place = int(np.argmax(above if is_above else below))
        reached = np.arange(sample.values.size) < place + is_above
        at = float(sample.values[place])
        value = float(above[place] if is_above else below[place])
        return value, _influence(sample, reached, at, 1.0 if is_above else -1.0)

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the distance at the edges, and at either side of an atom inside a bin.

        Between edges a smooth difference stays near its values there. A bin whose mass stands
        far above its neighbours' holds an atom, somewhere: both limits are taken at its middle,
        to within half the normal mass of the bin. The error joins that of sampling with how far
        the largest difference may be from the largest that was seen.
        """
        cdf, normal = binned.cdf(), ndtr(binned.edges)
        middle = binned.midpoints()
        is_atom = binned.holds_atom()
        atoms = np.flatnonzero(is_atom)
        smooth = np.where(is_atom, 0.0, binned.mass)
        edge = np.arange(cdf.size)
        # For edges, left limits at atoms and right limits at atoms:
        bins_below = np.concatenate([edge, atoms, atoms + 1])
        places = np.concatenate([binned.edges, middle.values[atoms], middle.values[atoms]])
        within = 0.5 * np.diff(normal)[atoms]
        resolution = np.concatenate([roughness(smooth - np.diff(normal)), within, within])
        difference = cdf[bins_below] - ndtr(places)
        seen = np.abs(difference)
        best = int(np.argmax(seen))
        value = float(seen[best])
        unseen = max(np.max(seen + resolution) - value, value - np.max(seen - resolution))
        reached = np.arange(binned.mass.size) < bins_below[best]
        sign = math.copysign(1.0, difference[best])
        influence = _influence(middle, reached, float(places[best]), sign)
        return Estimate(value, math.hypot(middle.stderr(influence), unseen))

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the distance from a grid, refined at its peaks, and both limits at atoms."""
        at_atoms = float(np.max(np.abs(distribution.leads_at_atoms()), initial=0.0))
        if distribution.is_discrete:
            return Estimate(at_atoms, distribution.precision)

        def distance(x: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.abs(distribution.lead(x))

        fine, coarse = (
            max(at_atoms, supremum(distance, distribution.breaks(), points))
            for points in (_POINTS_PER_PANEL, _POINTS_PER_PANEL // 2)
        )
        return Estimate(fine, abs(fine - coarse) + distribution.precision)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the distance from a grid in the logarithm of z, refined at its peak."""
        grid = mixture.places()
        for _ in range(_REFINEMENTS):
            best = int(np.argmax(np.abs(mixture.lead(grid))))
            place = float(grid[best])
            grid = np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)], 33)
        lead = float(mixture.lead(np.array([place]))[0])
        sign = math.copysign(1.0, lead)
        scale = sign * place * float(mixture.pdf(np.array([place]))[0])
        sampling = mixture.stderr(-sign * ndtr(-place / mixture.sds), scale=scale)
        return Estimate(abs(lead), math.hypot(sampling, RESOLUTION))


def _influence(
    sample: Sample, reached: NDArray[np.bool_], place: float, sign: float
) -> NDArray[np.float64]:
    """Return the influence function of ``sign (F - Phi)`` at a place."""
    at_place = float(density(np.array(place)))
    share = float(sample.weights @ reached)
    known = np.where(reached, sign * (1.0 - share), -sign * share)
    return sample.fitted(known, sign * at_place, sign * place * at_place)
