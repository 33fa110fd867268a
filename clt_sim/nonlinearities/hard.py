"""Clipped nonlinearities: hard tanh, hard sigmoid, hard swish."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import gammainc

from clt_sim.nonlinearities.base import Nonlinearity, as_floats
from clt_sim.nonlinearities.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class HardTanh(Nonlinearity):
    """The hard tanh: x clipped to [-1, 1] (Collobert 2004).

    Examples
    --------
    >>> round(HardTanh().gaussian_moment(2), 6)
    0.516059
    """

    name: ClassVar[str] = "hard-tanh"
    kernel: ClassVar[int] = 4
    growth: ClassVar[tuple[float, float]] = (0.0, 0.0)

    @property
    def kinks(self) -> tuple[float, ...]:
        """The ends of the linear piece."""
        return (-1.0, 1.0)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return x clipped to [-1, 1]."""
        return np.asarray(np.clip(as_floats(x), -1, 1))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return 1 for ``-1 <= x < 1``, 0 elsewhere."""
        x = as_floats(x)
        return np.asarray((x >= -1) & (x < 1)).astype(x.dtype)

    def _gaussian_moment(self, k: int, variance: float) -> float:
        return clipped_gaussian_moment(k, variance)


def clipped_gaussian_moment(k: int, variance: float) -> float:
    """Return ``E[clip(X, -1, 1)**k]`` for X normal with mean 0.

    For even k >= 2 and variance v it is ``(k-1)!! v^(k/2) P((k+1)/2, 1/(2v)) + erfc(1/sqrt(2v))``
    with the regularised incomplete gamma function P: the substitution t = x^2/(2v).
    """
    if k == 0 or k % 2 or variance == 0.0:
        return float(k == 0)
    inside = gammainc((k + 1) / 2, 0.5 / variance) * math.prod(range(1, k, 2))
    return float(inside * variance ** (k // 2)) + math.erfc(math.sqrt(0.5 / variance))


@registry.register
@dataclass(frozen=True, slots=True)
class HardSigmoid(Nonlinearity):
    """The hard sigmoid: ``(x + 3)/6`` clipped to [0, 1] (Howard et al. 2019, section 5.2).

    Other authors clip other straight lines; this one is what MobileNetV3 and PyTorch use.

    Examples
    --------
    >>> HardSigmoid().gaussian_moment(1)
    0.5
    """

    name: ClassVar[str] = "hard-sigmoid"
    kernel: ClassVar[int] = 5
    growth: ClassVar[tuple[float, float]] = (0.0, 0.0)

    @property
    def kinks(self) -> tuple[float, ...]:
        """The ends of the sloped piece."""
        return (-3.0, 3.0)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``(x + 3)/6`` clipped to [0, 1]."""
        x = as_floats(x)
        return np.asarray(np.clip(x + 3, 0, 6) / x.dtype.type(6))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return 1/6 for ``-3 <= x < 3``, 0 elsewhere."""
        x = as_floats(x)
        return np.where((x >= -3) & (x < 3), x.dtype.type(1 / 6), x.dtype.type(0))

    def _gaussian_moment(self, k: int, variance: float) -> float:
        """Expand ``(1 + t)^k/2^k`` in the hard tanh t of ``x/3``: no summand is negative."""
        moments = [clipped_gaussian_moment(j, variance / 9.0) for j in range(k + 1)]
        return math.fsum(math.comb(k, j) / 2**k * m for j, m in enumerate(moments))


@registry.register
@dataclass(frozen=True, slots=True)
class HardSwish(Nonlinearity):
    """The hard swish: x times its hard sigmoid (Howard et al. 2019, section 5.2).

    Examples
    --------
    >>> HardSwish()([-4.0, 1.5, 4.0])
    array([-0.   ,  1.125,  4.   ])
    """

    name: ClassVar[str] = "hard-swish"
    kernel: ClassVar[int] = 6
    growth: ClassVar[tuple[float, float]] = (0.0, 1.0)

    @property
    def kinks(self) -> tuple[float, ...]:
        """The ends of the parabola."""
        return (-3.0, 3.0)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``x (x + 3)/6`` between -3 and 3, 0 below, x above."""
        x = as_floats(x)
        # From 1e30 on the product might overflow.
        near = np.clip(x, -3, 1e30)
        return np.where(x > 1e30, x, near * np.clip(near + 3, 0, 6) / x.dtype.type(6))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return 0 below -3, ``(2x + 3)/6`` from there to 3, 1 from 3 on."""
        x = as_floats(x)
        parabola = np.where(x >= -3, (2 * np.clip(x, -3, 3) + 3) / x.dtype.type(6), x.dtype.type(0))
        return np.where(x < 3, parabola, x.dtype.type(1))
