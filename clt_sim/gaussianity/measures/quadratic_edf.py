"""The Cramer-von Mises and Anderson-Darling distances."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import erfcx, log_ndtr, ndtr

from clt_sim._quadrature import integrate_tail
from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.normal import LOG_ROOT_TWO_PI, density
from clt_sim.gaussianity.numerics.chords import Chords
from clt_sim.gaussianity.numerics.half_line import integrate_half_line
from clt_sim.gaussianity.numerics.transport import Transport
from clt_sim.gaussianity.views.distribution import NORMAL_REACH
from clt_sim.gaussianity.views.scale_mixture import RESOLUTION
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

_EPS = float(np.finfo(np.float64).eps)
_BODY = 4.0
"""Up to there the logarithm of ``1 - Phi`` has lost no digits that matter."""
_TAIL_PRECISION = 1e-11
"""That of the squares of tails."""
_NODES = 4
_GRID = np.arange(-NORMAL_REACH, NORMAL_REACH + 0.25, 0.5)


class _QuadraticDistance(Measure):
    """A distance ``integral (F(z) - Phi(z))^2 w(z) dz``."""

    reach: ClassVar[float]
    """How far the weight reaches."""

    @abstractmethod
    def weight(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return w."""

    @abstractmethod
    def before(self, z: float) -> float:
        """Return the integral of ``Phi^2 w`` up to z."""

    @abstractmethod
    def check_tail(self, tail_index: float) -> None:
        """Refuse laws for which it is infinite."""

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the distance of the cdf that is linear within bins, but for atoms.

        The error of resolution is the change when bins are merged in pairs, and the most by
        which draws in outer bins can change the integrand there.

        Raises
        ------
        UnavailableError
            If the distance of the model's law is infinite.
        """
        self.check_tail(binned.tail_index)
        value, outer = self._of_chords(binned)
        merged, _ = self._of_chords(binned.coarser())
        middle = binned.midpoints()
        _, influence = self.of_sample(middle)
        error = math.hypot(middle.stderr(influence), abs(merged - value) + outer)
        return Estimate(value, error)

    def _of_chords(self, binned: BinnedDraws) -> tuple[float, float]:
        """Return the distance, and the most that draws can change by moving in outer bins.

        A level that is off by no more than the mass m changes a square by no more than
        ``2 m |F - Phi| + 2 m^2``.
        """
        places, weights, levels = Chords.of(binned).split(_GRID).nodes(_NODES)
        lead = levels - ndtr(places)
        weights *= self.weight(places)
        value = float(np.sum(weights * lead**2))
        value += self.before(float(binned.edges[0])) + self.before(-float(binned.edges[-1]))
        left, right = binned.outer
        mass = np.where(places < binned.edges[1], left * binned.mass[0], 0.0)
        mass += np.where(places > binned.edges[-2], right * binned.mass[-1], 0.0)
        return value, float(np.sum(weights * 2.0 * mass * (np.abs(lead) + mass)))

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the distance by quadrature; of a discrete law exactly.

        Raises
        ------
        UnavailableError
            If it is infinite.
        """
        self.check_tail(math.inf if math.isfinite(distribution.law.mean) else 1.0)
        if distribution.is_discrete:
            value, _ = self.of_sample(distribution.atoms())
            return Estimate(value, 4.0 * distribution.precision * (1.0 + value))

        def integrand(x: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(distribution.lead(x) ** 2 * self.weight(distribution.z(x)))

        body = distribution.integral(integrand, reach=self.reach)
        tails = _heavy_tails(distribution, self.weight) if math.isinf(self.reach) else []
        value = math.fsum(part.value for part in (body, *tails))
        error = math.fsum(part.stderr for part in (body, *tails))
        # A difference that is off by its precision moves the square by its root.
        moved = 2.0 * math.sqrt(value) * distribution.precision
        shift = 2.0 * _EPS * abs(distribution.location) / distribution.scale * math.sqrt(value)
        return Estimate(value, error + moved + shift)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the distance by quadrature of the upper tail.

        Raises
        ------
        UnavailableError
            If the distance of the model's law is infinite.
        """
        self.check_tail(mixture.tail_index)

        def integrands(z: NDArray[np.float64], above: NDArray[np.float64]) -> NDArray[np.float64]:
            lead = ndtr(-z) - above
            weighted = lead * self.weight(z)
            return np.stack([weighted * lead, 2.0 * weighted * z * mixture.pdf(z)])

        def slopes(z: NDArray[np.float64], above: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(-2.0 * ((ndtr(-z) - above) * self.weight(z))[None, :])

        integrals = integrate_half_line(mixture, integrands, slopes)
        value, scale = integrals.values.tolist()
        sampling = mixture.stderr(integrals.influence[0], scale=scale)
        resolution = 4.0 * RESOLUTION * (2.0 * math.sqrt(value) + 4.0 * RESOLUTION)
        return Estimate(value, math.hypot(sampling, resolution + float(integrals.errors[0])))


class CramerVonMises(_QuadraticDistance):
    """The Cramer-von Mises distance ``integral (F - Phi)^2 dPhi``, between 0 and 1/3.

    n times that of raw values is the statistic of the test (T. W. Anderson, On the distribution
    of the two-sample Cramer-von Mises criterion, Ann. Math. Statist. 33, 1962, 1148-1159). With
    ``u = Phi(z)`` the distance of a sample is ``sum w (u - m)^2 + sum w^3/12``, where w is the
    weight of a value and m the mean of both limits of F at it. The influence function is
    ``E[H] - H(z)`` with ``H' = 2 (F - Phi) phi``. For a normal law it vanishes: then the
    plug-in value shows the floor of sampling, of order ``1/n``: 1/(6n) for known mean and sd.
    """

    name: ClassVar[str] = "cramer-von-mises"
    reach: ClassVar[float] = NORMAL_REACH

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the exact distance of a step function and its influence function."""
        w, u, cdf = sample.weights, sample.normal_cdf(), sample.cdf()
        weighted = u - cdf
        weighted += 0.5 * w
        spread = float((w * w) @ w) / 12.0
        value = float((w * weighted) @ weighted) + spread
        weighted *= w
        height = np.cumsum(w * u)  # -H/2
        height += u * (0.5 * u - cdf)
        height *= 2.0
        height -= w @ height
        if not sample.standardized:
            return value, height
        weighted *= sample.normal_density()
        shift, scale = -2.0 * float(weighted.sum()), -2.0 * float(weighted @ sample.values)
        return value, sample.fitted(height, shift, scale)

    def weight(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the normal density."""
        return density(np.clip(z, -40.0, 40.0))

    def before(self, z: float) -> float:
        """Return ``Phi(z)^3/3``."""
        return float(ndtr(z)) ** 3 / 3.0

    def check_tail(self, tail_index: float) -> None:
        """Accept every law."""


class AndersonDarling(_QuadraticDistance):
    """The Anderson-Darling distance ``integral (F - Phi)^2/(Phi (1 - Phi)) dPhi``, from 0 on.

    n times that of raw values is the statistic of the test (T. W. Anderson & D. A. Darling,
    A test of goodness of fit, J. Amer. Statist. Assoc. 49, 1954, 765-769). With ``u = Phi(z)``,
    weights w and means m of both limits of F, the distance of a sample is
    ``-1 - 2 sum w (m ln(u) + (1 - m) ln(1 - u))``. The influence function is ``E[H] - H(z)`` with
    ``H' = 2 (F - Phi) phi/(Phi (1 - Phi))``. For a normal law it vanishes: then the plug-in
    value shows the floor of sampling, of order ``1/n``: 1/n for known mean and sd.

    The weight grows as ``|z|``. A law with a mean has a finite distance, however heavy its tails;
    one with a tail as heavy as that of the Cauchy law an infinite one. Raw values
    far from 0 have a finite and very large one, half of their mean square.
    """

    name: ClassVar[str] = "anderson-darling"
    reach: ClassVar[float] = math.inf

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the exact distance of a step function and its influence function.

        Raises
        ------
        UnavailableError
            If it is beyond the range of doubles.
        """
        w, cdf = sample.weights, sample.cdf()
        lower, upper = _log_tails(sample)
        logit = lower - upper
        weighted = w * logit
        middle = cdf - 0.5 * w  # the mean of both limits
        value = -1.0 - 2.0 * float(middle @ weighted) - 2.0 * float(w @ upper)
        if not math.isfinite(value):
            raise UnavailableError("is beyond the range of doubles")
        height = np.cumsum(weighted, out=weighted)  # -H/2
        logit *= cdf
        height -= logit
        height -= upper
        height *= 2.0
        height -= w @ height
        if not sample.standardized:
            return value, height
        z = sample.values
        lower += upper
        lower += 0.5 * z * z
        lower += LOG_ROOT_TWO_PI
        slope = np.exp(np.negative(lower, out=lower), out=lower)  # phi/(Phi (1 - Phi))
        middle -= sample.normal_cdf()
        slope *= middle
        slope *= w
        return value, sample.fitted(height, 2.0 * float(slope.sum()), 2.0 * float(slope @ z))

    def weight(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``phi/(Phi (1 - Phi))``, which is about ``|z|`` far away."""
        far = np.abs(z)
        return np.asarray(math.sqrt(2.0 / math.pi) / (erfcx(far * math.sqrt(0.5)) * ndtr(far)))

    def before(self, z: float) -> float:
        """Return ``-Phi(z) - ln(1 - Phi(z))``."""
        return max(-float(ndtr(z)) - float(log_ndtr(-z)), 0.0)

    def check_tail(self, tail_index: float) -> None:
        """Refuse laws without a mean.

        Raises
        ------
        UnavailableError
            If the tail index is not above 1.
        """
        if tail_index <= 1.0:
            raise UnavailableError("is infinite: without a finite mean the tails are too heavy")


def _heavy_tails(
    distribution: Distribution, weight: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> list[Estimate]:
    """Return the integrals over z beyond the outermost breaks, where ``F - Phi`` is a tail of F."""
    transport, law, scale = Transport.of(distribution), distribution.law, distribution.scale
    median, allowed = float(law.quantile(0.5)), _EPS * scale

    def integrand(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.minimum(*transport.tails(x)) ** 2 * weight(distribution.z(x)))

    parts = []
    for start, end in zip(distribution.breaks()[[0, -1]].tolist(), law.support, strict=True):
        first = float(integrand(np.array([start]))[0]) * abs(start - median)
        if math.isinf(end) and first > allowed:
            tail = integrate_tail(
                integrand, median, start, precision=_TAIL_PRECISION, allowed=allowed
            )
            parts.append(Estimate(tail.value / scale, tail.stderr / scale))
        else:
            parts.append(Estimate(0.0, 0.0 if math.isfinite(end) else _EPS))
    return parts


def _log_tails(sample: Sample) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the logarithms of Phi and of ``1 - Phi`` at the values."""
    z = sample.values
    lower, upper = np.empty(z.size), np.empty(z.size)
    first, last = np.searchsorted(z, [-_BODY, _BODY])
    body = sample.normal_cdf()[first:last]
    lower[first:last], upper[first:last] = np.log(body), np.log(1.0 - body)
    for far in (slice(0, first), slice(last, None)):
        lower[far], upper[far] = log_ndtr(z[far]), log_ndtr(-z[far])
    return lower, upper
