"""A sample: distinct values with their probabilities."""

from __future__ import annotations

import dataclasses
import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from clt_sim.gaussianity.normal import density

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Which draws may depend on each other.

    Parameters
    ----------
    position : ndarray of intp, shape (count,)
        Index of each draw's value among the distinct values of the sample.
    cluster : ndarray of intp, shape (count,)
        Cluster of each draw; draws of different clusters are independent.
    """

    position: NDArray[np.intp]
    cluster: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Sample:
    """An empirical law: distinct values in ascending order and their probabilities.

    Parameters
    ----------
    values, weights : ndarray of float64, shape (m,)
        The distinct values and their probabilities, which sum to 1.
    count : int
        Number of draws behind them.
    standardized : bool
        Whether the values were standardised by the mean and sd of the sample itself.
    clusters : Clusters or None
        The dependence between draws; None where all are independent.
    """

    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    count: int
    standardized: bool = False
    clusters: Clusters | None = None

    @classmethod
    def of(cls, draws: NDArray[np.floating], cluster: NDArray[np.intp] | None = None) -> Sample:
        """Sort draws of shape (count,) and merge ties."""
        if cluster is None:
            values = np.sort(draws).astype(np.float64, copy=False)
            if (values[1:] == values[:-1]).any():
                values, counts = np.unique(values, return_counts=True)
                return cls(values, counts / draws.size, draws.size)
            return cls(values, np.full(draws.size, 1.0 / draws.size), draws.size)
        exact = draws.astype(np.float64, copy=False)
        values, position, counts = np.unique(exact, return_inverse=True, return_counts=True)
        return cls(values, counts / draws.size, draws.size, clusters=Clusters(position, cluster))

    def standardize(self) -> Sample:
        """Return the sample with mean 0 and sd 1 (divisor n), or itself if it is so already."""
        if self.standardized:
            return self
        largest = float(max(-self.values[0], self.values[-1]))
        values = np.ldexp(self.values, -math.frexp(largest)[1])  # no difference overflows
        centred = values - self.weights @ values
        centred -= self.weights @ centred  # what rounding left of an offset
        centred /= np.max(np.abs(centred))  # so that squares neither overflow nor vanish
        sd = math.sqrt(float(self.weights @ centred**2))
        return dataclasses.replace(self, values=centred / sd, standardized=True)

    @functools.cached_property
    def _cdf(self) -> NDArray[np.float64]:
        return np.cumsum(self.weights)

    @functools.cached_property
    def _normal_cdf(self) -> NDArray[np.float64]:
        return np.asarray(ndtr(self.values))

    @functools.cached_property
    def _normal_density(self) -> NDArray[np.float64]:
        return density(self.values)

    def cdf(self) -> NDArray[np.float64]:
        """Return the cdf at each value, from the right; several measures share it."""
        return self._cdf

    def normal_cdf(self) -> NDArray[np.float64]:
        """Return Phi at each value; several measures share it."""
        return self._normal_cdf

    def normal_density(self) -> NDArray[np.float64]:
        """Return the density of N(0, 1) at each value; several measures share it."""
        return self._normal_density

    def fitted(
        self, influence: NDArray[np.float64], shift: float, scale: float
    ) -> NDArray[np.float64]:
        """Return the influence function when mean and sd are estimated from the same draws.

        A draw at z moves the estimated mean by z and the estimated sd by ``(z^2 - 1)/2``, in
        units of sd and to first order; a functional T then moves by its derivatives along them.

        Parameters
        ----------
        influence : ndarray, shape (m,)
            Influence function of T at the values, mean and sd known.
        shift, scale : float
            Derivatives at 0 of ``T(law of z - d)`` and of ``T(law of z/(1 + d))`` in d.

        Returns
        -------
        ndarray, shape (m,)
            `influence` itself where the values are not standardised.
        """
        if not self.standardized:
            return influence
        estimated = 0.5 * scale * self.values
        estimated += shift
        estimated *= self.values
        estimated += influence
        estimated -= 0.5 * scale
        return estimated

    def stderr(self, influence: NDArray[np.float64]) -> float:
        """Return the standard error ``sqrt(sum of squared influence)/n``.

        Influence is summed within clusters first: the cluster-robust ("sandwich") error.
        """
        if self.clusters is None:
            return math.sqrt(float(self.weights @ influence**2) / self.count)
        sums = np.bincount(self.clusters.cluster, influence[self.clusters.position])
        return math.sqrt(float(sums @ sums)) / self.count
