"""Statistics of tests of normality: order statistics against scores, energy, entropy, waves.

Each takes a sorted, standardised sample. Naive references and accuracies are in
``tests/normality_tests/test_statistics.py``.
"""

from __future__ import annotations

import functools
import math
import sys
from typing import Any

import numpy as np

from clt_sim._kernels import epps_pulley as waves
from clt_sim._kernels.compilation import first_class, kernel, prefer_wide_vectors, source_digest
from clt_sim._kernels.elementary_double import double, erf, exp, negative_log
from clt_sim._kernels.sorted_samples import SIGNATURE
from clt_sim._kernels.stack_rows import LANES, add_compensated, add_lanes, fill_lanes, stack_row

SQRT_HALF = double(math.sqrt(0.5))
TWICE_DENSITY_AT_0 = double(math.sqrt(2.0 / math.pi))
INVERSE_SQRT_PI = double(1.0 / math.sqrt(math.pi))
NORMAL_ENTROPY = double(0.5 * math.log(2.0 * math.pi * math.e))
LEAST = double(sys.float_info.min)
ZERO, HALF, ONE, TWO = map(double, (0.0, 0.5, 1.0, 2.0))
_epps_pulley = waves.epps_pulley


@kernel
def _score_correlation(z: Any, scores: Any) -> Any:
    """Return ``1 - r^2`` with the correlation r between z and scores of square sum 1.

    ``1 - r`` is half the squared distance between the two on the unit sphere: nothing cancels,
    however near r is to 1, and errors of the two norms count only in proportion to it.
    """
    prefer_wide_vectors()
    scale = ONE / math.sqrt(z.size)
    squares = ZERO
    for i in range(z.size):
        difference = z[i] * scale - scores[i]
        squares += difference * difference
    half = HALF * squares
    return half * (TWO - half)


@kernel
def _energy(z: Any) -> Any:
    """Return n times the squared energy distance to N(0, 1).

    With ``E|z - Z| = 2 phi(z) + z (2 Phi(z) - 1)`` and the mean distance of pairs by ranks it is
    twice the sum of ``2 phi(z) - pi^(-1/2) + z (2 Phi(z) - 1 - (2i - 1 - n)/n)``: these terms are
    small already, and their sum is compensated.
    """
    prefer_wide_vectors()
    sums, lost = stack_row(LANES), stack_row(LANES)
    fill_lanes(sums, ZERO)
    fill_lanes(lost, ZERO)
    share = ONE / z.size
    for first in range(0, z.size, LANES):
        for lane in range(min(LANES, z.size - first)):
            x = z[first + lane]
            balance = double(2 * (first + lane) + 1 - z.size) * share
            density = TWICE_DENSITY_AT_0 * exp(-HALF * x * x) - INVERSE_SQRT_PI
            term = density + x * (erf(SQRT_HALF * x) - balance)
            sums[lane], lost[lane] = add_compensated(sums[lane], lost[lane], term)
    return TWO * add_lanes(sums, lost)


@kernel
def _vasicek(z: Any, half_width: Any) -> Any:
    """Return ``sqrt(2 pi e)/K``: the exponential of the normal entropy less Vasicek's estimate.

    It is infinite where a spacing is 0.
    """
    prefer_wide_vectors()
    sums, lost, least = stack_row(LANES), stack_row(LANES), stack_row(LANES)
    fill_lanes(sums, ZERO)
    fill_lanes(lost, ZERO)
    fill_lanes(least, ONE)
    scale = z.size / (TWO * half_width)
    for first in range(0, z.size, LANES):
        for lane in range(min(LANES, z.size - first)):
            i = first + lane
            above, below = min(i + half_width, z.size - 1), max(i - half_width, 0)
            spacing = (z[above] - z[below]) * scale
            least[lane] = min(least[lane], spacing)
            # Of 0 this is some number, which the least spacing then overrules.
            term = negative_log(spacing)
            sums[lane], lost[lane] = add_compensated(sums[lane], lost[lane], term)
    for lane in range(LANES):
        if least[lane] < LEAST:
            return np.inf
    return exp(NORMAL_ENTROPY + add_lanes(sums, lost) / z.size)


def _compiled_score_correlation(digest: int) -> Any:
    def score_correlation(z: Any, coefficients: Any) -> Any:
        return _score_correlation(z, coefficients) if digest else ZERO

    return first_class(SIGNATURE, cache=True)(score_correlation)


def _compiled_energy(digest: int) -> Any:
    def energy(z: Any, coefficients: Any) -> Any:
        return _energy(z) if digest else ZERO

    return first_class(SIGNATURE, cache=True)(energy)


def _compiled_vasicek(digest: int) -> Any:
    def vasicek(z: Any, coefficients: Any) -> Any:
        return _vasicek(z, int(coefficients[0])) if digest else ZERO

    return first_class(SIGNATURE, cache=True)(vasicek)


def _compiled_epps_pulley(digest: int) -> Any:
    def epps_pulley(z: Any, coefficients: Any) -> Any:
        return _epps_pulley(z) if digest else ZERO

    return first_class(SIGNATURE, cache=True)(epps_pulley)


@functools.cache
def score_correlation() -> Any:
    """Return the compiled statistic ``1 - r^2``; its coefficients are the scores."""
    return _compiled_score_correlation(source_digest())


@functools.cache
def energy() -> Any:
    """Return the compiled statistic of Székely & Rizzo."""
    return _compiled_energy(source_digest())


@functools.cache
def vasicek() -> Any:
    """Return the compiled statistic of Vasicek; its coefficient is half the width of spacings."""
    return _compiled_vasicek(source_digest())


@functools.cache
def epps_pulley() -> Any:
    """Return the compiled statistic of Epps & Pulley."""
    return _compiled_epps_pulley(source_digest())
