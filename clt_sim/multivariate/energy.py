"""The energy distance to the standard normal vector."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.multivariate.measure import Measure
from clt_sim.multivariate.normal_distance import mean_distance, mean_norm
from clt_sim.multivariate.pairs import pair_means, refuse_work

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.multivariate.sample import MultivariateSample


@dataclass(frozen=True, slots=True)
class Energy(Measure):
    """The energy distance ``2 E|z - Z| - E|Z - Z'| - E|z - z'|`` to ``Z ~ N(0, I)``.

    It is 0 for N(0, I) alone (G. J. Szekely & M. L. Rizzo, A new test for multivariate
    normality, Journal of Multivariate Analysis 93, 2005, 58-80, whose statistic is n times the
    value, of draws standardised with the divisor n - 1). The influence function is twice the mean
    distance from Z less that from the other draws, centred, and the effect of estimated location
    and scale. It vanishes for a normal law: then the plug-in value shows the floor of sampling, of
    order 1/n; for known location and scale its mean is ``E|Z - Z'|/n``.

    Parameters
    ----------
    budget : float or None
        The most multiplications ``n n d``; None for no limit.
    """

    name: ClassVar[str] = "energy"
    budget: float | None

    def estimate(self, sample: MultivariateSample) -> Estimate:
        """Return the value by all pairs of draws."""
        z = sample.values
        n, d = z.shape
        refuse_work("n*n*d", float(n) ** 2 * d, self.budget)
        normal, rise = mean_distance(z)
        pairs, pulls = pair_means(z, _distance)
        between = math.sqrt(2.0) * mean_norm(d)
        value = float(np.mean(2.0 * normal - pairs)) - between
        influence = 2.0 * (normal - pairs)
        return Estimate(value, sample.stderr(influence - influence.mean(), 2.0 * (rise - pulls)))


def _distance(
    squared: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return distances and their reciprocals, 0 for draws that coincide."""
    distances = np.sqrt(squared)
    return distances, np.divide(1.0, distances, out=np.zeros_like(squared), where=squared > 0.0)
