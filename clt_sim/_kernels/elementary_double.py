"""Elementary functions in double precision, free of branches, for the vectoriser.

The functions of ``clt_sim._kernels.elementary``; besides them the exponential over the whole range,
sine and cosine. Accuracies are measured against mpmath in
``tests/kernels/test_elementary_double.py``; coefficients come from ``tools/fit_coefficients.py``.
The logarithms follow fdlibm (Sun Microsystems 1993), the reduction of sine and cosine Cody & Waite
(1980), with fma.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import uint64

from clt_sim._kernels.compilation import bits_of_double, double_of, fma, polynomial, scalar

double = np.float64


def _doubles(*coefficients: float) -> tuple[np.float64, ...]:
    return tuple(double(c) for c in coefficients)


# (log((1 + s)/(1 - s))/s - 2)/s^2 on [0, 3 - 2 sqrt(2)], in s^2
LOG = _doubles(
    0.666666666666667,
    0.39999999999899505,
    0.28571428625975487,
    0.2222221113479508,
    0.18182889125261723,
    0.15331721600556042,
    0.14616449685043406,
)
# the same on [0, 1/3]
LOG1P = _doubles(
    0.6666666666666666,
    0.40000000000014585,
    0.2857142856710876,
    0.22222222717427864,
    0.18181789436132859,
    0.15385570064958623,
    0.13314144209654935,
    0.12001072809590713,
    0.08800738486144674,
    0.1616404561194353,
)
# (cos(t) - 1 + t^2/2)/t^4 and (sin(t)/t - 1)/t^2 on [-pi/4, pi/4], in t^2
COSINE = _doubles(
    0.041666666666666664,
    -0.0013888888888887398,
    2.480158729876569e-05,
    -2.7557317271729793e-07,
    2.08761462684032e-09,
    -1.1382632425521717e-11,
)
SINE = _doubles(
    -0.16666666666666666,
    0.008333333333330948,
    -0.00019841269836758574,
    2.755731610255244e-06,
    -2.5051131845003624e-08,
    1.5918129294866608e-10,
)
# (exp(r) - 1 - r)/r^2 on [-log(2)/2, log(2)/2], in r
EXPM1 = _doubles(
    0.5000000000000001,
    0.16666666666666669,
    0.041666666666624164,
    0.008333333333330065,
    0.0013888888917196719,
    0.00019841269863040545,
    2.4801521322368692e-05,
    2.7557268480310024e-06,
    2.7620075879983367e-07,
    2.5100375832561234e-08,
)
# erf(x)/x - 1 on [0, 1], in x^2
ERF = _doubles(
    0.12837916709551256,
    -0.37612638903183543,
    0.11283791670945006,
    -0.02686617064323777,
    0.0052239776071164225,
    -0.0008548325975389692,
    0.00012055294904839707,
    -1.492473690741966e-05,
    1.6447424703317362e-06,
    -1.6208483801871705e-07,
    1.3720064546777686e-08,
    -7.795898827002142e-10,
)
# -log(1 - erf(x)) on [1, 6], in x
MINUS_LOG_ERFC = _doubles(
    5.25530610055349e-07,
    1.1283738752344383,
    0.6366445675882951,
    0.1027008999186594,
    -0.01898544054561009,
    -0.0004171020651739851,
    0.001922650075452321,
    -0.0007760226343185617,
    0.00013843208229647933,
    1.8591234887288997e-05,
    -2.2168398241704738e-05,
    8.46709272682243e-06,
    -2.0883233454373484e-06,
    3.648123420213575e-07,
    -4.530923031074751e-08,
    3.833569578436844e-09,
    -1.9889327194207288e-10,
    4.7841387941070134e-12,
)

ONE, TWO, HALF, ZERO = _doubles(1.0, 2.0, 0.5, 0.0)
SQRT_HALF = double(math.sqrt(0.5))
SIGN, FRACTION = np.uint64(1 << 63), np.uint64((1 << 52) - 1)
FRACTION_WIDTH, EXPONENT_BIAS = np.uint64(52), np.uint64(1023)
SQRT_HALF_BITS, ONE_BITS = np.uint64(0x3FE6A09E667F3BCD), np.uint64(0x3FF << 52)
TWO_TO_52_BITS, TWO_TO_52_AND_BIAS = np.uint64((1023 + 52) << 52), double(2.0**52 + 1023)
ROUND_TO_INTEGER = double(1.5 * 2.0**52)
"""Adding this rounds a float below 2^51 in size to an integer, which the low bits then hold."""
INVERSE_LOG2, TWO_OVER_PI = double(1.0 / math.log(2.0)), double(2.0 / math.pi)
# log(2) and pi/2 as sums; a product with the first summand, which is rounded, is exact in fma.
LOG2 = _doubles(0.6931471805599453, 2.3190468138462996e-17)
HALF_PI = _doubles(1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33)
TURN_END = np.uint64((1023 + 40) << 52)
"""The bits of 2^40."""
EXP_END, EXPONENTIAL_END, TANH_END, ERF_END = _doubles(700.0, 750.0, 20.0, 6.0)


@scalar
def _sign_bit(x: Any) -> Any:
    return uint64(bits_of_double(x) & SIGN)


@scalar
def _absolute(x: Any) -> Any:
    return double_of(uint64(bits_of_double(x) ^ _sign_bit(x)))


@scalar
def turn_sign(x: Any, word: Any) -> Any:
    """Return x, or -x if the top bit of a word of 64 bits is set."""
    return double_of(uint64(bits_of_double(x) ^ uint64(word & SIGN)))


@scalar
def negative_log(u: Any) -> Any:
    """Return -log(u) for positive u that are not subnormal; relative error below 2.5e-16."""
    # u = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)); the exponent holds k + 1023, above 0.
    shifted = uint64(bits_of_double(u) + uint64(ONE_BITS - SQRT_HALF_BITS))
    exponent = uint64(shifted >> FRACTION_WIDTH)
    k = double_of(uint64(exponent | TWO_TO_52_BITS)) - TWO_TO_52_AND_BIAS
    f = double_of(uint64(uint64(shifted & FRACTION) + SQRT_HALF_BITS)) - ONE
    s = f / (f + TWO)
    z = s * s
    # log(1 + f) = f - (f^2/2 - s (f^2/2 + z P(z))): the error of s counts little.
    half_square = HALF * f * f
    rest = s * fma(z, polynomial(z, LOG), half_square)
    return fma(-k, LOG2[0], (half_square - fma(k, LOG2[1], rest)) - f)


@scalar
def log1p(y: Any) -> Any:
    """Return log(1 + y) for y in [0, 1]; relative error below 3e-16."""
    s = y / (y + TWO)
    z = s * s
    half_square = HALF * y * y
    return y - fma(-s, fma(z, polynomial(z, LOG1P), half_square), half_square)


@scalar
def cosine_sine(t: Any) -> Any:
    """Return cos(t) and sin(t) for t in [-pi/4, pi/4]; relative error below 2.5e-16."""
    z = t * t
    cosine = fma(z, fma(z, polynomial(z, COSINE), -HALF), ONE)
    sine = fma(t, z * polynomial(z, SINE), t)
    return cosine, sine


@scalar
def _below_turn_end(x: Any) -> Any:
    """Return x, or from 2^40 in size on, x over that power of two that leaves 2^40 to 2^41."""
    size = uint64(bits_of_double(x) ^ _sign_bit(x))
    scaled = uint64(uint64(size & FRACTION) | TURN_END)
    return turn_sign(double_of(size if size < TURN_END else scaled), _sign_bit(x))


@scalar
def _turns_and_rest(x: Any) -> Any:
    """Return a word with the low bits of k, and r = x - k pi/2, for the k nearest to 2x/pi."""
    shifted = fma(x, TWO_OVER_PI, ROUND_TO_INTEGER)
    k = shifted - ROUND_TO_INTEGER
    # The first step is exact, so that also a small r keeps its relative accuracy.
    r = fma(k, -HALF_PI[2], fma(k, -HALF_PI[1], fma(k, -HALF_PI[0], x)))
    return bits_of_double(shifted), r


@scalar
def _sine_after_turns(turns: Any, r: Any) -> Any:
    """Return sin(r + turns pi/2)."""
    cosine, sine = cosine_sine(r)
    value = cosine if uint64(turns & uint64(1)) else sine
    # The second bit of the number of quarter turns is the sign.
    return turn_sign(value, uint64(turns << uint64(62)))


@scalar
def sine(x: Any) -> Any:
    """Return sin(x); relative error below 3e-16 for abs(x) < 2^40 = 1.1e12.

    Beyond, where neighbouring numbers are more than 2e-4 apart and the phase of a number that was
    rounded says less and less, it is the sine of x over a power of two; nan for infinite x.
    """
    turns, r = _turns_and_rest(_below_turn_end(x))
    return _sine_after_turns(turns, r + (x - x))


@scalar
def cosine(x: Any) -> Any:
    """Return cos(x), as precise as `sine`."""
    turns, r = _turns_and_rest(_below_turn_end(x))
    return _sine_after_turns(uint64(turns + uint64(1)), r + (x - x))


@scalar
def _clip(x: Any, end: Any) -> Any:
    # In this order, what is not a number stays so.
    x = end if x > end else x
    return -end if x < -end else x


@scalar
def _power_of_two(integer: Any) -> Any:
    """Return 2^k, -1022 <= k <= 1023, from a word whose low 12 bits are those of k."""
    return double_of(uint64(uint64(integer + EXPONENT_BIAS) << FRACTION_WIDTH))


@scalar
def _exponent_and_expm1(x: Any) -> Any:
    """Return k, shifted by ROUND_TO_INTEGER, and q = exp(x - k log 2) - 1."""
    shifted = fma(x, INVERSE_LOG2, ROUND_TO_INTEGER)
    k = shifted - ROUND_TO_INTEGER
    r = fma(k, -LOG2[1], fma(k, -LOG2[0], x))
    return shifted, fma(r * r, polynomial(r, EXPM1), r)


@scalar
def _power_and_expm1(x: Any) -> Any:
    """Return p = 2^k and q = exp(x - k log 2) - 1 with exp(x) = p (1 + q), for abs(x) <= 700."""
    shifted, q = _exponent_and_expm1(x)
    return _power_of_two(bits_of_double(shifted)), q


@scalar
def exp(x: Any) -> Any:
    """Return exp(x), clipped to abs(x) <= 700; relative error below 2.5e-16."""
    power, q = _power_and_expm1(_clip(x, EXP_END))
    return fma(power, q, power)


@scalar
def exponential(x: Any) -> Any:
    """Return exp(x), infinite above 709.8 and 0 below -745.2; relative error below 2.5e-16.

    Subnormal results, below x = -708.4, are rounded to multiples of 2^-1074.
    """
    shifted, q = _exponent_and_expm1(_clip(x, EXPONENTIAL_END))
    # 2^k leaves the range before exp(x) does: it is the product of two powers.
    half = fma(shifted - ROUND_TO_INTEGER, HALF, ROUND_TO_INTEGER)
    rest = uint64(bits_of_double(shifted) - bits_of_double(half))
    power = _power_of_two(bits_of_double(half))
    return fma(power, q, power) * _power_of_two(rest)


@scalar
def expm1(x: Any) -> Any:
    """Return exp(x) - 1, clipped to abs(x) <= 700; relative error below 3.5e-16."""
    power, q = _power_and_expm1(_clip(x, EXP_END))
    return fma(power, q, power - ONE)


@scalar
def tanh(x: Any) -> Any:
    """Return tanh(x) = e/(e + 2) with e = exp(2x) - 1; relative error below 6e-16."""
    power, q = _power_and_expm1(TWO * _clip(_absolute(x), TANH_END))
    e = fma(power, q, power - ONE)
    # Below 0, e would be near -1 and e + 2 would lose digits.
    return turn_sign(e / (e + TWO), _sign_bit(x))


@scalar
def sigmoid(x: Any) -> Any:
    """Return 1/(1 + exp(-x)); relative error below 5e-16 for x > -700."""
    return ONE / (ONE + exp(-x))


@scalar
def erf(x: Any) -> Any:
    """Return erf(x); relative error below 5e-16."""
    a = _clip(_absolute(x), ERF_END)
    near = fma(a, polynomial(a * a, ERF), a)
    far = ONE - exp(-polynomial(a, MINUS_LOG_ERFC))
    return turn_sign(near if a < ONE else far, _sign_bit(x))
