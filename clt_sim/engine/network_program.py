"""From a random network to what the kernels take."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from clt_sim._kernels import laws as law_kernels
from clt_sim._kernels import networks, sums
from clt_sim.engine.law_program import kernel_laws
from clt_sim.laws import Law, Normal
from clt_sim.models import DataRows, FixedInputs, RandomNetwork, WeightedSum
from clt_sim.nonlinearities import Nonlinearity, UserFunction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from clt_sim.engine.precision import Precision

_NO_NUMBERS = np.empty(0)
_NO_DATA = np.empty((0, 0))
_NORMALIZATIONS = {
    None: networks.UNNORMALIZED,
    "layer": networks.LAYER,
    "rms": networks.ROOT_MEAN_SQUARE,
    "batch": networks.BATCH,
}


class NetworkProgram(NamedTuple):
    """What the driver takes for a network."""

    fill: Any
    add_term: Any
    laws: law_kernels.Laws
    parameters: networks.NetworkParameters


class _Inputs(NamedTuple):
    """What inputs are drawn from: one of the three."""

    law: Law | None = None
    data: NDArray[np.float64] = _NO_DATA
    fixed: NDArray[np.float64] = _NO_NUMBERS


@functools.lru_cache(maxsize=8)
def network_program(network: RandomNetwork, precision: Precision) -> NetworkProgram:
    """Return what the driver takes for a network.

    Raises
    ------
    ValueError
        If a law cannot be drawn.
    """
    gains = [math.sqrt(network.weight_variance / fan_in) for fan_in in network.fan_ins]
    if network.sampler == "conditional":
        return _conditional(network, gains, precision)
    weights, biases = _fixed_parameters(network)
    drawn = network.weight_seed is None
    bias_sd = math.sqrt(network.bias_variance)
    bias = Normal(sd=bias_sd) if drawn and bias_sd else None
    return _program(
        network.nonlinearity,
        _inputs(network.inputs),
        [network.weights if drawn else None, bias],
        precision,
        widths=np.array(network.fan_ins),
        gains=np.array(gains),
        bias_variance=network.bias_variance,
        normalization=_NORMALIZATIONS[network.normalization],
        examples=network.batch_size or 1,
        fixed_weights=weights.astype(precision.real),
        fixed_biases=biases.astype(precision.real),
        random_bias=bias is not None,
    )


def _conditional(
    network: RandomNetwork, gains: list[float], precision: Precision
) -> NetworkProgram:
    """Return the program in which normal numbers stand for units, and their scale is in gains."""
    widths, scale = list(network.fan_ins), math.sqrt(network.weights.variance)
    inputs = _inputs(network.inputs)
    if inputs.fixed.size:  # only the sum of their squares counts
        inputs = _Inputs(fixed=np.array([math.sqrt(np.mean(inputs.fixed**2))]))
        widths[0], gains[0] = 1, math.sqrt(network.weight_variance)
    return _program(
        network.nonlinearity,
        inputs,
        [Normal(), None],
        precision,
        widths=np.array(widths),
        gains=scale * np.array(gains),
        bias_variance=network.bias_variance,
        normalization=_NORMALIZATIONS[network.normalization],
    )


@functools.lru_cache(maxsize=8)
def sum_variance_program(model: WeightedSum, precision: Precision) -> NetworkProgram:
    """Return the program for the variance of a weighted sum, given its inputs.

    It is that of a network without hidden layers whose inputs go through the nonlinearity.
    """
    bias = model.bias.variance if isinstance(model.bias, Law) else 0.0
    weights = model.weights
    if not isinstance(weights, Law):
        raise TypeError(f"weights must have a law, not be {weights}.")
    return _program(
        model.nonlinearity,
        _inputs(model.inputs),
        [None, None],
        precision,
        widths=np.array([model.n]),
        gains=np.array([math.sqrt(weights.variance)]),
        bias_variance=bias,
        activated_inputs=True,
    )


def _program(
    phi: Nonlinearity,
    inputs: _Inputs,
    laws: Sequence[Law | None],
    precision: Precision,
    **parameters: Any,
) -> NetworkProgram:
    """Join the parts; `laws` are those of weights and biases."""
    real = precision.real
    weights, bias = laws
    defaults = {
        "normalization": networks.UNNORMALIZED,
        "examples": 1,
        "activated_inputs": False,
        "fixed_weights": np.empty(0, real),
        "fixed_biases": np.empty(0, real),
        "random_bias": False,
    }
    return NetworkProgram(
        fill=law_kernels.fill(real),
        add_term=add_term(phi, real),
        laws=kernel_laws([weights, inputs.law, bias], precision),
        parameters=networks.NetworkParameters(
            nonlinearity=phi.kernel,
            parameter=real(phi.kernel_parameter),
            fixed_inputs=inputs.fixed.astype(real),
            data=np.ascontiguousarray(inputs.data.T, real),
            **{**defaults, **parameters},
        ),
    )


def add_term(phi: Nonlinearity, real: Any) -> Any:
    """Return the compiled function that adds a term with this nonlinearity."""
    if isinstance(phi, UserFunction):
        return sums.add_term_of(phi.function, real)
    return sums.add_term(real)


def _inputs(inputs: Law | DataRows | FixedInputs) -> _Inputs:
    if isinstance(inputs, Law):
        return _Inputs(law=inputs)
    if isinstance(inputs, DataRows):
        return _Inputs(data=inputs.values)
    return _Inputs(fixed=inputs.values)


def _fixed_parameters(
    network: RandomNetwork,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw the weights and biases of a network with a weight seed, layer by layer.

    Both are flat; there are none where they are random.
    """
    if network.weight_seed is None:
        return _NO_NUMBERS, _NO_NUMBERS
    rng = np.random.default_rng(network.weight_seed)
    bias_sd = math.sqrt(network.bias_variance)
    weights, biases = [], []
    for fan_in, units in zip(network.fan_ins, (*network.widths, 1), strict=True):
        weights.append(network.weights.sample((units, fan_in), rng=rng).ravel())
        if bias_sd:
            biases.append(Normal(sd=bias_sd).sample(units, rng=rng))
    return np.concatenate(weights), np.concatenate([_NO_NUMBERS, *biases])
