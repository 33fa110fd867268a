"""The common draw of equicorrelated normal inputs, as masses at nodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_ndtr, ndtr

from clt_sim.exact.cumulants import cumulants_of_moments, moment_of_cumulants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from clt_sim.laws import Normal

REACH = 24.0
"""In standard deviations. Tails are followed to 1e-45, nine less than this."""
_LEAST_LOG = -1e290
"""A million times this is a number of floats."""


@dataclass(frozen=True, slots=True, eq=False)
class CommonFactor:
    """Given the common draw z, inputs are independent normal numbers.

    With the correlation r they have the mean ``m + sqrt(r) sd z`` and the standard deviation
    ``sqrt(1 - r) sd``. Averages over z are sums over equidistant nodes: the trapezoidal rule
    converges faster than geometrically for what is smooth times a normal density
    (Trefethen & Weideman 2014, "The exponentially convergent trapezoidal rule", section 5).

    Parameters
    ----------
    z : ndarray of float64, shape (nodes,)
        The nodes.
    means : ndarray of float64, shape (nodes,)
        Of the inputs given z at a node.
    sd : float
        Of the inputs given z.
    log_shares : ndarray of float64, shape (nodes,)
        Logarithms of the probabilities of the nodes.
    """

    z: NDArray[np.float64]
    means: NDArray[np.float64]
    sd: float
    log_shares: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        inputs: Normal,
        correlation: float,
        per_unit: int,
        interval: tuple[float, float] = (-REACH, REACH),
    ) -> CommonFactor:
        """Put `per_unit` nodes on every standard deviation of z, in what holds nearly all of it."""
        low, high = interval
        z = np.arange(math.floor(low * per_unit), math.ceil(high * per_unit) + 1.0) / per_unit
        logs = -0.5 * z * z
        return cls(
            z,
            inputs.mean + np.sqrt(correlation) * inputs.sd * z,
            float(np.sqrt(1.0 - correlation) * inputs.sd),
            logs - np.log(np.exp(logs).sum()),
        )

    @property
    def size(self) -> int:
        """The number of nodes."""
        return int(self.means.size)

    def probabilities_between(self, low: float, high: float) -> NDArray[np.float64]:
        """Return ``P(low < x < high)`` at each node, to relative accuracy."""
        first, last = (low - self.means) / self.sd, (high - self.means) / self.sd
        mirrored = first + last > 0.0  # the tail that is smaller
        first, last = np.where(mirrored, -last, first), np.where(mirrored, -first, last)
        return np.asarray(ndtr(last) - ndtr(first))

    def average(self, values: NDArray[np.float64]) -> float:
        """Return the average of values at the nodes; 0 where they cancel in pairs."""
        return math.fsum((values * np.exp(self.log_shares)).tolist())

    def moment_of_sum(
        self, terms: Sequence[tuple[int, NDArray[np.float64]]], k: int, shift: float
    ) -> float:
        """Return ``E (S + shift)**k`` of a sum of terms that are independent given the node.

        Parameters
        ----------
        terms : sequence of (int, ndarray of float64, shape (k + 1, nodes))
            How many there are of each kind, and raw moments of one, from order 0 on.
        k : int
            The order.
        shift : float
            What is added to the sum.
        """
        if not k:
            return 1.0
        cumulants = np.sum(
            [count * np.array(cumulants_of_moments([*moments])) for count, moments in terms], axis=0
        )
        cumulants[0] += shift
        return self.average(moment_of_cumulants([*cumulants]))

    def log_sides(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the logarithms of ``P(x < 0)`` and ``P(x > 0)`` at each node."""
        with np.errstate(over="ignore"):
            place = self.means / self.sd
        return np.maximum(log_ndtr(-place), _LEAST_LOG), np.maximum(log_ndtr(place), _LEAST_LOG)
