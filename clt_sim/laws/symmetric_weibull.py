"""The symmetric Weibull law."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import gamma

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import positive, shape_parameter
from clt_sim.laws.base import Law
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_GONE = 1e4
"""Of exponents: what falls by more is 0."""


@registry.register
@dataclass(frozen=True, slots=True)
class SymmetricWeibull(Law):
    """The law of a random sign times a Weibull variable: ``P(|X| > x) = exp(-(x/scale)**shape)``.

    With such weights and inputs the tail of a product can be that of a normal law (Wolinski &
    Arbel, Gaussian pre-activations in neural networks: myth or reality?, 2022).

    Parameters
    ----------
    shape : float
        Exponent of the tail, above 0; 1 is the Laplace law.
    scale : float
        Above 0; ``exp(-1)`` of the mass is farther than this from 0.

    Examples
    --------
    >>> SymmetricWeibull(shape=2.0).variance
    1.0
    """

    name: ClassVar[str] = "symmetric-weibull"
    kernel: ClassVar[int] = 11

    shape: float = 2.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        object.__setattr__(self, "shape", shape_parameter("shape", self.shape))
        object.__setattr__(self, "scale", positive("scale", self.scale))

    @property
    def standard_form(self) -> tuple[float, float]:
        """Location and scale of the kernel of scale 1."""
        return 0.0, self.scale

    @property
    def kernel_shape(self) -> float:
        """The power of an exponential variable that the magnitude is."""
        return 1.0 / self.shape

    @property
    def support(self) -> tuple[float, float]:
        """The whole line."""
        return -math.inf, math.inf

    @property
    def kinks(self) -> tuple[float, ...]:
        """The centre, where the density is 0, infinite or not smooth."""
        return (0.0,)

    @property
    def exponential_index(self) -> float:
        """The rate of a Laplace law; other shapes have a lighter or a heavier tail."""
        return 1.0 / self.scale if self.shape == 1.0 else 0.0 if self.shape < 1.0 else math.inf

    def _moment(self, k: int) -> float:
        """Return ``Gamma(1 + k/shape) scale**k`` for even `k`, 0 for odd."""
        return float(gamma(1.0 + k / self.shape)) * self.scale**k if k % 2 == 0 else 0.0

    def _z(self, x: ArrayLike) -> NDArray[np.float64]:
        return real_numbers("x", x) / self.scale

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density, inf at 0 for a shape below 1."""
        z = np.abs(self._z(x))
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            power = z**self.shape
            density = 0.5 * self.shape / self.scale * z ** (self.shape - 1.0) * np.exp(-power)
        return np.where(np.isinf(power), 0.0, density)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        z = self._z(x)
        with np.errstate(over="ignore"):
            tail = 0.5 * np.exp(-(np.abs(z) ** self.shape))
        return np.where(z < 0.0, tail, 1.0 - tail)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function."""
        p = real_numbers("p", p)
        tail = np.minimum(p, 1.0 - p)
        with np.errstate(divide="ignore", invalid="ignore"):
            # Either logarithm keeps its digits on its side of a quarter.
            exponent = np.where(tail < 0.25, -np.log(2.0 * tail), -np.log1p(2.0 * tail - 1.0))
            z = np.copysign(exponent ** (1.0 / self.shape), p - 0.5)
        return np.asarray(self.scale * z)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``E[cos(t X)]`` by quadrature; absolute error below 1e-13.

        There is no closed form for every shape. The integral of ``exp(i t x)`` over the magnitude
        ``x = scale*exp(y)`` is moved to the line ``y + i a``, where ``exp(i t x)`` decays and
        the density still does; there the trapezoidal rule converges geometrically.
        """
        t = np.abs(finite_numbers("t", t))
        raised = 0.25 * math.pi / max(self.shape, 1.0)
        # The error is about exp(-2 pi raised/step); what is cut off weighs exp(-38).
        step = 2.0 * math.pi * raised / 38.0
        y = np.arange(-38.0 / self.shape, 4.1 / self.shape, step) + 1j * raised
        power = np.exp(self.shape * y)
        weights = step * self.shape * power * np.exp(-power)
        # Where the magnitude would overflow, its exponential is 0.
        turning = 1j * self.scale * np.exp(np.minimum(y.real, 700.0) + 1j * raised)
        with np.errstate(over="ignore", under="ignore"):
            # Both parts are as large: where the phase is beyond doubles, there is nothing left.
            fallen = np.maximum(t[..., None] * turning.real, -_GONE)
            phase = np.minimum(t[..., None] * turning.imag, sys.float_info.max)
            values = np.exp(fallen + 1j * phase) @ weights
        return np.asarray(values.real, np.complex128)
