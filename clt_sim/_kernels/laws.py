"""Draws of the standard form of each law, a block at a time.

A draw takes two words of 32 bits and gives two values, in single precision:

===  ===========  ==========================================================
id   law          values
===  ===========  ==========================================================
0    normal       Box-Muller, |z| <= 6.66
1    uniform      multiples of 2^-32 in (0, 1], rounded to 24 bits
2    rademacher   the top bit of a word
3    laplace      sign times -log(u), u a uniform as above, |z| <= 22.2
4    exponential  -log(u), at most 22.2
5    wikipedia    the quantile function of the law at u
===  ===========  ==========================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import uint32

from clt_sim._kernels.bits import xoshiro
from clt_sim._kernels.compilation import (
    bits_of,
    float_of,
    fma,
    kernel,
    kernel_for,
    prefer_wide_vectors,
    scalar,
)
from clt_sim._kernels.elementary import cosine_sine, negative_log

single = np.float32
int32 = np.int32
SIGN = int32(-(2**31))
ONE_BITS = int32(0x3F800000)
STEP, HALF_STEP = single(2.0**-31), single(2.0**-32)
EIGHTH_TURN = single(math.pi / 4 * 2.0**-31)
ONE, TWO, HALF = single(1.0), single(2.0), single(0.5)

NORMAL, UNIFORM, RADEMACHER, LAPLACE, EXPONENTIAL, WIKIPEDIA = range(6)


@scalar
def uniform(word: Any) -> Any:
    """Return (k + 1/2) 2^-31 in (0, 1] from the upper 31 bits k."""
    # Conversion of a signed integer is one vector instruction, that of an unsigned one is not.
    return fma(single(int32(word >> uint32(1))), STEP, HALF_STEP)


@scalar
def _with_sign(magnitude: Any, word: Any) -> Any:
    """Give `magnitude` the top bit of `word` as its sign."""
    return float_of(int32(bits_of(magnitude) ^ int32(int32(word) & SIGN)))


@scalar
def normal_pair(first: Any, second: Any) -> Any:
    """Box & Muller (1958), with an angle in one quadrant and two random signs.

    The angle is pi/4 + t with |t| <= pi/4, whose cosine and sine are (c - s)/sqrt(2) and
    (c + s)/sqrt(2); the radius sqrt(-2 log u) takes up the sqrt(2).
    """
    radius = math.sqrt(negative_log(uniform(first)))
    t = single(int32(uint32(second << uint32(2)))) * EIGHTH_TURN
    cosine, sine = cosine_sine(t)
    return (
        _with_sign(radius * (cosine - sine), second),
        _with_sign(radius * (cosine + sine), uint32(second << uint32(1))),
    )


@scalar
def uniform_pair(first: Any, second: Any) -> Any:
    """Two uniforms."""
    return uniform(first), uniform(second)


@scalar
def _sign(word: Any) -> Any:
    return float_of(int32(ONE_BITS | int32(int32(word) & SIGN)))


@scalar
def rademacher_pair(first: Any, second: Any) -> Any:
    """Two signs."""
    return _sign(first), _sign(second)


@scalar
def _laplace(word: Any) -> Any:
    # The uniform uses the upper 31 bits, the sign the lowest.
    return _with_sign(negative_log(uniform(word)), uint32(word << uint32(31)))


@scalar
def laplace_pair(first: Any, second: Any) -> Any:
    """Two exponentials with random signs."""
    return _laplace(first), _laplace(second)


@scalar
def exponential_pair(first: Any, second: Any) -> Any:
    """Two exponentials."""
    return negative_log(uniform(first)), negative_log(uniform(second))


@scalar
def _wikipedia(word: Any) -> Any:
    u = uniform(word)
    twice = TWO * u
    return math.sqrt(twice) if u < HALF else twice


@scalar
def wikipedia_pair(first: Any, second: Any) -> Any:
    """Two quantiles: sqrt(2u) below u = 1/2, then 2u."""
    return _wikipedia(first), _wikipedia(second)


def _filler(draw_pair: Callable[..., Any]) -> Any:
    """Compile the loop over lanes for one law."""

    @kernel_for(draw_pair)
    def fill_block(values: Any, state: Any) -> None:
        prefer_wide_vectors()
        s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
        lanes = s0.size
        v0, v1 = values[:lanes], values[lanes : 2 * lanes]
        v2, v3 = values[2 * lanes : 3 * lanes], values[3 * lanes :]
        for j in range(lanes):
            # Four values for one load and store of the lane's state.
            a, b, c, d = s0[j], s1[j], s2[j], s3[j]
            first, a, b, c, d = xoshiro(a, b, c, d)
            second, a, b, c, d = xoshiro(a, b, c, d)
            v0[j], v1[j] = draw_pair(first, second)
            first, a, b, c, d = xoshiro(a, b, c, d)
            second, a, b, c, d = xoshiro(a, b, c, d)
            v2[j], v3[j] = draw_pair(first, second)
            s0[j], s1[j], s2[j], s3[j] = a, b, c, d

    return fill_block


_fill_normal = _filler(normal_pair)
_fill_uniform = _filler(uniform_pair)
_fill_rademacher = _filler(rademacher_pair)
_fill_laplace = _filler(laplace_pair)
_fill_exponential = _filler(exponential_pair)
_fill_wikipedia = _filler(wikipedia_pair)


@kernel
def _move(values: Any, location: Any, scale: Any) -> None:
    prefer_wide_vectors()
    for j in range(values.size):
        values[j] = fma(scale, values[j], location)


@kernel
def fill(law: Any, location: Any, scale: Any, values: Any, state: Any) -> None:
    """Fill a block with draws of a law.

    Parameters
    ----------
    law : int64
        Id of the law.
    location, scale : float32
        What turns the standard form into the law.
    values : ndarray of float32, shape (4*lanes,)
        Overwritten.
    state : ndarray of uint32, shape (4, lanes)
        Advanced.
    """
    if law == NORMAL:
        _fill_normal(values, state)
    elif law == UNIFORM:
        _fill_uniform(values, state)
    elif law == RADEMACHER:
        _fill_rademacher(values, state)
    elif law == LAPLACE:
        _fill_laplace(values, state)
    elif law == EXPONENTIAL:
        _fill_exponential(values, state)
    else:
        _fill_wikipedia(values, state)
    if location != single(0.0) or scale != ONE:
        _move(values, location, scale)
