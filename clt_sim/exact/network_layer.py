"""What one layer of a random network does to the variance of its pre-activations."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, logsumexp

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH = 450.0
"""So far to the left the density of log Q is followed if it falls no faster than a normal
number's near 0: from K down to 1e-195 K."""
_NEGLIGIBLE = math.log(1e-22)
_UNDERFLOW = -740.0
_FEW = 128
"""A ReLU layer of so few units has powers of Q that doubles can hold wherever Q can be."""


@dataclass(frozen=True, slots=True)
class NetworkLayer:
    """The law of ``Q = sum_j phi(Z_j)^2`` over a layer of n standard normal pre-activations.

    For ``phi(z)^2 = z^2``, of the identity and the absolute value, it is chi-square with n
    degrees of freedom. For ReLU it is chi-square with k degrees, where k, the number of units
    above 0, is binomial; with none, Q is 0.

    Parameters
    ----------
    width : int
        The number n of units.
    rectified : bool
        Whether phi is ReLU.
    """

    width: int
    rectified: bool

    @property
    def dead(self) -> float:
        """The probability that Q is 0."""
        return 0.5**self.width if self.rectified else 0.0

    @np.errstate(over="ignore")  # an infinite moment says so
    def moment(self, k: int) -> float:
        """Return ``E[Q**k]``, from ``E[chi2_m**k] = m (m + 2) ... (m + 2k - 2)``."""
        if k == 0:
            return 1.0
        degrees, shares = self._components()
        return math.fsum(shares * np.prod(degrees[:, None] + 2.0 * np.arange(k), axis=1))

    def log_density(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithm of the density of ``w = log Q``, of the part where Q is not 0."""
        half, constants = self._log_terms()
        terms = constants + half * np.asarray(w)[..., None]
        return np.asarray(logsumexp(terms, axis=-1)) - 0.5 * np.exp(w)

    @property
    def span(self) -> float:
        """Over how much of log Q the ratios of its powers are taken at once, lest they overflow."""
        return min(4.0, 512.0 / self.width)

    def spread(
        self,
        log_variance: NDArray[np.float64],
        mass: NDArray[np.float64],
        places: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the density of ``log K + log Q`` at some places.

        With ``a_k`` from the chi-square density of k degrees it is the sum over k and over K of
        ``mass a_k (Q^k)^(1/2) exp(-Q/2)`` for ``Q = exp(place - log K)``: a matrix of exponentials,
        times one with a column for each k. All its terms are above 0.

        Parameters
        ----------
        log_variance, mass : ndarray of float64, shape (m,)
            The law of K.
        places : ndarray of float64, shape (r,)
            Ascending, over at most `span`, and at most as far above any of `log_variance` as log Q
            is within its `reach`.

        Returns
        -------
        ndarray of float64, shape (r,)
            The density.
        """
        half, constants = self._log_terms()
        # Powers are taken relative to a typical one and at a typical Q, lest they overflow.
        typical = 0.0 if self.rectified and self.width <= _FEW else float(np.median(half))
        origin = math.log(self.width) if typical else 0.0
        constants = constants + half * origin
        level = float(constants.max())
        first = places[0]
        w = places[:, None] - log_variance
        common = np.exp(level + typical * (w - origin) - 0.5 * np.exp(w))
        powers = (half - typical) * (first - log_variance - origin)[:, None]
        columns = mass[:, None] * np.exp(constants - level + powers)
        rows = np.exp((half - typical) * (places - first)[:, None])
        return np.asarray(np.sum(rows * (common @ columns), axis=1))

    def _log_terms(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return k/2 and log a_k for all k: the density is ``exp(-Q/2)`` times their sum."""
        degrees, shares = self._components()
        half = 0.5 * degrees
        with np.errstate(divide="ignore"):  # shares below the range of doubles are 0
            log_shares = np.log(shares)
        return half, log_shares - half * math.log(2.0) - gammaln(half)

    @property
    def reach(self) -> tuple[float, float]:
        """Where log Q can be: what is left out does not matter for densities or tails.

        Below, the density times ``exp(-w/2)`` is less than 1e-22 of its maximum; a normal
        density at its centre is so much higher for a variance so much smaller. Above, it is below
        the range of doubles.
        """
        return _reach(self.width, self.rectified)

    def _components(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return degrees of freedom other than 0, and their probabilities."""
        if not self.rectified:
            return np.array([float(self.width)]), np.ones(1)
        return _binomial(self.width)


@functools.cache
def _binomial(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the numbers from 1 to n, and the probabilities of so many heads of n fair coins."""
    choices, shares = 1, []
    for k in range(1, n + 1):
        choices = choices * (n - k + 1) // k
        shares.append(choices / 2**n)
    return np.arange(1.0, n + 1.0), np.array(shares)


@functools.cache
def _reach(width: int, rectified: bool) -> tuple[float, float]:
    layer = NetworkLayer(width, rectified)

    def log_density(w: float) -> float:
        return float(layer.log_density(np.array(w)))

    centre = math.log(layer.moment(1))
    high = brentq(lambda w: log_density(w) - _UNDERFLOW, centre, centre + 9.0)
    places = np.linspace(centre - 6.0, centre + 1.0, 200).tolist()
    values = [log_density(w) - 0.5 * w for w in places]
    peak = places[int(np.argmax(values))]
    least = max(values) + _NEGLIGIBLE
    if log_density(-REACH) + 0.5 * REACH > least:
        return -REACH, float(high)
    low = brentq(lambda w: log_density(w) - 0.5 * w - least, -REACH, peak)
    return float(low), float(high)
