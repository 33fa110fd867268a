"""Elementary functions in single precision, free of branches, for the vectoriser.

Only +, -, *, /, sqrt, integer operations and fma are used, so that the results are the same
bits for every width of vector. Accuracies are measured against mpmath in
``tests/kernels/test_elementary.py``; coefficients come from ``tools/fit_coefficients.py``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from clt_sim._kernels.compilation import bits_of, float_of, fma, scalar

single = np.float32
int32 = np.int32


def _singles(*coefficients: float) -> tuple[np.float32, ...]:
    return tuple(single(c) for c in coefficients)


# log(1 + f)/f on [sqrt(1/2) - 1, sqrt(2) - 1], in f
LOG1P = _singles(
    0.9999999403953552,
    -0.5000037550926208,
    0.33334606885910034,
    -0.24968907237052917,
    0.1991334855556488,
    -0.1727820634841919,
    0.16126248240470886,
    -0.09895350784063339,
)
# cos(t) and sin(t)/t on [-pi/4, pi/4], in t^2
COSINE = _singles(1.0, -0.5, 0.04166661575436592, -0.0013886617962270975, 2.437983130221255e-05)
SINE = _singles(1.0, -0.16666650772094727, 0.00833203550428152, -0.00019503904341931158)
# (exp(r) - 1)/r on [-log(2)/2, log(2)/2], in r
EXPM1 = _singles(
    1.0,
    0.5,
    0.16666504740715027,
    0.04166646674275398,
    0.008369148708879948,
    0.0013933641603216529,
)
# atanh(s)/s on [-1/3, 1/3], in s^2
ATANH = _singles(
    1.0, 0.3333316147327423, 0.20012298226356506, 0.13982579112052917, 0.14078889787197113
)
# erf(x)/x on [-ERF_END, ERF_END], a rational function of x^2
ERF_NUMERATOR = _singles(
    1.1283791065216064,
    0.1910574585199356,
    0.05283742398023605,
    0.00379546033218503,
    0.00028588963323272765,
    2.0487213987507857e-06,
)
ERF_DENOMINATOR = _singles(
    1.0,
    0.5026525259017944,
    0.11438120156526566,
    0.015026994049549103,
    0.0011705002980306745,
    3.8131918699946254e-05,
)
ERF_END = single(3.92)

ONE, TWO, HALF, ZERO = single(1.0), single(2.0), single(0.5), single(0.0)
SQRT_HALF_BITS = int32(0x3F3504F3)
LOG2 = single(math.log(2.0))
INVERSE_LOG2 = single(1.0 / math.log(2.0))
# log(2) = LOG2_HIGH + LOG2_LOW, the first with few enough bits that k*LOG2_HIGH is exact
LOG2_HIGH = single(0.693359375)
LOG2_LOW = single(math.log(2.0) - 0.693359375)
ROUND_TO_INTEGER = single(1.5 * 2.0**23)
"""Adding this and subtracting it again rounds a small float to the nearest integer."""
SQRT_HALF = single(math.sqrt(0.5))
TWO_OVER_PI = single(2.0 / math.pi)
# pi/2 in three parts: k*HALF_PI_HIGH is a multiple of 2^-23 and cancels against x exactly.
HALF_PI_HIGH = single(1.5707963705062866)
HALF_PI_MIDDLE = single(-4.371138828673793e-08)
HALF_PI_LOW = single(-1.7151245100058819e-15)
TURN_END = int32(0x4A000000)
"""The bits of 2^21, up to which multiples of pi/2 are told apart."""
MAGNITUDE_BITS, FRACTION_BITS = int32(0x7FFFFFFF), int32(0x007FFFFF)
EXP_LEAST, EXP_MOST = single(-104.0), single(89.0)
"""Beyond these, exp is 0 or infinite in single precision."""


@scalar
def negative_log(u: Any) -> Any:
    """Return -log(u) for u in (0, 1]; absolute error below 2e-7 max(1, -log(u))."""
    # u = 2^exponent (1 + fraction) with 1 + fraction in [sqrt(1/2), sqrt(2))
    exponent = int32(int32(bits_of(u) - SQRT_HALF_BITS) >> int32(23))
    f = float_of(int32(bits_of(u) - int32(exponent << int32(23)))) - ONE
    # Estrin's scheme: a shorter chain of dependent operations than Horner's
    f2 = f * f
    low = fma(fma(LOG1P[3], f, LOG1P[2]), f2, fma(LOG1P[1], f, LOG1P[0]))
    high = fma(fma(LOG1P[7], f, LOG1P[6]), f2, fma(LOG1P[5], f, LOG1P[4]))
    log1p = f * fma(high, f2 * f2, low)
    return -fma(single(exponent), LOG2, log1p)


@scalar
def cosine_sine(t: Any) -> Any:
    """Return cos(t) and sin(t) for t in [-pi/4, pi/4]; absolute error below 1e-7."""
    z = t * t
    cosine = fma(fma(fma(fma(COSINE[4], z, COSINE[3]), z, COSINE[2]), z, COSINE[1]), z, ONE)
    sine = t * fma(fma(fma(SINE[3], z, SINE[2]), z, SINE[1]), z, ONE)
    return cosine, sine


@scalar
def _turns_and_rest(x: Any) -> Any:
    """Return k modulo 4 and r = x - k pi/2 for the whole k nearest to 2x/pi, |x| < 2^22."""
    shifted = fma(x, TWO_OVER_PI, ROUND_TO_INTEGER)
    k = shifted - ROUND_TO_INTEGER
    r = fma(k, -HALF_PI_MIDDLE, fma(k, -HALF_PI_HIGH, x))
    return int32(bits_of(shifted) & int32(3)), fma(k, -HALF_PI_LOW, r)


@scalar
def _below_turn_end(x: Any) -> Any:
    """Return x, or from 2^21 in size on, x over that power of two that leaves 2^21 to 2^22."""
    size = int32(bits_of(x) & MAGNITUDE_BITS)
    scaled = int32(int32(bits_of(x) & FRACTION_BITS) | TURN_END)
    return float_of(int32(bits_of(x) ^ int32(size ^ (size if size < TURN_END else scaled))))


@scalar
def _sine_after_turns(turns: Any, r: Any) -> Any:
    """Return sin(r + turns pi/2)."""
    cosine, sine = cosine_sine(r)
    value = cosine if int32(turns & int32(1)) else sine
    # The second bit of the number of quarter turns is the sign.
    return float_of(int32(bits_of(value) ^ int32(int32(turns & int32(2)) << int32(30))))


@scalar
def sine(x: Any) -> Any:
    """Return sin(x); absolute error below 1e-7 for |x| <= 1e6, 1.2e-7 for |x| < 2^21 = 2.1e6.

    There neighbouring numbers are 1/8 apart. Beyond, where the phase of a number that was rounded
    says less and less, it is the sine of x over a power of two; nan for infinite x.
    """
    turns, r = _turns_and_rest(_below_turn_end(x))
    return _sine_after_turns(turns, r + (x - x))


@scalar
def cosine(x: Any) -> Any:
    """Return cos(x), as precise as `sine`."""
    turns, r = _turns_and_rest(_below_turn_end(x))
    return _sine_after_turns(int32(turns + int32(1)), r + (x - x))


@scalar
def _multiple_and_expm1(x: Any) -> Any:
    """Return a whole k and q = exp(x - k log 2) - 1, so that exp(x) = 2^k (1 + q)."""
    shifted = fma(x, INVERSE_LOG2, ROUND_TO_INTEGER)
    k = shifted - ROUND_TO_INTEGER
    r = fma(k, -LOG2_LOW, fma(k, -LOG2_HIGH, x))
    p = fma(fma(EXPM1[5], r, EXPM1[4]), r, EXPM1[3])
    q = r * fma(fma(fma(p, r, EXPM1[2]), r, EXPM1[1]), r, ONE)
    return int32(bits_of(shifted) - bits_of(ROUND_TO_INTEGER)), q


@scalar
def _power_of_two(k: Any) -> Any:
    """Return 2^k for k from -126 to 127."""
    return float_of(int32(int32(k + int32(127)) << int32(23)))


@scalar
def _power_and_expm1(x: Any) -> Any:
    """Return p = 2^k and q = exp(x - k log 2) - 1 with exp(x) = p (1 + q), for |x| <= 87."""
    k, q = _multiple_and_expm1(x)
    return _power_of_two(k), q


@scalar
def _clip(x: Any, end: Any) -> Any:
    x = x if x < end else end
    return x if x > -end else -end


@scalar
def exp(x: Any) -> Any:
    """Return exp(x), clipped to |x| <= 87; relative error below 2e-7."""
    power, q = _power_and_expm1(_clip(x, single(87.0)))
    return fma(power, q, power)


@scalar
def exponential(x: Any) -> Any:
    """Return exp(x), infinite above 88.72, subnormal below -87.33 and 0 below -103.97.

    The relative error of results that are not subnormal is below 2e-7.
    """
    x = EXP_MOST if x > EXP_MOST else x
    k, q = _multiple_and_expm1(EXP_LEAST if x < EXP_LEAST else x)
    # 2^k itself may be out of range; the second factor rounds to infinity or to a subnormal.
    first = int32(k >> int32(1))
    power = _power_of_two(first)
    return fma(power, q, power) * _power_of_two(int32(k - first))


@scalar
def expm1(x: Any) -> Any:
    """Return exp(x) - 1, clipped to |x| <= 87; relative error below 2e-7."""
    power, q = _power_and_expm1(_clip(x, single(87.0)))
    return fma(power, q, power - ONE)


@scalar
def log1p(y: Any) -> Any:
    """Return log(1 + y) = 2 atanh(y/(2 + y)) for y in [0, 1]; relative error below 3e-7."""
    s = y / (y + TWO)
    z = s * s
    p = fma(fma(fma(fma(ATANH[4], z, ATANH[3]), z, ATANH[2]), z, ATANH[1]), z, ONE)
    return TWO * s * p


@scalar
def tanh(x: Any) -> Any:
    """Return tanh(x) = e/(e + 2) with e = exp(2x) - 1; relative error below 5e-7."""
    power, q = _power_and_expm1(TWO * _clip(x, single(9.5)))
    e = fma(power, q, power - ONE)
    return e / (e + TWO)


@scalar
def sigmoid(x: Any) -> Any:
    """Return 1/(1 + exp(-x)); relative error below 4e-7 for x > -87."""
    return ONE / (ONE + exp(-x))


@scalar
def erf(x: Any) -> Any:
    """Return erf(x); relative error below 3.5e-7."""
    x = _clip(x, ERF_END)
    z = x * x
    p = fma(fma(ERF_NUMERATOR[5], z, ERF_NUMERATOR[4]), z, ERF_NUMERATOR[3])
    p = fma(fma(fma(p, z, ERF_NUMERATOR[2]), z, ERF_NUMERATOR[1]), z, ERF_NUMERATOR[0])
    q = fma(fma(ERF_DENOMINATOR[5], z, ERF_DENOMINATOR[4]), z, ERF_DENOMINATOR[3])
    q = fma(fma(fma(q, z, ERF_DENOMINATOR[2]), z, ERF_DENOMINATOR[1]), z, ONE)
    return x * p / q
