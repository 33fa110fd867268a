"""The squared energy distance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtr

from clt_sim._quadrature import gauss_legendre, integrate_adaptively
from clt_sim.estimate import Estimate
from clt_sim.exact.law import ExactLaw
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.numerics.midpoints import estimate_from_midpoints
from clt_sim.gaussianity.views.scale_mixture import RESOLUTION
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture
    from clt_sim.laws import Law

_BETWEEN_NORMALS = 2.0 / math.sqrt(math.pi)
"""``E|Z - Z'|``."""
_EPS = float(np.finfo(np.float64).eps)
_INFINITE = "is infinite: a tail is as heavy as x^(-1/2)"
_MOST_ELEMENTS = 2**20


class Energy(Measure):
    """The squared energy distance ``2 E|X - Z| - E|X - X'| - E|Z - Z'|``, in the units of z.

    It is ``2 integral (F(z) - Phi(z))^2 dz`` (G. Szekely & M. Rizzo, Energy statistics: a class of
    statistics based on distances, 2013), which exists without a mean as well, for tails lighter
    than ``x^(-1/2)``; that integral is the definition here. The influence function of the plug-in
    value is ``H(z) - E[H]`` with ``H(z) = 2 E|z - Z| - 2 E|z - X'|``. For a normal law it vanishes:
    then the plug-in value shows the floor of sampling, of order ``1/n`` (``2/(n pi^(1/2))`` with
    mean and sd known, less when they are estimated).
    """

    name: ClassVar[str] = "energy"

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the value of the step function and its influence function, from sorted sums."""
        z, weights = sample.values, sample.weights
        level, gaps = sample.cdf()[:-1], np.diff(z)
        excess = 2.0 * sample.normal_cdf() - 1.0  # the derivative of E|z - Z|
        to_normal = z * excess + 2.0 * sample.normal_density()
        between = 2.0 * float((level * (1.0 - level)) @ gaps)
        to_sample = np.empty(z.size)
        to_sample[0] = weights @ (z - z[0])
        np.cumsum((2.0 * level - 1.0) * gaps, out=to_sample[1:])
        to_sample[1:] += to_sample[0]
        mean = float(weights @ to_normal)
        known = 2.0 * (to_normal - to_sample - (mean - between))
        shift = -2.0 * float(weights @ excess)
        scale = between - 2.0 * float(weights @ (z * excess))
        value = max(2.0 * mean - between - _BETWEEN_NORMALS, 0.0)
        return value, sample.fitted(known, shift, scale)

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the value with draws at the middles of bins and an error of resolution.

        Raises
        ------
        UnavailableError
            If the distance of the model's law is infinite.
        """
        if binned.tail_index <= 0.5:
            raise UnavailableError(_INFINITE)
        return estimate_from_midpoints(self, binned)

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the integral of ``2 (F - Phi)^2`` by quadrature; of a discrete law a sum.

        Raises
        ------
        UnavailableError
            If it is infinite.
        """
        law = distribution.law
        if not isinstance(law, ExactLaw) and law.tail_index <= 0.5:
            raise UnavailableError(_INFINITE)
        shift = 2.0 * _EPS * abs(distribution.location) / distribution.scale
        if distribution.is_discrete:
            atoms = distribution.atoms()
            value, _ = self.of_sample(atoms)
            size = 4.0 + 4.0 * float(atoms.weights @ np.abs(atoms.values))
            return Estimate(value, distribution.precision * size + shift)
        body = _body(distribution)
        tails = [_square_of_tail(distribution, upper=upper) for upper in (False, True)]
        value = body.value + math.fsum(tail.value for tail in tails)
        error = body.stderr + math.fsum(tail.stderr for tail in tails)
        if not math.isfinite(error):
            raise UnavailableError(_INFINITE)
        return Estimate(value, error + shift)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the value from 20-point rules over octaves.

        The error of quadrature is the change with half of the places.

        Raises
        ------
        UnavailableError
            If the distance of the model's law is infinite.
        """
        if mixture.tail_index <= 0.5:
            raise UnavailableError(_INFINITE)
        places = mixture.places()[::16]
        value, influence, scale = _mixture_integrals(mixture, places)
        coarse, _, _ = _mixture_integrals(mixture, places[::2])
        size = 1.0 + math.sqrt(float(mixture.shares @ mixture.sds**2))
        # The change of 2 |G|^2 when G moves by RESOLUTION over a length of that size.
        resolution = RESOLUTION * math.sqrt(size) * (3.0 * math.sqrt(value) + RESOLUTION)
        sampling = mixture.stderr(influence, scale=scale)
        return Estimate(value, math.hypot(sampling, resolution + abs(value - coarse)))


def _body(distribution: Distribution) -> Estimate:
    """Return the integral over the range of breaks, and what errors of F do to it."""
    breaks = distribution.breaks()
    ends = breaks[:-1], breaks[1:]
    precision = distribution.precision
    level = float(np.max(np.abs(distribution.lead(0.5 * (ends[0] + ends[1])))))
    # The relative error of a square whose root has the error `precision`:
    of_square = precision * (1.0 + 4.0 / max(level, precision))
    square = integrate_adaptively(
        lambda x: 2.0 * distribution.lead(x) ** 2, *ends, precision=of_square
    )
    # A tenth is enough for the size of an error.
    size = integrate_adaptively(lambda x: np.abs(distribution.lead(x)), *ends, precision=0.1)
    error = square.stderr + 4.0 * precision * size.value
    return Estimate(square.value / distribution.scale, error / distribution.scale)


def _square_of_tail(distribution: Distribution, *, upper: bool) -> Estimate:
    """Return the integral of ``2 P(tail)^2`` beyond the outermost break on one side.

    The tail there is below 1e-9. It is integrated over an octave of the distance from the median,
    and continued from there as the power of the distance that has the same density; what the
    octave changes is the error.
    """
    law = distribution.law
    if math.isfinite(law.support[1 if upper else 0]):
        return Estimate(0.0, 0.0)
    tail = _upper_tail(law) if upper else law.cdf
    origin = float(law.quantile(0.5))
    start = float(distribution.breaks()[-1 if upper else 0])

    def continued(x: float) -> float:
        distance, left = abs(x - origin), float(tail(np.array(x)))
        if left <= 4.0 * distribution.precision:
            return 0.0
        index = distance * float(law.pdf(x)) / left
        return 2.0 * left**2 * distance / (2.0 * index - 1.0) if index > 0.5 else math.inf

    octave = 2.0 * start - origin
    nodes, weights = gauss_legendre(*np.sort([start, octave])[:, None])
    inner = float(np.sum(weights * 2.0 * tail(nodes) ** 2))
    before, value = continued(start), inner + continued(octave)
    if not math.isfinite(before + value):
        return Estimate(0.0, math.inf)
    lost = 8.0 * distribution.precision * abs(start - origin) * float(tail(np.array(start)))
    return Estimate(value / distribution.scale, (abs(value - before) + lost) / distribution.scale)


def _upper_tail(law: Law | ExactLaw) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    if isinstance(law, ExactLaw):
        return law.sf
    return lambda x: 1.0 - law.cdf(x)


def _mixture_integrals(
    mixture: ScaleMixture, places: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], float]:
    """Return the value, its influence function but for a constant, and its derivative in scale."""
    nodes, weights = gauss_legendre(places[:-1], places[1:])
    points, weights = nodes.ravel(), 4.0 * weights.ravel()
    value, scale = 0.0, 0.0
    influence = np.zeros(mixture.sds.size)
    step = max(_MOST_ELEMENTS // mixture.sds.size, 1)
    for start in range(0, points.size, step):
        z = points[start : start + step]
        above = ndtr(-z[:, None] / mixture.sds)
        lead = ndtr(-z) - above @ mixture.shares
        slope = 2.0 * weights[start : start + step] * lead
        value += 0.5 * float(slope @ lead)
        influence -= slope @ above
        scale += float(slope @ (z * mixture.pdf(z)))
    return value, influence, scale
