"""The Pareto law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import positive, shape_parameter
from clt_sim.laws.base import Law
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_STEP = 0.1
_FIRST = -4.0
"""Here the nodes begin: what lies before has a weight below ``exp(-54)``."""


@registry.register
@dataclass(frozen=True, slots=True)
class Pareto(Law):
    """The Pareto law: ``P(X > x) = (scale/x)**shape`` for ``x >= scale``.

    Parameters
    ----------
    shape : float
        Exponent of the tail, above 0; moments of this order and higher are infinite.
    scale : float
        The least value, above 0.

    Examples
    --------
    >>> Pareto(shape=3.0).mean
    1.5
    >>> Pareto(shape=3.0).moment(3)
    inf
    """

    name: ClassVar[str] = "pareto"

    shape: float = 3.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "shape", shape_parameter("shape", self.shape))
        object.__setattr__(self, "scale", positive("scale", self.scale))

    @property
    def support(self) -> tuple[float, float]:
        """The half-line from the scale."""
        return self.scale, math.inf

    @property
    def tail_index(self) -> float:
        """The shape."""
        return self.shape

    @property
    def exponential_index(self) -> float:
        """None: the tail is heavier than any exponential."""
        return 0.0

    def _variance(self) -> float:
        """Return the variance, inf for a shape up to 2."""
        if self.shape <= 2.0:
            return math.inf
        return self.shape * (self.scale / (self.shape - 1.0)) ** 2 / (self.shape - 2.0)

    def _moment(self, k: int) -> float:
        """Return ``shape*scale**k/(shape - k)``, inf for a `k` that is not below the shape."""
        return self.shape * self.scale**k / (self.shape - k) if k < self.shape else math.inf

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density ``shape*scale**shape/x**(shape + 1)``."""
        z = real_numbers("x", x) / self.scale
        y = np.where(z < 1.0, 1.0, z)
        with np.errstate(under="ignore"):
            density = self.shape / self.scale * y ** (-self.shape - 1.0)
        return np.where(z < 1.0, 0.0, density)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        excess = np.maximum((real_numbers("x", x) - self.scale) / self.scale, 0.0)
        return np.asarray(-np.expm1(-self.shape * np.log1p(excess)))

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function ``scale*(1 - p)**(-1/shape)``."""
        p = real_numbers("p", p)
        q = np.where((p >= 0.0) & (p <= 1.0), p, np.nan)
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(self.scale * np.exp(-np.log1p(-q) / self.shape))

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``E[exp(i t X)]`` by quadrature; absolute error below 1e-13.

        The closed form has an incomplete gamma function of complex argument. Instead the integral
        over ``x = X/scale`` is moved to the ray ``1 + exp(i pi/4) w``, along which both the
        density and the wave decay; there the trapezoidal rule over v, with w proportional to
        ``exp(v - exp(-v))``, converges geometrically (Takahasi & Mori, Publ. RIMS 9, 1974).
        """
        t = finite_numbers("t", t)
        u = self.scale * np.abs(t)
        values = np.ones(t.shape, np.complex128)
        values[u > 0.0] = self._transform(u[u > 0.0])
        return np.asarray(np.where(t < 0.0, np.conj(values), values))

    def _transform(self, u: NDArray[np.float64]) -> NDArray[np.complex128]:
        """Return ``E[exp(i u X/scale)]`` for u above 0, shape (m,)."""
        if not u.size:
            return np.empty(0, np.complex128)
        # The ray is measured in the length over which the integrand changes.
        length = 1.0 / np.maximum(u, self.shape + 1.0)[:, None]
        # Beyond, the wave or the density is below exp(-40).
        reach = np.minimum(math.log(60.0) - np.log(u), 40.0 / self.shape) - np.log(length[:, 0])
        v = np.arange(_FIRST, max(4.5, float(reach.max())), _STEP)
        w = np.exp(v - np.exp(-v))
        ray = np.exp(0.25j * math.pi) * length * w
        # The logarithm of the integrand; its parts alone could overflow.
        exponent = 1j * u[:, None] * (1.0 + ray) - (self.shape + 1.0) * _log1p(ray)
        with np.errstate(under="ignore"):
            terms = np.exp(exponent) * ray * (1.0 + np.exp(-v))
        return np.asarray(_STEP * self.shape * terms.sum(axis=1))


def _log1p(z: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Return ``log(1 + z)`` for z with a positive real part, whose small real parts keep digits."""
    small = np.where(np.abs(z) < 1.0, z, 0.0)
    size = 0.5 * np.log1p(small.real * (2.0 + small.real) + small.imag**2)
    turn = np.arctan2(small.imag, 1.0 + small.real)
    return np.where(np.abs(z) < 1.0, size + 1j * turn, np.log(1.0 + z))
