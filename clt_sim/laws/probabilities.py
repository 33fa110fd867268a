"""Checks of parameters that are probabilities."""

from __future__ import annotations

import functools
import math
from fractions import Fraction

from clt_sim._validation import finite, finite_row

_SLACK = 1e-9


def positive_probability(argument: str, value: object, *, alternative: str) -> float:
    """Return `value` as a float, or raise if it is not above 0 and below 1.

    Parameters
    ----------
    argument : str
        Name for the message.
    value : object
        The probability.
    alternative : str
        What to take instead at the ends, for the message.

    Returns
    -------
    float
        The probability.
    """
    probability = finite(argument, value)
    if not 0.0 < probability < 1.0:
        raise ValueError(f"{argument} must be above 0 and below 1, not {value}; {alternative}.")
    return probability


def positive_probabilities(argument: str, values: object, count: int) -> tuple[float, ...]:
    """Return `values` as floats, or raise if they are not probabilities that sum to 1.

    Parameters
    ----------
    argument : str
        Name for the message.
    values : iterable of float or None
        Probabilities above 0 whose sum is 1 within 1e-9; None for equal ones.
    count : int
        How many there must be.

    Returns
    -------
    tuple of float
        As they were given; `shares` makes their sum exactly 1. Empty if all are equal.
    """
    if values is None:
        return ()
    numbers = finite_row(argument, values)
    if len(numbers) != count:
        raise ValueError(f"{argument} must be {count} numbers, not {len(numbers)}.")
    for i, number in enumerate(numbers):
        if number <= 0.0:
            raise ValueError(f"{argument} must be above 0; {argument}[{i}] is {number}.")
    total = math.fsum(numbers)
    if abs(total - 1.0) > _SLACK:
        raise ValueError(f"{argument} must sum to 1 within {_SLACK}, not to {total}.")
    return () if len(set(numbers)) == 1 else numbers


@functools.lru_cache(maxsize=16)
def shares(probabilities: tuple[float, ...] | None, count: int) -> tuple[Fraction, ...]:
    """Return probabilities in proportion to those given, whose sum is exactly 1.

    Those of the last few laws are kept: a quadrature asks for them at each step, and exact sums
    take longer than the densities that they weight.

    Parameters
    ----------
    probabilities : tuple of float or None
        Numbers above 0; None for equal probabilities.
    count : int
        How many there are.

    Returns
    -------
    tuple of Fraction
        The probabilities.
    """
    if probabilities is None:
        return (Fraction(1, count),) * count
    exact = [Fraction(probability) for probability in probabilities]
    total = sum(exact, Fraction(0))
    return tuple(probability / total for probability in exact)
