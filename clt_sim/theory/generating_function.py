"""The cumulant generating function of a sum of independent terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import real_numbers
from clt_sim.theory.closed_forms import ClosedForm, closed_form
from clt_sim.theory.terms import Terms, independent_terms
from clt_sim.theory.tilted_law import TiltedLaw, tilted_unit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.models import WeightedSum


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Independent terms that are scales times numbers with one law."""

    scales: NDArray[np.float64]
    counts: NDArray[np.int64]
    unit: TiltedLaw | ClosedForm

    def derivatives(self, s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return those of the sum of the terms, shape (4, m)."""
        total = np.zeros((4, s.size))
        for scale, count in zip(self.scales.tolist(), self.counts.tolist(), strict=True):
            powers = scale ** np.arange(4.0)
            total += count * powers[:, None] * self.unit.derivatives(scale * s)
        return total

    @property
    def strip(self) -> tuple[float, float]:
        """Where all the terms have their functions."""
        ends = np.sort(np.divide.outer(np.array(self.unit.strip), self.scales), axis=0)
        return float(ends[0].max()), float(ends[1].min())

    @property
    def support(self) -> tuple[float, float]:
        """The sum of the supports."""
        ends = np.sort(np.multiply.outer(np.array(self.unit.support), self.scales), axis=0)
        low, high = ends @ self.counts
        return float(low), float(high)


@dataclass(frozen=True, slots=True, eq=False)
class CumulantGeneratingFunction:
    """The function ``K(s) = log E[exp(s S)]`` of a sum S, for real s.

    It is a sum of closed forms for terms that are normal, exponential, gamma or Laplace numbers
    times weights. Other products of a number and a random factor, or of one with few values and
    one with many, are averaged over nodes of their laws.

    Parameters
    ----------
    model : WeightedSum
        A sum with independent terms.

    Attributes
    ----------
    strip : tuple of float
        The ends of the open interval of s for which it is known: where it is finite, and for
        averages over nodes, where the nodes hold the tilted law: a term up to 32 interquartile
        ranges from its median, or as far as its density is above 1e-280.
    support : tuple of float
        The smallest interval that holds S, to rounding.
    has_density : bool
        Whether a term has one.

    Raises
    ------
    TypeError
        If the model is not a weighted sum.
    ValueError
        If the terms depend on each other, are products of two laws with many values, or have an
        infinite ``E[exp(s T)]`` for all s but 0, or if it is not known where it is finite.

    Examples
    --------
    >>> import clt_sim as clt
    >>> function = CumulantGeneratingFunction(clt.WeightedSum(5, "exponential", weights=1.0))
    >>> function.strip
    (-inf, 1.0)
    >>> function.derivatives(0.5)[:3].round(12).tolist()  # -5 log(1 - s), 5/(1 - s), 5/(1 - s)^2
    [3.4657359028, 10.0, 20.0]
    """

    model: WeightedSum
    strip: tuple[float, float]
    support: tuple[float, float]
    has_density: bool
    _groups: tuple[_Group, ...] = field(repr=False)

    def __init__(self, model: WeightedSum) -> None:
        groups = tuple(map(_group, independent_terms(model)))
        shift = model.constant_bias
        put = object.__setattr__
        put(self, "model", model)
        put(self, "_groups", groups)
        put(self, "strip", (max(g.strip[0] for g in groups), min(g.strip[1] for g in groups)))
        put(self, "support", tuple(sum(g.support[i] for g in groups) + shift for i in (0, 1)))
        put(self, "has_density", any(group.unit.has_density for group in groups))
        if self.strip == (0.0, 0.0):
            raise ValueError(f"E[exp(s S)] is infinite for all s but 0, for the {model}.")

    @np.errstate(over="ignore", invalid="ignore")
    def derivatives(self, s: ArrayLike) -> NDArray[np.float64]:
        """Return K and its first three derivatives.

        Parameters
        ----------
        s : array_like
            Real numbers inside the `strip`.

        Returns
        -------
        ndarray of float64, shape (4, ...)
            K, K', K'' and K''' in the shape of `s`; nan outside the strip, and
            inf or nan where they are beyond doubles. The derivatives are
            cumulants of the tilted law, without cancellation.
        """
        s = real_numbers("s", s)
        flat = s.ravel()
        inside = ((flat > self.strip[0]) & (flat < self.strip[1])) | (flat == 0.0)
        result = np.full((4, flat.size), np.nan)
        total = np.sum([group.derivatives(flat[inside]) for group in self._groups], axis=0)
        total[0] += flat[inside] * self.model.constant_bias
        total[1] += self.model.constant_bias
        result[:, inside] = total
        return result.reshape(4, *s.shape)

    def __str__(self) -> str:
        """Say of what it is the function."""
        low, high = self.strip
        return f"log E[exp(s S)] for {low:g} < s < {high:g}, S the {self.model}"


def _group(terms: Terms) -> _Group:
    scales, counts = np.unique(terms.scales, return_counts=True)
    return _Group(scales, counts, closed_form(terms.unit) or tilted_unit(terms.unit))
