"""The common draw of equicorrelated normal inputs, as masses at nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Normal

REACH = 24.0
"""In standard deviations. Tails are followed to 1e-45, nine less than this."""


@dataclass(frozen=True, slots=True, eq=False)
class CommonFactor:
    """Given the common draw z, inputs are independent normal numbers.

    With the correlation r they have the mean ``m + sqrt(r) sd z`` and the standard deviation
    ``sqrt(1 - r) sd``. Averages over z are sums over equidistant nodes: the trapezoidal rule
    converges faster than geometrically for what is smooth times a normal density
    (Trefethen & Weideman 2014, "The exponentially convergent trapezoidal rule", section 5).

    Parameters
    ----------
    means : ndarray of float64, shape (nodes,)
        Of the inputs given z at a node.
    sd : float
        Of the inputs given z.
    log_shares : ndarray of float64, shape (nodes,)
        Logarithms of the probabilities of the nodes.
    """

    means: NDArray[np.float64]
    sd: float
    log_shares: NDArray[np.float64]

    @classmethod
    def of(cls, inputs: Normal, correlation: float, per_unit: int) -> CommonFactor:
        """Put `per_unit` nodes on every standard deviation of z."""
        z = np.arange(-REACH * per_unit, REACH * per_unit + 1.0) / per_unit
        logs = -0.5 * z * z
        return cls(
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
        """Return the average of values at the nodes."""
        return float(values @ np.exp(self.log_shares))
