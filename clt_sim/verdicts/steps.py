"""A distribution function that is known at places, and its distance from normal laws."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.sample import Sample


@dataclass(frozen=True, slots=True, eq=False)
class KnownSteps:
    """What is known of the distribution function F of draws.

    Parameters
    ----------
    places : ndarray of float64, shape (m,)
        Ascending places.
    left, right : ndarray of float64, shape (m,)
        ``F(z-)`` and ``F(z)`` at the places; at the edges of bins both are the share below.
    between : bool
        Whether F may grow between places, as it does between the edges of bins.
    """

    places: NDArray[np.float64]
    left: NDArray[np.float64]
    right: NDArray[np.float64]
    between: bool

    @classmethod
    def of_sample(cls, sample: Sample) -> KnownSteps:
        """Take the steps of a sample, which are all of F."""
        right = sample.cdf()
        return cls(sample.values, np.maximum(right - sample.weights, 0.0), right, between=False)

    @classmethod
    def of_bins(cls, edges: NDArray[np.float64], below: NDArray[np.float64]) -> KnownSteps:
        """Take the shares below the edges of bins."""
        return cls(edges, below, below, between=True)

    def transformed(self, location: float, scale: float) -> KnownSteps:
        """Return the same for ``(z - location)/scale``."""
        return KnownSteps((self.places - location) / scale, self.left, self.right, self.between)

    def location_and_scale(self) -> tuple[float, float]:
        """Return about the median and the sd of a normal law with the quartiles of F.

        Mean and sd, with the mass at the places, where half of it is at one place.
        """
        ranks = np.searchsorted(self.right, [0.25, 0.5, 0.75])
        low, middle, high = self.places[np.minimum(ranks, self.places.size - 1)].tolist()
        if low < high:
            return middle, (high - low) / 1.349
        shares = np.diff(self.right, prepend=0.0)
        mean = float(shares @ self.places / shares.sum())
        return mean, math.sqrt(float(shares @ (self.places - mean) ** 2 / shares.sum()))

    def bounds(self, slope: float = 1.0, intercept: float = 0.0) -> tuple[float, float]:
        """Return bounds of ``sup |F(z) - Phi(slope z + intercept)|``.

        Parameters
        ----------
        slope, intercept : float
            The slope is above 0.

        Returns
        -------
        least, most : float
            The largest difference at the places, and the largest that there can be anywhere:
            both functions ascend, so that between neighbours a and b the difference is between
            ``F(a) - Phi(b)`` and ``F(b) - Phi(a)``. They are equal where F is flat between places.
        """
        normal = ndtr(slope * self.places + intercept)
        least = float(max(np.max(self.right - normal), np.max(normal - self.left)))
        if not self.between:
            return least, least
        normal = np.concatenate([[0.0], normal, [1.0]])
        above = np.append(self.left, 1.0) - normal[:-1]
        below = normal[1:] - np.insert(self.right, 0, 0.0)
        most = max(least, np.max(above), np.max(below))
        return least, float(most)
