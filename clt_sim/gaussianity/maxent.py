"""Hyvarinen's maximum-entropy approximation of negentropy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.normal import density
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.binned import BinnedDraws
    from clt_sim.gaussianity.distribution import Distribution
    from clt_sim.gaussianity.sample import Sample

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
        """Return the value by quadrature of its departures from the normal expectations."""
        _check_standardized(standardized=distribution.standardized)

        def integrand(z: NDArray[np.float64]) -> NDArray[np.float64]:
            w = np.exp(-0.5 * z * z)
            f = distribution.pdf(z)
            return np.stack([z * w * f, w * (f - density(z))], axis=-1)

        integrals, errors = distribution.integral(integrand)
        atoms = distribution.atoms()
        w = np.exp(-0.5 * atoms.values**2)
        odd = float(integrals[0] + atoms.weights @ (atoms.values * w))
        even = float(integrals[1] + atoms.weights @ w) + _ROOT_HALF
        error = float(np.abs(_gradient(odd, even)) @ errors)
        return Estimate(_negentropy(odd, even), error)


def _negentropy(odd: float, even: float) -> float:
    return _K1 * odd**2 + _K2B * (even - _ROOT_HALF) ** 2


def _gradient(odd: float, even: float) -> tuple[float, float]:
    return 2.0 * _K1 * odd, 2.0 * _K2B * (even - _ROOT_HALF)


def _check_standardized(*, standardized: bool) -> None:
    if not standardized:
        raise UnavailableError("is defined for standardised values only (Hyvarinen 1998)")
