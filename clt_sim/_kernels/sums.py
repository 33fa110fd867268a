"""Multiply-accumulate: one term of the sum for every replicate of a block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clt_sim._kernels import nonlinearities
from clt_sim._kernels.compilation import fma, kernel, kernel_for, prefer_wide_vectors
from clt_sim._kernels.nonlinearities import IDENTITY, LEAKY_RELU, RELU, SIGMOID, TANH


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
_add_tanh = _adder(nonlinearities.tanh)
_add_sigmoid = _adder(nonlinearities.sigmoid)
_add_gelu = _adder(nonlinearities.gelu)


@kernel
def add_term(nonlinearity: Any, parameter: Any, sums: Any, weights: Any, inputs: Any) -> None:
    """Add ``weights*phi(inputs)`` to the sums.

    Parameters
    ----------
    nonlinearity : int64
        Id of phi.
    parameter : float32
        Parameter of phi.
    sums : ndarray of float32, shape (block,)
        Added to.
    weights, inputs : ndarray of float32, shape (block,)
        One weight and one input for each replicate.
    """
    if nonlinearity == IDENTITY:
        _add_identity(parameter, sums, weights, inputs)
    elif nonlinearity == RELU:
        _add_relu(parameter, sums, weights, inputs)
    elif nonlinearity == LEAKY_RELU:
        _add_leaky_relu(parameter, sums, weights, inputs)
    elif nonlinearity == TANH:
        _add_tanh(parameter, sums, weights, inputs)
    elif nonlinearity == SIGMOID:
        _add_sigmoid(parameter, sums, weights, inputs)
    else:
        _add_gelu(parameter, sums, weights, inputs)


@kernel
def fold(totals: Any, sums: Any) -> None:
    """Move the single-precision sums into the double-precision totals and clear them."""
    prefer_wide_vectors()
    for j in range(sums.size):
        totals[j] += sums[j]
        sums[j] = 0
