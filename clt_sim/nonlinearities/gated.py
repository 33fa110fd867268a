"""Nonlinearities that multiply x by a smooth gate: GELU and its tanh form, SiLU, Mish."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import expit, ndtr

from clt_sim.nonlinearities.base import Nonlinearity, as_floats
from clt_sim.nonlinearities.exponential_linear import Softplus
from clt_sim.nonlinearities.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_FAR = 1e4
"""So far out all gates are 0 or 1 in any precision, and infinity times 0 would be nan."""


@registry.register
@dataclass(frozen=True, slots=True)
class GELU(Nonlinearity):
    """The Gaussian error linear unit ``x Phi(x)`` (Hendrycks & Gimpel 2016), with the exact Phi.

    Examples
    --------
    >>> round(GELU().gaussian_moment(1), 6)
    0.282095
    """

    name: ClassVar[str] = "gelu"
    kernel: ClassVar[int] = 14
    growth: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``x Phi(x)``."""
        x = _from_below(x)
        return np.asarray(x * ndtr(x))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``Phi(x) + x phi(x)`` with the normal density phi."""
        x = _from_both_sides(x)
        return np.asarray(
            ndtr(x) + x * np.exp(-0.5 * x * x) * x.dtype.type(1 / math.sqrt(math.tau))
        )


@registry.register
@dataclass(frozen=True, slots=True)
class GELUTanh(Nonlinearity):
    """The tanh form of GELU, ``x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))/2``.

    It is the approximation of Hendrycks & Gimpel (2016, section 2), within 5e-4 of ``x Phi(x)``.

    Examples
    --------
    >>> round(GELUTanh().gaussian_moment(1), 6)
    0.282039
    """

    name: ClassVar[str] = "gelu-tanh"
    kernel: ClassVar[int] = 15
    growth: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``x sigmoid(2u)``, u the argument of tanh; in double precision inside."""
        x = as_floats(x)
        wide = _from_below(x).astype(np.float64)
        return np.asarray(wide * expit(self._exponent(wide))).astype(x.dtype)

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``s + 2 x u' s (1 - s)`` with ``s = sigmoid(2u)``."""
        x = as_floats(x)
        wide = _from_both_sides(x).astype(np.float64)
        gate, other = expit(self._exponent(wide)), expit(-self._exponent(wide))
        growth = math.sqrt(8 / math.pi) * (wide + 3 * 0.044715 * wide**3)
        return np.asarray(gate + growth * gate * other).astype(x.dtype)

    @staticmethod
    def _exponent(x: NDArray[np.float64]) -> NDArray[np.float64]:
        near = np.clip(x, -_FAR, _FAR)
        return np.asarray(math.sqrt(8 / math.pi) * (near + 0.044715 * near**3))


@registry.register
@dataclass(frozen=True, slots=True)
class SiLU(Nonlinearity):
    """The sigmoid linear unit ``x / (1 + exp(-x))`` (Elfwing, Uchibe & Doya 2018), also Swish.

    Examples
    --------
    >>> round(SiLU().gaussian_moment(1), 6)
    0.206621
    """

    name: ClassVar[str] = "silu"
    kernel: ClassVar[int] = 16
    growth: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``x / (1 + exp(-x))``."""
        x = _from_below(x)
        return np.asarray(x * expit(x))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``s (1 + x (1 - s))`` with the sigmoid s."""
        x = _from_both_sides(x)
        return np.asarray(expit(x) * (1 + x * expit(-x)))


@registry.register
@dataclass(frozen=True, slots=True)
class Mish(Nonlinearity):
    """Mish, ``x tanh(log(1 + exp(x)))`` (Misra 2019).

    Examples
    --------
    >>> round(Mish().gaussian_moment(1), 6)
    0.240404
    """

    name: ClassVar[str] = "mish"
    kernel: ClassVar[int] = 17
    growth: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``x tanh(log(1 + exp(x)))``."""
        x = _from_below(x)
        return np.asarray(x * np.tanh(Softplus()(x)))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``t + x s (1 - t^2)`` with the gate t and the sigmoid s."""
        x = _from_both_sides(x)
        gate = np.tanh(Softplus()(x))
        return np.asarray(gate + x * expit(x) * (1 - gate**2))


def _from_below(x: ArrayLike) -> NDArray[np.floating]:
    return np.asarray(np.maximum(as_floats(x), -_FAR))


def _from_both_sides(x: ArrayLike) -> NDArray[np.floating]:
    return np.asarray(np.clip(as_floats(x), -_FAR, _FAR))
