"""The Gini index of magnitudes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.sparsity.measure import Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.sparsity.distribution import MagnitudeLaw
    from clt_sim.sparsity.magnitudes import Magnitudes


def gini(c: NDArray[np.float64]) -> float:
    """Return ``1 - 2 sum c_(k)/sum c (N - k + 1/2)/N`` of N magnitudes that are not all 0."""
    c = np.sort(c) / np.max(c)
    above = (c.size - np.arange(1, c.size + 1) + 0.5) / c.size
    return float(1.0 - 2.0 * (c @ above) / np.sum(c))


class Gini(Measure):
    """The Gini index ``1 - 2 sum_k c_(k)/l1 (N - k + 1/2)/N`` of N sorted magnitudes c.

    It is 0 where all are equal and ``1 - 1/N`` where one alone is not 0, and meets all six of
    the criteria of Hurley & Rickard (Comparing measures of sparsity, IEEE Trans. Inf. Theory
    55, 2009). It is also ``E|c - c'|/(2 E c)`` for two draws with replacement; the index of a law,
    ``1 - E[min(|X|, |X'|)]/E|X|``, is ``sqrt(2) - 1`` for a centred normal law. It is 1 where
    ``E|X|`` is infinite: with q the share of values beyond any K, ``1 - G <= 2 K/mean + 2 q``.
    """

    name: ClassVar[str] = "gini"
    moment: ClassVar[int] = 1

    def of_magnitudes(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the index of each row."""
        weights = magnitudes.weights
        # 1 less twice the share above each value: its mean is 0, and an offset may be taken off.
        lead = 2.0 * np.cumsum(weights) - weights - 1.0
        beyond = magnitudes.values - magnitudes.values[..., :1]
        return np.asarray((beyond @ (weights * lead)) / magnitudes.mean())

    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return ``(E|c - c'| - G c)/(E c) - G`` at each value c of one row."""
        values, weights = magnitudes.values, magnitudes.weights
        mean, index = float(magnitudes.mean()), float(self.of_magnitudes(magnitudes))
        below = np.cumsum(weights)
        mean_below = np.cumsum(weights * values)
        difference = values * (2.0 * below - 1.0) + mean - 2.0 * mean_below
        return (difference - index * values) / mean - index

    def of_distribution(self, law: MagnitudeLaw) -> Estimate:
        """Return the limit for many values, which is 1 where ``E|X|`` is infinite."""
        if not law.has_mean:
            return Estimate(1.0, 0.0)
        mean, smaller = law.mean(), law.mean_of_smaller()
        ratio = smaller.value / mean.value
        return Estimate(1.0 - ratio, (smaller.stderr + ratio * mean.stderr) / mean.value)
