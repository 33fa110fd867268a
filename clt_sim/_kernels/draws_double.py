"""Values of laws in their standard form, from words of 32 bits and a shape, in double precision.

The laws of ``clt_sim._kernels.draws`` by the same formulas, with two words, a high and a low one,
in place of each. Their upper 52 bits k are the uniform u = (k + 1/2) 2^-52 in (0, 1), which is
exact, and so is 1 - u; the lower 12 bits are independent of it, and hold the random signs. Results
stay within |z| <= 8.58 for the normal law and 36.8 for the laws made of a logarithm.
Errors, apart from subnormal results, are measured in ``tests/kernels/test_draws_double.py``.

=================  ================================================================
law                error
=================  ================================================================
normal             absolute, below 3e-15
uniform            none; so for rademacher, constant and bernoulli
exponential        relative, below 2.5e-16; so for laplace and wikipedia
triangular         absolute, below 2.5e-16
logistic           absolute, below 3e-16 max(1, |z|)
lognormal          relative, below 2.5e-16 + shape * 4e-15
symmetric-weibull  relative, below 2.5e-16 + shape * 3e-16 max(1, |log(-log(u))|)
=================  ================================================================
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import uint64

from clt_sim._kernels import elementary_double
from clt_sim._kernels.compilation import double_of, scalar
from clt_sim._kernels.elementary_double import (
    HALF,
    ONE,
    ONE_BITS,
    TWO,
    ZERO,
    cosine_sine,
    double,
    negative_log,
    turn_sign,
)

ONE_LESS_HALF_STEP = double(1.0 - 2.0**-53)
QUARTER_TURN = double(math.pi / 2)
TOP_BIT, LOWEST_BIT, SECOND_BIT = np.uint64(32), np.uint64(63), np.uint64(62)
"""How far left a word of 32 bits is shifted among 64 to bring one of its bits to the top."""

_exp = elementary_double.exponential


@scalar
def uniform(high: Any, low: Any, shape: Any) -> Any:
    """Return (k + 1/2) 2^-52 in (0, 1) from the upper 52 bits k."""
    k = uint64(uint64(uint64(high) << uint64(20)) | uint64(uint64(low) >> uint64(12)))
    # The bits are those of 1 + k 2^-52; the difference is exact.
    return double_of(uint64(ONE_BITS | k)) - ONE_LESS_HALF_STEP


@scalar
def _with_sign(magnitude: Any, word: Any, place: Any) -> Any:
    """Turn the sign of `magnitude` if the bit of `word` that `place` moves to the top is set."""
    return turn_sign(magnitude, uint64(uint64(word) << place))


@scalar
def normal_pair(
    first_high: Any, first_low: Any, second_high: Any, second_low: Any, shape: Any
) -> Any:
    """Box & Muller (1958), with an angle in one quadrant and two random signs.

    The angle is pi/4 + t with |t| <= pi/4, whose cosine and sine are (c - s)/sqrt(2) and
    (c + s)/sqrt(2); the radius sqrt(-2 log u) takes up the sqrt(2).
    """
    radius = math.sqrt(negative_log(uniform(first_high, first_low, shape)))
    t = (uniform(second_high, second_low, shape) - HALF) * QUARTER_TURN
    cosine, sine = cosine_sine(t)
    return (
        _with_sign(radius * (cosine - sine), second_low, LOWEST_BIT),
        _with_sign(radius * (cosine + sine), second_low, SECOND_BIT),
    )


@scalar
def lognormal_pair(
    first_high: Any, first_low: Any, second_high: Any, second_low: Any, shape: Any
) -> Any:
    """Return exponentials of two normals."""
    x, y = normal_pair(first_high, first_low, second_high, second_low, shape)
    return _exp(shape * x), _exp(shape * y)


@scalar
def rademacher(high: Any, low: Any, shape: Any) -> Any:
    """Return the top bit of the high word as a sign."""
    return _with_sign(ONE, high, TOP_BIT)


@scalar
def exponential(high: Any, low: Any, shape: Any) -> Any:
    """Return minus the logarithm of a uniform."""
    return negative_log(uniform(high, low, shape))


@scalar
def laplace(high: Any, low: Any, shape: Any) -> Any:
    """Return an exponential with a random sign."""
    return _with_sign(exponential(high, low, shape), low, LOWEST_BIT)


@scalar
def wikipedia(high: Any, low: Any, shape: Any) -> Any:
    """Return the quantile function: sqrt(2u) below u = 1/2, then 2u."""
    u = uniform(high, low, shape)
    twice = TWO * u
    return math.sqrt(twice) if u < HALF else twice


@scalar
def constant(high: Any, low: Any, shape: Any) -> Any:
    """Return one, which location and scale turn into any number."""
    return ONE


@scalar
def bernoulli(high: Any, low: Any, shape: Any) -> Any:
    """Return one with the probability `shape`, to 2^-53, otherwise 0."""
    return ONE if uniform(high, low, shape) <= shape else ZERO


@scalar
def triangular(high: Any, low: Any, shape: Any) -> Any:
    """Return the quantile function on [0, 1] with the mode at `shape`."""
    u = uniform(high, low, shape)
    rising, falling = math.sqrt(u * shape), ONE - math.sqrt((ONE - u) * (ONE - shape))
    return rising if u < shape else falling


@scalar
def logistic(high: Any, low: Any, shape: Any) -> Any:
    """Return the quantile function log(u/(1 - u)), whose sign is that of u - 1/2."""
    u = uniform(high, low, shape)
    rest = ONE - u
    ratio = u / rest if u < rest else rest / u
    # The top bit of the high word is set where u is above 1/2.
    return -_with_sign(negative_log(ratio), high, TOP_BIT)


@scalar
def symmetric_weibull(high: Any, low: Any, shape: Any) -> Any:
    """Return a power of an exponential, with a random sign."""
    power = _exp(-shape * negative_log(exponential(high, low, shape)))
    return _with_sign(power, low, LOWEST_BIT)
