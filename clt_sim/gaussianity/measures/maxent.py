"""Hyvarinen's maximum-entropy approximations of negentropy."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.views.distribution import NORMAL_REACH
from clt_sim.gaussianity.views.scale_mixture import RESOLUTION
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.draws import Draws
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture

_K1 = 36.0 / (8.0 * math.sqrt(3.0) - 9.0)
_K2A = 1.0 / (2.0 - 6.0 / math.pi)
_K2B = 24.0 / (16.0 * math.sqrt(3.0) - 27.0)
_ROOT_HALF = math.sqrt(0.5)
_ROOT_TWO_PI = math.sqrt(2.0 * math.pi)
_MEAN_SIZE = math.sqrt(2.0 / math.pi)
"""E|Z| of N(0, 1)."""


class EvenMeans(NamedTuple):
    """Means over standardised draws of the even function G and of its products."""

    value: float
    slope: float
    """Of G'."""
    slope_times_z: float
    square: float
    times_zw: float
    times_z: float
    times_zz: float


class MaxentNegentropy(Measure):
    """The approximation ``k1 E[z w]^2 + k2 (E[G] - E[G(Z)])^2``, ``w = exp(-z^2/2)``, G even.

    It is the negentropy of the maximum-entropy density that is near the normal one and has the
    same two expectations, in nats, with ``k1 = 36/(8 sqrt(3) - 9)`` (A. Hyvarinen, New
    approximations of differential entropy for independent component analysis and projection
    pursuit, NIPS 10, 1998). Far from the normal law it can be several times too small or too
    large.

    It is defined for standardised values only. Near the normal law the influence vanishes and
    the plug-in value shows the floor of sampling, of order ``1/n``.
    """

    weight: ClassVar[float]
    """The number k2."""
    normal: ClassVar[float]
    """``E[G(Z)]`` of N(0, 1)."""

    @abstractmethod
    def even(
        self, z: NDArray[np.float64], w: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return G and its derivative."""

    @abstractmethod
    def departure(self, distribution: Distribution) -> Estimate:
        """Return ``E[G(z)] - E[G(Z)]``, the integral of ``-G' (F - Phi)``."""

    @abstractmethod
    def of_sds(self, sds: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return ``E[G(sd Z)]`` and its derivative when z is divided by c, in log c at 1."""

    @abstractmethod
    def of_means(self, means: NDArray[np.float64]) -> EvenMeans:
        """Pick means of G out of those that `maxent_means` returns."""

    def of_draws(self, draws: Draws) -> Estimate:
        """Return the value and its error, in one pass where the draws are independent.

        The influence is ``a z w + b G + c z + d z^2``, whose mean square is a sum of means.
        """
        if draws.clusters is not None:
            return super().of_draws(draws)
        check_standardized(standardized=draws.standardized)
        means, third, fourth = draws.maxent_means, *draws.moments.standardized[3:5]
        even = self.of_means(means)
        w, zw, zzw, zzzw, zzww = means[[0, 1, 2, 3, 6]].tolist()
        a, b = self._gradient(zw, even.value)
        c = -a * (w - zzw) - b * even.slope
        d = -0.5 * (a * (zw - zzzw) + b * even.slope_times_z)
        square = a * a * zzww + b * b * even.square + c * c + d * d * fourth
        square += 2.0 * a * (b * even.times_zw + c * zzw + d * zzzw)
        square += 2.0 * b * (c * even.times_z + d * even.times_zz) + 2.0 * c * d * third
        variance = square - (a * zw + b * even.value + d) ** 2
        return Estimate(self._value(a, b), math.sqrt(max(variance, 0.0) / draws.count))

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the value and its influence function, by the chain rule."""
        check_standardized(standardized=sample.standardized)
        z, weights = sample.values, sample.weights
        w = _ROOT_TWO_PI * sample.normal_density()
        zw = z * w
        even, even_slope = self.even(z, w)
        by_odd, by_even = self._gradient(float(weights @ zw), float(weights @ even))
        slope = by_odd * (w - z * zw) + by_even * even_slope
        shift, scale = -float(weights @ slope), -float(weights @ (z * slope))
        known = by_odd * zw + by_even * even
        known -= weights @ known
        return self._value(by_odd, by_even), sample.fitted(known, shift, scale)

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the value with draws at the middles of bins.

        The error of resolution is the change when bins are merged in pairs.
        """
        middle = binned.midpoints()
        value, influence = self.of_sample(middle)
        merged, _ = self.of_sample(binned.coarser().midpoints())
        return Estimate(value, math.hypot(middle.stderr(influence), merged - value))

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the value by quadrature of departures from the normal distribution function.

        By parts, ``E[g(Z)]`` less its normal value is the integral of ``-g' (F - Phi)``: there
        poles and atoms are no more than steep places and steps. Of a discrete law it is a sum.
        """
        check_standardized(standardized=distribution.standardized)
        if distribution.is_discrete:
            return self._of_atoms(distribution.atoms(), distribution.precision)

        def odd_slope(x: NDArray[np.float64]) -> NDArray[np.float64]:
            return (distribution.z(x) ** 2 - 1.0) * _weighted_lead(distribution, x)

        odd = distribution.integral(odd_slope, reach=NORMAL_REACH)
        departure = self.departure(distribution)
        by_odd, by_even = self._gradient(odd.value, self.normal + departure.value)
        error = abs(by_odd) * odd.stderr + abs(by_even) * departure.stderr
        return Estimate(self._value(by_odd, by_even), error)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the value from the mean of G over draws of the sd; the odd expectation is 0."""
        check_standardized(standardized=mixture.standardized)
        even, slopes = self.of_sds(mixture.sds)
        at_atom = float(self.of_sds(np.zeros(1))[0][0])
        mean = float(mixture.shares @ even) + mixture.atom * at_atom
        _, by_even = self._gradient(0.0, mean)
        scale = float(mixture.shares @ slopes)
        sampling = abs(by_even) * mixture.stderr(even, at_atom, scale=scale)
        return Estimate(self._value(0.0, by_even), math.hypot(sampling, by_even * RESOLUTION))

    def _of_atoms(self, atoms: Sample, precision: float) -> Estimate:
        w = np.exp(-0.5 * atoms.values**2)
        even, _ = self.even(atoms.values, w)
        odd = float(atoms.weights @ (atoms.values * w))
        by_odd, by_even = self._gradient(odd, float(atoms.weights @ even))
        return Estimate(self._value(by_odd, by_even), precision * (abs(by_odd) + abs(by_even)))

    def _gradient(self, odd: float, even: float) -> tuple[float, float]:
        """Return the derivatives of the value along its two expectations."""
        return 2.0 * _K1 * odd, 2.0 * self.weight * (even - self.normal)

    def _value(self, by_odd: float, by_even: float) -> float:
        """Return the value, a sum of two squares, from its derivatives."""
        return by_odd**2 / (4.0 * _K1) + by_even**2 / (4.0 * self.weight)


class NegentropyMaxent(MaxentNegentropy):
    """Hyvarinen's approximation ``k1 E[z w]^2 + k2b (E[w] - sqrt(1/2))^2``, ``w = exp(-z^2/2)``.

    The second pair of functions of the paper, J_b, with ``k2b = 24/(16 sqrt(3) - 27)``: no tail
    has much weight in it. See `MaxentNegentropy`.
    """

    name: ClassVar[str] = "negentropy-maxent"
    weight: ClassVar[float] = _K2B
    normal: ClassVar[float] = _ROOT_HALF

    def even(
        self, z: NDArray[np.float64], w: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return w and its derivative."""
        return w, -z * w

    def of_means(self, means: NDArray[np.float64]) -> EvenMeans:
        """Return the means of w."""
        w, zw, zzw, _, ww, zww = means[:6].tolist()
        return EvenMeans(w, -zw, -zzw, ww, zww, zw, zzw)

    def departure(self, distribution: Distribution) -> Estimate:
        """Return ``E[w]`` less its normal value."""

        def slope(x: NDArray[np.float64]) -> NDArray[np.float64]:
            return distribution.z(x) * _weighted_lead(distribution, x)

        return distribution.integral(slope, reach=NORMAL_REACH)

    def of_sds(self, sds: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return ``E[w] = (1 + sd^2)^(-1/2)`` and its derivative."""
        second = sds**2
        w = (1.0 + second) ** -0.5
        return w, second * w**3


class NegentropyMaxentAbs(MaxentNegentropy):
    """Hyvarinen's approximation ``k1 E[z exp(-z^2/2)]^2 + k2a (E|z| - sqrt(2/pi))^2``.

    The first pair of functions of the paper, J_a, with ``k2a = 1/(2 - 6/pi)``: ``|z|`` tells
    sparse laws from flat ones by their bulk and their tails together. See `MaxentNegentropy`.
    """

    name: ClassVar[str] = "negentropy-maxent-abs"
    weight: ClassVar[float] = _K2A
    normal: ClassVar[float] = _MEAN_SIZE

    def even(
        self,
        z: NDArray[np.float64],
        w: NDArray[np.float64],  # noqa: ARG002
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return ``|z|`` and its derivative, 0 at 0."""
        return np.abs(z), np.sign(z)

    def of_means(self, means: NDArray[np.float64]) -> EvenMeans:
        """Return the means of ``|z|``."""
        size, sign, size_zw, size_z, size_zz = means[7:].tolist()
        return EvenMeans(size, sign, size, 1.0, size_zw, size_z, size_zz)

    def departure(self, distribution: Distribution) -> Estimate:
        """Return ``E|z|`` less its normal value, tails of the law included."""

        def slope(x: NDArray[np.float64]) -> NDArray[np.float64]:
            return -np.sign(distribution.z(x)) * distribution.lead(x)

        body, tails = distribution.integral(slope), distribution.integrated_tails()
        return Estimate(body.value + tails.value, body.stderr + tails.stderr)

    def of_sds(self, sds: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return ``E|sd Z| = sd (2/pi)^(1/2)`` and its derivative."""
        sizes = _MEAN_SIZE * sds
        return sizes, -sizes


def check_standardized(*, standardized: bool) -> None:
    """Refuse raw values.

    Raises
    ------
    UnavailableError
        If the values are not standardised.
    """
    if not standardized:
        raise UnavailableError("is defined for standardised values only")


def _weighted_lead(distribution: Distribution, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``w (F - Phi)``."""
    return np.asarray(np.exp(-0.5 * distribution.z(x) ** 2) * distribution.lead(x))
