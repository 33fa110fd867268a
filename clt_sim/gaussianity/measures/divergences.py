"""Measures that need a density: total variation and negentropy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtr, xlogy

from clt_sim._quadrature import gauss_legendre
from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.normal import LOG_ROOT_TWO_PI, density
from clt_sim.gaussianity.views.distribution import NORMAL_REACH
from clt_sim.gaussianity.views.scale_mixture import RESOLUTION
from clt_sim.laws.poles import Poles
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

_MOST_ELEMENTS = 2**20


class _DensityMeasure(Measure):
    """A measure that draws cannot give."""

    refusal: ClassVar[str] = "needs a density; from draws it would be biased by the smoothing"

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:  # noqa: ARG002
        """Refuse: a sample has no density."""
        raise UnavailableError(self.refusal)

    def of_binned(self, binned: BinnedDraws) -> Estimate:  # noqa: ARG002
        """Refuse: the density of a histogram is that of its bins."""
        raise UnavailableError(self.refusal)


class TotalVariation(_DensityMeasure):
    """The total variation distance ``(1/2) integral |f - phi| + (1/2) (mass of atoms)``.

    It is the largest difference in the probability of any event, between 0 and 1, and is 1 for
    a discrete law.
    """

    name: ClassVar[str] = "total-variation"

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the integral of the positive part of ``phi - f`` by quadrature.

        It is the same number, because phi and f with the atoms both have mass 1; poles, atoms
        and tails of the law do not enter.
        """
        if distribution.is_discrete:
            return Estimate(1.0, 0.0)
        return distribution.integral(
            lambda x: np.maximum(density(distribution.z(x)) - distribution.pdf(x), 0.0),
            reach=NORMAL_REACH,
        )

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the mass that phi has more than f, between the places where they cross."""
        ends, signs = mixture.intervals(lambda t: mixture.pdf(t) - density(t))
        below = np.where(signs < 0.0, -2.0, 0.0)
        value = float(below @ np.diff(mixture.lead(ends)))
        influence = below @ np.diff(ndtr(ends[:, None] / mixture.sds), axis=0)
        inner = ends[1:-1]
        height = np.concatenate([[0.0], inner * mixture.pdf(inner), [0.0]])
        sampling = mixture.stderr(influence, scale=float(below @ np.diff(height)))
        return Estimate(value, math.hypot(sampling, RESOLUTION))


class Negentropy(_DensityMeasure):
    """The relative entropy ``integral f ln(f/phi)`` to N(0, 1), in nats.

    For a standardised law it is the negentropy ``(1/2) ln(2 pi e) - h`` with the differential
    entropy h (Hyvarinen & Oja 2000, eq. 22), and 0 only for the normal law.
    """

    name: ClassVar[str] = "negentropy"
    refusal: ClassVar[str] = "needs a density; from sorted draws, negentropy-debiased estimates it"

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
            raise UnavailableError("is infinite: the law has no finite second moment")

        def integrand(x: NDArray[np.float64]) -> NDArray[np.float64]:
            f = distribution.pdf(x)
            return np.asarray(xlogy(f, f))

        poles = Poles.of(distribution.law)
        outside = distribution.density_integral(integrand, poles)
        inside, error = poles.entropy_integral(distribution.scale)
        cross_entropy = LOG_ROOT_TWO_PI + 0.5 * second
        error += outside.stderr + distribution.precision * cross_entropy
        return Estimate(outside.value + inside + cross_entropy, error)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the integral from 20-point rules over quarters of an octave.

        The error of quadrature is the change with half of the places. That of resolution is
        weighted with the logarithms of the density.

        Raises
        ------
        UnavailableError
            If there is an atom.
        """
        if mixture.atom:
            raise UnavailableError("the law has an atom, and with it no differential entropy")
        places = mixture.places()[::4]
        value, influence, size = _entropy_integral(mixture, places)
        coarse, _, _ = _entropy_integral(mixture, places[::2])
        second = mixture.sds**2
        cross_entropy = LOG_ROOT_TWO_PI + 0.5 * float(mixture.shares @ second)
        if not mixture.standardized:
            influence = influence + 0.5 * second
        sampling = mixture.stderr(influence, scale=1.0)
        resolution = 2.0 * RESOLUTION * size + abs(value - coarse)
        return Estimate(value + cross_entropy, math.hypot(sampling, resolution))


def _entropy_integral(
    mixture: ScaleMixture, places: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], float]:
    """Return ``integral f ln f``, that of ``f_sd ln f`` for each sd, and ``integral f |ln f|``."""
    nodes, weights = gauss_legendre(places[:-1], places[1:])
    points, weights = nodes.ravel(), 2.0 * weights.ravel()
    f = mixture.pdf(points)
    logs = np.log(np.where(f > 0.0, f, 1.0))
    influence = np.zeros(mixture.sds.size)
    step = max(_MOST_ELEMENTS // mixture.sds.size, 1)
    for start in range(0, points.size, step):
        some = slice(start, start + step)
        densities = density(points[some, None] / mixture.sds) / mixture.sds
        influence += (weights[some] * logs[some]) @ densities
    return float(weights @ (f * logs)), influence, float(weights @ (f * np.abs(logs)))
