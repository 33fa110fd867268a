"""The Cauchy law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import finite, positive
from clt_sim.laws.base import Law, turned
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Cauchy(Law):
    """The Cauchy law, which has no mean: averages of its draws have the same law again.

    Parameters
    ----------
    location : float
        Median and mode.
    scale : float
        Half the distance of the quartiles, above 0.

    Examples
    --------
    >>> Cauchy(scale=2.0).tail_index
    1.0
    >>> Cauchy().mean
    nan
    """

    name: ClassVar[str] = "cauchy"

    location: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "location", finite("location", self.location))
        object.__setattr__(self, "scale", positive("scale", self.scale))

    @property
    def support(self) -> tuple[float, float]:
        """The whole line."""
        return -math.inf, math.inf

    @property
    def tail_index(self) -> float:
        """The exponent 1 of the tails."""
        return 1.0

    @property
    def exponential_index(self) -> float:
        """None: the tails are heavier than any exponential."""
        return 0.0

    def _variance(self) -> float:
        """Return nan: without a mean it is not defined."""
        return math.nan

    def _moment(self, k: int) -> float:
        """Return inf for even `k`, nan for odd, and 1 for k = 0."""
        return 1.0 if k == 0 else math.inf if k % 2 == 0 else math.nan

    def _z(self, x: ArrayLike) -> NDArray[np.float64]:
        return (real_numbers("x", x) - self.location) / self.scale

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density ``1/(pi scale (1 + z**2))``."""
        # The square of a hypotenuse: that of z could overflow where the density is not yet 0.
        size = np.hypot(1.0, self._z(x))
        return np.asarray(1.0 / size / (math.pi * self.scale) / size)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function ``1/2 + arctan(z)/pi``."""
        z = self._z(x)
        tail = np.arctan2(1.0, np.abs(z)) / math.pi
        return np.where(z < 0.0, tail, 1.0 - tail)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function ``location + scale*tan(pi (p - 1/2))``."""
        p = real_numbers("p", p)
        q = np.where((p >= 0.0) & (p <= 1.0), p, np.nan)
        tail = np.minimum(q, 1.0 - q)
        with np.errstate(divide="ignore"):
            far = np.copysign(1.0 / np.tan(math.pi * tail), q - 0.5)
        z = np.where(tail < 0.25, far, np.tan(math.pi * (q - 0.5)))
        return np.asarray(self.location + self.scale * z)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``exp(i location t - scale |t|)``."""
        t = finite_numbers("t", t)
        return np.asarray(turned(self.location, t) * np.exp(-self.scale * np.abs(t)))
