"""Powers: the square."""

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
class Square(Nonlinearity):
    """The square ``phi(x) = x^2``, of which n copies with normal inputs sum to a chi-squared law.

    In single precision, as in `simulate`, it overflows for ``|x|`` above 1.8e19.

    Examples
    --------
    >>> Square().gaussian_moment(2)
    3.0
    """

    name: ClassVar[str] = "square"
    kernel: ClassVar[int] = 7
    growth: ClassVar[tuple[float, float]] = (2.0, 2.0)

    @np.errstate(over="ignore")
    def __call__(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``x^2``."""
        return np.asarray(np.square(as_floats(x)))

    @np.errstate(over="ignore")
    def derivative(self, x: ArrayLike) -> NDArray[np.floating]:
        """Return ``2x``."""
        return np.asarray(2 * as_floats(x))

    def _gaussian_moment(self, k: int, variance: float) -> float:
        """Return ``(2k-1)!! variance^k``."""
        return float(math.prod(range(1, 2 * k, 2)) * variance**k)
