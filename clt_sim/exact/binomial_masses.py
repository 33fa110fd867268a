"""The binomial masses, with relative accuracy in both tails."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.double_double import DoubleDouble
from clt_sim.exact.scaled_masses import LEAST, PEAK, ScaledMasses

if TYPE_CHECKING:
    from numpy.typing import NDArray


def binomial_masses(n: int, probability: Fraction) -> ScaledMasses:
    """Return the masses of the number of successes in `n` trials.

    From the mode to either side, by the ratios of neighbours
    ``(n - k) p / ((k + 1) (1 - p))``, which are exact up to 1e-31; they are multiplied by a tree of
    products. The sum of all is 1.

    Parameters
    ----------
    n : int
        From 1 to 10**6.
    probability : Fraction
        Of a success, above 0 and below 1.

    Examples
    --------
    >>> masses = binomial_masses(4, Fraction(1, 2)).masses
    >>> [16.0 * mass for mass in masses.tolist()]
    [1.0, 4.0, 6.0, 4.0, 1.0]
    """
    mode = min(math.floor((n + 1) * probability), n)
    odds = probability / (1 - probability)
    above = _falling(n - mode, mode, n, odds)
    below = _falling(mode, n - mode, n, 1 / odds)
    one = DoubleDouble(np.array([2.0**PEAK]), np.zeros(1))
    parts = [_reversed(below), one, above]
    high = np.concatenate([part.high for part in parts])
    low = np.concatenate([part.low for part in parts])
    total = DoubleDouble.of([_exact_sum(high, low)])
    values = DoubleDouble(high, low).over(total).times(one)
    return ScaledMasses.scaled(mode - below.high.size, values, -PEAK, 0.0)


def _falling(steps: int, successes: int, n: int, odds: Fraction) -> DoubleDouble:
    """Return the masses beyond the mode on one side, that of the mode being ``2**PEAK``."""
    reach = _reach(steps, n, odds)
    k = np.arange(successes, successes + reach, dtype=np.float64)
    zero = np.zeros(reach)
    ratios = DoubleDouble(n - k, zero).over(DoubleDouble(k + 1.0, zero))
    factor = DoubleDouble.of([odds])
    return _running_products(ratios.times(factor))


def _reach(steps: int, n: int, odds: Fraction) -> int:
    """Return how many masses count on one side; at 41 standard deviations there is 1e-365.

    Of the two Chernoff bounds for a binomial tail beyond a distance d, ``exp(-d^2/(2 (v + d/3)))``
    with the variance v (Bernstein) holds on either side.
    """
    variance = n * float(odds / (1 + odds) ** 2)
    logarithm = 840.0
    distance = logarithm / 3.0 + math.sqrt(logarithm**2 / 9.0 + 2.0 * variance * logarithm)
    return min(steps, math.ceil(distance) + 2)


def _running_products(ratios: DoubleDouble) -> DoubleDouble:
    """Return ``2**PEAK`` times the product of the first, the first two, and so on."""
    values, exponents = _split(ratios, np.full(ratios.high.size, 0, np.int64))
    offset = 1
    while offset < values.high.size:
        first = DoubleDouble(values.high[:-offset], values.low[:-offset])
        last = DoubleDouble(values.high[offset:], values.low[offset:])
        products, more = _split(last.times(first), exponents[offset:] + exponents[:-offset])
        high = np.concatenate([values.high[:offset], products.high])
        low = np.concatenate([values.low[:offset], products.low])
        values, exponents = DoubleDouble(high, low), np.concatenate([exponents[:offset], more])
        offset *= 2
    counts = exponents > LEAST - PEAK
    shift = np.where(counts, exponents + PEAK, 0).astype(np.int32)
    high, low = np.where(counts, values.high, 0.0), np.where(counts, values.low, 0.0)
    return DoubleDouble(np.ldexp(high, shift), np.ldexp(low, shift))


def _split(
    values: DoubleDouble, exponents: NDArray[np.int64]
) -> tuple[DoubleDouble, NDArray[np.int64]]:
    """Bring values to [1/2, 1), and their powers of two to the exponents."""
    high, more = np.frexp(values.high)
    return DoubleDouble(high, np.ldexp(values.low, -more)), exponents + more


def _exact_sum(high: NDArray[np.float64], low: NDArray[np.float64]) -> Fraction:
    """Return the sum, right to more than a double-double."""
    first = math.fsum(high)
    return Fraction(first) + Fraction(math.fsum([*high.tolist(), -first, *low.tolist()]))


def _reversed(values: DoubleDouble) -> DoubleDouble:
    return DoubleDouble(values.high[::-1], values.low[::-1])
