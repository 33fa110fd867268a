"""The kernel that draws sums: a thread for each lane of each block."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from clt_sim._cuda.compilation import cuda, device, kernel
from clt_sim._cuda.draws import drawer, no_draws
from clt_sim._cuda.lanes import four_words, keyed
from clt_sim._cuda.terms import (
    SumKind,
    common_drawer,
    input_drawer,
    term_adder,
    weight_drawer,
)
from clt_sim._kernels.blocks import BIAS, COMMON, FOLD, INPUTS, MASKS, WEIGHTS
from clt_sim._kernels.compilation import inlined
from clt_sim._kernels.rows import BLOCK, LANES

NO_TOTALS = (0.0, 0.0, 0.0, 0.0)


class Lane(NamedTuple):
    """What a thread goes on with from one term to the next."""

    weights: Any
    """The state of the random words of weights; of inputs; of masks."""
    inputs: Any
    masks: Any
    common: Any
    """What all inputs of a sum share, or the inputs before."""
    sums: Any
    """Four of the draws' precision: what has not been folded into the totals yet."""
    totals: Any
    """Four float64."""


class Drawn(NamedTuple):
    """What the kernel writes, and for which prefixes."""

    ns: Any
    """Int64, (prefixes,): the numbers of terms, ascending."""
    words: Any
    """Uint32, (replicates,): what selects samples; overwritten."""
    sums: Any
    """Float64, (prefixes, replicates): overwritten."""


@functools.cache
def sum_kernel(kind: SumKind) -> Any:
    """Return the kernel that draws sums of one kind.

    Its threads are `LANES` for each block of replicates. The arguments are, in order: the two
    uint32 words of the seed; the index of the first block (int64); the `Laws`; the `Parameters`;
    and what is `Drawn`.
    """
    draw_lane = lane_drawer(kind)

    @kernel
    def draw_sums(
        seed_low: Any, seed_high: Any, first_block: Any, laws: Any, model: Any, drawn: Any
    ) -> None:
        block, lane = cuda.blockIdx.x, cuda.threadIdx.x
        place = block * BLOCK + lane
        draw_lane(seed_low, seed_high, first_block + block, lane, laws, model, place, drawn)

    return draw_sums


@functools.cache
def lane_drawer(kind: SumKind) -> Any:
    """Return the function that draws the replicates of one lane, `LANES` apart from a place on.

    It takes the words of the seed, the block, the lane, the `Laws`, the `Parameters`, the place of
    the first replicate in what is `Drawn`, and that.
    """
    start, add_terms = _starter(kind), _adder(kind)

    @device
    def draw_lane(
        seed_low: Any,
        seed_high: Any,
        block: Any,
        lane: Any,
        laws: Any,
        model: Any,
        place: Any,
        drawn: Any,
    ) -> None:
        words, state = start(seed_low, seed_high, block, lane, laws, model)
        _store(words, drawn.words, place)
        terms = np.int64(0)
        for prefix in range(drawn.ns.size):
            state = add_terms(terms, drawn.ns[prefix], laws, model, state)
            terms = drawn.ns[prefix]
            # Totals and sums stay apart, so that a prefix leaves no trace in what follows.
            _store(_folded(state.totals, state.sums), drawn.sums[prefix], place)

    return draw_lane


@inlined
def _store(values: Any, row: Any, place: Any) -> None:
    row[place] = values[0]
    row[place + LANES] = values[1]
    row[place + 2 * LANES] = values[2]
    row[place + 3 * LANES] = values[3]


def _starter(kind: SumKind) -> Any:
    """Return what keys a lane and draws what all its terms share."""
    draw_common, draw_bias = common_drawer(kind), _bias_drawer(kind)
    no_sums = no_draws(kind.double)

    @inlined
    def start(seed_low: Any, seed_high: Any, block: Any, lane: Any, laws: Any, model: Any) -> Any:
        common = draw_common(laws, model, keyed(seed_low, seed_high, COMMON, block, lane))
        totals = draw_bias(laws, keyed(seed_low, seed_high, BIAS, block, lane))
        selecting, inputs = four_words(keyed(seed_low, seed_high, INPUTS, block, lane))
        weights = keyed(seed_low, seed_high, WEIGHTS, block, lane)
        masks = keyed(seed_low, seed_high, MASKS, block, lane)
        return selecting, Lane(weights, inputs, masks, common, no_sums, totals)

    return start


def _bias_drawer(kind: SumKind) -> Any:
    if kind.bias is None:

        @inlined
        def draw_no_bias(laws: Any, state: Any) -> Any:
            return NO_TOTALS

        return draw_no_bias

    draw = drawer(kind.bias)

    @inlined
    def draw_bias(laws: Any, state: Any) -> Any:
        values, state = draw(laws, BIAS, state)
        return _folded(NO_TOTALS, values)

    return draw_bias


def _adder(kind: SumKind) -> Any:
    """Return what adds the terms ``first <= i < last`` to the sums of a lane."""
    draw_weights, draw_inputs = weight_drawer(kind), input_drawer(kind)
    no_sums = no_draws(kind.double)
    add_term = term_adder(kind)

    @inlined
    def add_terms(first: Any, last: Any, laws: Any, model: Any, lane: Any) -> Any:
        for term in range(first, last):
            weights, of_weights, of_masks = draw_weights(
                term, laws, model, lane.weights, lane.masks
            )
            inputs, of_inputs, common = draw_inputs(term, laws, model, lane.inputs, lane.common)
            sums, totals = add_term(model, lane.sums, weights, inputs), lane.totals
            if (term + 1) % FOLD == 0:
                totals = _folded(totals, sums)
                sums = no_sums
            lane = Lane(of_weights, of_inputs, of_masks, common, sums, totals)
        return lane

    return add_terms


@inlined
def _folded(totals: Any, sums: Any) -> Any:
    return totals[0] + sums[0], totals[1] + sums[1], totals[2] + sums[2], totals[3] + sums[3]
