"""The law of a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import finite
from clt_sim.laws.base import Law, no_density, turned
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Constant(Law):
    """The law of a number that does not vary.

    Parameters
    ----------
    value : float
        The number.

    Examples
    --------
    >>> Constant(2.5).variance
    0.0
    """

    name: ClassVar[str] = "constant"
    kernel: ClassVar[int] = 6

    value: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameter."""
        object.__setattr__(self, "value", finite("value", self.value))

    @property
    def standard_form(self) -> tuple[float, float]:
        """Location and scale of the kernel, whose draws are 1."""
        return 0.0, self.value

    @property
    def support(self) -> tuple[float, float]:
        """The interval of no length that is the number."""
        return self.value, self.value

    @property
    def atoms(self) -> Mapping[float, float]:
        """The number."""
        return MappingProxyType({self.value: 1.0})

    def _variance(self) -> float:
        """Return 0."""
        return 0.0

    def _moment(self, k: int) -> float:
        """Return ``value**k``."""
        return self.value**k

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return 0, all mass is in the atom; nan for nan."""
        return no_density(x)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function, a step of 1."""
        x = real_numbers("x", x)
        return np.where(np.isnan(x), np.nan, np.where(x >= self.value, 1.0, 0.0))

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the number for every `p`."""
        p = real_numbers("p", p)
        return np.where((p >= 0.0) & (p <= 1.0), self.value, np.nan)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``exp(i value t)``."""
        return turned(self.value, finite_numbers("t", t))
