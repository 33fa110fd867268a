"""The normal law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtr, ndtri

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import finite, positive
from clt_sim.laws.base import Law, turned
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Normal(Law):
    """The normal (Gaussian) law.

    Parameters
    ----------
    mean : float
        Expectation.
    sd : float
        Standard deviation, above 0.

    Examples
    --------
    >>> Normal(sd=2.0).moment(4)
    48.0
    """

    name: ClassVar[str] = "normal"
    kernel: ClassVar[int] = 0

    mean: float = 0.0
    sd: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "mean", finite("mean", self.mean))
        object.__setattr__(self, "sd", positive("sd", self.sd))

    @property
    def standard_form(self) -> tuple[float, float]:
        """Location and scale of the standard normal kernel."""
        return self.mean, self.sd

    @property
    def support(self) -> tuple[float, float]:
        """The whole line."""
        return -math.inf, math.inf

    def _variance(self) -> float:
        """Return the variance ``sd**2``."""
        return self.sd**2

    def _moment(self, k: int) -> float:
        """Return ``E[X**k]`` by the recursion m_k = mean m_(k-1) + (k-1) sd^2 m_(k-2)."""
        if self.mean == 0.0 and k % 2:
            return 0.0
        previous, current = 0.0, 1.0
        for order in range(1, k + 1):
            following = self.mean * current + (order - 1) * self.variance * previous
            previous, current = current, following
        return current

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density."""
        z = (real_numbers("x", x) - self.mean) / self.sd
        return np.exp(-0.5 * z * z) / (self.sd * math.sqrt(2.0 * math.pi))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        return np.asarray(ndtr((real_numbers("x", x) - self.mean) / self.sd))

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function."""
        return self.mean + self.sd * np.asarray(ndtri(real_numbers("p", p)))

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``exp(i mean t - sd^2 t^2 / 2)``."""
        t = finite_numbers("t", t)
        return np.asarray(turned(self.mean, t) * np.exp(-0.5 * (self.sd * t) ** 2))
