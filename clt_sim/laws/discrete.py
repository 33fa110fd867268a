"""The law of finitely many given values."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np

from clt_sim._validation import finite_row
from clt_sim.laws.atomic import AtomicLaw, Steps
from clt_sim.laws.probabilities import positive_probabilities, shares
from clt_sim.laws.registry import registry


@registry.register
@dataclass(frozen=True, slots=True)
class Discrete(AtomicLaw):
    """The law of finitely many values with given probabilities; by default of a die with 1, 2, 3.

    Parameters
    ----------
    values : iterable of float
        Distinct finite numbers; kept in rising order.
    probabilities : iterable of float or None
        Above 0, in the order of `values`; their sum must be 1 within 1e-9 and is then made
        exactly 1. None for equal probabilities.

    Examples
    --------
    >>> law = Discrete(values=(-1, 0, 1), probabilities=(0.25, 0.5, 0.25))
    >>> law.variance
    0.5
    >>> Discrete().moment(2) == 14 / 3
    True
    """

    name: ClassVar[str] = "discrete"

    values: tuple[float, ...] = (1.0, 2.0, 3.0)
    probabilities: tuple[float, ...] | None = None

    def __init__(
        self,
        values: Iterable[float] = (1.0, 2.0, 3.0),
        probabilities: Iterable[float] | None = None,
    ) -> None:
        numbers = _distinct(values)
        given = positive_probabilities("probabilities", probabilities, len(numbers))
        order = sorted(range(len(numbers)), key=numbers.__getitem__)
        object.__setattr__(self, "values", tuple(numbers[i] for i in order))
        sorted_probabilities = tuple(given[i] for i in order) if given else None
        object.__setattr__(self, "probabilities", sorted_probabilities)

    @property
    def _shares(self) -> tuple[Fraction, ...]:
        return shares(self.probabilities, len(self.values))

    @property
    def _steps(self) -> Steps:
        return _steps(self)

    def _moment(self, k: int) -> float:
        """Return ``sum p*x**k``, exactly rounded."""
        return float(self._average(lambda x: x**k))

    def _variance(self) -> float:
        """Return the variance, exactly rounded."""
        mean = self._average(lambda x: x)
        return float(self._average(lambda x: (x - mean) ** 2))

    def _average(self, function: Callable[[Fraction], Fraction]) -> Fraction:
        terms = (
            share * function(Fraction(x))
            for x, share in zip(self.values, self._shares, strict=True)
        )
        return sum(terms, Fraction(0))


def _distinct(values: object) -> tuple[float, ...]:
    # Adding 0 turns -0.0 into 0.0, which is the same value.
    numbers = tuple(number + 0.0 for number in finite_row("values", values))
    if not numbers:
        raise ValueError("values must be at least one number.")
    value, count = Counter(numbers).most_common(1)[0]
    if count > 1:
        raise ValueError(f"values must be distinct; {value} is given {count} times.")
    return numbers


@functools.lru_cache(maxsize=64)
def _steps(law: Discrete) -> Steps:
    masses = law._shares
    heights = itertools.accumulate(masses)
    return Steps(
        np.array(law.values), np.array([*map(float, masses)]), np.array([*map(float, heights)])
    )
