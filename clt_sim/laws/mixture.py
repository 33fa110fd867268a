"""Mixtures of laws."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from clt_sim._array_validation import finite_numbers, real_numbers
from clt_sim._validation import checked_row
from clt_sim.laws.base import Law
from clt_sim.laws.extended_sum import extended_sum
from clt_sim.laws.inversion import invert
from clt_sim.laws.lookup import get
from clt_sim.laws.normal import Normal
from clt_sim.laws.probabilities import positive_probabilities, shares
from clt_sim.laws.registry import registry

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_TWO_NORMALS = (Normal(-1.0), Normal(1.0))


@registry.register
@dataclass(frozen=True, slots=True)
class Mixture(Law):
    """The law of a draw of one of several laws, which is chosen at random.

    Parameters
    ----------
    components : iterable of Law or str
        The laws, at least one.
    weights : iterable of float or None
        Their probabilities, above 0; the sum must be 1 within 1e-9 and is then made exactly 1.
        None for equal probabilities.

    Examples
    --------
    >>> law = Mixture(("normal", "normal(sd=3)"), weights=(0.75, 0.25))
    >>> law.variance
    3.0
    >>> float(Mixture().cdf(0.0))
    0.5
    """

    name: ClassVar[str] = "mixture"

    components: tuple[Law, ...] = _TWO_NORMALS
    weights: tuple[float, ...] | None = None

    def __init__(
        self,
        components: Iterable[Law | str] = _TWO_NORMALS,
        weights: Iterable[float] | None = None,
    ) -> None:
        laws = tuple(map(get, checked_row("components", components, what="row of laws")))
        if not laws:
            raise ValueError("components must be at least one law.")
        object.__setattr__(self, "components", laws)
        given = positive_probabilities("weights", weights, len(laws))
        object.__setattr__(self, "weights", given or None)

    @property
    def _weighted(self) -> tuple[tuple[float, Law], ...]:
        """The components with their weights, which sum to 1."""
        return tuple(zip(_floats(self.weights, len(self.components)), self.components, strict=True))

    @property
    def support(self) -> tuple[float, float]:
        """From the least to the greatest end of a component."""
        ends = [component.support for component in self.components]
        return min(low for low, _ in ends), max(high for _, high in ends)

    @property
    def atoms(self) -> Mapping[float, float]:
        """The atoms of all components; masses at the same place add."""
        masses: dict[float, list[float]] = {}
        for weight, component in self._weighted:
            for x, mass in component.atoms.items():
                masses.setdefault(x, []).append(weight * mass)
        return MappingProxyType({x: math.fsum(masses[x]) for x in sorted(masses)})

    @property
    def kinks(self) -> tuple[float, ...]:
        """The kinks of all components, and the ends of their densities inside the support."""
        points = {x for component in self.components for x in component.kinks}
        for component in self.components:
            if component.without_atoms is not None:
                points.update(component.without_atoms.support)
        low, high = self.support
        return tuple(sorted(x for x in points if low < x < high))

    @property
    def tail_index(self) -> float:
        """The least of the components."""
        return min(component.tail_index for component in self.components)

    @property
    def exponential_index(self) -> float:
        """The least of the components."""
        return min(component.exponential_index for component in self.components)

    @property
    def without_atoms(self) -> Law | None:
        """The mixture of the components without their atoms, or the only one that is left."""
        if not self.atoms:
            return self
        remaining = [
            (law, weight * (1.0 - math.fsum(component.atoms.values())))
            for weight, component in self._weighted
            if (law := component.without_atoms) is not None
        ]
        if len(remaining) < 2:
            return remaining[0][0] if remaining else None
        total = math.fsum(weight for _, weight in remaining)
        return Mixture((law for law, _ in remaining), [weight / total for _, weight in remaining])

    @property
    def mean(self) -> float:
        """The mean of the expectations."""
        return extended_sum(weight * component.mean for weight, component in self._weighted)

    def _variance(self) -> float:
        """Return the mean of the variances plus the variance of the expectations."""
        centre = self.mean
        return extended_sum(
            weight * (component.variance + (component.mean - centre) ** 2)
            for weight, component in self._weighted
        )

    def _moment(self, k: int) -> float:
        """Return the mean of the moments."""
        return extended_sum(weight * component.moment(k) for weight, component in self._weighted)

    def pdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the mean of the densities."""
        return self._mean_of(lambda component: component.pdf(x))

    def cdf(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the mean of the distribution functions."""
        # Rounding of the weights must not take their sum beyond 1.
        return np.minimum(self._mean_of(lambda component: component.cdf(x)), 1.0)

    def quantile(self, p: ArrayLike) -> NDArray[np.float64]:
        """Return the quantile function, by root finding between those of the components."""
        p = real_numbers("p", p)
        flat = p.ravel()
        result = np.full(flat.shape, np.nan)
        result[flat == 0.0], result[flat == 1.0] = self.support
        inner = (flat > 0.0) & (flat < 1.0)
        result[inner] = self._invert(flat[inner])
        return result.reshape(p.shape)

    def _invert(self, p: NDArray[np.float64]) -> NDArray[np.float64]:
        own = [component.quantile(p) for component in self.components]
        x = invert(self.cdf, self.pdf, p, np.min(own, axis=0), np.max(own, axis=0))
        # Where the distribution function rests, its value is first taken where the rest begins.
        for start, end in self._gaps():
            x = np.where((x > start) & (x <= end) & (self.cdf(start) >= p), start, x)
        return x

    def _gaps(self) -> list[tuple[float, float]]:
        """Return the intervals between special points in which there is no mass."""
        special = sorted({*self.kinks, *self.atoms, *filter(math.isfinite, self.support)})
        pairs = list(itertools.pairwise(special))
        middles = np.array([0.5 * a + 0.5 * b for a, b in pairs])
        starts = np.array([a for a, _ in pairs])
        empty = (self.pdf(middles) == 0.0) & (self.cdf(middles) == self.cdf(starts))
        return [pair for pair, rests in zip(pairs, empty.tolist(), strict=True) if rests]

    def characteristic_function(self, t: ArrayLike) -> NDArray[np.complex128]:
        """Return the mean of the characteristic functions."""
        t = finite_numbers("t", t)
        total = np.zeros(t.shape, np.complex128)
        for weight, component in self._weighted:
            total = total + weight * component.characteristic_function(t)
        return np.asarray(total)

    def _mean_of(self, function: Callable[[Law], NDArray[np.float64]]) -> NDArray[np.float64]:
        terms = [weight * function(component) for weight, component in self._weighted]
        return np.asarray(np.sum(terms, axis=0))


@functools.lru_cache(maxsize=16)
def _floats(weights: tuple[float, ...] | None, count: int) -> tuple[float, ...]:
    return tuple(map(float, shares(weights, count)))
