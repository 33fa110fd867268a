"""The sliced Wasserstein-1 distance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtr

from clt_sim.estimate import Estimate
from clt_sim.gaussianity.measures.wasserstein import Wasserstein1
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.multivariate.measure import Measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.multivariate.sample import MultivariateSample


@dataclass(frozen=True, slots=True)
class SlicedWasserstein1(Measure):
    """The mean Wasserstein-1 distance of one-dimensional projections to N(0, 1).

    The directions are independent and uniform on the sphere, in the coordinates of the whitened
    values: shifts and scales of single variables do not change the value; other invertible linear
    maps turn the directions, and change it within the error. See N. Bonneel, J. Rabin, G. Peyre &
    H. Pfister, Sliced and Radon Wasserstein barycenters of measures, Journal of Mathematical
    Imaging and Vision 51 (2015).

    The error is made of that over directions, sd divided by the root of their number, and that
    over draws, by the mean of the influence functions of the projections and the effect of
    estimated location and scale. The influence vanishes for a normal law: then the plug-in value
    shows the floor of sampling, of order ``n**-0.5``.

    Parameters
    ----------
    directions : int
        How many, at least 2.
    seed : int
        Of the directions.
    """

    name: ClassVar[str] = "sliced-wasserstein-1"
    directions: int
    seed: int

    def estimate(self, sample: MultivariateSample) -> Estimate:
        """Return the mean over directions with the error of draws and directions."""
        z = sample.values
        distances = np.empty(self.directions)
        influence, gradient = np.zeros(len(z)), np.zeros_like(z)
        for k, direction in enumerate(_directions(self.directions, z.shape[1], self.seed)):
            distances[k], potential, slope = _projected(z @ direction)
            influence += potential / self.directions
            gradient += np.multiply.outer(slope, direction / self.directions)
        over_directions = float(np.std(distances, ddof=1)) / math.sqrt(self.directions)
        over_draws = sample.stderr(influence, gradient)
        return Estimate(float(distances.mean()), math.hypot(over_draws, over_directions))


def _directions(count: int, dimensions: int, seed: int) -> NDArray[np.float64]:
    """Return independent uniform unit vectors, shape (count, dimensions)."""
    normal = np.random.default_rng(seed).standard_normal((count, dimensions))
    return np.asarray(normal / np.linalg.norm(normal, axis=1, keepdims=True))


def _projected(
    projections: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return the distance of one projection, its influence function, and the slope of that.

    A draw is transported to an interval of quantiles of N(0, 1). The slope is the share of the
    interval below the draw less the share above.
    """
    law = Sample.of(projections)
    distance, potential = Wasserstein1().of_sample(law)
    upper = law.cdf()
    lower = upper - law.weights
    below = np.clip(ndtr(law.values), lower, upper)
    slope = (2.0 * below - lower - upper) / law.weights
    place = np.searchsorted(law.values, projections)
    return distance, potential[place], slope[place]
