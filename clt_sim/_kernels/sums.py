"""Multiply-accumulate: one term of the sum for every replicate of a block."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numba import float32, float64, types

from clt_sim._kernels import nonlinearities, nonlinearities_double
from clt_sim._kernels.compilation import (
    first_class,
    fma,
    kernel,
    kernel_for,
    merged,
    named,
    over_rows,
    prefer_wide_vectors,
    source_digest,
)
from clt_sim._kernels.rows import BLOCK


def _adder(function: Callable[..., Any]) -> Any:
    """Compile the loop over replicates for one nonlinearity."""

    @kernel_for(function, over_rows)
    def add(total: Any, weight: Any, value: Any, parameter: Any) -> Any:
        return fma(weight, function(value, parameter), total)

    return add


def _term_adder(name: str, functions: Mapping[str, Any]) -> Any:  # noqa: PLR0915 - a table
    """Compile what adds a term of any nonlinearity, in one precision."""
    add_identity = _adder(functions["identity"])
    add_relu = _adder(functions["relu"])
    add_leaky_relu = _adder(functions["leaky_relu"])
    add_absolute = _adder(functions["absolute"])
    add_hard_tanh = _adder(functions["hard_tanh"])
    add_hard_sigmoid = _adder(functions["hard_sigmoid"])
    add_hard_swish = _adder(functions["hard_swish"])
    add_square = _adder(functions["square"])
    add_step = _adder(functions["step"])
    add_sign = _adder(functions["sign"])
    add_tanh = _adder(functions["tanh"])
    add_sigmoid = _adder(functions["sigmoid"])
    add_erf = _adder(functions["erf"])
    add_softsign = _adder(functions["softsign"])
    add_gelu = _adder(functions["gelu"])
    add_gelu_tanh = _adder(functions["gelu_tanh"])
    add_silu = _adder(functions["silu"])
    add_mish = _adder(functions["mish"])
    add_elu = _adder(functions["elu"])
    add_celu = _adder(functions["celu"])
    add_selu = _adder(functions["selu"])
    add_softplus = _adder(functions["softplus"])
    add_sin = _adder(functions["sin"])
    add_cos = _adder(functions["cos"])
    add_exp = _adder(functions["exp"])

    @named(name, merged)
    def add_term(  # noqa: PLR0912, PLR0915 - a switch in parts takes a second longer to compile
        nonlinearity: Any, parameter: Any, sums: Any, weights: Any, inputs: Any
    ) -> None:
        prefer_wide_vectors()
        if nonlinearity == nonlinearities.IDENTITY:
            add_identity(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.RELU:
            add_relu(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.LEAKY_RELU:
            add_leaky_relu(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.ABS:
            add_absolute(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.HARD_TANH:
            add_hard_tanh(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.HARD_SIGMOID:
            add_hard_sigmoid(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.HARD_SWISH:
            add_hard_swish(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.SQUARE:
            add_square(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.STEP:
            add_step(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.SIGN:
            add_sign(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.TANH:
            add_tanh(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.SIGMOID:
            add_sigmoid(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.ERF:
            add_erf(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.SOFTSIGN:
            add_softsign(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.GELU:
            add_gelu(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.GELU_TANH:
            add_gelu_tanh(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.SILU:
            add_silu(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.MISH:
            add_mish(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.ELU:
            add_elu(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.CELU:
            add_celu(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.SELU:
            add_selu(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.SOFTPLUS:
            add_softplus(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.SIN:
            add_sin(sums, weights, inputs, parameter)
        elif nonlinearity == nonlinearities.COS:
            add_cos(sums, weights, inputs, parameter)
        else:
            add_exp(sums, weights, inputs, parameter)

    return add_term


_add_term_single = _term_adder("single", vars(nonlinearities))
_add_term_double = _term_adder("double", nonlinearities_double.FUNCTIONS)


def _signature(real: Any) -> Any:
    row = types.Array(real, 1, "C")
    return types.int64(types.int64, real, row, row, row)


def _compiled_single(digest: int) -> Any:
    def add_term(nonlinearity: Any, parameter: Any, sums: Any, weights: Any, inputs: Any) -> int:
        _add_term_single(nonlinearity, parameter, sums, weights, inputs)
        return digest

    return first_class(_signature(types.float32), cache=True)(add_term)


def _compiled_double(digest: int) -> Any:
    def add_term(nonlinearity: Any, parameter: Any, sums: Any, weights: Any, inputs: Any) -> int:
        _add_term_double(nonlinearity, parameter, sums, weights, inputs)
        return digest

    return first_class(_signature(types.float64), cache=True)(add_term)


@functools.cache
def add_term(real: Any = np.float32) -> Any:
    """Return the compiled function that adds a term, for `sample_chunks`.

    Its arguments are, in order: the id of phi, as in the table of
    ``clt_sim._kernels.nonlinearities``; its parameter (`real`); the sums, to which
    ``weights*phi(inputs)`` is added; the weights and the inputs. All three are rows of `real`
    with an entry for each replicate of a block.
    """
    compiled = _compiled_double if real is np.float64 else _compiled_single
    return compiled(source_digest())


def add_term_of(function: Any, real: type[np.floating[Any]] = np.float32) -> Any:
    """Return the same for one compiled function of a number; id and parameter are not used."""
    number = float64 if real is np.float64 else float32
    # By itself, so that it may do what kernels may not, as to allocate.
    function.compile((number,))

    @kernel_for(function)
    def add(sums: Any, weights: Any, inputs: Any) -> None:
        prefer_wide_vectors()
        for j in range(BLOCK):
            sums[j] = fma(weights[j], number(function(inputs[j])), sums[j])

    def add_term(nonlinearity: Any, parameter: Any, sums: Any, weights: Any, inputs: Any) -> int:
        add(sums, weights, inputs)
        return 0

    return first_class(_signature(number), cache=False)(add_term)


@kernel
def fold(totals: Any, sums: Any) -> None:
    """Move the single-precision sums into the double-precision totals and clear them."""
    prefer_wide_vectors()
    for j in range(sums.size):
        totals[j] += sums[j]
        sums[j] = 0


@over_rows
def settle(prefix_sum: Any, total: Any, rest: Any) -> Any:
    """Return the total with what has not been folded yet."""
    return total + rest
