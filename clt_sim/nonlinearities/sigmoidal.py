"""Nonlinearities that saturate on both sides: tanh, sigmoid, erf, softsign."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import erf, expit

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
    kernel: ClassVar[int] = 10
    growth: ClassVar[tuple[float, float]] = (0.0, 0.0)

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
    kernel: ClassVar[int] = 11
    growth: ClassVar[tuple[float, float]] = (0.0, 0.0)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``1 / (1 + exp(-x))``."""
        return np.asarray(expit(as_floats(x)))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``s (1 - s)`` with the sigmoid s."""
        value = self(x)
        return np.asarray(value * (1 - value))


@registry.register
@dataclass(frozen=True, slots=True)
class Erf(Nonlinearity):
    """The error function, ``2/sqrt(pi)`` times the integral of ``exp(-t^2)`` from 0 to x.

    For X normal with mean 0 and variance v, ``E[erf(X)^2] = (2/pi) asin(2v/(1 + 2v))``
    (Williams 1997).

    Examples
    --------
    >>> round(Erf().gaussian_moment(2), 6)
    0.464559
    """

    name: ClassVar[str] = "erf"
    kernel: ClassVar[int] = 12
    growth: ClassVar[tuple[float, float]] = (0.0, 0.0)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``erf(x)``."""
        return np.asarray(erf(as_floats(x)))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``2/sqrt(pi) exp(-x^2)``."""
        floats = np.clip(as_floats(x), -1e4, 1e4)  # beyond, it is 0
        return np.asarray(floats.dtype.type(2 / math.sqrt(math.pi)) * np.exp(-floats * floats))


@registry.register
@dataclass(frozen=True, slots=True)
class Softsign(Nonlinearity):
    """The softsign ``x / (1 + |x|)`` (Bergstra et al. 2009), with tails that fall like ``1/x``.

    Examples
    --------
    >>> Softsign()([-1.0, 3.0])
    array([-0.5 ,  0.75])
    """

    name: ClassVar[str] = "softsign"
    kernel: ClassVar[int] = 13
    growth: ClassVar[tuple[float, float]] = (0.0, 0.0)

    @property
    def kinks(self) -> tuple[float, ...]:
        """The jump of the second derivative at 0."""
        return (0.0,)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``x / (1 + |x|)``."""
        x = as_floats(x)
        # Infinity over infinity would be nan; the largest finite number has the same value.
        finite = np.clip(x, np.finfo(x.dtype).min, np.finfo(x.dtype).max)
        return np.asarray(finite / (1 + np.abs(finite)))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``1 / (1 + |x|)^2``."""
        return np.asarray((1 + np.abs(as_floats(x))) ** -2)
