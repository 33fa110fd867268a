"""Values of laws in their standard form, from words of 32 bits and a shape, in single precision.

The uniform u is a multiple of 2^-32 in (0, 1], rounded to 24 bits.

===  =================  ================  ====================================================
id   law                shape             value
===  =================  ================  ====================================================
0    normal             none              Box-Muller from two words for two values, |z| <= 6.66
1    uniform            none              u
2    rademacher         none              the sign of the word
3    laplace            none              sign times -log(u), |z| <= 22.2
4    exponential        none              -log(u), at most 22.2
5    wikipedia          none              the quantile function of the law at u
6    constant           none              1
7    bernoulli          probability       1 if u <= shape, which has that probability to 1e-7
8    triangular         place of the mode  the quantile function of the law on [0, 1] at u
9    logistic           none              log(u/(1 - u)), |z| <= 22.2
10   lognormal          sd of the log     exp(shape z), z normal
11   symmetric-weibull  1/shape           sign times (-log u)^shape
===  =================  ================  ====================================================
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import uint32

from clt_sim._kernels.compilation import bits_of, float_of, fma, scalar
from clt_sim._kernels.elementary import cosine_sine, exp, negative_log

single = np.float32
int32 = np.int32
SIGN = int32(-(2**31))
ONE_BITS = int32(0x3F800000)
STEP, HALF_STEP = single(2.0**-31), single(2.0**-32)
EIGHTH_TURN = single(math.pi / 4 * 2.0**-31)
ZERO, ONE, TWO, HALF = single(0.0), single(1.0), single(2.0), single(0.5)
ONE_32ND, LOG_32 = single(1 / 32), single(math.log(32.0))


@scalar
def uniform(word: Any, shape: Any) -> Any:
    """Return (k + 1/2) 2^-31 in (0, 1] from the upper 31 bits k."""
    # Conversion of a signed integer is one vector instruction, that of an unsigned one is not.
    return fma(single(int32(word >> uint32(1))), STEP, HALF_STEP)


@scalar
def _complement(word: Any) -> Any:
    """Return 1 - u, as precise near 0 as u is."""
    return uniform(uint32(~word), ZERO)


@scalar
def _with_sign(magnitude: Any, word: Any) -> Any:
    """Give `magnitude` the top bit of `word` as its sign."""
    return float_of(int32(bits_of(magnitude) ^ int32(int32(word) & SIGN)))


@scalar
def normal_pair(first: Any, second: Any, shape: Any) -> Any:
    """Box & Muller (1958), with an angle in one quadrant and two random signs.

    The angle is pi/4 + t with |t| <= pi/4, whose cosine and sine are (c - s)/sqrt(2) and
    (c + s)/sqrt(2); the radius sqrt(-2 log u) takes up the sqrt(2).
    """
    radius = math.sqrt(negative_log(uniform(first, shape)))
    t = single(int32(uint32(second << uint32(2)))) * EIGHTH_TURN
    cosine, sine = cosine_sine(t)
    return (
        _with_sign(radius * (cosine - sine), second),
        _with_sign(radius * (cosine + sine), uint32(second << uint32(1))),
    )


@scalar
def lognormal_pair(first: Any, second: Any, shape: Any) -> Any:
    """Return exponentials of two normals."""
    x, y = normal_pair(first, second, shape)
    return exp(shape * x), exp(shape * y)


@scalar
def rademacher(word: Any, shape: Any) -> Any:
    """Return the top bit of the word as a sign."""
    return float_of(int32(ONE_BITS | int32(int32(word) & SIGN)))


@scalar
def exponential(word: Any, shape: Any) -> Any:
    """Return minus the logarithm of a uniform."""
    return negative_log(uniform(word, shape))


@scalar
def laplace(word: Any, shape: Any) -> Any:
    """Return an exponential with a random sign."""
    # The uniform uses the upper 31 bits, the sign the lowest.
    return _with_sign(exponential(word, shape), uint32(word << uint32(31)))


@scalar
def wikipedia(word: Any, shape: Any) -> Any:
    """Return the quantile function: sqrt(2u) below u = 1/2, then 2u."""
    u = uniform(word, shape)
    twice = TWO * u
    return math.sqrt(twice) if u < HALF else twice


@scalar
def constant(word: Any, shape: Any) -> Any:
    """Return one, which location and scale turn into any number."""
    return ONE


@scalar
def bernoulli(word: Any, shape: Any) -> Any:
    """Return one with the probability `shape`, otherwise 0."""
    return ONE if uniform(word, shape) <= shape else ZERO


@scalar
def triangular(word: Any, shape: Any) -> Any:
    """Return the quantile function on [0, 1] with the mode at `shape`."""
    u, rest = uniform(word, shape), _complement(word)
    rising, falling = math.sqrt(u * shape), ONE - math.sqrt(rest * (ONE - shape))
    return rising if u < shape else falling


@scalar
def logistic(word: Any, shape: Any) -> Any:
    """Return the quantile function log(u/(1 - u)), the sign taken from the top bit of the word."""
    u, rest = uniform(word, shape), _complement(word)
    ratio = u / rest if u < rest else rest / u
    return _with_sign(negative_log(ratio), uint32(~word))


@scalar
def symmetric_weibull(word: Any, shape: Any) -> Any:
    """Return a power of an exponential, with a random sign."""
    # The exponential is at most 22.2; a 32nd of it is in the range of the logarithm.
    logarithm = LOG_32 - negative_log(exponential(word, shape) * ONE_32ND)
    return _with_sign(exp(shape * logarithm), uint32(word << uint32(31)))
