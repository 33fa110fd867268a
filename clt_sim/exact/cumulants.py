"""Moments of sums of independent numbers, through cumulants, which add."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Number = TypeVar("Number", Fraction, float, "NDArray[np.float64]")

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
    return cumulants_of_moments([_moment(kernel, k) for k in range(most + 1)])


def _moment(kernel: Kernel, k: int) -> Fraction:
    return sum((mass * place**k for place, mass in kernel), Fraction(0))


def summed_cumulants(terms: Iterable[tuple[Kernel, int]], most: int) -> list[Fraction]:
    """Return the cumulants of a sum with so many terms of each kind."""
    total = [Fraction(0)] * most
    for kernel, count in terms:
        total = [x + count * y for x, y in zip(total, cumulants(kernel, most), strict=True)]
    return total


def cumulants_of_moments(moments: Sequence[Number]) -> list[Number]:
    """Return cumulants from order 1 on, from raw moments from order 0 on.

    By the recursion of `moment_of_cumulants`. For arrays it is done element by element.
    """
    found: list[Any] = [0]
    for n in range(1, len(moments)):
        cumulant: Any = moments[n]
        for j in range(1, n):
            cumulant = cumulant - math.comb(n - 1, j - 1) * found[j] * moments[n - j]
        found.append(cumulant)
    return found[1:]


def moment_of_cumulants(values: Sequence[Number]) -> Number:
    """Return the moment whose order is the number of cumulants, from order 1 on.

    By the recursion ``m_n = sum C(n - 1, j - 1) c_j m_{n - j}`` (Smith, *The American
    Statistician* 49, 1995, 217). For arrays it is done element by element.
    """
    moments: list[Any] = [1]
    for n in range(1, len(values) + 1):
        moments.append(
            sum(math.comb(n - 1, j - 1) * values[j - 1] * moments[n - j] for j in range(1, n + 1))
        )
    return cast("Number", moments[-1])
