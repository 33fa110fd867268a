"""The loss of a batch and its gradient, by hand-written backpropagation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from clt_sim._array_kernels import batches
from clt_sim.networks.perceptron.activation import activation
from clt_sim.networks.perceptron.batch_normalization import EPSILON
from clt_sim.networks.perceptron.layer_normalization import (
    standardize_units,
    standardize_units_gradient,
)
from clt_sim.networks.perceptron.parameters import Parameters, arrays_like
from clt_sim.nonlinearities import Nonlinearity, Sigmoid, Tanh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.networks.perceptron.noise import Noise

_Standardized: TypeAlias = "tuple[NDArray[np.floating], NDArray[np.floating]]"
"""Standardized values and the inverse standard deviations that made them."""


class _Trace(NamedTuple):
    """What the backward pass needs of the forward pass through one layer."""

    affine_input: NDArray[np.floating]
    """What the weights are applied to: u, or BN(u)."""
    standardized_u: _Standardized | None = None
    standardized: _Standardized | None = None
    argument: NDArray[np.floating] | None = None
    """What phi was applied to, unless a sigmoid was part of the pass that would have made it."""
    value: NDArray[np.floating] | None = None
    """phi of the argument; None in the output layer."""


def batch_gradients(
    parameters: Sequence[Parameters],
    nonlinearity: Nonlinearity,
    inputs: NDArray[np.floating],
    labels: NDArray[np.int64],
    *,
    over_units: bool = False,
    noise: Sequence[Noise] | None = None,
    scale: float = 1.0,
    out: Sequence[Parameters] | None = None,
) -> tuple[float, list[Parameters]]:
    """Return the loss of a batch and its gradient with respect to all parameters.

    Batch normalization uses the statistics of this batch, as in training, and the gradient goes
    through them.

    Parameters
    ----------
    parameters : sequence of Parameters
        The layers in order, the output layer last.
    nonlinearity : Nonlinearity
        The function phi of the hidden layers.
    inputs : ndarray of floats, shape (batch, features)
        One input a row, in the dtype of the parameters.
    labels : ndarray of int64, shape (batch,)
        The classes.
    over_units : bool
        Whether ``Wu + b`` is normalized over the units of each input (layer normalization) and
        not over the batch.
    noise : sequence of Noise or None
        What is multiplied and added after the normalization of each hidden layer.
    scale : float
        Factor of the gradients: with the learning rate, they are the step itself.
    out : sequence of Parameters or None
        Where the gradients are written to: other arrays than the parameters, C-contiguous, in
        their shapes and their dtype. None for new ones.

    Returns
    -------
    loss : float
        The mean cross-entropy in nats.
    gradients : list of Parameters
        One for each layer, in the shapes of `parameters`.
    """
    noise = noise or ()
    traces, logits = _forward(parameters, nonlinearity, inputs, over_units, noise)
    loss = batches.softmax_loss_gradient(logits, labels, scale)
    gradients = arrays_like(parameters) if out is None else list(out)
    gradient = logits
    for i in reversed(range(len(parameters))):
        layer, trace, slopes = parameters[i], traces[i], gradients[i]
        value = trace.value
        if value is not None and trace.argument is not None:
            gradient = _times_derivative(gradient, nonlinearity, trace.argument, value)
            value = None
        if i < len(noise):
            gradient = gradient * noise[i].scale
        gradient = _before_normalization(layer, trace, gradient, value, over_units, slopes)
        np.dot(trace.affine_input.T, gradient, slopes.weights)
        if i > 0:
            gradient = np.dot(gradient, layer.weights.T)
            gradient = _before_input_normalization(layer, trace, gradient, slopes)
    return loss, gradients


def _forward(
    parameters: Sequence[Parameters],
    nonlinearity: Nonlinearity,
    inputs: NDArray[np.floating],
    over_units: bool,
    noise: Sequence[Noise],
) -> tuple[list[_Trace], NDArray[np.floating]]:
    """Return the traces of the layers, and the logits."""
    *hidden, output = parameters
    single_sigmoid = type(nonlinearity) is Sigmoid and inputs.dtype == np.float32
    in_one_pass = single_sigmoid and not noise and not over_units
    traces, u = [], inputs
    for i, layer in enumerate(hidden):
        affine_input, standardized_u = _affine_input(layer, u)
        argument, standardized = np.dot(affine_input, layer.weights), None
        if layer.gamma is not None:
            standardized = (
                standardize_units(argument)
                if over_units
                else batches.standardize_columns(argument, EPSILON)
            )
            argument = standardized[0]
        if in_one_pass:
            u = batches.sigmoid(argument, layer.shift, layer.gamma)
            traces.append(_Trace(affine_input, standardized_u, standardized, value=u))
            continue
        argument = _scaled_and_shifted(argument, layer)
        if i < len(noise):
            argument = noise[i].scale * argument + noise[i].offset
        u = activation(nonlinearity, argument)
        traces.append(_Trace(affine_input, standardized_u, standardized, argument, u))
    affine_input, standardized_u = _affine_input(output, u)
    logits = np.dot(affine_input, output.weights)
    batches.add_to_rows(logits, output.shift)
    return [*traces, _Trace(affine_input, standardized_u)], logits


def _affine_input(
    layer: Parameters, u: NDArray[np.floating]
) -> tuple[NDArray[np.floating], _Standardized | None]:
    """Return what the weights are applied to and, if it is BN(u), the standardized u."""
    if layer.input_gamma is None or layer.input_beta is None:
        return u, None
    standardized = batches.standardize_columns(u, EPSILON)
    normalized = batches.scale_and_shift(standardized[0], layer.input_gamma, layer.input_beta)
    return normalized, standardized


def _scaled_and_shifted(values: NDArray[np.floating], layer: Parameters) -> NDArray[np.floating]:
    """Return ``gamma * values + beta`` or, in place, ``values + b``."""
    if layer.gamma is not None:
        return batches.scale_and_shift(values, layer.gamma, layer.shift)
    batches.add_to_rows(values, layer.shift)
    return values


def _before_normalization(
    layer: Parameters,
    trace: _Trace,
    gradient: NDArray[np.floating],
    value: NDArray[np.floating] | None,
    over_units: bool,
    slopes: Parameters,
) -> NDArray[np.floating]:
    """Return the gradient of ``Wu + b``, and put those of shift and gamma into `slopes`.

    What is given is the gradient of the argument of phi or, if there is a `value`, of that sigmoid.
    """
    if layer.gamma is None or slopes.gamma is None or trace.standardized is None:
        if value is None:
            batches.column_sums(gradient, slopes.shift)
        else:
            batches.sigmoid_derivative_sums(gradient, value, slopes.shift)
        return gradient
    if over_units:
        np.einsum("ij,ij->j", gradient, trace.standardized[0], out=slopes.gamma)
        gradient.sum(axis=0, out=slopes.shift)
        return standardize_units_gradient(gradient * layer.gamma, *trace.standardized)
    out = slopes.gamma, slopes.shift
    return batches.standardization_gradients(
        gradient, layer.gamma, *trace.standardized, out=out, value=value
    )[0]


def _before_input_normalization(
    layer: Parameters, trace: _Trace, gradient: NDArray[np.floating], slopes: Parameters
) -> NDArray[np.floating]:
    """Return the gradient of u, and put those of the scale and shift of BN(u) into `slopes`."""
    gamma, along, total = layer.input_gamma, slopes.input_gamma, slopes.input_beta
    if trace.standardized_u is None or gamma is None or along is None or total is None:
        return gradient
    out = along, total
    return batches.standardization_gradients(gradient, gamma, *trace.standardized_u, out=out)[0]


def _times_derivative(
    gradient: NDArray[np.floating],
    nonlinearity: Nonlinearity,
    argument: NDArray[np.floating],
    value: NDArray[np.floating],
) -> NDArray[np.floating]:
    """Multiply by phi' of the argument, in place: from the value of phi where that is quicker."""
    if type(nonlinearity) is Sigmoid:
        return batches.times_sigmoid_derivative(gradient, value)
    if type(nonlinearity) is Tanh:
        gradient *= 1 - value * value
    else:
        gradient *= nonlinearity.derivative(argument)
    return gradient
