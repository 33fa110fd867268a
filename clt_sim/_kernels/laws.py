"""Draws of each law, a block at a time: words first, then the law's own elementwise loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import uint32

from clt_sim._kernels import draws
from clt_sim._kernels.bits import xoshiro
from clt_sim._kernels.compilation import (
    bits_of,
    float_of,
    fma,
    kernel,
    kernel_for,
    prefer_wide_vectors,
)

single = np.float32
int32 = np.int32

NORMAL, UNIFORM, RADEMACHER, LAPLACE, EXPONENTIAL, WIKIPEDIA = range(6)
CONSTANT, BERNOULLI, TRIANGULAR, LOGISTIC, LOGNORMAL, SYMMETRIC_WEIBULL = range(6, 12)


@kernel
def _fill_words(values: Any, state: Any) -> None:
    """Fill a block with random words, each as the number that has the same 32 bits."""
    prefer_wide_vectors()
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    lanes = s0.size
    v0, v1 = values[:lanes], values[lanes : 2 * lanes]
    v2, v3 = values[2 * lanes : 3 * lanes], values[3 * lanes :]
    for j in range(lanes):
        # Four words for one load and store of the lane's state.
        a, b, c, d = s0[j], s1[j], s2[j], s3[j]
        first, a, b, c, d = xoshiro(a, b, c, d)
        second, a, b, c, d = xoshiro(a, b, c, d)
        third, a, b, c, d = xoshiro(a, b, c, d)
        fourth, a, b, c, d = xoshiro(a, b, c, d)
        v0[j], v1[j] = float_of(int32(first)), float_of(int32(second))
        v2[j], v3[j] = float_of(int32(third)), float_of(int32(fourth))
        s0[j], s1[j], s2[j], s3[j] = a, b, c, d


def _by_word(draw: Callable[..., Any]) -> Any:
    """Compile the loop of a law that makes a value of each word."""

    @kernel_for(draw)
    def transform(shape: Any, values: Any) -> None:
        prefer_wide_vectors()
        for j in range(values.size):
            values[j] = draw(uint32(bits_of(values[j])), shape)

    return transform


def _by_pair(draw_pair: Callable[..., Any]) -> Any:
    """Compile the loop of a law that makes two values of two words of a lane."""

    @kernel_for(draw_pair)
    def transform_pairs(shape: Any, values: Any) -> None:
        prefer_wide_vectors()
        lanes = values.size // 4
        for start in range(0, values.size, 2 * lanes):
            firsts = values[start : start + lanes]
            seconds = values[start + lanes : start + 2 * lanes]
            for j in range(lanes):
                first, second = uint32(bits_of(firsts[j])), uint32(bits_of(seconds[j]))
                firsts[j], seconds[j] = draw_pair(first, second, shape)

    return transform_pairs


_to_normal = _by_pair(draws.normal_pair)
_to_uniform = _by_word(draws.uniform)
_to_rademacher = _by_word(draws.rademacher)
_to_laplace = _by_word(draws.laplace)
_to_exponential = _by_word(draws.exponential)
_to_wikipedia = _by_word(draws.wikipedia)
_to_constant = _by_word(draws.constant)
_to_bernoulli = _by_word(draws.bernoulli)
_to_triangular = _by_word(draws.triangular)
_to_logistic = _by_word(draws.logistic)
_to_lognormal = _by_pair(draws.lognormal_pair)
_to_symmetric_weibull = _by_word(draws.symmetric_weibull)


@kernel
def _transform(law: Any, shape: Any, values: Any) -> None:
    """Turn words into draws of the standard form of a law."""
    if law == NORMAL:
        _to_normal(shape, values)
    elif law == UNIFORM:
        _to_uniform(shape, values)
    elif law == RADEMACHER:
        _to_rademacher(shape, values)
    elif law == LAPLACE:
        _to_laplace(shape, values)
    elif law == EXPONENTIAL:
        _to_exponential(shape, values)
    elif law == WIKIPEDIA:
        _to_wikipedia(shape, values)
    elif law == CONSTANT:
        _to_constant(shape, values)
    elif law == BERNOULLI:
        _to_bernoulli(shape, values)
    elif law == TRIANGULAR:
        _to_triangular(shape, values)
    elif law == LOGISTIC:
        _to_logistic(shape, values)
    elif law == LOGNORMAL:
        _to_lognormal(shape, values)
    else:
        _to_symmetric_weibull(shape, values)


@kernel
def _move(values: Any, location: Any, scale: Any) -> None:
    prefer_wide_vectors()
    for j in range(values.size):
        values[j] = fma(scale, values[j], location)


@kernel
def fill(law: Any, shape: Any, location: Any, scale: Any, values: Any, state: Any) -> None:
    """Fill a block with draws of a law.

    Parameters
    ----------
    law : int64
        Id of the law, as in the table of ``clt_sim._kernels.draws``.
    shape : float32
        The shape of its standard form; not used where the table says none.
    location, scale : float32
        What turns the standard form into the law.
    values : ndarray of float32, shape (4*lanes,)
        Overwritten.
    state : ndarray of uint32, shape (4, lanes)
        Advanced.
    """
    _fill_words(values, state)
    _transform(law, shape, values)
    if location != single(0.0) or scale != single(1.0):
        _move(values, location, scale)
