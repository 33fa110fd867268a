"""Draws of each law, a block at a time: words first, then the law's own elementwise loop."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import types, uint32, uint64

from clt_sim._kernels import draws, draws_double, tables
from clt_sim._kernels.bits import xoshiro
from clt_sim._kernels.compilation import (
    bits_of,
    bits_of_double,
    double_of,
    first_class,
    float_of,
    fma,
    inlined,
    kernel,
    kernel_for,
    named,
    prefer_wide_vectors,
    source_digest,
)
from clt_sim._kernels.statistics import clear

int32 = np.int32

NORMAL, UNIFORM, RADEMACHER, LAPLACE, EXPONENTIAL, WIKIPEDIA = range(6)
CONSTANT, BERNOULLI, TRIANGULAR, LOGISTIC, LOGNORMAL, SYMMETRIC_WEIBULL = range(6, 12)
TABLE = 12

SHAPE, LOCATION, SCALE = range(3)
FIRST_CELL, PIECES, FIRST_COLUMN, COLUMNS, FIRST_ATOM, ATOMS = range(6)


class Laws(NamedTuple):
    """The laws of a model, one for each stream, with their tables end to end.

    Real numbers are float32 or float64, as the draws are.
    """

    kinds: Any
    """Int64, (streams,): ids as in the table of ``clt_sim._kernels.draws``."""
    numbers: Any
    """Real, (streams, 3): SHAPE of the standard form, LOCATION and SCALE of the law."""
    spans: Any
    """Int64, (streams, 6): first and number of its cells' pieces, columns and atoms."""
    cells: Any
    """Real, (pieces*cells, coefficients): quantile functions (``clt_sim._kernels.tables``)."""
    thresholds: Any
    """Uint32, (columns,)."""
    partners: Any
    """Int32, (columns,)."""
    atoms: Any
    """Real, (atoms,)."""


@kernel
def fill_words(values: Any, state: Any) -> None:
    """Fill a block with random words, each as the float32 that has the same 32 bits."""
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


@kernel
def _fill_double_words(values: Any, state: Any) -> None:
    """Fill a block with pairs of words, each as the float64 that has the same 64 bits."""
    prefer_wide_vectors()
    s0, s1, s2, s3 = state[0], state[1], state[2], state[3]
    lanes = s0.size
    for start in range(0, values.size, 2 * lanes):
        firsts = values[start : start + lanes]
        seconds = values[start + lanes : start + 2 * lanes]
        for j in range(lanes):
            a, b, c, d = s0[j], s1[j], s2[j], s3[j]
            first, a, b, c, d = xoshiro(a, b, c, d)
            second, a, b, c, d = xoshiro(a, b, c, d)
            third, a, b, c, d = xoshiro(a, b, c, d)
            fourth, a, b, c, d = xoshiro(a, b, c, d)
            firsts[j] = double_of(uint64(uint64(first) << uint64(32)) | uint64(second))
            seconds[j] = double_of(uint64(uint64(third) << uint64(32)) | uint64(fourth))
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


def _by_double_word(draw: Callable[..., Any]) -> Any:
    """Compile the loop of a law that makes a value of two words."""

    @kernel_for(draw)
    def transform(shape: Any, values: Any) -> None:
        prefer_wide_vectors()
        for j in range(values.size):
            bits = bits_of_double(values[j])
            values[j] = draw(uint32(bits >> uint64(32)), uint32(bits), shape)

    return transform


def _by_double_pair(draw_pair: Callable[..., Any]) -> Any:
    """Compile the loop of a law that makes two values of four words of a lane."""

    @kernel_for(draw_pair)
    def transform_pairs(shape: Any, values: Any) -> None:
        prefer_wide_vectors()
        lanes = values.size // 4
        for start in range(0, values.size, 2 * lanes):
            firsts = values[start : start + lanes]
            seconds = values[start + lanes : start + 2 * lanes]
            for j in range(lanes):
                first, second = bits_of_double(firsts[j]), bits_of_double(seconds[j])
                firsts[j], seconds[j] = draw_pair(
                    uint32(first >> uint64(32)),
                    uint32(first),
                    uint32(second >> uint64(32)),
                    uint32(second),
                    shape,
                )

    return transform_pairs


def _transformer(name: str, source: Any, by_word: Any, by_pair: Any) -> Any:
    """Compile what turns words into draws of the standard form of any law."""
    to_normal = by_pair(source.normal_pair)
    to_uniform = by_word(source.uniform)
    to_rademacher = by_word(source.rademacher)
    to_laplace = by_word(source.laplace)
    to_exponential = by_word(source.exponential)
    to_wikipedia = by_word(source.wikipedia)
    to_constant = by_word(source.constant)
    to_bernoulli = by_word(source.bernoulli)
    to_triangular = by_word(source.triangular)
    to_logistic = by_word(source.logistic)
    to_lognormal = by_pair(source.lognormal_pair)
    to_symmetric_weibull = by_word(source.symmetric_weibull)

    @named(name, inlined)
    def transform(law: Any, shape: Any, values: Any) -> None:
        if law == NORMAL:
            to_normal(shape, values)
        elif law == UNIFORM:
            to_uniform(shape, values)
        elif law == RADEMACHER:
            to_rademacher(shape, values)
        elif law == LAPLACE:
            to_laplace(shape, values)
        elif law == EXPONENTIAL:
            to_exponential(shape, values)
        elif law == WIKIPEDIA:
            to_wikipedia(shape, values)
        elif law == CONSTANT:
            to_constant(shape, values)
        elif law == BERNOULLI:
            to_bernoulli(shape, values)
        elif law == TRIANGULAR:
            to_triangular(shape, values)
        elif law == LOGISTIC:
            to_logistic(shape, values)
        elif law == LOGNORMAL:
            to_lognormal(shape, values)
        else:
            to_symmetric_weibull(shape, values)

    return transform


@kernel
def move(values: Any, location: Any, scale: Any) -> None:
    """Multiply a row by a scale and add a location."""
    prefer_wide_vectors()
    for j in range(values.size):
        values[j] = fma(scale, values[j], location)


def _filler(name: str, fill_values: Any, transform: Any, table: tables.Table) -> Any:
    """Compile what fills a block with draws of any law, in one precision."""
    look_up, cells = table.look_up, table.cells

    @named(name, inlined)
    def fill(laws: Any, stream: Any, values: Any, words: Any, choices: Any, state: Any) -> None:
        columns, atoms = laws.spans[stream, COLUMNS], laws.spans[stream, ATOMS]
        if columns:
            fill_words(words, state)
            first = laws.spans[stream, FIRST_COLUMN]
            tables.choose(
                words,
                laws.thresholds[first : first + columns],
                laws.partners[first : first + columns],
                choices,
            )
        elif laws.kinds[stream] == TABLE:
            clear(choices)
        pieces = laws.spans[stream, PIECES]
        if pieces:
            fill_values(values, state)
            if laws.kinds[stream] == TABLE:
                cell = laws.spans[stream, FIRST_CELL]
                look_up(laws.cells[cell : cell + pieces * cells], choices, values)
            else:
                transform(laws.kinds[stream], laws.numbers[stream, SHAPE], values)
            location, scale = laws.numbers[stream, LOCATION], laws.numbers[stream, SCALE]
            if location != 0.0 or scale != 1.0:
                move(values, location, scale)
        if atoms:
            first = laws.spans[stream, FIRST_ATOM]
            tables.place_atoms(pieces, laws.atoms[first : first + atoms], choices, values)

    return fill


_fill_single = _filler(
    "single",
    fill_words,
    _transformer("single", draws, _by_word, _by_pair),
    tables.SINGLE,
)
_fill_double = _filler(
    "double",
    _fill_double_words,
    _transformer("double", draws_double, _by_double_word, _by_double_pair),
    tables.DOUBLE,
)


def _signature(real: Any) -> Any:
    row, matrix = types.Array(real, 1, "C"), types.Array(real, 2, "C")
    integers = types.Array(types.int32, 1, "C")
    laws = types.NamedTuple(  # type: ignore[no-untyped-call]
        (
            types.Array(types.int64, 1, "C"),
            matrix,
            types.Array(types.int64, 2, "C"),
            matrix,
            types.Array(types.uint32, 1, "C"),
            integers,
            row,
        ),
        Laws,
    )
    words, state = types.Array(types.float32, 1, "C"), types.Array(types.uint32, 2, "C")
    return types.int64(laws, types.int64, row, words, integers, state)


def _compiled_single(digest: int) -> Any:
    def fill(laws: Any, stream: Any, values: Any, words: Any, choices: Any, state: Any) -> int:
        _fill_single(laws, stream, values, words, choices, state)
        return digest

    return first_class(_signature(types.float32), cache=True)(fill)


def _compiled_double(digest: int) -> Any:
    def fill(laws: Any, stream: Any, values: Any, words: Any, choices: Any, state: Any) -> int:
        _fill_double(laws, stream, values, words, choices, state)
        return digest

    return first_class(_signature(types.float64), cache=True)(fill)


@functools.cache
def fill(real: Any = np.float32) -> Any:
    """Return the compiled function that fills a block with draws of a law, for `sample_chunks`.

    Its arguments are, in order: the `Laws`; which of them (int64); the values, a row of `real`
    that is overwritten; words, a row of float32, and choices, a row of int32, that are
    overwritten too; and the state of the lanes that is advanced, of uint32 and shape
    ``(4, lanes)``.
    """
    compiled = _compiled_double if real is np.float64 else _compiled_single
    return compiled(source_digest())
