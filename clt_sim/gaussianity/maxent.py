"""Hyvarinen's maximum-entropy approximation of negentropy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.distribution import NORMAL_REACH
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.scale_mixture import RESOLUTION
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.binned import BinnedDraws
    from clt_sim.gaussianity.distribution import Distribution
    from clt_sim.gaussianity.sample import Sample
    from clt_sim.gaussianity.scale_mixture import ScaleMixture

_K1 = 36.0 / (8.0 * math.sqrt(3.0) - 9.0)
_K2B = 24.0 / (16.0 * math.sqrt(3.0) - 27.0)
_ROOT_HALF = math.sqrt(0.5)


class NegentropyMaxent(Measure):
    """Hyvarinen's approximation ``k1 E[z w]^2 + k2b (E[w] - sqrt(1/2))^2``, ``w = exp(-z^2/2)``.

    It is the negentropy of the maximum-entropy density that is near the normal one and has the
    same two expectations, in nats, with ``k1 = 36/(8 sqrt(3) - 9)`` and
    ``k2b = 24/(16 sqrt(3) - 27)`` (A. Hyvarinen, New approximations of differential entropy for
    independent component analysis and projection pursuit, NIPS 10, 1998: the second pair of
    functions, J_b). Far from the normal law it can be several times too small or too large.

    It is defined for standardised values only. Near the normal law the influence vanishes and
    the plug-in value shows the floor of sampling, of order ``1/n``.
    """

    name: ClassVar[str] = "negentropy-maxent"

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the value and its influence function, by the chain rule."""
        _check_standardized(standardized=sample.standardized)
        z, weights = sample.values, sample.weights
        w = np.exp(-0.5 * z * z)
        odd, even = float(weights @ (z * w)), float(weights @ w)
        by_odd, by_even = _gradient(odd, even)
        known = by_odd * (z * w - odd) + by_even * (w - even)
        slope = by_odd * (1.0 - z * z) * w - by_even * z * w
        shift, scale = -float(weights @ slope), -float(weights @ (z * slope))
        return _negentropy(odd, even), sample.fitted(known, shift, scale)

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
        _check_standardized(standardized=distribution.standardized)
        if distribution.is_discrete:
            return _of_atoms(distribution.atoms(), distribution.precision)
        integrals = [
            distribution.integral(slope, reach=NORMAL_REACH) for slope in _slopes(distribution)
        ]
        odd, even = (integral.value for integral in integrals)
        even += _ROOT_HALF
        steepness = np.abs(_gradient(odd, even))
        error = float(steepness @ [integral.stderr for integral in integrals])
        return Estimate(_negentropy(odd, even), error)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the value from ``E[w] = E[(1 + sd^2)^(-1/2)]``; the odd expectation is 0."""
        _check_standardized(standardized=mixture.standardized)
        second = mixture.sds**2
        w = (1.0 + second) ** -0.5
        even = float(mixture.shares @ w) + mixture.atom
        slope = float(mixture.shares @ (second * w**3))
        _, by_even = _gradient(0.0, even)
        sampling = abs(by_even) * mixture.stderr(w, 1.0, scale=slope)
        return Estimate(_negentropy(0.0, even), math.hypot(sampling, by_even * RESOLUTION))


def _of_atoms(atoms: Sample, precision: float) -> Estimate:
    w = np.exp(-0.5 * atoms.values**2)
    odd, even = float(atoms.weights @ (atoms.values * w)), float(atoms.weights @ w)
    error = precision * float(np.sum(np.abs(_gradient(odd, even))))
    return Estimate(_negentropy(odd, even), error)


def _slopes(
    distribution: Distribution,
) -> tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], ...]:
    """Return ``-g' (F - Phi)`` for ``g = z w`` and for ``g = w``."""

    def weighted_lead(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.exp(-0.5 * distribution.z(x) ** 2) * distribution.lead(x))

    return (
        lambda x: (distribution.z(x) ** 2 - 1.0) * weighted_lead(x),
        lambda x: distribution.z(x) * weighted_lead(x),
    )


def _negentropy(odd: float, even: float) -> float:
    return _K1 * odd**2 + _K2B * (even - _ROOT_HALF) ** 2


def _gradient(odd: float, even: float) -> tuple[float, float]:
    return 2.0 * _K1 * odd, 2.0 * _K2B * (even - _ROOT_HALF)


def _check_standardized(*, standardized: bool) -> None:
    if not standardized:
        raise UnavailableError("is defined for standardised values only (Hyvarinen 1998)")
