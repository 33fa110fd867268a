"""Laws as nodes that are tilted by exponentials: ``exp(s x)`` times the law."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.theory.quadrature_rule import FINE, law_rule
from clt_sim.theory.strips import strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.theory.terms import Factor, UnitTerm

_MOST_NODES = 2**18
"""A product of two laws with densities would have 2**28."""
_MOST_AT_ONCE = 2**20
_LEAST_MASS = 1e-280
"""Smaller masses lose their digits, and then vanish."""
_NEGLIGIBLE = math.log(1e-16)
_STEEPEST = 2.0**40
"""In units of one over the interquartile range."""


@dataclass(frozen=True, slots=True, eq=False)
class TiltedLaw:
    """A law as nodes, to be tilted.

    Parameters
    ----------
    values, masses : ndarray of float64, shape (m,)
        The nodes.
    strip : tuple of float
        Between which s the nodes are enough.
    support : tuple of float
        The least and the greatest value of the law itself.
    has_density : bool
        Whether it has a density, besides atoms or alone.
    """

    values: NDArray[np.float64]
    masses: NDArray[np.float64]
    strip: tuple[float, float]
    support: tuple[float, float]
    has_density: bool

    def derivatives(self, s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``log E[exp(s U)]`` and its first three derivatives in s, shape (4, m).

        The derivatives are cumulants of the tilted law, from its central moments.
        """
        rows = max(1, _MOST_AT_ONCE // self.values.size)
        parts = [self._some(s[i : i + rows]) for i in range(0, s.size, rows)]
        return np.concatenate([np.empty((4, 0)), *parts], axis=1)

    def _some(self, s: NDArray[np.float64]) -> NDArray[np.float64]:
        exponent = np.multiply.outer(s, self.values)
        highest = exponent.max(axis=1)
        weights = np.exp(exponent - highest[:, None]) * self.masses
        total = weights.sum(axis=1)
        mean = weights @ self.values / total
        deviation = self.values - mean[:, None]
        weights *= deviation
        second = np.einsum("ij,ij->i", weights, deviation) / total
        weights *= deviation
        third = np.einsum("ij,ij->i", weights, deviation) / total
        return np.stack([highest + np.log(total), mean, second, third])


def tilted_unit(unit: UnitTerm) -> TiltedLaw:
    """Return the law of a unit term as nodes.

    Raises
    ------
    ValueError
        If both factors have many values, or a strip is not known.
    """
    parts = [_tilted_factor(factor) for factor in unit.factors]
    if math.prod(part.values.size for part in parts) > _MOST_NODES:
        raise ValueError(
            "the terms must be products with a fixed number, or one with few values, not of"
            f" {' and '.join(map(str, unit.factors))}."
        )
    if unit.dropout:
        keep = 1.0 - unit.dropout
        mask = np.array([0.0, 1.0 / keep]), np.array([unit.dropout, keep])
        parts.append(TiltedLaw(*mask, (-math.inf, math.inf), (0.0, 1.0 / keep), False))
    return functools.reduce(_product, parts)


def _product(first: TiltedLaw, second: TiltedLaw) -> TiltedLaw:
    """Return the law of a product, where at least one has few values."""
    few, many = sorted((first, second), key=lambda part: part.values.size)
    values = np.multiply.outer(few.values, many.values).ravel()
    masses = np.multiply.outer(few.masses, many.masses).ravel()
    others = few.values[few.values != 0.0]
    ends = np.sort(np.divide.outer(np.array(many.strip), others), axis=0)
    places = np.append(
        np.multiply.outer(np.array(many.support), others), [0.0] * (0.0 in few.values)
    )
    return TiltedLaw(
        values,
        masses,
        (float(ends[0].max(initial=-math.inf)), float(ends[1].min(initial=math.inf))),
        (float(places.min()), float(places.max())),
        few.has_density or many.has_density,
    )


@functools.lru_cache(maxsize=32)
def _tilted_factor(factor: Factor) -> TiltedLaw:
    law, phi = factor.law, factor.nonlinearity
    low, high = strip(factor)
    x, masses = law_rule(law, phi)
    with np.errstate(over="ignore"):
        y = np.asarray(phi(x), np.float64)
    usable = np.abs(y) < 2.0**500  # exponentials of the outermost nodes overflow
    x, y, masses = x[usable], y[usable], masses[usable]
    reached = -_reach(factor, x, -y, masses, -1.0), _reach(factor, x, y, masses, 1.0)
    strip_of_nodes = (max(low, reached[0]), min(high, reached[1]))
    constant = not np.any(phi.derivative(x)) or law.without_atoms is None
    return TiltedLaw(y, masses, strip_of_nodes, _support(factor, x, y), not constant)


def _support(factor: Factor, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """Return the least and the greatest value of phi(X), or infinities."""
    low, high = float(y.min()), float(y.max())
    sides = zip((-1.0, 1.0), factor.law.support, factor.nonlinearity.growth, strict=True)
    for side, end, growth in sides:
        if math.isfinite(end):
            value = float(factor.nonlinearity(end))
        elif growth > 0.0:
            value = math.copysign(math.inf, float(factor.nonlinearity(side * np.abs(x).max())))
        else:
            continue
        low, high = min(low, value), max(high, value)
    return low, high


def _reach(
    factor: Factor,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    masses: NDArray[np.float64],
    sign: float,
) -> float:
    """Return the largest s above 0 with which the nodes hold the tilted law of y.

    On each infinite side on which y rises, the tilted mass has to be gone at the `_edge`.
    """
    reach = math.inf
    sides = zip((-1.0, 1.0), factor.law.support, factor.nonlinearity.growth, strict=True)
    for side, end, growth in sides:
        rising = sign * float(factor.nonlinearity(side * np.abs(x).max())) > 0.0
        if math.isinf(end) and growth > 0.0 and rising:
            edge = _edge(factor, x, masses, side)
            if edge is not None:
                reach = min(reach, _largest_tilt(y, masses, edge))
    return reach


def _edge(
    factor: Factor, x: NDArray[np.float64], masses: NDArray[np.float64], side: float
) -> int | None:
    """Return the node on one side up to which the nodes are good; None if all are.

    Masses must have their digits. An exponential tail, tilted, is smooth over ever longer lengths,
    as the panels are; one that falls faster is a peak that moves out, to where they are too wide.
    """
    lower, middle, upper = factor.law.quantile([0.25, 0.5, 0.75]).tolist()
    distance = side * (x - middle)
    weak = masses < _LEAST_MASS
    if math.isinf(factor.law.exponential_index):
        weak |= distance > FINE * (upper - lower)
    weak &= distance > 0.0
    if weak.any():
        return int(np.flatnonzero(weak)[np.argmin(distance[weak])])
    return int(np.argmax(distance)) if math.isinf(factor.law.tail_index) else None


def _largest_tilt(y: NDArray[np.float64], masses: NDArray[np.float64], edge: int) -> float:
    """Return the largest s for which the tilted mass at a node is negligible."""
    logarithms = np.log(masses)

    def too_steep(s: float) -> bool:
        exponent = s * y + logarithms
        highest = exponent.max()
        total = highest + math.log(np.exp(exponent - highest).sum())
        return bool(exponent[edge] - total > _NEGLIGIBLE)

    low, high = 0.0, 1.0 / (float(np.diff(np.quantile(y, [0.25, 0.75]))[0]) or 1.0)
    limit = _STEEPEST * high
    while not too_steep(high):
        low, high = high, 2.0 * high
        if high > limit:
            return math.inf
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if too_steep(middle) else (middle, high)
    return low
