"""Masses of sums of independent whole numbers, with relative accuracy in both tails."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.double_double import DoubleDouble
from clt_sim.exact.law import NoExactLaw
from clt_sim.exact.scaled_masses import PEAK, ScaledMasses
from clt_sim.exact.tilted_convolution import ACCURACY, tilted_convolution

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDING = 2.0**-53
MOST_DOUBLE_DOUBLE = 2 * 10**6
"""Products up to which a convolution is in double-double arithmetic: a tenth of a second.

The masses that are rounded after it are so many that their errors are averaged by further squares.
"""
MOST_DIRECT = 10**7
"""Products up to which a convolution is summed directly."""
FEW = 16
"""A row with one value in so many places, or fewer, is multiplied value by value."""
MOST_SHIFTED = 10**9
"""Products up to which that is done with rows of any number of values."""
MOST_MISSING = 10**10
"""Products up to which values that no tilt gives are summed directly: some seconds."""


def product(factors: Iterable[ScaledMasses]) -> ScaledMasses:
    """Return the masses of a sum of independent numbers, the shortest rows first.

    Rows of a few values far apart come last, one by one: among themselves they leave gaps.
    """
    order = itertools.count()
    ordered = sorted(factors, key=lambda factor: factor.size)
    narrow = [factor for factor in ordered if _is_narrow(factor)]
    rows = [factor for factor in ordered if not _is_narrow(factor)] or [narrow.pop(0)]
    heap = [(row.size, next(order), row) for row in rows]
    while len(heap) > 1:
        a, b = heapq.heappop(heap)[-1], heapq.heappop(heap)[-1]
        both = convolve(a, b)
        heapq.heappush(heap, (both.size, next(order), both))
    return _one_by_one(heap[0][-1], narrow)


def _is_narrow(masses: ScaledMasses) -> bool:
    count = _count(masses)
    return count <= FEW and FEW * count < masses.size


def _one_by_one(row: ScaledMasses, narrow: Sequence[ScaledMasses]) -> ScaledMasses:
    """Multiply by rows of few values; in doubles at once, as their peaks hardly fall."""
    remaining = list(narrow)
    products = 0
    while remaining and row.is_double_double and products <= MOST_DOUBLE_DOUBLE:
        products += _count(remaining[0]) * row.size
        row = convolve(row, remaining.pop(0))
    if not remaining:
        return row
    high, error = row.values.high, row.error
    for factor in remaining:
        high, more = _shifted_sum(factor.masses, high)
        error += factor.error + more + _ROUNDING
    first = row.first + sum(factor.first for factor in remaining)
    return ScaledMasses.scaled(first, DoubleDouble(high, np.zeros_like(high)), row.exponent, error)


def power(masses: ScaledMasses, count: int) -> ScaledMasses:
    """Return the masses of the sum of `count` independent numbers with the same masses.

    By squaring. The first squares are in double-double arithmetic; the rounding errors of the
    others, of many values each, are averaged by the next square and do not add up: what might
    is a common factor, which is taken out.

    Parameters
    ----------
    masses : ScaledMasses
        Those of one number.
    count : int
        At least 1.

    Examples
    --------
    >>> from fractions import Fraction
    >>> die = ScaledMasses.of({face: Fraction(1, 3) for face in (1, 2, 3)})
    >>> three = power(die, 3)
    >>> three.first, [round(27 * mass, 12) for mass in three.masses.tolist()]
    (3, [1.0, 3.0, 6.0, 7.0, 6.0, 3.0, 1.0])
    """
    result = masses
    for bit in bin(count)[3:]:
        result = convolve(result, result)
        if bit == "1":
            result = convolve(result, masses)
        if not result.is_double_double:
            result = result.normalized
    return result


def convolve(a: ScaledMasses, b: ScaledMasses) -> ScaledMasses:
    """Return the masses of the sum of two independent numbers."""
    sparse, other = sorted((a, b), key=_count)
    products = _count(sparse) * other.size
    if a.is_double_double and b.is_double_double and products <= MOST_DOUBLE_DOUBLE:
        values = _double_double(sparse.values, other.values)
        return ScaledMasses.scaled(a.first + b.first, values, a.exponent + b.exponent, 0.0)
    if FEW * _count(sparse) < sparse.size and products <= MOST_SHIFTED:
        high, error = _shifted_sum(sparse.values.high, other.values.high)
    elif a.size * b.size <= MOST_DIRECT:
        high = np.convolve(a.values.high, b.values.high)
        error = error_of_sum(min(a.size, b.size))
    else:
        stride = math.gcd(_stride(a), _stride(b))
        gathered = a.gathered(stride)
        both = _transformed(gathered, gathered if a is b else b.gathered(stride))
        lost = both.first - a.first - b.first
        return both.moved(a.first + b.first + stride * lost).spread(stride)
    exponent = a.exponent + b.exponent
    return _rounded(a, b, high, exponent, error)


def _rounded(
    a: ScaledMasses, b: ScaledMasses, high: NDArray[np.float64], exponent: int, error: float
) -> ScaledMasses:
    """Return what a convolution in doubles gave. The errors of a square are averaged."""
    before = a.error if a is b else a.error + b.error
    values = DoubleDouble(high, np.zeros_like(high))
    return ScaledMasses.scaled(a.first + b.first, values, exponent, before + error)


def _count(masses: ScaledMasses) -> int:
    return int(np.count_nonzero(masses.values.high))


def error_of_sum(terms: int) -> float:
    """Return a bound on the relative error of a sum of products in any order.

    The square root of the number of terms is probabilistic (Higham & Mary, *SIAM Journal on
    Scientific Computing* 41, 2019); the sums are blocked, which makes them better.
    """
    return (4.0 + 2.0 * math.sqrt(terms)) * _ROUNDING


def _double_double(sparse: DoubleDouble, other: DoubleDouble) -> DoubleDouble:
    size = sparse.high.size + other.high.size - 1
    total = DoubleDouble(np.zeros(size), np.zeros(size))
    for place in np.flatnonzero(sparse.high):
        some = slice(place, place + other.high.size)
        factor = DoubleDouble(sparse.high[place], sparse.low[place])
        part = DoubleDouble(total.high[some], total.low[some]).plus(factor.times(other))
        total.high[some], total.low[some] = part.high, part.low
    return total


def _shifted_sum(
    sparse: NDArray[np.float64], other: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Add a copy of one row for each value of the other that is not 0."""
    total = np.zeros(sparse.size + other.size - 1)
    places = np.flatnonzero(sparse)
    for place in places.tolist():
        total[place : place + other.size] += sparse[place] * other
    return total, places.size * _ROUNDING


def _transformed(a: ScaledMasses, b: ScaledMasses) -> ScaledMasses:
    """Convolve by tilted transforms, and directly where these give no value."""
    values, exponent, unknown = tilted_convolution(a.values.high, b.values.high)
    missing = unknown.size * min(a.size, b.size)
    if missing > MOST_MISSING:
        raise NoExactLaw(
            f"{unknown.size} masses in gaps between others take {missing} products; the limit is"
            f" {MOST_MISSING}."
        )
    values = np.ldexp(values, PEAK)
    exponent -= PEAK
    for place in unknown.tolist():
        values[place] = np.ldexp(_one_value(a.values.high, b.values.high, place), -exponent)
    return _rounded(a, b, values, exponent + a.exponent + b.exponent, ACCURACY)


def _stride(masses: ScaledMasses) -> int:
    """Return the largest number that divides all distances between places with a value."""
    return int(np.gcd.reduce(np.flatnonzero(masses.values.high)))


def _one_value(a: NDArray[np.float64], b: NDArray[np.float64], place: int) -> float:
    low, high = max(0, place - b.size + 1), min(place + 1, a.size)
    return float(a[low:high] @ b[place - high + 1 : place - low + 1][::-1])
