"""Moments of sums of independent numbers, through cumulants, which add."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, TypeVar, cast

Number = TypeVar("Number", Fraction, float)

Kernel = tuple[tuple[int, Fraction], ...]
"""Whole numbers from 0 with their masses, rising."""


def cumulants(kernel: Kernel, most: int) -> list[Fraction]:
    """Return the cumulants of orders 1 to `most` of one whole number.

    Examples
    --------
    >>> coin = ((0, Fraction(1, 2)), (1, Fraction(1, 2)))
    >>> [str(cumulant) for cumulant in cumulants(coin, 4)]
    ['1/2', '1/4', '0', '-1/8']
    """
    moments = [_moment(kernel, k) for k in range(most + 1)]
    found = [Fraction(0)]
    for n in range(1, most + 1):
        rest = (math.comb(n - 1, m - 1) * found[m] * moments[n - m] for m in range(1, n))
        found.append(moments[n] - sum(rest, Fraction(0)))
    return found[1:]


def _moment(kernel: Kernel, k: int) -> Fraction:
    return sum((mass * place**k for place, mass in kernel), Fraction(0))


def summed_cumulants(terms: Iterable[tuple[Kernel, int]], most: int) -> list[Fraction]:
    """Return the cumulants of a sum with so many terms of each kind."""
    total = [Fraction(0)] * most
    for kernel, count in terms:
        total = [x + count * y for x, y in zip(total, cumulants(kernel, most), strict=True)]
    return total


def moment_of_cumulants(values: Sequence[Number]) -> Number:
    """Return the moment whose order is the number of cumulants, from order 1 on.

    By the recursion ``m_n = sum C(n - 1, j - 1) c_j m_{n - j}`` (Smith, *The American
    Statistician* 49, 1995, 217).
    """
    moments: list[Any] = [Fraction(1)]
    for n in range(1, len(values) + 1):
        summands = (
            math.comb(n - 1, j - 1) * values[j - 1] * moments[n - j] for j in range(1, n + 1)
        )
        moments.append(sum(summands, Fraction(0)))
    return cast("Number", moments[-1])
