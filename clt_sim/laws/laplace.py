"""The Laplace law."""

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
class Laplace(Law):
    """The Laplace (double exponential) law, density ``exp(-|x - mean|/scale) / (2 scale)``.

    Parameters
    ----------
    mean : float
        Expectation.
    scale : float
        Mean absolute deviation, above 0; the variance is ``2*scale**2``.

    Examples
    --------
    >>> Laplace(scale=2.0).variance
    8.0
    """

    name: ClassVar[str] = "laplace"
    kernel: ClassVar[int] = 3

    mean: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "mean", finite("mean", self.mean))
        object.__setattr__(self, "scale", positive("scale", self.scale))

    @property
    def standard_form(self) -> tuple[float, float]:
        """Location and scale of the standard Laplace kernel."""
        return self.mean, self.scale

    @property
    def support(self) -> tuple[float, float]:
        """The whole line."""
        return -math.inf, math.inf

    @property
    def kinks(self) -> tuple[float, ...]:
        """The peak."""
        return (self.mean,)

    def _variance(self) -> float:
        """Return the variance ``2*scale**2``."""
        return 2.0 * self.scale**2

    @property
    def exponential_index(self) -> float:
        """The rate ``1/scale`` of the upper tail."""
        return 1.0 / self.scale

    def _moment(self, k: int) -> float:
        """Return ``E[X**k]``: a binomial sum over the even central moments j! scale^j."""
        return math.fsum(
            math.comb(k, j) * self.mean ** (k - j) * math.factorial(j) * self.scale**j
            for j in range(0, k + 1, 2)
        )

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density."""
        distance = np.abs(real_numbers("x", x) - self.mean) / self.scale
        return np.exp(-distance) / (2.0 * self.scale)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        z = (real_numbers("x", x) - self.mean) / self.scale
        tail = 0.5 * np.exp(-np.abs(z))
        return np.where(z < 0.0, tail, 1.0 - tail)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function."""
        p = real_numbers("p", p)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(p < 0.5, np.log(2.0 * p), -np.log(2.0 - 2.0 * p))
        return self.mean + self.scale * z

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``exp(i mean t) / (1 + scale^2 t^2)``."""
        t = finite_numbers("t", t)
        turn: NDArray[np.complex128] = turned(self.mean, t)
        return turn / (1.0 + (self.scale * t) ** 2)
