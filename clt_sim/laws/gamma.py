"""The gamma law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import gammainc, gammaincinv, gammaln, xlogy

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import positive, shape_parameter
from clt_sim.laws.base import Law
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Gamma(Law):
    """The gamma law, density ``x**(shape - 1) exp(-x/scale)`` on ``x >= 0``, normalised.

    Parameters
    ----------
    shape : float
        Above 0; 1 is the exponential law, below 1 the density has a pole at 0.
    scale : float
        Above 0; the mean is ``shape*scale``.

    Examples
    --------
    >>> Gamma(shape=3.0, scale=2.0).variance
    12.0
    """

    name: ClassVar[str] = "gamma"

    shape: float = 2.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "shape", shape_parameter("shape", self.shape))
        object.__setattr__(self, "scale", positive("scale", self.scale))

    @property
    def support(self) -> tuple[float, float]:
        """The half-line from 0."""
        return 0.0, math.inf

    def _variance(self) -> float:
        """Return the variance ``shape*scale**2``."""
        return self.shape * self.scale**2

    @property
    def exponential_index(self) -> float:
        """The rate ``1/scale``."""
        return 1.0 / self.scale

    def _moment(self, k: int) -> float:
        """Return ``shape (shape + 1)...(shape + k - 1) scale**k``, exactly rounded."""
        shape, scale = Fraction(self.shape), Fraction(self.scale)
        return float(math.prod(((shape + i) * scale for i in range(k)), start=Fraction(1)))

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density; at 0 it is inf for a shape below 1."""
        z = real_numbers("x", x) / self.scale
        # Outside and at infinity the density is 0.
        inside = (z >= 0.0) & (z < math.inf)
        y = np.where(inside, z, 1.0)
        logarithm = xlogy(self.shape - 1.0, y) - y - gammaln(self.shape)
        return np.where(inside, np.exp(logarithm) / self.scale, np.where(np.isnan(z), z, 0.0))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function, a regularised incomplete gamma function."""
        z = np.maximum(real_numbers("x", x) / self.scale, 0.0)
        return np.asarray(gammainc(self.shape, z))

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function."""
        p = real_numbers("p", p)
        q = np.where((p >= 0.0) & (p <= 1.0), p, np.nan)
        return np.asarray(self.scale * gammaincinv(self.shape, q))

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``(1 - i scale t)**(-shape)``."""
        u = self.scale * finite_numbers("t", t)
        return np.asarray(
            np.exp(-0.5 * self.shape * np.log1p(u * u)) * np.exp(1j * self.shape * np.arctan(u))
        )
