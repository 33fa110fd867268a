"""Measures that need a density: total variation and negentropy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import xlogy

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.normal import LOG_ROOT_TWO_PI, density
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.binned import BinnedDraws
    from clt_sim.gaussianity.distribution import Distribution
    from clt_sim.gaussianity.sample import Sample

_NEEDS_DENSITY = "needs a density; from draws it would be biased by the smoothing"


class _DensityMeasure(Measure):
    """A measure that draws cannot give."""

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:  # noqa: ARG002
        """Refuse: a sample has no density."""
        raise UnavailableError(_NEEDS_DENSITY)

    def of_binned(self, binned: BinnedDraws) -> Estimate:  # noqa: ARG002
        """Refuse: the density of a histogram is that of its bins."""
        raise UnavailableError(_NEEDS_DENSITY)


class TotalVariation(_DensityMeasure):
    """The total variation distance ``(1/2) integral |f - phi| + (1/2) (mass of atoms)``.

    It is the largest difference in the probability of any event, between 0 and 1, and is 1 for
    a discrete law.
    """

    name: ClassVar[str] = "total-variation"

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the distance by quadrature."""
        atoms = math.fsum(distribution.law.atoms.values())
        if distribution.is_discrete:
            return Estimate(1.0, 0.0)
        value, error = distribution.integral(lambda z: np.abs(distribution.pdf(z) - density(z)))
        return Estimate(0.5 * (float(value[0]) + atoms), 0.5 * float(error[0]))


class Negentropy(_DensityMeasure):
    """The relative entropy ``integral f ln(f/phi)`` to N(0, 1), in nats.

    For a standardised law it is the negentropy ``(1/2) ln(2 pi e) - h`` with the differential
    entropy h (Hyvarinen & Oja 2000, eq. 22), and 0 only for the normal law.
    """

    name: ClassVar[str] = "negentropy"

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return ``integral f ln(f) + (1/2) ln(2 pi) + (1/2) E z^2``, the last from moments.

        Raises
        ------
        UnavailableError
            If the law has atoms, or its second moment is not finite.
        """
        if distribution.law.atoms:
            raise UnavailableError("the law has atoms, and with them no differential entropy")
        second = 1.0 if distribution.standardized else distribution.law.moment(2)
        if not math.isfinite(second):
            raise UnavailableError("the law has no finite second moment")

        def integrand(z: NDArray[np.float64]) -> NDArray[np.float64]:
            f = distribution.pdf(z)
            return np.asarray(xlogy(f, f))

        value, error = distribution.integral(integrand)
        cross_entropy = LOG_ROOT_TWO_PI + 0.5 * second
        rounding = distribution.precision * cross_entropy
        return Estimate(float(value[0]) + cross_entropy, float(error[0]) + rounding)
