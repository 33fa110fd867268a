"""Nonlinearities that take two values: the unit step and the sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.nonlinearities.base import Nonlinearity, as_floats
from clt_sim.nonlinearities.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Step(Nonlinearity):
    """The unit step (Heaviside function): 1 for x >= 0, 0 below; ``step(0) = 1``.

    Examples
    --------
    >>> Step()([-2.0, 0.0, 2.0])
    array([0., 1., 1.])
    """

    name: ClassVar[str] = "step"
    kernel: ClassVar[int] = 8
    growth: ClassVar[tuple[float, float]] = (0.0, 0.0)

    @property
    def kinks(self) -> tuple[float, ...]:
        """The jump at 0."""
        return (0.0,)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return 1 for x >= 0, else 0."""
        x = as_floats(x)
        return np.asarray(np.heaviside(x, x.dtype.type(1)))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return zeros."""
        return np.zeros_like(as_floats(x))

    def _gaussian_moment(self, k: int, variance: float) -> float:
        return 1.0 if k == 0 or variance == 0.0 else 0.5


@registry.register
@dataclass(frozen=True, slots=True)
class Sign(Nonlinearity):
    """The sign: 1 above 0, -1 below, and ``sign(0) = 0``.

    Examples
    --------
    >>> Sign()([-2.0, 0.0, 2.0])
    array([-1.,  0.,  1.])
    """

    name: ClassVar[str] = "sign"
    kernel: ClassVar[int] = 9
    growth: ClassVar[tuple[float, float]] = (0.0, 0.0)

    @property
    def kinks(self) -> tuple[float, ...]:
        """The jump at 0."""
        return (0.0,)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return the sign."""
        return np.asarray(np.sign(as_floats(x)))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return zeros."""
        return np.zeros_like(as_floats(x))

    def _gaussian_moment(self, k: int, variance: float) -> float:
        return 1.0 if k == 0 or (k % 2 == 0 and variance > 0.0) else 0.0
