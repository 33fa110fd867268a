"""Four draws of a law, one for each replicate of a lane."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import uint64

from clt_sim._cuda.lanes import eight_words, four_words
from clt_sim._kernels import draws, draws_double, laws, tables
from clt_sim._kernels.compilation import fma, inlined
from clt_sim._kernels.laws import (
    ATOMS,
    COLUMNS,
    FIRST_ATOM,
    FIRST_CELL,
    FIRST_COLUMN,
    LOCATION,
    PIECES,
    SCALE,
    SHAPE,
    TABLE,
)

int32 = np.int32
CELLS = tables.CELLS
NO_CHOICES = (int32(0), int32(0), int32(0), int32(0))
_NO_SINGLES = (np.float32(0), np.float32(0), np.float32(0), np.float32(0))
_NO_DOUBLES = (0.0, 0.0, 0.0, 0.0)

BY_WORD: dict[int, Callable[..., Any]] = {
    laws.UNIFORM: draws.uniform,
    laws.RADEMACHER: draws.rademacher,
    laws.LAPLACE: draws.laplace,
    laws.EXPONENTIAL: draws.exponential,
    laws.WIKIPEDIA: draws.wikipedia,
    laws.CONSTANT: draws.constant,
    laws.BERNOULLI: draws.bernoulli,
    laws.TRIANGULAR: draws.triangular,
    laws.LOGISTIC: draws.logistic,
    laws.SYMMETRIC_WEIBULL: draws.symmetric_weibull,
}
"""Laws that make a value of each word."""
BY_PAIR: dict[int, Callable[..., Any]] = {
    laws.NORMAL: draws.normal_pair,
    laws.LOGNORMAL: draws.lognormal_pair,
}
"""Laws that make two values of two words."""

chosen = tables.chosen
smooth_draw, smooth_draw_double = tables.smooth_draw, tables.smooth_draw_double


def no_draws(double: bool) -> Any:
    """Return four zeros, in single or in double precision."""
    return _NO_DOUBLES if double else _NO_SINGLES


class Source(NamedTuple):
    """What decides which functions draw a law; its numbers are in `Laws`."""

    kind: int
    has_choice: bool
    """Whether a word chooses among pieces and atoms."""
    has_pieces: bool
    has_atoms: bool
    double: bool
    """Whether it is drawn in double precision."""


def source_of(program: laws.Laws, law: int) -> Source:
    """Return the source of one of the laws of a model, which are on the processor."""
    columns, pieces, atoms = program.spans[law, [COLUMNS, PIECES, ATOMS]].tolist()
    double = program.numbers.dtype == np.float64
    return Source(int(program.kinds[law]), columns > 0, pieces > 0, atoms > 0, double)


@functools.cache
def drawer(source: Source) -> Any:
    """Return the function that draws a law.

    It takes the `Laws`, the place of the law in them and the state of a lane, and returns four
    draws and the new state, as ``clt_sim._kernels.laws.fill`` has them.
    """
    choose, draw_smooth, place = _chooser(source), _smooth_drawer(source), _placer(source)

    @inlined
    def draw(laws: Any, law: Any, state: Any) -> Any:
        choices, state = choose(laws, law, state)
        values, state = draw_smooth(laws, law, choices, state)
        return place(laws, law, choices, values), state

    return draw


def _chooser(source: Source) -> Any:
    if not source.has_choice:

        @inlined
        def choose_nothing(laws: Any, law: Any, state: Any) -> Any:
            return NO_CHOICES, state

        return choose_nothing

    @inlined
    def choose(laws: Any, law: Any, state: Any) -> Any:
        words, state = four_words(state)
        first, columns = laws.spans[law, FIRST_COLUMN], laws.spans[law, COLUMNS]
        own = laws.thresholds[first : first + columns]
        others = laws.partners[first : first + columns]
        choices = (
            chosen(words[0], own, others),
            chosen(words[1], own, others),
            chosen(words[2], own, others),
            chosen(words[3], own, others),
        )
        return choices, state

    return choose


def _smooth_drawer(source: Source) -> Any:
    if not source.has_pieces:
        nothing = no_draws(source.double)

        @inlined
        def draw_nothing(laws: Any, law: Any, choices: Any, state: Any) -> Any:
            return nothing, state

        return draw_nothing

    deal = eight_words if source.double else four_words
    transform = _transform(source)

    @inlined
    def draw(laws: Any, law: Any, choices: Any, state: Any) -> Any:
        words, state = deal(state)
        values = transform(laws, law, choices, words)
        location, scale = laws.numbers[law, LOCATION], laws.numbers[law, SCALE]
        if location != 0.0 or scale != 1.0:
            values = _moved(values, location, scale)
        return values, state

    return draw


def _transform(source: Source) -> Any:
    """Return what makes four values of words, two for each in double precision."""
    if source.kind == TABLE:
        return _look_up_double if source.double else _look_up
    return _standard_double(source.kind) if source.double else _standard(source.kind)


@inlined
def _look_up(laws: Any, law: Any, choices: Any, words: Any) -> Any:
    first, pieces = laws.spans[law, FIRST_CELL], laws.spans[law, PIECES]
    cells = laws.cells[first : first + pieces * CELLS]
    return (
        smooth_draw(cells, choices[0], words[0]),
        smooth_draw(cells, choices[1], words[1]),
        smooth_draw(cells, choices[2], words[2]),
        smooth_draw(cells, choices[3], words[3]),
    )


@inlined
def _look_up_double(laws: Any, law: Any, choices: Any, words: Any) -> Any:
    first, pieces = laws.spans[law, FIRST_CELL], laws.spans[law, PIECES]
    cells = laws.cells[first : first + pieces * CELLS]
    return (
        smooth_draw_double(cells, choices[0], _joined(words[0], words[1])),
        smooth_draw_double(cells, choices[1], _joined(words[2], words[3])),
        smooth_draw_double(cells, choices[2], _joined(words[4], words[5])),
        smooth_draw_double(cells, choices[3], _joined(words[6], words[7])),
    )


@inlined
def _joined(high: Any, low: Any) -> Any:
    return uint64(uint64(uint64(high) << uint64(32)) | uint64(low))


@inlined
def _moved(values: Any, location: Any, scale: Any) -> Any:
    return (
        fma(scale, values[0], location),
        fma(scale, values[1], location),
        fma(scale, values[2], location),
        fma(scale, values[3], location),
    )


def _standard(kind: int) -> Any:
    """Return what makes four values of the standard form of a law."""
    if kind in BY_PAIR:
        draw_pair = BY_PAIR[kind]

        @inlined
        def transform_pairs(laws: Any, law: Any, choices: Any, words: Any) -> Any:
            shape = laws.numbers[law, SHAPE]
            first, second = draw_pair(words[0], words[1], shape)
            third, fourth = draw_pair(words[2], words[3], shape)
            return first, second, third, fourth

        return transform_pairs

    draw = BY_WORD[kind]

    @inlined
    def transform(laws: Any, law: Any, choices: Any, words: Any) -> Any:
        shape = laws.numbers[law, SHAPE]
        return (
            draw(words[0], shape),
            draw(words[1], shape),
            draw(words[2], shape),
            draw(words[3], shape),
        )

    return transform


def _standard_double(kind: int) -> Any:
    """Return the same in double precision."""
    if kind in BY_PAIR:
        draw_pair = vars(draws_double)[BY_PAIR[kind].__name__]

        @inlined
        def transform_double_pairs(laws: Any, law: Any, choices: Any, words: Any) -> Any:
            shape = laws.numbers[law, SHAPE]
            first, second = draw_pair(words[0], words[1], words[2], words[3], shape)
            third, fourth = draw_pair(words[4], words[5], words[6], words[7], shape)
            return first, second, third, fourth

        return transform_double_pairs

    draw = vars(draws_double)[BY_WORD[kind].__name__]

    @inlined
    def transform_double(laws: Any, law: Any, choices: Any, words: Any) -> Any:
        shape = laws.numbers[law, SHAPE]
        return (
            draw(words[0], words[1], shape),
            draw(words[2], words[3], shape),
            draw(words[4], words[5], shape),
            draw(words[6], words[7], shape),
        )

    return transform_double


def _placer(source: Source) -> Any:
    if not source.has_atoms:

        @inlined
        def place_nothing(laws: Any, law: Any, choices: Any, values: Any) -> Any:
            return values

        return place_nothing

    @inlined
    def place(laws: Any, law: Any, choices: Any, values: Any) -> Any:
        return (
            _atom_or(laws, law, choices[0], values[0]),
            _atom_or(laws, law, choices[1], values[1]),
            _atom_or(laws, law, choices[2], values[2]),
            _atom_or(laws, law, choices[3], values[3]),
        )

    return place


@inlined
def _atom_or(laws: Any, law: Any, choice: Any, value: Any) -> Any:
    """Return the atom that was chosen, or the value if it is a piece."""
    atom = int32(choice - int32(laws.spans[law, PIECES]))
    at = laws.atoms[laws.spans[law, FIRST_ATOM] + (atom if atom > 0 else 0)]
    return value if atom < 0 else at
