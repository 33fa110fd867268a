"""Masses of sums of whole numbers that are independent given which of two sides inputs are on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from clt_sim.exact.lattice_powers import error_of_sum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float64]

PEAK = 480
"""Masses are multiplied by two to this: the products of two of them are in the range of floats."""
_LEAST_STIRLING = 16
_EXPONENTIAL = 8
"""So many products take as long as an exponential."""
_LOW = -600.0
"""Exponentials of less are taken in two factors, so that they stay in the range of floats."""


@dataclass(frozen=True, slots=True)
class SidedKernel:
    """The law of one whole number, given that its input is below a threshold or above it.

    Parameters
    ----------
    places : tuple of int
        From 0 on, rising.
    below, above : tuple of Fraction
        The masses at the places, given the side of the input; 0 where there is none.
    """

    places: tuple[int, ...]
    below: tuple[Fraction, ...]
    above: tuple[Fraction, ...]

    @property
    def last(self) -> int:
        """The greatest place."""
        return self.places[-1]

    def log_masses(self, log_below: Reals, log_above: Reals) -> Reals:
        """Return logarithms of masses, shape (places, nodes), from those of the two sides."""
        with np.errstate(divide="ignore"):
            shares = np.log(np.array([self.below, self.above], np.float64))[:, :, None]
        return np.asarray(np.logaddexp(shares[0] + log_below, shares[1] + log_above))


def masses_of_sum(
    kernels: Sequence[tuple[SidedKernel, int]], log_below: Reals, log_above: Reals
) -> tuple[Reals, float]:
    """Return the masses of a sum for several probabilities of the sides.

    Parameters
    ----------
    kernels : sequence of (SidedKernel, int)
        The kinds of numbers, and how many there are of each.
    log_below, log_above : ndarray of float64, shape (nodes,)
        Logarithms of the probabilities of the sides, finite.

    Returns
    -------
    masses : ndarray of float64, shape (last + 1, nodes)
        The masses times two to the `PEAK`.
    error : float
        Bound on the relative error that sums of products add.
    """
    total, error = np.full((1, log_below.size), 2.0**PEAK), 0.0
    for kernel, count in kernels:
        own, more = _of_equal(kernel, count, log_below, log_above)
        total, last = _convolved(total, own)
        error += more + last
    return total, error


def products_of_sum(kernels: Sequence[tuple[SidedKernel, int]]) -> int:
    """Return about how many products `masses_of_sum` takes for each node."""
    places, products = 1, 0
    for kernel, count in kernels:
        size = kernel.last * count + 1
        products += size * (_EXPONENTIAL if len(kernel.places) == 2 else 1 + size // 2)
        products += min(size, places) * max(size, places) if places > 1 else 0
        places += size - 1
    return products


def scaled_exponential(logs: Reals, octaves: int) -> Reals:
    """Return ``exp(logs) 2**octaves`` with the digits that logs have, for octaves above 0."""
    low = logs < _LOW
    if not low.any():
        return np.asarray(np.exp(logs) * 2.0**octaves)
    exponentials = np.exp(np.where(low, logs - _LOW, logs)) * 2.0**octaves
    return np.asarray(exponentials * np.where(low, math.exp(_LOW), 1.0))


def _of_equal(
    kernel: SidedKernel, count: int, log_below: Reals, log_above: Reals
) -> tuple[Reals, float]:
    """Return the masses of a sum of equal numbers, and a bound on their error."""
    logs = kernel.log_masses(log_below, log_above)
    if len(kernel.places) == 2:
        binomial = scaled_exponential(_log_binomial(count, logs), PEAK)
        return _spread(binomial, kernel.last), 0.0
    single = np.zeros((kernel.last + 1, log_below.size))
    single[[*kernel.places]] = scaled_exponential(logs, PEAK)
    return _power(single, count)


def _power(single: Reals, count: int) -> tuple[Reals, float]:
    """Return the masses of a sum of numbers with equal masses, by squaring."""
    total, error = single, 0.0
    for bit in bin(count)[3:]:
        total, more = _convolved(total, total)
        error = 2.0 * error + more
        if bit == "1":
            total, more = _convolved(total, single)
            error += more
    return total, error


def _convolved(first: Reals, second: Reals) -> tuple[Reals, float]:
    """Return the masses of the sum of two numbers, and a bound on the relative error of sums."""
    short, long = sorted((first, second), key=len)
    result = np.zeros((len(short) + len(long) - 1, long.shape[1]))
    scaled = short * 2.0**-PEAK
    for place in np.flatnonzero(scaled.any(axis=1)).tolist():
        result[place : place + len(long)] += scaled[place] * long
    return result, error_of_sum(len(short)) if len(short) > 1 else 0.0


def _spread(masses: Reals, stride: int) -> Reals:
    """Return masses at every place of which `stride` lie between."""
    if stride == 1:
        return masses
    result = np.zeros(((len(masses) - 1) * stride + 1, masses.shape[1]))
    result[::stride] = masses
    return result


def _log_binomial(n: int, logs: Reals) -> Reals:
    """Return logarithms of binomial masses, shape (n + 1, nodes), for those of the two values."""
    k = np.arange(n + 1.0)[:, None]
    return np.asarray(_log_coefficients(n)[:, None] + k * logs[1] + (n - k) * logs[0])


def _log_coefficients(n: int) -> Reals:
    """Return the logarithms of ``C(n, k)``, for k from 0 to n, right to a unit of n.

    ``log C(n, k) = d(n) - d(k) - d(n - k) - log(2 pi k (n - k)/n)/2 - k log(k/n)
    - (n - k) log((n - k)/n)`` with the error d of Stirling's formula, which is small; the
    differences of logarithms of factorials would cancel.
    """
    inside = np.arange(1.0, n)
    rest = n - inside
    errors = _stirling_errors(n)
    logs = errors[n] - errors[1:n] - errors[n - 1 : 0 : -1]
    logs -= 0.5 * np.log(math.tau * inside * (rest / n))
    logs -= inside * np.log(inside / n) + rest * np.log(rest / n)
    return np.concatenate([[0.0], logs, [0.0]])


def _stirling_errors(most: int) -> Reals:
    """Return ``log k! - (k + 1/2) log k + k - log(2 pi)/2`` for k up to `most`; DLMF 5.11.1."""
    k = np.arange(1.0, max(most, _LEAST_STIRLING) + 1.0)
    square = 1.0 / (k * k)
    series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680)))) / k
    few = k[:_LEAST_STIRLING]
    exact = gammaln(few + 1.0) - (few + 0.5) * np.log(few) + few - 0.5 * math.log(math.tau)
    return np.concatenate([[0.0], exact, series[_LEAST_STIRLING:]])[: most + 1]
