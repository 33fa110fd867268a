"""Skewness and excess kurtosis."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measure import Measure
from clt_sim.summaries.power_sums import estimated_excess_kurtosis, estimated_skewness

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.binned import BinnedDraws
    from clt_sim.gaussianity.views.distribution import Distribution
    from clt_sim.gaussianity.views.draws import Draws
    from clt_sim.gaussianity.views.sample import Sample
    from clt_sim.gaussianity.views.scale_mixture import ScaleMixture


class Skewness(Measure):
    """The third standardised moment ``g = E[z^3]``; its sign says which tail is longer.

    Of a sample it is the plug-in g1, with divisor n throughout. The influence function is
    ``z^3 - g - 3z - (3/2) g (z^2 - 1)``, by the chain rule through mean and sd.
    """

    name: ClassVar[str] = "skewness"
    of_shape: ClassVar[bool] = True

    def of_draws(self, draws: Draws) -> Estimate:
        """Return g1 from the moments of the draws, in one pass where they are independent."""
        if draws.clusters is not None:
            return super().of_draws(draws)
        return estimated_skewness(draws.count, draws.moments.central)

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return g1 and its influence function."""
        sample = sample.standardize()
        cubes = sample.values**3
        value = float(sample.weights @ cubes)
        return value, sample.fitted(cubes - value, -3.0, -3.0 * value)

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the skewness that the moments gave."""
        return binned.skewness

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the skewness from the moments of the law."""
        return distribution.central_moment(3)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:  # noqa: ARG002
        """Return 0: the law is symmetric."""
        return Estimate(0.0, 0.0)


class ExcessKurtosis(Measure):
    """The fourth standardised moment less its normal value, ``E[z^4] - 3``.

    Of a sample it is the plug-in g2, with divisor n throughout. With ``k = E[z^4]`` and the
    skewness g, the influence function is ``z^4 - k - 4 g z - 2 k (z^2 - 1)``.
    """

    name: ClassVar[str] = "excess-kurtosis"
    least: ClassVar[int] = 4
    of_shape: ClassVar[bool] = True

    def of_draws(self, draws: Draws) -> Estimate:
        """Return g2 from the moments of the draws, in one pass where they are independent."""
        if draws.clusters is not None:
            return super().of_draws(draws)
        return estimated_excess_kurtosis(draws.count, draws.moments.central)

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return g2 and its influence function."""
        sample = sample.standardize()
        z = sample.values
        skewness = float(sample.weights @ z**3)
        fourth = z**4
        kurtosis = float(sample.weights @ fourth)
        influence = sample.fitted(fourth - kurtosis, -4.0 * skewness, -4.0 * kurtosis)
        return kurtosis - 3.0, influence

    def of_binned(self, binned: BinnedDraws) -> Estimate:
        """Return the excess kurtosis that the moments gave."""
        return binned.excess_kurtosis

    def of_distribution(self, distribution: Distribution) -> Estimate:
        """Return the excess kurtosis from the moments of the law."""
        fourth = distribution.central_moment(4)
        return Estimate(fourth.value - 3.0, fourth.stderr)

    def of_mixture(self, mixture: ScaleMixture) -> Estimate:
        """Return the excess kurtosis that the moments gave."""
        return mixture.excess_kurtosis
