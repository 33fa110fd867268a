"""How far the distribution function of a sample, standardised by itself, may be off.

With F_n the empirical distribution function of n independent draws and m, s their mean and sd, the
process ``n^(1/2) [(F_n - F)(z) - (Phi((z - m)/s) - Phi(z))]``, for a law F with mean 0, variance 1
and a fourth moment, tends to the Gaussian process

    ``h(z) = B(z) + phi(z) Z1 + z phi(z) Z2/2``,  ``Z1 = integral z dB``,  ``Z2 = integral z^2 dB``

where B is the Brownian bridge of F (Durbin, "Weak convergence of the sample distribution function
when parameters are estimated", Annals of Statistics 1, 1973). It is drawn here with F_n for F: a
bootstrap of the limit, whose cost does not grow with n.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from clt_sim.gaussianity.normal import density

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.sample import Sample

SEED = 0x5EED
"""The same draws of the process for every sample: equal samples have equal intervals."""
LEAST_COUNT = 30
"""The fewest draws for which coverage was measured."""
MOST_CONFIDENCE = 0.999
"""Quantiles beyond would take too many draws of the process."""
_CELLS = 200
_EVEN = 31
_LEAST_PATHS = 4000
_BEYOND = 20
"""The fewest draws of the process to be expected beyond a quantile."""
_SPENT = 0.05
"""The share of the error probability that finding the highest places costs."""
_DISCRETE = 0.5826
"""The maximum of a Brownian motion exceeds that at steps of d by 0.5826 sqrt(d) on average:
``-zeta(1/2)/sqrt(2 pi)`` (Chernoff 1965; Asmussen, Glynn & Pitman 1995)."""


@dataclass(frozen=True, slots=True, eq=False)
class FittedProcess:
    """The limit of the standardised empirical process, at places between which F_n is summed up.

    Parameters
    ----------
    places : ndarray of float64, shape (m,)
        Ascending places, the largest value among them or below the last.
    lead : ndarray of float64, shape (m,)
        ``F_n - Phi`` there.
    shares : ndarray of float64, shape (m,)
        The mass in each cell, from the place before (exclusive) to the place.
    first, second : ndarray of float64, shape (m,)
        Means of z and of z^2 in the cells.
    within : ndarray of float64, shape (2, 2)
        A root of the covariance of (z, z^2) within cells: ``within @ within.T``.
    count : int
        Number of draws.
    """

    places: NDArray[np.float64]
    lead: NDArray[np.float64]
    shares: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    within: NDArray[np.float64]
    count: int

    @classmethod
    def of(cls, sample: Sample) -> FittedProcess:
        """Sum up a sample that is standardised."""
        z, weights = sample.values, sample.weights
        cdf = np.minimum(sample.cdf(), 1.0)
        ranks = np.searchsorted(cdf, np.arange(1, _CELLS) / _CELLS)
        even = np.concatenate([np.linspace(z[0], z[-1], _EVEN), np.linspace(-4.0, 4.0, _EVEN)])
        places = np.unique(np.concatenate([z[ranks], even]))
        ends = np.searchsorted(z, places, side="right")
        sums = [
            np.diff(np.concatenate([[0.0], np.cumsum(weights * z**k)])[ends], prepend=0.0)
            for k in range(5)
        ]
        shares = sums[0]
        first, second = (
            np.divide(part, shares, out=np.zeros_like(part), where=shares > 0.0)
            for part in sums[1:3]
        )
        covariance = np.empty((2, 2))
        covariance[0, 0] = max(0.0, math.fsum(sums[2] - shares * first**2))
        covariance[1, 1] = max(0.0, math.fsum(sums[4] - shares * second**2))
        covariance[0, 1] = covariance[1, 0] = math.fsum(sums[3] - shares * first * second)
        lead = np.cumsum(shares) - ndtr(places)
        return cls(places, lead, shares, first, second, _root(covariance), sample.count)

    def paths(self, alpha: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return draws of the process, enough of them for a quantile of 1 - alpha.

        Returns
        -------
        heights : ndarray of float64, shape (paths, m)
            h at the places.
        scale : ndarray of float64, shape (paths,)
            ``Z2/2``, the limit of ``n^(1/2) (s - 1)``.
        """
        rng = np.random.default_rng(SEED)
        shift, scale = self._fitted()
        normal = density(self.places)
        # Independent steps of the cells become those of a bridge, and these its sums.
        bridge = np.triu(np.ones((normal.size, normal.size))) - np.cumsum(self.shares)
        known = np.sqrt(self.shares)[:, None] * bridge
        heights = np.concatenate([known, np.zeros((2, normal.size))])
        heights += shift[:, None] * normal + scale[:, None] * (self.places * normal)
        noise = rng.standard_normal((max(_LEAST_PATHS, math.ceil(_BEYOND / alpha)), shift.size))
        return noise @ heights, noise @ scale

    def _fitted(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the coefficients of Z1 and of Z2/2 in the noise of cells and within cells."""
        root = np.sqrt(self.shares)
        first = root * (self.first - self.shares @ self.first)
        second = root * (self.second - self.shares @ self.second)
        inner = self.within
        return np.concatenate([first, inner[0]]), 0.5 * np.concatenate([second, inner[1]])

    def kolmogorov(self, distance: float, confidence: float) -> float:
        """Return how far the distance of a sample and that of its law may be apart.

        At most ``sup |h|``, over the places that the largest difference can be at: those where
        ``|F_n - Phi|`` is less than ``2 sup |h|`` below the distance. A share of the error
        probability is spent on that bound of ``sup |h|``.

        Parameters
        ----------
        distance : float
            That of the sample.
        confidence : float
            Of the interval.
        """
        alpha = 1.0 - confidence
        root = math.sqrt(self.count)
        unseen = _DISCRETE / math.sqrt(min(_CELLS, self.count))
        heights = np.abs(self.paths(alpha)[0])
        reach = float(np.quantile(heights.max(axis=1), 1.0 - _SPENT * alpha)) + unseen
        reached = np.maximum(np.abs(self.lead), np.abs(self.lead - self.shares))
        high = reached >= distance - 2.0 * reach / root
        high[:-1] |= high[1:]  # left limits
        largest = heights[:, high].max(axis=1, initial=0.0)
        return (float(np.quantile(largest, 1.0 - (1.0 - _SPENT) * alpha)) + unseen) / root

    def wasserstein(self, distance: float, confidence: float) -> tuple[float, float]:
        """Return how far below and above the W1 distance of a sample that of its law may be.

        Where ``F != Phi`` the distance moves by the integral of ``sign(F - Phi) h``, where
        ``F = Phi`` by that of ``|h|``, and with the unit sd by ``-Z2/2`` times itself. Which it is
        cannot be told where ``|F_n - Phi|`` is small, below ``(ln n)^(1/2)`` standard deviations of
        its own: there the error is allowed both signs, which is conservative (Fang & Santos,
        "Inference on directionally differentiable functions", Review of Economic Studies 86, 2019).

        Parameters
        ----------
        distance : float
            That of the sample.
        confidence : float
            Of the interval, half of the rest on either side.
        """
        alpha, root = 1.0 - confidence, math.sqrt(self.count)
        gaps = np.diff(self.places)
        widths = 0.5 * (np.append(gaps, 0.0) + np.insert(gaps, 0, 0.0))
        heights, scale = self.paths(alpha)
        noise = math.sqrt(math.log(self.count)) * np.std(heights, axis=0)
        known = root * np.abs(self.lead) > noise
        middle = heights @ np.where(known, np.sign(self.lead) * widths, 0.0) - distance * scale
        either = np.abs(heights) @ np.where(known, 0.0, widths)
        above = -float(np.quantile(middle - either, 0.5 * alpha)) / root
        below = float(np.quantile(middle + either, 1.0 - 0.5 * alpha)) / root
        return below, above


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a square root of a covariance matrix, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
