"""The Bernoulli law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import finite
from clt_sim.laws.base import Law, no_density
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@registry.register
@dataclass(frozen=True, slots=True)
class Bernoulli(Law):
    """The Bernoulli law: 1 with some probability, otherwise 0, as of a mask in dropout.

    Simulated draws are 1 with this probability to within 1e-7.

    Parameters
    ----------
    probability : float
        That of 1, above 0 and below 1.

    Examples
    --------
    >>> Bernoulli(0.25).variance
    0.1875
    """

    name: ClassVar[str] = "bernoulli"
    kernel: ClassVar[int] = 7

    probability: float = 0.5

    def __post_init__(self) -> None:
        """Check the parameter."""
        probability = finite("probability", self.probability)
        if not 0.0 < probability < 1.0:
            raise ValueError(
                f"probability must be above 0 and below 1, not {probability};"
                " what is certain is the law constant."
            )
        object.__setattr__(self, "probability", probability)

    @property
    def kernel_shape(self) -> float:
        """The probability of 1."""
        return self.probability

    @property
    def support(self) -> tuple[float, float]:
        """The interval [0, 1]."""
        return 0.0, 1.0

    @property
    def atoms(self) -> Mapping[float, float]:
        """The two values."""
        return MappingProxyType({0.0: 1.0 - self.probability, 1.0: self.probability})

    def _variance(self) -> float:
        """Return the variance ``probability*(1 - probability)``."""
        return self.probability * (1.0 - self.probability)

    def _moment(self, k: int) -> float:
        """Return the probability of 1, or 1 for k = 0."""
        return self.probability if k else 1.0

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return 0, all mass is in atoms; nan for nan."""
        return no_density(x)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function, with steps at 0 and at 1."""
        x = real_numbers("x", x)
        heights = np.where(x < 0.0, 0.0, np.where(x < 1.0, 1.0 - self.probability, 1.0))
        return np.where(np.isnan(x), np.nan, heights)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return 0 up to p = 1 - probability, then 1."""
        p = real_numbers("p", p)
        value = np.where(p <= 1.0 - self.probability, 0.0, 1.0)
        return np.where((p >= 0.0) & (p <= 1.0), value, np.nan)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return ``1 + probability*(exp(i t) - 1)``."""
        return np.asarray(1.0 + self.probability * np.expm1(1j * finite_numbers("t", t)))
