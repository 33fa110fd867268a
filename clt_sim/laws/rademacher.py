"""The Rademacher law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim.laws.base import Law, no_density
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Rademacher(Law):
    """The law of a random sign: -1 or 1, each with probability 1/2.

    Examples
    --------
    >>> dict(Rademacher().atoms)
    {-1.0: 0.5, 1.0: 0.5}
    """

    name: ClassVar[str] = "rademacher"
    kernel: ClassVar[int] = 2

    @property
    def support(self) -> tuple[float, float]:
        """The interval [-1, 1]."""
        return -1.0, 1.0

    @property
    def atoms(self) -> Mapping[float, float]:
        """The two signs."""
        return MappingProxyType({-1.0: 0.5, 1.0: 0.5})

    def _moment(self, k: int) -> float:
        """Return 1 for even `k`, 0 for odd."""
        return float(k % 2 == 0)

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return 0, all mass is in atoms; nan for nan."""
        return no_density(x)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function, a step of 1/2 at -1 and at 1."""
        x = real_numbers("x", x)
        return np.where(np.isnan(x), np.nan, 0.5 * (x >= -1.0) + 0.5 * (x >= 1.0))

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return -1 up to `p` = 1/2, then 1."""
        p = real_numbers("p", p)
        return np.where((p >= 0.0) & (p <= 1.0), np.where(p <= 0.5, -1.0, 1.0), np.nan)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``cos(t)``."""
        return np.cos(finite_numbers("t", t)).astype(np.complex128)
