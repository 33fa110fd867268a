"""The logistic law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import expit, logit, zeta

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import finite, positive
from clt_sim.laws.base import Law, turned
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Logistic(Law):
    """The logistic law, whose distribution function is ``sigmoid((x - mean)/scale)``.

    Parameters
    ----------
    mean : float
        Expectation.
    scale : float
        Above 0; the variance is ``(pi*scale)**2/3``.

    Examples
    --------
    >>> float(Logistic(mean=1.0).cdf(1.0))
    0.5
    """

    name: ClassVar[str] = "logistic"
    kernel: ClassVar[int] = 9

    mean: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "mean", finite("mean", self.mean))
        object.__setattr__(self, "scale", positive("scale", self.scale))

    @property
    def standard_form(self) -> tuple[float, float]:
        """Location and scale of the standard logistic kernel."""
        return self.mean, self.scale

    @property
    def support(self) -> tuple[float, float]:
        """The whole line."""
        return -math.inf, math.inf

    def _variance(self) -> float:
        """Return the variance ``(pi*scale)**2/3``."""
        return (math.pi * self.scale) ** 2 / 3.0

    @property
    def exponential_index(self) -> float:
        """The rate ``1/scale`` of the upper tail."""
        return 1.0 / self.scale

    def _moment(self, k: int) -> float:
        """Return ``E[X**k]``: a binomial sum over the even central moments.

        They are ``2 j! (1 - 2**(1-j)) zeta(j) scale**j`` for j above 0 (Johnson, Kotz &
        Balakrishnan, Continuous Univariate Distributions 2, 1995, chapter 23).
        """
        return self.mean**k + math.fsum(
            math.comb(k, j) * self.mean ** (k - j) * _central_moment(j) * self.scale**j
            for j in range(2, k + 1, 2)
        )

    def _z(self, x: ArrayLike) -> NDArray[np.float64]:
        return (real_numbers("x", x) - self.mean) / self.scale

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density ``F(x) (1 - F(x))/scale``."""
        z = self._z(x)
        return np.asarray(expit(z) * expit(-z) / self.scale)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        return np.asarray(expit(self._z(x)))

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function ``mean + scale*log(p/(1 - p))``."""
        return self.mean + self.scale * np.asarray(logit(real_numbers("p", p)))

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``exp(i mean t) y/sinh(y)`` with ``y = pi*scale*t``."""
        t = finite_numbers("t", t)
        y = np.abs(math.pi * self.scale * t)
        # y/sinh(y) = 2 y exp(-y)/(1 - exp(-2y)) neither overflows nor cancels.
        away = np.where(y > 0.0, np.minimum(y, 1000.0), 1.0)
        size = np.where(y > 0.0, 2.0 * away * np.exp(-away) / -np.expm1(-2.0 * away), 1.0)
        turn: NDArray[np.complex128] = turned(self.mean, t)
        return turn * size


def _central_moment(j: int) -> float:
    """Return the central moment of an even order, at least 2, for the scale 1."""
    return 2.0 * math.factorial(j) * (1.0 - 2.0 ** (1 - j)) * float(zeta(j))
