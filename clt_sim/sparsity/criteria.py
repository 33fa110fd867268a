"""Six criteria of sparsity, checked on random vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
    Function = Callable[[Vector], float]

TOLERANCE = 1e-10
"""Values of a measure that are as close as this, relative to their size, are equal."""
_SIZES = (4, 12)
_REACH = (1.0, 10.0, 100.0)


@dataclass(frozen=True, slots=True)
class Change:
    """Two vectors of magnitudes and their values.

    Parameters
    ----------
    before, after : tuple of float
        The vectors.
    value, changed : float
        The measure before and after.
    """

    before: tuple[float, ...]
    after: tuple[float, ...]
    value: float
    changed: float

    @property
    def direction(self) -> int:
        """1 where the measure grew, -1 where it fell, 0 where it did not change."""
        if self.value == self.changed:  # infinite ones as well
            return 0
        gap = self.changed - self.value
        size = max(abs(self.value), abs(self.changed))
        return (
            0
            if math.isfinite(size) and abs(gap) <= TOLERANCE * size
            else int(math.copysign(1, gap))
        )


@dataclass(frozen=True, slots=True)
class Criterion:
    """What a change to a vector has to do to a measure.

    Parameters
    ----------
    name : str
        Its short and its long name.
    direction : int
        1 if the measure has to grow, -1 if it has to fall, 0 if it has to stay.
    changes : callable
        From a vector and a generator to groups of pairs of vectors before and after; the
        criterion holds if it does for all pairs of one group.
    """

    name: str
    direction: int
    changes: Callable[[Vector, np.random.Generator], Iterator[list[tuple[Vector, Vector]]]]

    def violation(self, function: Function, c: Vector, rng: np.random.Generator) -> Change | None:
        """Return a change that the measure gets wrong, None if it gets one group right.

        Of several groups it is one of the last, which go farthest.
        """
        violation = None
        for group in self.changes(c, rng):
            made = (
                Change(tuple(map(float, a)), tuple(map(float, b)), function(a), function(b))
                for a, b in group
            )
            violation = next((each for each in made if each.direction != self.direction), None)
            if violation is None:
                return None
        return violation


def robin_hood(c: Vector, rng: np.random.Generator) -> Iterator[list[tuple[Vector, Vector]]]:
    """Yield what is left if a larger value gives to a smaller, without changing places."""
    poor, rich = sorted(rng.choice(c.size, 2, replace=False), key=lambda j: float(c[j]))
    if c[poor] < c[rich]:
        given = rng.uniform(0.1, 0.9) * 0.5 * (c[rich] - c[poor])
        after = c.copy()
        after[rich] -= given
        after[poor] += given
        yield [(c, after)]


def scaling(c: Vector, rng: np.random.Generator) -> Iterator[list[tuple[Vector, Vector]]]:
    """Yield a multiple."""
    yield [(c, c * math.exp(rng.uniform(-2.0, 2.0)))]


def rising_tide(c: Vector, rng: np.random.Generator) -> Iterator[list[tuple[Vector, Vector]]]:
    """Yield the sum with a number, of vectors that are not constant."""
    yield [(c, c + math.exp(rng.uniform(-2.0, 2.0)) * np.mean(c))]


def cloning(c: Vector, rng: np.random.Generator) -> Iterator[list[tuple[Vector, Vector]]]:
    """Yield two or three copies."""
    yield [(c, np.tile(c, int(rng.integers(2, 4))))]


def bill_gates(c: Vector, rng: np.random.Generator) -> Iterator[list[tuple[Vector, Vector]]]:
    """Yield for each of three sums a value that is raised by it, and then by more.

    A vector with one value that is not 0 is left out if that is the one: raised, it is a multiple.
    """
    index = int(rng.integers(c.size))
    if np.count_nonzero(np.delete(c, index)) == 0:
        return
    one = np.eye(c.size)[index] * np.sum(c)
    for reach in _REACH:
        rich = c + reach * one
        yield [(rich, rich + more * reach * one) for more in (0.1, 1.0, 10.0)]


def babies(c: Vector, rng: np.random.Generator) -> Iterator[list[tuple[Vector, Vector]]]:  # noqa: ARG001
    """Yield the vector with another 0."""
    yield [(c, np.append(c, 0.0))]


CRITERIA: Mapping[str, Criterion] = {
    "D1": Criterion("Robin Hood", -1, robin_hood),
    "D2": Criterion("scaling", 0, scaling),
    "D3": Criterion("rising tide", -1, rising_tide),
    "D4": Criterion("cloning", 0, cloning),
    "P1": Criterion("Bill Gates", 1, bill_gates),
    "P2": Criterion("babies", 1, babies),
}


def vectors(trials: int, rng: np.random.Generator) -> Iterator[Vector]:
    """Yield positive vectors, with no two values equal."""
    for _ in range(trials):
        yield np.exp(rng.normal(scale=rng.uniform(0.2, 1.5), size=rng.integers(*_SIZES)))


def vectors_with_ties(trials: int, rng: np.random.Generator) -> Iterator[Vector]:
    """Yield vectors with values that are 0 or equal; of every third only one is not 0."""
    for trial, c in enumerate(vectors(trials, rng)):
        tied = c * rng.integers(0, 2, c.size)
        if trial % 3 == 0 or not tied.any():
            tied = np.zeros_like(c)
        tied[0], tied[-1] = c[0], tied[-2]
        yield tied
