"""The exponential law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import positive
from clt_sim.laws.base import Law
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Exponential(Law):
    """The exponential law, density ``exp(-x/scale)/scale`` on ``x >= 0``.

    Parameters
    ----------
    scale : float
        Mean and standard deviation, above 0.

    Examples
    --------
    >>> Exponential().moment(4)
    24.0
    """

    name: ClassVar[str] = "exponential"
    kernel: ClassVar[int] = 4

    scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameter."""
        object.__setattr__(self, "scale", positive("scale", self.scale))

    @property
    def standard_form(self) -> tuple[float, float]:
        """Location and scale of the standard exponential kernel."""
        return 0.0, self.scale

    @property
    def support(self) -> tuple[float, float]:
        """The half-line from 0."""
        return 0.0, math.inf

    @property
    def exponential_index(self) -> float:
        """The rate ``1/scale``."""
        return 1.0 / self.scale

    def _moment(self, k: int) -> float:
        """Return ``E[X**k] = k! scale**k``."""
        return math.factorial(k) * self.scale**k

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density."""
        z = real_numbers("x", x) / self.scale
        return np.where(z < 0.0, 0.0, np.exp(-np.maximum(z, 0.0)) / self.scale)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function."""
        return np.asarray(-np.expm1(-np.maximum(real_numbers("x", x) / self.scale, 0.0)))

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function."""
        p = real_numbers("p", p)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(p < 0.0, np.nan, -np.log1p(-p))
        return self.scale * z

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``1 / (1 - i scale t)``."""
        t = finite_numbers("t", t)
        return np.asarray(1.0 / (1.0 - 1j * self.scale * t), np.complex128)
