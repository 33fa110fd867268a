"""The terms of four sums, those of one lane: weights, inputs, and the function between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import uint64

from clt_sim._cuda.draws import Source, drawer, no_draws
from clt_sim._cuda.lanes import four_words
from clt_sim._kernels import nonlinearities, nonlinearities_double
from clt_sim._kernels.blocks import (
    AUTOREGRESSIVE,
    COMMON,
    DATA_ROWS,
    EQUICORRELATED,
    INPUTS,
    RANDOM_SCALE,
    WEIGHTS,
)
from clt_sim._kernels.compilation import fma, inlined

int32 = np.int32
ZERO = np.float32(0)

NONLINEARITIES: dict[int, Callable[..., Any]] = {
    nonlinearities.IDENTITY: nonlinearities.identity,
    nonlinearities.RELU: nonlinearities.relu,
    nonlinearities.LEAKY_RELU: nonlinearities.leaky_relu,
    nonlinearities.ABS: nonlinearities.absolute,
    nonlinearities.HARD_TANH: nonlinearities.hard_tanh,
    nonlinearities.HARD_SIGMOID: nonlinearities.hard_sigmoid,
    nonlinearities.HARD_SWISH: nonlinearities.hard_swish,
    nonlinearities.SQUARE: nonlinearities.square,
    nonlinearities.STEP: nonlinearities.step,
    nonlinearities.SIGN: nonlinearities.sign,
    nonlinearities.TANH: nonlinearities.tanh,
    nonlinearities.SIGMOID: nonlinearities.sigmoid,
    nonlinearities.ERF: nonlinearities.erf,
    nonlinearities.SOFTSIGN: nonlinearities.softsign,
    nonlinearities.GELU: nonlinearities.gelu,
    nonlinearities.GELU_TANH: nonlinearities.gelu_tanh,
    nonlinearities.SILU: nonlinearities.silu,
    nonlinearities.MISH: nonlinearities.mish,
    nonlinearities.ELU: nonlinearities.elu,
    nonlinearities.CELU: nonlinearities.celu,
    nonlinearities.SELU: nonlinearities.selu,
    nonlinearities.SOFTPLUS: nonlinearities.softplus,
    nonlinearities.SIN: nonlinearities.sin,
    nonlinearities.COS: nonlinearities.cos,
    nonlinearities.EXP: nonlinearities.exp,
}


class SumKind(NamedTuple):
    """What decides which functions draw a sum; its numbers are in `Parameters`."""

    nonlinearity: int
    weights: Source | None
    """None where they are fixed."""
    inputs: Source | None
    """None where they are rows of data."""
    bias: Source | None
    factor: Source | None
    """The law of the common factor of the inputs."""
    dependence: int
    dropout: bool
    double: bool
    """Whether terms are in double precision."""


class Parameters(NamedTuple):
    """The numbers of a sum, as in ``clt_sim._kernels.blocks.SumParameters``."""

    parameter: np.floating[Any]
    fixed_weights: Any
    keep_below: np.uint32
    keep_factor: np.floating[Any]
    fresh: np.floating[Any]
    shared: np.floating[Any]
    centre: np.floating[Any]
    data: Any


def function_of(nonlinearity: int, *, double: bool) -> Any:
    """Return the function of a number and a parameter, in single or in double precision."""
    function = NONLINEARITIES[nonlinearity]
    return nonlinearities_double.FUNCTIONS[function.__name__] if double else function


def term_adder(kind: SumKind) -> Any:
    """Return what adds a term to the sums of a lane."""
    function = function_of(kind.nonlinearity, double=kind.double)

    @inlined
    def add(model: Any, sums: Any, weights: Any, inputs: Any) -> Any:
        parameter = model.parameter
        return (
            fma(weights[0], function(inputs[0], parameter), sums[0]),
            fma(weights[1], function(inputs[1], parameter), sums[1]),
            fma(weights[2], function(inputs[2], parameter), sums[2]),
            fma(weights[3], function(inputs[3], parameter), sums[3]),
        )

    return add


def weight_drawer(kind: SumKind) -> Any:
    """Return what makes four weights; it takes and returns the states of weights and of masks."""
    draw = _fixed_weights if kind.weights is None else _random_weights(kind.weights)
    if not kind.dropout:
        return draw

    @inlined
    def draw_masked(term: Any, laws: Any, model: Any, state: Any, masks: Any) -> Any:
        values, state, masks = draw(term, laws, model, state, masks)
        words, masks = four_words(masks)
        kept = (
            _masked(values[0], words[0], model),
            _masked(values[1], words[1], model),
            _masked(values[2], words[2], model),
            _masked(values[3], words[3], model),
        )
        return kept, state, masks

    return draw_masked


@inlined
def _fixed_weights(term: Any, laws: Any, model: Any, state: Any, masks: Any) -> Any:
    weight = model.fixed_weights[term]
    return (weight, weight, weight, weight), state, masks


def _random_weights(source: Source) -> Any:
    draw = drawer(source)

    @inlined
    def draw_weights(term: Any, laws: Any, model: Any, state: Any, masks: Any) -> Any:
        values, state = draw(laws, WEIGHTS, state)
        return values, state, masks

    return draw_weights


@inlined
def _masked(weight: Any, word: Any, model: Any) -> Any:
    kept = weight * model.keep_factor
    return kept if word < model.keep_below else ZERO


def common_drawer(kind: SumKind) -> Any:
    """Return what all inputs of a sum share: four draws, or the rows of data that are taken."""
    if kind.dependence == DATA_ROWS:
        return _choose_rows
    if kind.dependence == EQUICORRELATED and kind.inputs is not None:
        return _common_part(drawer(kind.inputs))
    if kind.dependence == RANDOM_SCALE and kind.factor is not None:
        return _common_factor(drawer(kind.factor))
    return _nothing_common(no_draws(kind.double))


def _nothing_common(nothing: Any) -> Any:
    @inlined
    def draw_nothing_common(laws: Any, model: Any, state: Any) -> Any:
        return nothing

    return draw_nothing_common


@inlined
def _choose_rows(laws: Any, model: Any, state: Any) -> Any:
    words, state = four_words(state)
    rows = model.data.shape[1]
    return _row(words[0], rows), _row(words[1], rows), _row(words[2], rows), _row(words[3], rows)


@inlined
def _row(word: Any, rows: Any) -> Any:
    return int32(uint64(uint64(word) * uint64(rows)) >> uint64(32))


def _common_part(draw: Any) -> Any:
    @inlined
    def draw_common_part(laws: Any, model: Any, state: Any) -> Any:
        values, state = draw(laws, INPUTS, state)
        return (
            fma(model.shared, values[0], model.centre),
            fma(model.shared, values[1], model.centre),
            fma(model.shared, values[2], model.centre),
            fma(model.shared, values[3], model.centre),
        )

    return draw_common_part


def _common_factor(draw: Any) -> Any:
    @inlined
    def draw_common_factor(laws: Any, model: Any, state: Any) -> Any:
        values, state = draw(laws, COMMON, state)
        return values

    return draw_common_factor


def input_drawer(kind: SumKind) -> Any:
    """Return what makes four inputs; it takes and returns the state and what they share."""
    if kind.inputs is None:
        return _take_rows
    draw = drawer(kind.inputs)
    join: Any = _JOINTS.get(kind.dependence, _keep_inputs)

    @inlined
    def draw_inputs(term: Any, laws: Any, model: Any, state: Any, common: Any) -> Any:
        values, state = draw(laws, INPUTS, state)
        values, common = join(term, model, values, common)
        return values, state, common

    return draw_inputs


@inlined
def _take_rows(term: Any, laws: Any, model: Any, state: Any, common: Any) -> Any:
    data = model.data
    values = (
        data[term, common[0]],
        data[term, common[1]],
        data[term, common[2]],
        data[term, common[3]],
    )
    return values, state, common


@inlined
def _keep_inputs(term: Any, model: Any, values: Any, common: Any) -> Any:
    return values, common


@inlined
def _add_common_part(term: Any, model: Any, values: Any, common: Any) -> Any:
    joined = (
        fma(model.fresh, values[0], common[0]),
        fma(model.fresh, values[1], common[1]),
        fma(model.fresh, values[2], common[2]),
        fma(model.fresh, values[3], common[3]),
    )
    return joined, common


@inlined
def _multiply_by_factor(term: Any, model: Any, values: Any, common: Any) -> Any:
    joined = (
        values[0] * common[0],
        values[1] * common[1],
        values[2] * common[2],
        values[3] * common[3],
    )
    return joined, common


@inlined
def _go_on(term: Any, model: Any, values: Any, common: Any) -> Any:
    """Let inputs depend on those before, which are what is common."""
    if term:
        values = (
            _continued(model, values[0], common[0]),
            _continued(model, values[1], common[1]),
            _continued(model, values[2], common[2]),
            _continued(model, values[3], common[3]),
        )
    return values, values


@inlined
def _continued(model: Any, value: Any, before: Any) -> Any:
    return fma(model.fresh, value, fma(model.shared, before, model.centre))


_JOINTS: dict[int, Any] = {
    EQUICORRELATED: _add_common_part,
    RANDOM_SCALE: _multiply_by_factor,
    AUTOREGRESSIVE: _go_on,
}
"""How inputs are made of fresh draws and of what is common."""
