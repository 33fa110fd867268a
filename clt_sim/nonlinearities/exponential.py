"""The exponential function."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim.nonlinearities.base import Nonlinearity, as_floats
from clt_sim.nonlinearities.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Exp(Nonlinearity):
    """The exponential function, whose values at normal inputs are lognormal.

    In single precision, as in `simulate`, it overflows for x above 88.7.

    Examples
    --------
    >>> round(Exp().gaussian_moment(1), 6)
    1.648721
    """

    name: ClassVar[str] = "exp"
    kernel: ClassVar[int] = 24
    growth: ClassVar[tuple[float, float]] = (0.0, math.inf)

    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``exp(x)``, infinite where that is too large for the type."""
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(np.exp(as_floats(x)))

    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``exp(x)``."""
        return self(x)

    def _gaussian_moment(self, k: int, variance: float) -> float:
        """Return ``exp(k^2 variance/2)``."""
        return math.exp(0.5 * k * k * variance)
