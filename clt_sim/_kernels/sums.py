"""Multiply-accumulate: one term of the sum for every replicate of a block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clt_sim._kernels import nonlinearities
from clt_sim._kernels.compilation import fma, kernel, kernel_for, prefer_wide_vectors


def _adder(function: Callable[..., Any]) -> Any:
    """Compile the loop over replicates for one nonlinearity."""

    @kernel_for(function)
    def add(parameter: Any, sums: Any, weights: Any, inputs: Any) -> None:
        prefer_wide_vectors()
        for j in range(sums.size):
            sums[j] = fma(weights[j], function(inputs[j], parameter), sums[j])

    return add


_add_identity = _adder(nonlinearities.identity)
_add_relu = _adder(nonlinearities.relu)
_add_leaky_relu = _adder(nonlinearities.leaky_relu)
_add_absolute = _adder(nonlinearities.absolute)
_add_hard_tanh = _adder(nonlinearities.hard_tanh)
_add_hard_sigmoid = _adder(nonlinearities.hard_sigmoid)
_add_hard_swish = _adder(nonlinearities.hard_swish)
_add_square = _adder(nonlinearities.square)
_add_step = _adder(nonlinearities.step)
_add_sign = _adder(nonlinearities.sign)
_add_tanh = _adder(nonlinearities.tanh)
_add_sigmoid = _adder(nonlinearities.sigmoid)
_add_erf = _adder(nonlinearities.erf)
_add_softsign = _adder(nonlinearities.softsign)
_add_gelu = _adder(nonlinearities.gelu)
_add_gelu_tanh = _adder(nonlinearities.gelu_tanh)
_add_silu = _adder(nonlinearities.silu)
_add_mish = _adder(nonlinearities.mish)
_add_elu = _adder(nonlinearities.elu)
_add_celu = _adder(nonlinearities.celu)
_add_selu = _adder(nonlinearities.selu)
_add_softplus = _adder(nonlinearities.softplus)


@kernel
def add_term(  # noqa: PLR0912 - a switch in parts takes a second longer to compile
    nonlinearity: Any, parameter: Any, sums: Any, weights: Any, inputs: Any
) -> None:
    """Add ``weights*phi(inputs)`` to the sums.

    Parameters
    ----------
    nonlinearity : int64
        Id of phi, as in the table of ``clt_sim._kernels.nonlinearities``.
    parameter : float32
        Parameter of phi.
    sums : ndarray of float32, shape (block,)
        Added to.
    weights, inputs : ndarray of float32, shape (block,)
        One weight and one input for each replicate.
    """
    if nonlinearity == nonlinearities.IDENTITY:
        _add_identity(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.RELU:
        _add_relu(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.LEAKY_RELU:
        _add_leaky_relu(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.ABS:
        _add_absolute(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.HARD_TANH:
        _add_hard_tanh(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.HARD_SIGMOID:
        _add_hard_sigmoid(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.HARD_SWISH:
        _add_hard_swish(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.SQUARE:
        _add_square(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.STEP:
        _add_step(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.SIGN:
        _add_sign(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.TANH:
        _add_tanh(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.SIGMOID:
        _add_sigmoid(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.ERF:
        _add_erf(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.SOFTSIGN:
        _add_softsign(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.GELU:
        _add_gelu(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.GELU_TANH:
        _add_gelu_tanh(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.SILU:
        _add_silu(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.MISH:
        _add_mish(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.ELU:
        _add_elu(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.CELU:
        _add_celu(parameter, sums, weights, inputs)
    elif nonlinearity == nonlinearities.SELU:
        _add_selu(parameter, sums, weights, inputs)
    else:
        _add_softplus(parameter, sums, weights, inputs)


@kernel
def fold(totals: Any, sums: Any) -> None:
    """Move the single-precision sums into the double-precision totals and clear them."""
    prefer_wide_vectors()
    for j in range(sums.size):
        totals[j] += sums[j]
        sums[j] = 0


@kernel
def settle(totals: Any, sums: Any, prefix_sums: Any) -> None:
    """Write the totals, with what has not been folded yet, to `prefix_sums` (float64)."""
    prefer_wide_vectors()
    for j in range(sums.size):
        prefix_sums[j] = totals[j] + sums[j]
