"""What one layer of a random network does to the variance of its pre-activations."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, logsumexp

from clt_sim.exact.chebyshev_panels import ChebyshevPanels
from clt_sim.exact.squares_density import log_density_of_squares

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH = 450.0
"""So far to the left the density of log Q is followed if it falls no faster than a normal
number's near 0: from K down to 1e-195 K."""
_NEGLIGIBLE = math.log(1e-22)
_UNDERFLOW = -740.0
_FEW = 128
"""A ReLU layer of so few units has powers of Q that doubles can hold wherever Q can be."""
_PANEL = 0.25
"""In log Q: so short that small slopes, where the density goes from one scale to the other, are
resolved too."""
_PIECE = 2**17


@dataclass(frozen=True, slots=True)
class NetworkLayer:
    """The law of ``Q = sum_j phi(Z_j)^2`` over a layer of n standard normal pre-activations.

    For ``phi(z)^2 = z^2``, of the identity and the absolute value, it is chi-square with n
    degrees of freedom. For ReLU it is chi-square with k degrees, where k, the number of units
    above 0, is binomial; with none, Q is 0. For leaky ReLU it is the sum of that and of the square
    of the slope times chi-square with ``n - k`` degrees.

    Parameters
    ----------
    width : int
        The number n of units.
    slope : float
        The absolute slope of phi below 0 over that above, from 0 to 1: 1 for the identity and the
        absolute value, 0 for ReLU.
    """

    width: int
    slope: float

    @property
    def dead(self) -> float:
        """The probability that Q is 0."""
        return 0.0 if self.slope else 0.5**self.width

    def moment(self, k: int) -> float:
        """Return ``E[Q**k]``."""
        return self.moments(k)[k]

    @np.errstate(over="ignore")  # an infinite moment says so
    def moments(self, most: int) -> list[float]:
        """Return ``E[Q**k]`` for k from 0 to `most`.

        One term has the moments ``(1 + slope^(2k))/2 * (2k - 1)!!``. Divided by k!, they are the
        coefficients of a series, whose nth power has those of the sum; none is below 0.
        """
        ratio = self.slope**2
        orders = np.arange(1, most + 1)
        both = 0.5 * (1.0 + ratio ** orders.astype(np.float64))
        term = np.append(1.0, both * np.cumprod((2.0 * orders - 1.0) / orders))
        series = _power_of_series(term, self.width)
        factorials = np.append(1.0, np.cumprod(orders.astype(np.float64)))
        return [float(moment) for moment in series * factorials]

    def log_density(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithm of the density of ``w = log Q``, of the part where Q is not 0."""
        w = np.asarray(w, np.float64)
        if self._in_powers:
            half, constants = self._log_terms()
            terms = constants + half * w[..., None]
            return np.asarray(logsumexp(terms, axis=-1)) - 0.5 * np.exp(w)
        flat = log_density_of_squares(w.ravel(), self.width, self.slope**2)
        return flat.reshape(w.shape)

    @property
    def _in_powers(self) -> bool:
        """Whether the density of Q is ``exp(-Q/2)`` times a short sum of powers of Q."""
        return self.slope == 1.0 or (self.slope == 0.0 and self.width <= _FEW)

    @property
    def span(self) -> float:
        """Over how much of log Q the ratios of its powers are taken at once, lest they overflow."""
        return 4.0

    def spread(
        self,
        log_variance: NDArray[np.float64],
        mass: NDArray[np.float64],
        places: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return the density of ``log K + log Q`` at some places: a sum over the law of K.

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
            The density; all its terms are above 0.
        """
        if self._in_powers:
            return self._spread_of_powers(log_variance, mass, places)
        rows = max(1, _PIECE // max(log_variance.size, 1))
        pieces = [
            self._tabulated(places[top : top + rows, None] - log_variance) @ mass
            for top in range(0, places.size, rows)
        ]
        return np.concatenate(pieces)

    def _spread_of_powers(
        self,
        log_variance: NDArray[np.float64],
        mass: NDArray[np.float64],
        places: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return what `spread` does, by a product of matrices.

        With ``a_k`` from the chi-square density of k degrees it is the sum over k and over K of
        ``mass a_k (Q^k)^(1/2) exp(-Q/2)`` for ``Q = exp(place - log K)``: a matrix of exponentials,
        times one with a column for each k.
        """
        half, constants = self._log_terms()
        # The one power of Q is taken relative to a typical Q, lest it overflow.
        typical = float(half[0]) if half.size == 1 else 0.0
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
        if self.slope:
            degrees, shares = np.array([float(self.width)]), np.ones(1)
        else:
            degrees, shares = _binomial(self.width)
        half = 0.5 * degrees
        return half, np.log(shares) - half * math.log(2.0) - gammaln(half)

    def _tabulated(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density of log Q from a table; 0 beyond the reach."""
        low, high = self.reach
        inside = (w >= low) & (w <= high)
        density = np.zeros(w.shape)
        table, _ = _table(self.width, self.slope)
        some = w[inside]
        density[inside] = np.exp(table.at(some)[0] - 0.5 * np.exp(some))
        return density

    @property
    def error(self) -> float:
        """Relative error of the densities that `spread` adds up, from the table; 0 without one."""
        return 0.0 if self._in_powers else _table(self.width, self.slope)[1]

    @property
    def reach(self) -> tuple[float, float]:
        """Where log Q can be: what is left out does not matter for densities or tails.

        Below, the density times ``exp(-w/2)`` is less than 1e-22 of its maximum; a normal
        density at its centre is so much higher for a variance so much smaller. Above, it is below
        the range of doubles.
        """
        return _reach(self.width, self.slope)


def _power_of_series(series: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the nth power of a power series to the same order, by squaring."""
    result = np.zeros(series.size)
    result[0] = 1.0
    for digit in bin(n)[2:]:
        result = np.convolve(result, result)[: series.size]
        if digit == "1":
            result = np.convolve(result, series)[: series.size]
    return result


@functools.cache
def _binomial(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the numbers from 1 to n, and the probabilities of so many heads of n fair coins."""
    choices, shares = 1, []
    for k in range(1, n + 1):
        choices = choices * (n - k + 1) // k
        shares.append(choices / 2**n)
    return np.arange(1.0, n + 1.0), np.array(shares)


@functools.lru_cache(maxsize=64)
def _table(width: int, slope: float) -> tuple[ChebyshevPanels, float]:
    """Return the logarithm of the density of log Q as polynomials over its reach, and their error.

    The tail -Q/2, which is most of it far out, is left to the exponential.
    """
    layer = NetworkLayer(width, slope)
    low, high = layer.reach
    edges = np.linspace(low, high, math.ceil((high - low) / _PANEL) + 1)

    def without_tail(w: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(layer.log_density(w) + 0.5 * np.exp(w))[None]

    table = ChebyshevPanels.of(without_tail, edges)
    return table, float(table.mismatch(without_tail).max())


@functools.lru_cache(maxsize=1024)
def _reach(width: int, slope: float) -> tuple[float, float]:
    layer = NetworkLayer(width, slope)

    def log_density(w: float) -> float:
        return float(layer.log_density(np.array(w)))

    centre = math.log(layer.moment(1))
    high = brentq(lambda w: log_density(w) - _UNDERFLOW, centre, centre + 9.0)
    places = np.linspace(centre - 6.0, centre + 1.0, 200)
    values = layer.log_density(places) - 0.5 * places
    peak = float(places[np.argmax(values)])
    least = float(values.max()) + _NEGLIGIBLE
    if log_density(-REACH) + 0.5 * REACH > least:
        return -REACH, float(high)
    low = brentq(lambda w: log_density(w) - 0.5 * w - least, -REACH, peak)
    return float(low), float(high)
