"""Statistics of normality from the distribution function and from moments of a sample.

Each kernel takes a sorted, standardised sample. Those of the distribution function rescale it: the
sd that they are defined with has the divisor n - 1. Accuracies are measured against mpmath and
SciPy in ``tests/normality_tests/test_edf_and_moment_tests.py``.
"""

from __future__ import annotations

import functools
import math
from typing import Any

from clt_sim._kernels.compilation import (
    first_class,
    fma,
    kernel,
    polynomial,
    prefer_wide_vectors,
    scalar,
    source_digest,
)
from clt_sim._kernels.elementary_double import (
    HALF,
    MINUS_LOG_ERFC,
    ONE,
    ZERO,
    double,
    erf,
    exp,
    expm1,
    log1p,
    negative_log,
)
from clt_sim._kernels.sorted_samples import SIGNATURE

SQRT_HALF = double(math.sqrt(0.5))
LOG2, LOG_SQRT_TAU = double(math.log(2.0)), double(0.5 * math.log(2.0 * math.pi))
FAR = double(8.4)
"""From here on, within the range of the polynomial of `MINUS_LOG_ERFC`, a series is used."""
# 1, -1, 3, -15, ...: Mills' ratio is their polynomial in 1/z^2, over z.
MILLS = tuple(double((-1.0) ** k * math.prod(range(1, 2 * k, 2))) for k in range(12))
THIRD, THREE, LEAST = double(1.0 / 3.0), double(3.0), double(2.0**-1022)


@scalar
def _minus_log_tail(z: Any) -> Any:
    """Return -log(1 - Phi(z)) for z >= 0; relative error below 1e-12."""
    t = SQRT_HALF * z
    if t < ONE:
        return negative_log(HALF - HALF * erf(t))
    if z < FAR:
        return LOG2 + polynomial(t, MINUS_LOG_ERFC)
    ratio = polynomial(ONE / (z * z), MILLS) / z
    return LOG_SQRT_TAU + HALF * z * z + negative_log(ratio)


@kernel
def _anderson_darling(z: Any, scale: Any) -> Any:
    """Return A^2 of x = scale z, the sum over i of ((2i - 1) L_i + (2(n - i) + 1) U_i)/n - 1.

    L and U are -log Phi(x) and -log(1 - Phi(x)). The mean of the terms is near 0: no digits are
    lost to -n.
    """
    prefer_wide_vectors()
    n = double(z.size)
    total = ZERO
    for i in range(z.size):
        outer = _minus_log_tail(scale * abs(z[i]))
        inner = negative_log(ONE - exp(-outer))
        lower, upper = (outer, inner) if z[i] < ZERO else (inner, outer)
        before = double(2 * i + 1)
        total += (before * lower + (n + n - before) * upper) / n - ONE
    return max(total, ZERO)


@kernel
def _cramer_von_mises(z: Any, scale: Any) -> Any:
    """Return 1/(12n) + sum over i of (Phi(scale z_i) - (2i - 1)/(2n))^2."""
    prefer_wide_vectors()
    slope = SQRT_HALF * scale
    step = ONE / z.size
    total = step / double(12.0)
    for i in range(z.size):
        difference = HALF * erf(slope * z[i]) + HALF - (i + HALF) * step
        total += difference * difference
    return total


@kernel
def _lilliefors(z: Any, scale: Any) -> Any:
    """Return the largest distance of the empirical distribution function of scale z from Phi."""
    prefer_wide_vectors()
    slope = SQRT_HALF * scale
    step = ONE / z.size
    largest = ZERO
    for i in range(z.size):
        probability = HALF * erf(slope * z[i]) + HALF
        largest = max(largest, (i + ONE) * step - probability, probability - i * step)
    return largest


@kernel
def _shape(z: Any) -> Any:
    """Return the skewness and the excess kurtosis."""
    prefer_wide_vectors()
    cubes, fourths = ZERO, ZERO
    for i in range(z.size):
        square = z[i] * z[i]
        cubes += square * z[i]
        fourths += square * square
    return cubes / z.size, fourths / z.size - THREE


@kernel
def _jarque_bera(z: Any) -> Any:
    """Return n (g1^2/6 + g2^2/24)."""
    skewness, excess = _shape(z)
    return z.size * (skewness * skewness / double(6.0) + excess * excess / double(24.0))


@scalar
def _log_of_sum(y: Any) -> Any:
    """Return log(1 + y) for y > -1."""
    if y > ONE:
        return -negative_log(ONE + y)
    if y >= ZERO:
        return log1p(y)
    rest = -y / (ONE + y)
    return -log1p(rest) if rest <= ONE else -negative_log(ONE + y)


@kernel
def _dagostino(z: Any, coefficients: Any) -> Any:
    """Return the squares of the normal scores of skewness and kurtosis, added.

    The six coefficients are those of ``clt_sim.normality_tests.moment_tests``.
    """
    skewness, excess = _shape(z)
    y = abs(skewness) * coefficients[0]
    rest = y * y / (ONE + math.sqrt(fma(y, y, ONE)))
    first = coefficients[1] * _log_of_sum(y + rest)
    departure = (excess - coefficients[2]) * coefficients[3]
    if departure > -ONE:
        ratio = coefficients[4] - _log_of_sum(departure)
        second = -coefficients[5] - expm1(THIRD * ratio)
    else:
        ratio = coefficients[4] + negative_log(max(-ONE - departure, LEAST))
        second = ONE - coefficients[5] + exp(THIRD * ratio)
    return first * first + second * second / coefficients[5]


def _compiled_anderson_darling(digest: int) -> Any:
    def anderson_darling(z: Any, coefficients: Any) -> Any:
        return _anderson_darling(z, coefficients[0]) if digest else ZERO

    return first_class(SIGNATURE, cache=True)(anderson_darling)


def _compiled_cramer_von_mises(digest: int) -> Any:
    def cramer_von_mises(z: Any, coefficients: Any) -> Any:
        return _cramer_von_mises(z, coefficients[0]) if digest else ZERO

    return first_class(SIGNATURE, cache=True)(cramer_von_mises)


def _compiled_lilliefors(digest: int) -> Any:
    def lilliefors(z: Any, coefficients: Any) -> Any:
        return _lilliefors(z, coefficients[0]) if digest else ZERO

    return first_class(SIGNATURE, cache=True)(lilliefors)


def _compiled_jarque_bera(digest: int) -> Any:
    def jarque_bera(z: Any, coefficients: Any) -> Any:
        return _jarque_bera(z) if digest else ZERO

    return first_class(SIGNATURE, cache=True)(jarque_bera)


def _compiled_dagostino(digest: int) -> Any:
    def dagostino(z: Any, coefficients: Any) -> Any:
        return _dagostino(z, coefficients) if digest else ZERO

    return first_class(SIGNATURE, cache=True)(dagostino)


@functools.cache
def anderson_darling() -> Any:
    """Return the compiled statistic A^2 of Anderson & Darling."""
    return _compiled_anderson_darling(source_digest())


@functools.cache
def cramer_von_mises() -> Any:
    """Return the compiled statistic W^2 of Cramér & von Mises."""
    return _compiled_cramer_von_mises(source_digest())


@functools.cache
def lilliefors() -> Any:
    """Return the compiled statistic of Lilliefors, the distance of Kolmogorov."""
    return _compiled_lilliefors(source_digest())


@functools.cache
def jarque_bera() -> Any:
    """Return the compiled statistic of Jarque & Bera."""
    return _compiled_jarque_bera(source_digest())


@functools.cache
def dagostino() -> Any:
    """Return the compiled statistic K^2 of D'Agostino & Pearson."""
    return _compiled_dagostino(source_digest())
