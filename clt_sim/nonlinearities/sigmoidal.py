"""Smooth nonlinearities that saturate or gate: tanh, sigmoid, GELU."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import expit, ndtr

from clt_sim.nonlinearities.base import Nonlinearity, as_floats
from clt_sim.nonlinearities.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Tanh(Nonlinearity):
    """The hyperbolic tangent.

    Examples
    --------
    >>> round(Tanh().gaussian_moment(2), 6)
    0.394294
    """

    name: ClassVar[str] = "tanh"
    kernel: ClassVar[int] = 3

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``tanh(x)``."""
        return np.asarray(np.tanh(as_floats(x)))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``1 - tanh(x)^2``."""
        return np.asarray(1 - np.tanh(as_floats(x)) ** 2)


@registry.register
@dataclass(frozen=True, slots=True)
class Sigmoid(Nonlinearity):
    """The logistic sigmoid ``1 / (1 + exp(-x))``.

    Examples
    --------
    >>> round(Sigmoid().gaussian_moment(1), 12)
    0.5
    """

    name: ClassVar[str] = "sigmoid"
    kernel: ClassVar[int] = 4

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``1 / (1 + exp(-x))``."""
        return np.asarray(expit(as_floats(x)))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``s (1 - s)`` with the sigmoid s."""
        value = self(x)
        return np.asarray(value * (1 - value))


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
    kernel: ClassVar[int] = 5

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``x Phi(x)``."""
        x = as_floats(x)
        return np.asarray(x * ndtr(x))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``Phi(x) + x phi(x)`` with the normal density phi."""
        x = as_floats(x)
        return np.asarray(
            ndtr(x) + x * np.exp(-0.5 * x * x) * x.dtype.type(1 / math.sqrt(math.tau))
        )
