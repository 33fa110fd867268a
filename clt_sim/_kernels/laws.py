"""Draws of each law, a row or two at a time, in the law's own elementwise loop."""

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
    kernel_for,
    merged,
    named,
    over_rows,
    prefer_wide_vectors,
    source_digest,
)
from clt_sim._kernels.rows import BLOCK, LANES
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


class Fill(NamedTuple):
    """The compiled functions that fill a row with draws of a law, in one precision."""

    by_kernel: Any
    """Of a law with a kernel: of its id, SHAPE, LOCATION and SCALE, one row or two, the state."""
    by_table: Any
    """Of any law: of `by_kernel` and what `draw` takes after the first argument."""


@inlined
def tabulated(laws: Any, law: Any) -> Any:
    """Return whether draws of a law take its tables."""
    return laws.kinds[law] == TABLE or laws.spans[law, COLUMNS] > 0


@inlined
def draw(fill: Any, laws: Any, law: Any, values: Any, words: Any, choices: Any, state: Any) -> None:
    """Fill a row with draws of a law.

    Parameters
    ----------
    fill : Fill
        As the function of this name returns it.
    laws : Laws
        The laws of a model.
    law : int64
        Which of them.
    values : ndarray of float32 or float64, shape (block,)
        Overwritten. Two rows, end to end, are filled as one after the other would be, if the law
        is not `tabulated`.
    words : ndarray of float32, shape (block,)
        Overwritten, if there is something to choose.
    choices : ndarray of int32, shape (block,)
        Likewise.
    state : ndarray of uint32, shape (4*lanes,)
        Of the lanes; advanced.
    """
    # The tuple of all laws is copied for each call that takes it: a tenth of the time of a row.
    if tabulated(laws, law):
        fill.by_table(fill.by_kernel, laws, law, values, words, choices, state)
    else:
        numbers = laws.numbers[law]
        shape, location, scale = numbers[SHAPE], numbers[LOCATION], numbers[SCALE]
        fill.by_kernel(laws.kinds[law], shape, location, scale, values, state)


@inlined
def fill_words(values: Any, state: Any) -> None:
    """Fill rows with random words, each as the float32 that has the same 32 bits.

    Like all that fills rows it is inlined: a call passes every field of two arrays, which is 3 %
    of the time of a cheap law.
    """
    prefer_wide_vectors()
    for start in range(0, values.size, BLOCK):
        row = values[start : start + BLOCK]
        for j in range(LANES):
            # Four words for one load and store of the lane's state.
            a, b, c, d = state[j], state[j + LANES], state[j + 2 * LANES], state[j + 3 * LANES]
            first, a, b, c, d = xoshiro(a, b, c, d)
            second, a, b, c, d = xoshiro(a, b, c, d)
            third, a, b, c, d = xoshiro(a, b, c, d)
            fourth, a, b, c, d = xoshiro(a, b, c, d)
            row[j], row[j + LANES] = float_of(int32(first)), float_of(int32(second))
            row[j + 2 * LANES] = float_of(int32(third))
            row[j + 3 * LANES] = float_of(int32(fourth))
            state[j], state[j + LANES], state[j + 2 * LANES], state[j + 3 * LANES] = a, b, c, d


@inlined
def _fill_double_words(values: Any, state: Any) -> None:
    """Fill rows with pairs of words, each as the float64 that has the same 64 bits."""
    prefer_wide_vectors()
    for start in range(0, values.size, 2 * LANES):
        firsts, seconds = values[start : start + LANES], values[start + LANES :]
        for j in range(LANES):
            a, b, c, d = state[j], state[j + LANES], state[j + 2 * LANES], state[j + 3 * LANES]
            first, a, b, c, d = xoshiro(a, b, c, d)
            second, a, b, c, d = xoshiro(a, b, c, d)
            third, a, b, c, d = xoshiro(a, b, c, d)
            fourth, a, b, c, d = xoshiro(a, b, c, d)
            firsts[j] = double_of(uint64(uint64(first) << uint64(32)) | uint64(second))
            seconds[j] = double_of(uint64(uint64(third) << uint64(32)) | uint64(fourth))
            state[j], state[j + LANES], state[j + 2 * LANES], state[j + 3 * LANES] = a, b, c, d


def _by_word(draw: Callable[..., Any]) -> Any:
    """Compile the loop of a law that makes a value of each word."""

    @kernel_for(draw, over_rows)
    def transform(value: Any, shape: Any) -> Any:
        return draw(uint32(bits_of(value)), shape)

    return transform


def _by_pair(draw_pair: Callable[..., Any]) -> Any:
    """Compile the loop of a law that makes two values of two words of a lane."""

    def filler(rows: int) -> Any:
        @named(f"{rows}", kernel_for(draw_pair, inlined))
        def fill_pairs(shape: Any, values: Any, state: Any) -> None:
            prefer_wide_vectors()
            for j in range(LANES):
                a, b, c, d = state[j], state[j + LANES], state[j + 2 * LANES], state[j + 3 * LANES]
                for row in range(rows):  # a constant, so that this is no loop
                    k = j + row * BLOCK
                    first, a, b, c, d = xoshiro(a, b, c, d)
                    second, a, b, c, d = xoshiro(a, b, c, d)
                    values[k], values[k + LANES] = draw_pair(first, second, shape)
                    third, a, b, c, d = xoshiro(a, b, c, d)
                    fourth, a, b, c, d = xoshiro(a, b, c, d)
                    values[k + 2 * LANES], values[k + 3 * LANES] = draw_pair(third, fourth, shape)
                state[j], state[j + LANES], state[j + 2 * LANES], state[j + 3 * LANES] = a, b, c, d

        return fill_pairs

    fill_row, fill_two_rows = filler(1), filler(2)

    @kernel_for(draw_pair, merged)
    def fill_rows(shape: Any, values: Any, state: Any) -> None:
        # Two rows take one load and store of the state, and one call.
        if values.size == BLOCK:
            fill_row(shape, values, state)
        else:
            fill_two_rows(shape, values, state)

    return fill_rows


def _by_double_word(draw: Callable[..., Any]) -> Any:
    """Compile the loop of a law that makes a value of two words."""

    @kernel_for(draw, over_rows)
    def transform(value: Any, shape: Any) -> Any:
        bits = bits_of_double(value)
        return draw(uint32(bits >> uint64(32)), uint32(bits), shape)

    return transform


def _by_double_pair(draw_pair: Callable[..., Any]) -> Any:
    """Compile the loop of a law that makes two values of four words of a lane."""

    @kernel_for(draw_pair, inlined)
    def fill_pairs(shape: Any, values: Any, state: Any) -> None:
        prefer_wide_vectors()
        for start in range(0, values.size, 2 * LANES):
            pairs = values[start : start + 2 * LANES]
            for j in range(LANES):
                a, b, c, d = state[j], state[j + LANES], state[j + 2 * LANES], state[j + 3 * LANES]
                first, a, b, c, d = xoshiro(a, b, c, d)
                second, a, b, c, d = xoshiro(a, b, c, d)
                third, a, b, c, d = xoshiro(a, b, c, d)
                fourth, a, b, c, d = xoshiro(a, b, c, d)
                pairs[j], pairs[j + LANES] = draw_pair(first, second, third, fourth, shape)
                state[j], state[j + LANES], state[j + 2 * LANES], state[j + 3 * LANES] = a, b, c, d

    return fill_pairs


@over_rows
def move(value: Any, location: Any, scale: Any) -> Any:
    """Multiply by a scale and add a location."""
    return fma(scale, value, location)


@merged
def _place(values: Any, location: Any, scale: Any) -> None:
    """Turn draws of the standard form into those of the law."""
    if location != 0.0 or scale != 1.0:
        move(values, location, scale)


def _filler(name: str, source: Any, fill_values: Any, by_word: Any, by_pair: Any) -> Any:
    """Compile what fills a row with draws of any law that has a kernel."""
    fill_normals, fill_lognormals = by_pair(source.normal_pair), by_pair(source.lognormal_pair)
    to_uniform = by_word(source.uniform)
    to_rademacher = by_word(source.rademacher)
    to_laplace = by_word(source.laplace)
    to_exponential = by_word(source.exponential)
    to_wikipedia = by_word(source.wikipedia)
    to_constant = by_word(source.constant)
    to_bernoulli = by_word(source.bernoulli)
    to_triangular = by_word(source.triangular)
    to_logistic = by_word(source.logistic)
    to_symmetric_weibull = by_word(source.symmetric_weibull)

    @named(name, merged)
    def fill_standard(law: Any, shape: Any, values: Any, state: Any) -> None:
        """Fill a row with draws of the standard form."""
        prefer_wide_vectors()
        if law == NORMAL:
            fill_normals(shape, values, state)
            return
        if law == LOGNORMAL:
            fill_lognormals(shape, values, state)
            return
        fill_values(values, state)
        if law == UNIFORM:
            to_uniform(values, shape)
        elif law == RADEMACHER:
            to_rademacher(values, shape)
        elif law == LAPLACE:
            to_laplace(values, shape)
        elif law == EXPONENTIAL:
            to_exponential(values, shape)
        elif law == WIKIPEDIA:
            to_wikipedia(values, shape)
        elif law == CONSTANT:
            to_constant(values, shape)
        elif law == BERNOULLI:
            to_bernoulli(values, shape)
        elif law == TRIANGULAR:
            to_triangular(values, shape)
        elif law == LOGISTIC:
            to_logistic(values, shape)
        else:
            to_symmetric_weibull(values, shape)

    return fill_standard


def _table_filler(name: str, fill_values: Any, table: tables.Table) -> Any:
    """Compile what fills a row with draws of any law, in one precision."""
    look_up, cells = table.look_up, table.cells

    @named(name, merged)
    def fill_by_table(
        by_kernel: Any, laws: Any, law: Any, values: Any, words: Any, choices: Any, state: Any
    ) -> None:
        columns, atoms = laws.spans[law, COLUMNS], laws.spans[law, ATOMS]
        if columns:
            fill_words(words, state)
            first = laws.spans[law, FIRST_COLUMN]
            tables.choose(
                words,
                laws.thresholds[first : first + columns],
                laws.partners[first : first + columns],
                choices,
            )
        else:
            clear(choices)
        pieces, kind = laws.spans[law, PIECES], laws.kinds[law]
        numbers = laws.numbers[law]
        location, scale = numbers[LOCATION], numbers[SCALE]
        if kind != TABLE:
            by_kernel(kind, numbers[SHAPE], location, scale, values, state)
        elif pieces:
            fill_values(values, state)
            cell = laws.spans[law, FIRST_CELL]
            look_up(laws.cells[cell : cell + pieces * cells], choices, values)
            _place(values, location, scale)
        if atoms:
            first = laws.spans[law, FIRST_ATOM]
            tables.place_atoms(pieces, laws.atoms[first : first + atoms], choices, values)

    return fill_by_table


_fill_single = _filler("single", draws, fill_words, _by_word, _by_pair)
_fill_double = _filler("double", draws_double, _fill_double_words, _by_double_word, _by_double_pair)
_fill_single_by_table = _table_filler("single", fill_words, tables.SINGLE)
_fill_double_by_table = _table_filler("double", _fill_double_words, tables.DOUBLE)


def _signature(real: Any) -> Any:
    row, state = types.Array(real, 1, "C"), types.Array(types.uint32, 1, "C")
    return types.int64(types.int64, real, real, real, row, state)


def _table_signature(real: Any) -> Any:
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
    by_kernel = types.FunctionType(_signature(real))
    words, state = types.Array(types.float32, 1, "C"), types.Array(types.uint32, 1, "C")
    return types.int64(by_kernel, laws, types.int64, row, words, integers, state)


def _compiled_single(digest: int) -> Any:
    def fill(law: Any, shape: Any, location: Any, scale: Any, values: Any, state: Any) -> int:
        _fill_single(law, shape, values, state)
        _place(values, location, scale)
        return digest

    return first_class(_signature(types.float32), cache=True)(fill)


def _compiled_double(digest: int) -> Any:
    def fill(law: Any, shape: Any, location: Any, scale: Any, values: Any, state: Any) -> int:
        _fill_double(law, shape, values, state)
        _place(values, location, scale)
        return digest

    return first_class(_signature(types.float64), cache=True)(fill)


def _compiled_single_by_table(digest: int) -> Any:
    def fill(
        by_kernel: Any, laws: Any, law: Any, values: Any, words: Any, choices: Any, state: Any
    ) -> int:
        _fill_single_by_table(by_kernel, laws, law, values, words, choices, state)
        return digest

    return first_class(_table_signature(types.float32), cache=True)(fill)


def _compiled_double_by_table(digest: int) -> Any:
    def fill(
        by_kernel: Any, laws: Any, law: Any, values: Any, words: Any, choices: Any, state: Any
    ) -> int:
        _fill_double_by_table(by_kernel, laws, law, values, words, choices, state)
        return digest

    return first_class(_table_signature(types.float64), cache=True)(fill)


@functools.cache
def fill(real: Any = np.float32) -> Fill:
    """Return the compiled functions that fill a row with draws of a law, for `draw`."""
    digest = source_digest()
    if real is np.float64:
        return Fill(_compiled_double(digest), _compiled_double_by_table(digest))
    return Fill(_compiled_single(digest), _compiled_single_by_table(digest))
