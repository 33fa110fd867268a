"""Nonlinearities made of linear pieces: identity, ReLU, leaky ReLU, absolute value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._validation import finite
from clt_sim.nonlinearities.base import Nonlinearity, as_floats
from clt_sim.nonlinearities.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def half_gaussian_moment(k: int, variance: float) -> float:
    """Return ``E[max(X, 0)**k]`` for X normal with mean 0.

    For k >= 1 and variance v it is ``(k-1)!! v^(k/2)``, over 2 for even k and over sqrt(2 pi) for
    odd k.
    """
    if k == 0:
        return 1.0
    share = math.sqrt(math.tau) if k % 2 else 2.0
    return math.prod(range(k - 1, 0, -2)) * float(variance ** (k / 2)) / share


@registry.register
@dataclass(frozen=True, slots=True)
class Identity(Nonlinearity):
    """The identity ``phi(x) = x``.

    Examples
    --------
    >>> Identity().gaussian_moment(4)
    3.0
    """

    name: ClassVar[str] = "identity"
    kernel: ClassVar[int] = 0
    growth: ClassVar[tuple[float, float]] = (1.0, 1.0)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return a copy of `x`."""
        return as_floats(x).copy()

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ones."""
        return np.ones_like(as_floats(x))

    def _gaussian_moment(self, k: int, variance: float) -> float:
        """Return ``(k-1)!! variance^(k/2)`` for even k, 0 for odd."""
        return 0.0 if k % 2 else math.prod(range(1, k, 2)) * variance ** (k // 2)


@registry.register
@dataclass(frozen=True, slots=True)
class ReLU(Nonlinearity):
    """The rectified linear unit ``phi(x) = max(x, 0)``.

    Examples
    --------
    >>> ReLU().gaussian_moment(2)
    0.5
    """

    name: ClassVar[str] = "relu"
    kernel: ClassVar[int] = 1
    growth: ClassVar[tuple[float, float]] = (0.0, 1.0)

    @property
    def kinks(self) -> tuple[float, ...]:
        """The kink at 0."""
        return (0.0,)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``max(x, 0)``."""
        x = as_floats(x)
        return np.asarray(np.maximum(x, x.dtype.type(0)))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return 0 below 0, 1 from 0 on."""
        x = as_floats(x)
        return np.asarray(x >= 0).astype(x.dtype)

    def _gaussian_moment(self, k: int, variance: float) -> float:
        return half_gaussian_moment(k, variance)


@registry.register
@dataclass(frozen=True, slots=True)
class LeakyReLU(Nonlinearity):
    """The leaky ReLU: ``x`` above 0 and ``slope*x`` below (Maas, Hannun & Ng 2013).

    With a slope that was learned it is the PReLU of He et al. (2015).

    Parameters
    ----------
    slope : float
        Slope below 0.

    Examples
    --------
    >>> LeakyReLU(slope=0.5).gaussian_moment(2)
    0.625
    """

    name: ClassVar[str] = "leaky-relu"
    kernel: ClassVar[int] = 2
    growth: ClassVar[tuple[float, float]] = (1.0, 1.0)

    slope: float = 0.01

    def __post_init__(self) -> None:
        """Check the slope."""
        object.__setattr__(self, "slope", finite("slope", self.slope))

    @property
    def kernel_parameter(self) -> float:
        """The slope."""
        return self.slope

    @property
    def kinks(self) -> tuple[float, ...]:
        """The kink at 0."""
        return (0.0,)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``x`` above 0, ``slope*x`` below."""
        x = as_floats(x)
        return np.where(x > 0, x, x.dtype.type(self.slope) * x)

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return the slope below 0, 1 from 0 on."""
        x = as_floats(x)
        return np.where(x >= 0, x.dtype.type(1), x.dtype.type(self.slope))

    def _gaussian_moment(self, k: int, variance: float) -> float:
        if k == 0:
            return 1.0
        return (1.0 + (-self.slope) ** k) * half_gaussian_moment(k, variance)


@registry.register
@dataclass(frozen=True, slots=True)
class Abs(Nonlinearity):
    """The absolute value ``phi(x) = |x|``.

    Examples
    --------
    >>> Abs().gaussian_moment(4)
    3.0
    """

    name: ClassVar[str] = "abs"
    kernel: ClassVar[int] = 3
    growth: ClassVar[tuple[float, float]] = (1.0, 1.0)

    @property
    def kinks(self) -> tuple[float, ...]:
        """The kink at 0."""
        return (0.0,)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return the absolute value."""
        return np.asarray(np.abs(as_floats(x)))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return -1 below 0, 1 from 0 on."""
        x = as_floats(x)
        return np.where(x >= 0, x.dtype.type(1), x.dtype.type(-1))

    def _gaussian_moment(self, k: int, variance: float) -> float:
        return 1.0 if k == 0 else 2.0 * half_gaussian_moment(k, variance)
