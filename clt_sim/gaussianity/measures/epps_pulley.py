"""The distance of Epps and Pulley, between characteristic functions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.numerics.gauss_transform import ERROR, gauss_transform
from clt_sim.gaussianity.numerics.kernel_tails import tails
from clt_sim.gaussianity.numerics.lead_nodes import LeadNodes
from clt_sim.gaussianity.numerics.midpoints import estimate_from_midpoints
from clt_sim.gaussianity.numerics.mixture_waves import integrated_square

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

_ROOT_HALF = math.sqrt(0.5)
_BETWEEN_NORMALS = math.sqrt(1.0 / 3.0)
_EPS = float(np.finfo(np.float64).eps)
_FARTHEST = 60.0
"""From here on ``exp(-z^2/4)`` is 0."""


class EppsPulley(Measure):
    """The distance ``integral |f(t) - exp(-t^2/2)|^2 phi(t) dt`` of the characteristic function f.

    It is below ``1 + 3^(-1/2)``, and exists for every law. Of standardised values, and times n, it
    is the statistic of T. Epps & L. Pulley (A test for normality based on the empirical
    characteristic function, 1983), also known as BHEP with beta = 1 (L. Baringhaus & N. Henze, A
    consistent test for multivariate normality based on the empirical characteristic function,
    1988). With the kernel ``K = exp(-(x - y)^2/2)`` it is
    ``E K(X, X') - 2^(1/2) E exp(-X^2/4) + 3^(-1/2)``, the squared maximum mean discrepancy from
    N(0, 1).

    The influence function of the plug-in value is ``2 (g(z) - E[g])`` with
    ``g(z) = E K(z, X) - 2^(-1/2) exp(-z^2/4)``. For a normal law it vanishes: then the plug-in
    value shows the floor of sampling, of order ``1/n`` (``(1 - 3^(-1/2))/n`` with mean and sd
    known, less when they are estimated).
    """

    name: ClassVar[str] = "epps-pulley"

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the value, to 1e-13, and its influence function, by a fast Gauss transform."""
        z, weights = sample.values, sample.weights
        sums = gauss_transform(z, weights, 1 if sample.standardized else 0)
        near = np.clip(z, -_FARTHEST, _FARTHEST)
        to_normal = _ROOT_HALF * np.exp(-0.25 * near * near)
        to_both = sums[0] - to_normal
        mean, mean_normal = float(weights @ to_both), float(weights @ to_normal)
        value = max(mean - mean_normal + _BETWEEN_NORMALS, 0.0)
        known = 2.0 * (to_both - mean)
        if not sample.standardized:
            return value, known
        moment = weights * z
        shift = -float(moment @ to_normal)
        # E[(X - X')^2 K] = -2 E[X S'(X)], with S' from the transform.
        scale = -2.0 * float(moment @ sums[1]) - float((moment * z) @ to_normal)
        return value, sample.fitted(known, shift, scale)

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the value with draws at the middles of bins and an error of resolution."""
        return estimate_from_midpoints(self, binned)

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the double integral over F - Phi by quadrature; of a discrete law a sum.

        Raises
        ------
        UnavailableError
            If too much of the law is out of the reach of quadrature.
        """
        shift = 2.0 * _EPS * abs(distribution.location) / distribution.scale
        if distribution.is_discrete:
            value, _ = self.of_sample(distribution.atoms())
            return Estimate(value, 4.0 * (distribution.precision + ERROR) + shift)
        nodes = LeadNodes.of(distribution)
        masses = nodes.weights * nodes.lead
        transformed = -gauss_transform(nodes.z, masses, 2)[2]
        error = nodes.error(transformed, ERROR * nodes.nearby()) + shift
        added, missing = tails(distribution, nodes, 0, _slope, lambda _: 1.0)
        return Estimate(max(float(masses @ transformed) + added, 0.0), error + missing)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the integral over t of the squared difference of characteristic functions."""
        return integrated_square(mixture, _wave)


def _slope(x: float, y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the derivative of ``exp(-(x - y)^2/2)`` in y."""
    d = x - y
    return d * np.exp(-0.5 * d * d)


def _wave(
    t: NDArray[np.float64], sd: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the characteristic function of N(0, sd^2) and its derivative in scale."""
    square = (sd * t) ** 2
    wave = np.exp(-0.5 * square)
    return wave, square * wave
