"""The fourth moment relative to the second."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.sparsity.magnitudes import spike_factor
from clt_sim.sparsity.measure import Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.sparsity.binned import BinnedMagnitudes
    from clt_sim.sparsity.distribution import MagnitudeLaw
    from clt_sim.sparsity.draws import Draws
    from clt_sim.sparsity.magnitudes import Magnitudes


def kappa4(c: NDArray[np.float64]) -> float:
    """Return ``sum c^4/(sum c^2)^2`` of magnitudes that are not all 0."""
    energy = (c / np.max(c)) ** 2
    return float(energy @ energy / np.sum(energy) ** 2)


class Kurtosis(Measure):
    """The index ``(1 - 1/(N kappa4))/(1 - 1/N)`` with ``kappa4 = sum c^4/(sum c^2)^2``.

    It grows with kappa4 (Hurley & Rickard 2009, table I), from 0 where all magnitudes c are equal
    to 1 where one alone is not 0. The index of a law is the limit ``1 - (E c^2)^2/E c^4``: 2/3
    for a centred normal law. It is 1 where ``E c^4`` is infinite: with q the share of values
    beyond any K, ``mean c^2 <= K^2 + sqrt(q mean c^4)`` (Cauchy-Schwarz).

    It is a distance from 0 and not from the mean: of a law with another mean it is not a function
    of the kurtosis of that law. Standard errors of a ratio with a fourth power are too small while
    the largest values have not been seen: of Laplace values 0.6 of the spread at N = 100, 0.8 at
    N = 800 and 0.9 at N = 5,000.
    """

    name: ClassVar[str] = "kurtosis"
    least: ClassVar[int] = 2
    moment: ClassVar[int] = 4

    def of_magnitudes(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the index of each row."""
        return (1.0 - self._evenness(magnitudes)) * spike_factor(magnitudes.count)

    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the influence function at each value of one row."""
        energy = magnitudes.values**2 / float(magnitudes.mean_square)
        evenness = float(self._evenness(magnitudes))
        slope = evenness * spike_factor(magnitudes.count)
        return np.asarray(slope * (energy * (evenness * energy - 2.0) + 1.0))

    def of_draws(self, draws: Draws) -> Estimate:
        """Return the index from moments where draws are independent.

        With ``e = c^2/(mean c^2) - 1``, the energy less its mean, and v the mean of e^2 the index
        is ``v/(1 + v)`` and its influence function ``(e^2 - 2 v e - v)/(1 + v)^2``, both times the
        factor of N.
        """
        if draws.cluster is not None:
            return super().of_draws(draws)
        moments = draws.relative_moments
        variance = moments.mean_square_of(moments.energy)
        influence = np.convolve(moments.energy, moments.energy)
        influence[:3] -= 2.0 * variance * np.array(moments.energy)
        influence[0] -= variance
        factor = spike_factor(moments.count) / (1.0 + variance)
        slope = factor / (1.0 + variance)
        error = moments.stderr(moments.mean_square_of(tuple(influence.tolist())))
        return Estimate(factor * variance, slope * error)

    def of_binned(self, binned: BinnedMagnitudes) -> float:
        """Return the limit, from sums of powers where they are of all values."""
        if binned.mean_fourth is None:
            return super().of_binned(binned)
        return 1.0 - binned.mean_square / binned.mean_fourth * binned.mean_square

    def of_distribution(self, law: MagnitudeLaw) -> Estimate:
        """Return the limit for many values."""
        root_mean_square = law.root_mean_square()
        if math.isinf(root_mean_square):
            return Estimate(1.0, 0.0)
        fourth = law.fourth_moment(root_mean_square)
        if math.isinf(fourth.value):
            return Estimate(1.0, 0.0)
        evenness = 1.0 / fourth.value
        return Estimate(1.0 - evenness, evenness**2 * fourth.stderr + 4.0 * law.precision)

    @staticmethod
    def _evenness(magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return ``(mean c^2)^2/mean c^4`` of each row."""
        fourth = magnitudes.values**4 @ magnitudes.weights
        return np.asarray(magnitudes.mean_square**2 / fourth)
