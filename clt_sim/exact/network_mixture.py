"""Mixtures of centred normal laws over many standard deviations."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import erf, ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.exact.network_variance import VarianceNodes

_FAR = 38.6
"""Beyond so many standard deviations the normal density is 0 in double precision."""
_NEGLIGIBLE = 1e-17
_ROWS = 64
_BELOW = 45.0
"""In the logarithm: so far below the least standard deviation there is 1e-17 of the mass."""


@dataclass(frozen=True, slots=True, eq=False)
class NormalScaleMixture:
    """The average of centred normal laws, by sums of numbers that are not below 0.

    Nothing cancels, so that all functions are right to relative error however small they are.

    Parameters
    ----------
    sds : ndarray of float64, shape (m,)
        The standard deviations, ascending.
    mass : ndarray of float64, shape (m,)
        Their shares.
    """

    sds: NDArray[np.float64]
    mass: NDArray[np.float64]

    @classmethod
    def of(cls, nodes: VarianceNodes) -> NormalScaleMixture:
        """Take the square roots of variances."""
        return cls(np.exp(0.5 * nodes.log_variance), nodes.mass)

    def density(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density at y >= 0."""
        heights = self.mass / self.sds / math.sqrt(math.tau)
        return self._sum(lambda z: np.exp(-0.5 * z * z), heights, y)

    def tail(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mass above y >= 0."""
        return self._sum(lambda z: np.asarray(ndtr(-z)), self.mass, y)

    def inside(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mass between 0 and y >= 0."""
        blocks = (
            erf(some[:, None] / (math.sqrt(2.0) * self.sds)) @ self.mass for some in _blocks(y)
        )
        return 0.5 * np.concatenate([*blocks, y[:0]])

    @np.errstate(over="ignore")
    def _sum(
        self,
        function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
        shares: NDArray[np.float64],
        y: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Return sums of shares times a falling function of ``y/sd``.

        The y are taken in ascending blocks; in each, standard deviations that are so small, or so
        great and rare, that they add nothing are left out.
        """
        order = np.argsort(y)
        beyond = np.cumsum(shares[::-1])[::-1]
        result = np.empty(y.size)
        for some in _blocks(order):
            least, most = y[some[0]], y[some[-1]]
            start = int(np.searchsorted(self.sds, least / _FAR))
            lowest = float(function(most / self.sds[start:]) @ shares[start:])
            end = np.searchsorted(-beyond, -_NEGLIGIBLE * lowest) if lowest else self.sds.size
            near = slice(start, int(end))
            result[some] = function(y[some, None] / self.sds[near]) @ shares[near]
        return result

    def tail_quantile(self, q: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return y with the mass q above it, for q above 0 and below half of the whole mass.

        The equation is that of the tail or that of the mass from 0 on, whichever is less; it is
        solved in log y.
        """
        from scipy.optimize import elementwise

        half = 0.5 * math.fsum(self.mass)
        result = np.empty(q.size)
        outer = q < 0.5 * half
        parts = ((outer, self.tail, q), (~outer, self.inside, half - q))
        ends = (math.log(self.sds[0]) - _BELOW, math.log(self.sds[-1]) + math.log(_FAR))
        for which, function, target in parts:
            if which.any():
                excess = functools.partial(_log_ratio, function)
                found = elementwise.find_root(excess, ends, args=(target[which],))
                result[which] = np.exp(found.x)
        return result


def _log_ratio(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    log_y: NDArray[np.float64],
    target: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return ``log(function(y)/target)``, from a large negative number on where it is 0."""
    values = np.maximum(function(np.exp(log_y).ravel()), np.finfo(np.float64).tiny)
    return np.asarray(np.log(values).reshape(log_y.shape) - np.log(target))


def _blocks(y: NDArray[Any]) -> list[NDArray[Any]]:
    return [y[top : top + _ROWS] for top in range(0, y.size, _ROWS)]
