"""The cumulant approximation of negentropy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.gaussianity.measures.maxent import check_standardized
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.draws import Draws
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture


class NegentropyCumulant(Measure):
    """The first terms ``g^2/12 + k^2/48`` of negentropy near the normal law, in nats.

    With the skewness g and the excess kurtosis k, it is half the mean square of the relative
    departure ``(g/6) He3 + (k/24) He4`` of a Gram-Charlier series from the normal density
    (Hyvarinen & Oja 2000, eq. 23). Far from the normal law it is no guide, as the square of a
    fourth moment grows with tails that hold hardly any mass. It gives 0.1875 for a Laplace law
    and 0.03 for a uniform one, whose negentropies are 0.0724 and 0.1765: even their order is wrong.

    It is defined for standardised values only. The influence is ``(g/6)`` times that of the
    skewness plus ``(k/24)`` times that of the kurtosis. Near the normal law it vanishes and the
    plug-in value shows the floor of sampling, a mean of ``1/n``.
    """

    name: ClassVar[str] = "negentropy-cumulant"
    least: ClassVar[int] = 4

    def of_draws(self, draws: Draws) -> Estimate:
        """Return the value and its error from moments, in one pass where draws are independent."""
        if draws.clusters is not None:
            return super().of_draws(draws)
        check_standardized(standardized=draws.standardized)
        moments = draws.moments.standardized
        skewness, fourth = moments[3:5].tolist()
        influence = _influence(skewness, fourth)
        square = np.convolve(influence, influence) @ moments
        variance = float(square) - float(influence @ moments[:5]) ** 2
        error = math.sqrt(max(variance, 0.0) / draws.count)
        return Estimate(_negentropy(skewness, fourth - 3.0), error)

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the value and its influence function, a polynomial in z."""
        check_standardized(standardized=sample.standardized)
        z = sample.values
        squares = z * z
        weighted = sample.weights * squares
        skewness, fourth = float(weighted @ z), float(weighted @ squares)
        influence = np.polynomial.polynomial.polyval(z, _influence(skewness, fourth))
        return _negentropy(skewness, fourth - 3.0), np.asarray(influence)

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the value from the moments of the draws.

        The errors of skewness and kurtosis are added up: those of a long tail go together.
        """
        check_standardized(standardized=binned.standardized)
        return _of_cumulants(binned.skewness, binned.excess_kurtosis)

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the value from the moments of the law.

        Raises
        ------
        UnavailableError
            If it is infinite.
        """
        check_standardized(standardized=distribution.standardized)
        fourth = distribution.central_moment(4)
        if math.isinf(fourth.value):
            raise UnavailableError("is infinite: the law has no finite fourth moment")
        skewness = distribution.central_moment(3)
        return _of_cumulants(skewness, Estimate(fourth.value - 3.0, fourth.stderr))

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the value from the kurtosis that the moments gave; the law is symmetric."""
        check_standardized(standardized=mixture.standardized)
        return _of_cumulants(Estimate(0.0, 0.0), mixture.excess_kurtosis)


def _negentropy(skewness: float, kurtosis: float) -> float:
    return skewness**2 / 12.0 + kurtosis**2 / 48.0


def _influence(skewness: float, fourth: float) -> NDArray[np.float64]:
    """Return the coefficients of the influence function, a polynomial in z."""
    by_skewness, by_kurtosis = _gradient(skewness, fourth - 3.0)
    return np.array(
        [
            0.5 * by_skewness * skewness + by_kurtosis * fourth,
            -3.0 * by_skewness - 4.0 * by_kurtosis * skewness,
            -1.5 * by_skewness * skewness - 2.0 * by_kurtosis * fourth,
            by_skewness,
            by_kurtosis,
        ]
    )


def _gradient(skewness: float, kurtosis: float) -> tuple[float, float]:
    return skewness / 6.0, kurtosis / 24.0


def _of_cumulants(skewness: Estimate, kurtosis: Estimate) -> Estimate:
    by_skewness, by_kurtosis = _gradient(skewness.value, kurtosis.value)
    error = abs(by_skewness) * skewness.stderr + abs(by_kurtosis) * kurtosis.stderr
    return Estimate(_negentropy(skewness.value, kurtosis.value), error)
