"""One block of replicates of a weighted sum."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import uint32, uint64

from clt_sim._kernels.bits import seed_lanes
from clt_sim._kernels.compilation import (
    bits_of,
    fma,
    inlined,
    kernel,
    over_rows,
    prefer_wide_vectors,
)
from clt_sim._kernels.laws import draw, fill_words, move, tabulated
from clt_sim._kernels.rows import BLOCK, LANES, aligned
from clt_sim._kernels.statistics import clear
from clt_sim._kernels.sums import fold, settle

int32 = np.int32

FOLD = 32
"""Terms that are summed in the precision of the draws before they go into the total, a double."""

# Literal numbers would have a kernel compiled once for each of them.
WEIGHTS, INPUTS, BIAS, COMMON, MASKS = map(np.int64, range(5))
"""The streams of random words; the first four are of the law with the same place in `Laws`."""
STREAMS = 5

INDEPENDENT, EQUICORRELATED, AUTOREGRESSIVE, RANDOM_SCALE, DATA_ROWS = range(5)
"""How the inputs of one sum depend on each other."""


class SumParameters(NamedTuple):
    """What the kernels need to know of a weighted sum, besides its laws.

    Real numbers are float32 or float64, as the draws are.
    """

    nonlinearity: int
    parameter: np.floating[Any]
    fixed_weights: Any
    """Real, (n,); empty where weights have a law."""
    random_bias: bool
    dropout: bool
    keep_below: np.uint32
    """A term is kept where its random word is below this."""
    keep_factor: np.floating[Any]
    """What kept terms are multiplied by."""
    dependence: int
    fresh: np.floating[Any]
    """Factor of the fresh draw in a correlated input."""
    shared: np.floating[Any]
    """Factor of what it shares: the common draw, or the input before it."""
    centre: np.floating[Any]
    """What is added to both, so that the mean stays."""
    data: Any
    """Real, (n, rows): the inputs to choose from; empty unless dependence is DATA_ROWS."""


class Workspace(NamedTuple):
    """The rows of a block, written anew for each one."""

    states: Any
    weights: Any
    """Of two terms; a term by itself takes the first row."""
    inputs: Any
    common: Any
    words: Any
    choices: Any
    data_rows: Any
    sums: Any
    totals: Any
    prefix_sums: Any


def workspace(real: type[np.floating[Any]] = np.float32) -> Workspace:
    """Allocate the rows of a block for draws of this type."""
    return Workspace(
        states=aligned((STREAMS, 4 * LANES), np.uint32),
        weights=aligned(2 * BLOCK, real),
        inputs=aligned(2 * BLOCK, real),
        common=aligned(BLOCK, real),
        words=aligned(BLOCK, np.float32),
        choices=aligned(BLOCK, np.int32),
        data_rows=aligned(BLOCK, np.int32),
        sums=aligned(BLOCK, real),
        totals=aligned(BLOCK, np.float64),
        prefix_sums=aligned(BLOCK, np.float64),
    )


@kernel
def start_block(
    seed_low: Any, seed_high: Any, block: Any, fill: Any, laws: Any, model: Any, rows: Any
) -> None:
    """Key the lanes of one block, and draw what all its terms share.

    Parameters
    ----------
    seed_low, seed_high : uint32
        The seed.
    block : int64
        Index of the block, which with the seed decides every draw in it.
    fill : Fill
        As ``clt_sim._kernels.laws.fill`` returns it.
    laws : Laws
        The laws of the streams.
    model : SumParameters
        The sum.
    rows : Workspace
        Overwritten: the sums are those of no terms, and `words` hold a random word for each
        replicate, which decides whether it is kept as a sample.
    """
    clear(rows.totals)
    clear(rows.sums)
    for stream in range(STREAMS):
        used = (
            stream == INPUTS
            or (stream == WEIGHTS and not model.fixed_weights.size)
            or (stream == BIAS and model.random_bias)
            or (stream == COMMON and model.dependence not in (INDEPENDENT, AUTOREGRESSIVE))
            or (stream == MASKS and model.dropout)
        )
        if used:
            seed_lanes(rows.states[stream], seed_low, seed_high, uint32(stream), block)
    words, choices, states, dependence = rows.words, rows.choices, rows.states, model.dependence
    if model.random_bias:
        biases = rows.inputs[:BLOCK]
        draw(fill, laws, BIAS, biases, words, choices, states[BIAS])
        _add_bias(rows.totals, biases)
    if dependence in (EQUICORRELATED, RANDOM_SCALE):
        law = INPUTS if dependence == EQUICORRELATED else COMMON
        draw(fill, laws, law, rows.common, words, choices, states[COMMON])
        if dependence == EQUICORRELATED:
            move(rows.common, model.centre, model.shared)
    elif dependence == DATA_ROWS:
        fill_words(words, states[COMMON])
        choose_rows(rows.data_rows, words, model.data.shape[1])
    fill_words(words, states[INPUTS])


@over_rows
def _add_bias(total: Any, bias: Any) -> Any:
    return total + bias


@over_rows
def constant_row(value: Any, number: Any) -> Any:
    """Return the number."""
    return number


@over_rows
def _mask(weight: Any, word: Any, keep_below: Any, keep_factor: Any) -> Any:
    """Set weights to 0 at random, and enlarge the others."""
    kept = weight * keep_factor
    return kept if uint32(bits_of(word)) < keep_below else np.float32(0)


@over_rows
def _add_shared(value: Any, common: Any, fresh: Any) -> Any:
    return fma(fresh, value, common)


@kernel
def _continue(inputs: Any, before: Any, fresh: Any, shared: Any, centre: Any) -> None:
    """Turn fresh draws into inputs that go on from those before, and keep these."""
    prefer_wide_vectors()
    for j in range(inputs.size):
        inputs[j] = fma(fresh, inputs[j], fma(shared, before[j], centre))
        before[j] = inputs[j]


@over_rows
def _copy(copied: Any, value: Any) -> Any:
    return value


@over_rows
def _multiply(value: Any, common: Any) -> Any:
    return value * common


@over_rows
def choose_rows(chosen: Any, word: Any, rows: Any) -> Any:
    """Choose one of the rows of data, of which there are `rows`, with a word."""
    product = uint64(uint64(uint32(bits_of(word))) * uint64(rows))
    return int32(product >> uint64(32))


@kernel
def take(column: Any, chosen: Any, inputs: Any) -> None:
    """Take the inputs from the chosen rows of a column of data."""
    prefer_wide_vectors()
    for j in range(inputs.size):
        inputs[j] = column[chosen[j]]


@inlined
def _add_two_terms(fill: Any, add_term: Any, laws: Any, model: Any, rows: Any) -> None:
    """Add two terms whose inputs and weights are drawn by kernels, each by itself."""
    words, choices, states = rows.words, rows.choices, rows.states
    draw(fill, laws, WEIGHTS, rows.weights, words, choices, states[WEIGHTS])
    draw(fill, laws, INPUTS, rows.inputs, words, choices, states[INPUTS])
    phi, parameter = model.nonlinearity, model.parameter
    add_term(phi, parameter, rows.sums, rows.weights[:BLOCK], rows.inputs[:BLOCK])
    add_term(phi, parameter, rows.sums, rows.weights[BLOCK:], rows.inputs[BLOCK:])


@inlined
def _add_one_term(term: Any, fill: Any, add_term: Any, laws: Any, model: Any, rows: Any) -> None:
    words, choices, states, dependence = rows.words, rows.choices, rows.states, model.dependence
    weights, inputs = rows.weights[:BLOCK], rows.inputs[:BLOCK]
    if model.fixed_weights.size:
        constant_row(weights, model.fixed_weights[term])
    else:
        draw(fill, laws, WEIGHTS, weights, words, choices, states[WEIGHTS])
    if model.dropout:
        fill_words(words, states[MASKS])
        _mask(weights, words, model.keep_below, model.keep_factor)
    if dependence == DATA_ROWS:
        take(model.data[term], rows.data_rows, inputs)
    else:
        draw(fill, laws, INPUTS, inputs, words, choices, states[INPUTS])
    if dependence == EQUICORRELATED:
        _add_shared(inputs, rows.common, model.fresh)
    elif dependence == RANDOM_SCALE:
        _multiply(inputs, rows.common)
    elif dependence == AUTOREGRESSIVE:
        if term:
            _continue(inputs, rows.common, model.fresh, model.shared, model.centre)
        else:
            _copy(rows.common, inputs)
    add_term(model.nonlinearity, model.parameter, rows.sums, weights, inputs)


@kernel
def add_terms(
    first: Any, last: Any, fill: Any, add_term: Any, laws: Any, model: Any, rows: Any
) -> None:
    """Add the terms ``first <= i < last``, and put the sums of all terms so far in prefix_sums.

    Parameters
    ----------
    first, last : int64
        Which terms; all before `first` have been added.
    fill, add_term : Fill, function
        As ``clt_sim._kernels.laws.fill`` and ``clt_sim._kernels.sums.add_term`` return them.
    laws : Laws
        The laws of the streams.
    model : SumParameters
        The sum.
    rows : Workspace
        Continued.
    """
    by_twos = model.dependence == INDEPENDENT and not (
        model.fixed_weights.size
        or model.dropout
        or tabulated(laws, WEIGHTS)
        or tabulated(laws, INPUTS)
    )
    term = first
    while term < last:
        # From an even term on, so that sums are folded after the same terms.
        if by_twos and term % 2 == 0 and term + 1 < last:
            _add_two_terms(fill, add_term, laws, model, rows)
            term += 2
        else:
            _add_one_term(term, fill, add_term, laws, model, rows)
            term += 1
        if term % FOLD == 0:
            fold(rows.totals, rows.sums)
    # Totals and sums stay as they are, so that a prefix leaves no trace in what follows.
    settle(rows.prefix_sums, rows.totals, rows.sums)
