"""The spike-and-slab law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import real_numbers
from clt_sim.laws.base import Law
from clt_sim.laws.lookup import get
from clt_sim.laws.normal import Normal
from clt_sim.laws.probabilities import positive_probability
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_STANDARD_NORMAL = Normal()


@registry.register
@dataclass(frozen=True, slots=True)
class Sparse(Law):
    """The spike-and-slab law: 0 with some probability, otherwise a draw of another law.

    Parameters
    ----------
    slab : Law or str
        The other law. If it has an atom at 0, the masses add.
    zero_probability : float
        That of the spike, above 0 and below 1.

    Examples
    --------
    >>> law = Sparse("laplace", zero_probability=0.75)
    >>> law.atoms[0.0], law.variance
    (0.75, 0.5)
    """

    name: ClassVar[str] = "sparse"

    slab: Law = _STANDARD_NORMAL
    zero_probability: float = 0.5

    def __init__(self, slab: Law | str = _STANDARD_NORMAL, zero_probability: float = 0.5) -> None:
        object.__setattr__(self, "slab", get(slab))
        probability = positive_probability(
            "zero_probability",
            zero_probability,
            alternative="without zeros it is the slab itself, and zero is the law constant",
        )
        object.__setattr__(self, "zero_probability", probability)

    @property
    def _slab_probability(self) -> float:
        return 1.0 - self.zero_probability

    @property
    def support(self) -> tuple[float, float]:
        """The support of the slab, widened to hold 0."""
        low, high = self.slab.support
        return min(low, 0.0), max(high, 0.0)

    @property
    def atoms(self) -> Mapping[float, float]:
        """The spike and the atoms of the slab."""
        masses = {x: self._slab_probability * mass for x, mass in self.slab.atoms.items()}
        masses[0.0] = masses.get(0.0, 0.0) + self.zero_probability
        return MappingProxyType(masses)

    @property
    def kinks(self) -> tuple[float, ...]:
        """The kinks of the slab, and the end of its support where the support was widened."""
        low, high = self.support
        ends = self.slab.without_atoms.support if self.slab.without_atoms else ()
        return tuple(sorted({*self.slab.kinks, *(x for x in ends if low < x < high)}))

    @property
    def tail_index(self) -> float:
        """That of the slab."""
        return self.slab.tail_index

    @property
    def exponential_index(self) -> float:
        """That of the slab."""
        return self.slab.exponential_index

    @property
    def without_atoms(self) -> Law | None:
        """The slab itself, or what is left of it without its atoms."""
        return self.slab.without_atoms

    @property
    def mean(self) -> float:
        """The expectation, that of the slab times its probability."""
        return self._slab_probability * self.slab.mean

    def _variance(self) -> float:
        """Return the variance ``q*variance + q*(1 - q)*mean**2`` of a slab of probability q."""
        q = self._slab_probability
        return q * (self.slab.variance + self.zero_probability * self.slab.mean**2)

    def _moment(self, k: int) -> float:
        """Return the moment of the slab times its probability, or 1 for k = 0."""
        return self._slab_probability * self.slab.moment(k) if k else 1.0

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the density of the slab times its probability."""
        return self._slab_probability * self.slab.pdf(x)

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the distribution function, with a step at 0."""
        x = real_numbers("x", x)
        smooth = self._slab_probability * self.slab.cdf(x)
        return np.where(x < 0.0, smooth, self.zero_probability + smooth)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function: that of the slab on both sides of the step at 0."""
        p = real_numbers("p", p)
        q = self._slab_probability
        at_zero = float(self.slab.cdf(0.0))
        below = q * (at_zero - self.slab.atoms.get(0.0, 0.0))
        above = q * at_zero + self.zero_probability
        left = self.slab.quantile(np.clip(p / q, 0.0, 1.0))
        # From the upper end, so that p = 1 leads exactly to the end of the slab.
        right = self.slab.quantile(np.clip(1.0 - (1.0 - p) / q, 0.0, 1.0))
        value = np.where(p <= below, left, np.where(p <= above, 0.0, right))
        low, high = self.support
        value = np.where(p == 0.0, low, np.where(p == 1.0, high, value))
        return np.where((p >= 0.0) & (p <= 1.0), value, np.nan)

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return the mean of 1 and the characteristic function of the slab, by probability."""
        slab = self.slab.characteristic_function(t)
        return np.asarray(self.zero_probability + self._slab_probability * slab)
