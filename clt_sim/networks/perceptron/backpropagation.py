"""The loss of a batch and its gradient, by hand-written backpropagation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clt_sim._array_kernels import batches
from clt_sim.networks.perceptron.activation import activation
from clt_sim.networks.perceptron.batch_normalization import (
    batch_normalization_gradients,
    standardize_batch,
)
from clt_sim.networks.perceptron.layer_normalization import (
    standardize_units,
    standardize_units_gradient,
)
from clt_sim.networks.perceptron.parameters import Parameters
from clt_sim.nonlinearities import Nonlinearity, Sigmoid, Tanh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.networks.perceptron.noise import Noise


class _Standardized(NamedTuple):
    """Standardized values and the inverse standard deviations that made them."""

    values: NDArray[np.floating]
    inverse_sd: NDArray[np.floating]


class _Trace(NamedTuple):
    """What the backward pass needs of the forward pass through one layer."""

    u: NDArray[np.floating]
    argument: NDArray[np.floating]
    standardized_u: _Standardized | None
    standardized: _Standardized | None
    affine_input: NDArray[np.floating]


def batch_gradients(
    parameters: Sequence[Parameters],
    nonlinearity: Nonlinearity,
    inputs: NDArray[np.floating],
    labels: NDArray[np.int64],
    *,
    over_units: bool = False,
    noise: Sequence[Noise] | None = None,
    scale: float = 1.0,
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

    Returns
    -------
    loss : float
        The mean cross-entropy in nats.
    gradients : list of Parameters
        One for each layer, in the shapes of `parameters`.
    """
    noise = noise or ()
    traces = _forward(parameters, nonlinearity, inputs, over_units, noise)
    gradient = traces[-1].argument
    loss = batches.softmax_loss_gradient(gradient, labels, scale)
    backward = []
    for i in reversed(range(len(parameters))):
        layer, trace = parameters[i], traces[i]
        if i < len(noise):
            gradient = gradient * noise[i].scale
        slopes, gradient = _normalized_gradients(layer, trace, gradient, over_units)
        weights = np.dot(trace.affine_input.T, gradient)
        of_u: tuple[NDArray[np.floating], ...] = ()
        if i > 0:
            gradient = np.dot(gradient, layer.weights.T)
            of_u, gradient = _input_gradients(layer, trace, gradient)
            gradient = _times_derivative(gradient, nonlinearity, traces[i - 1].argument, trace.u)
        backward.append(Parameters(weights, *slopes, *of_u))
    return loss, backward[::-1]


def _forward(
    parameters: Sequence[Parameters],
    nonlinearity: Nonlinearity,
    inputs: NDArray[np.floating],
    over_units: bool,
    noise: Sequence[Noise],
) -> list[_Trace]:
    traces: list[_Trace] = []
    for i, layer in enumerate(parameters):
        u = activation(nonlinearity, traces[-1].argument) if traces else inputs
        affine_input, standardized_u, standardized = u, None, None
        if layer.input_gamma is not None and layer.input_beta is not None:
            standardized_u = _Standardized(*standardize_batch(u))
            affine_input = batches.scale_and_shift(
                standardized_u.values, layer.input_gamma, layer.input_beta
            )
        argument = np.dot(affine_input, layer.weights)
        if layer.gamma is not None:
            standardize = standardize_units if over_units else standardize_batch
            standardized = _Standardized(*standardize(argument))
            argument = batches.scale_and_shift(standardized.values, layer.gamma, layer.shift)
        else:
            batches.add_to_rows(argument, layer.shift)
        if i < len(noise):
            argument = noise[i].scale * argument + noise[i].offset
        traces.append(_Trace(u, argument, standardized_u, standardized, affine_input))
    return traces


def _normalized_gradients(
    layer: Parameters, trace: _Trace, gradient: NDArray[np.floating], over_units: bool
) -> tuple[tuple[NDArray[np.floating], NDArray[np.floating] | None], NDArray[np.floating]]:
    """Return the gradients of shift and gamma, and that of the pre-activation."""
    if layer.gamma is None or trace.standardized is None:
        return (batches.column_sums(gradient), None), gradient
    if over_units:
        along = np.einsum("ij,ij->j", gradient, trace.standardized.values)
        before = standardize_units_gradient(gradient * layer.gamma, *trace.standardized)
        return (gradient.sum(axis=0), along), before
    before, along, total = batch_normalization_gradients(gradient, layer.gamma, *trace.standardized)
    return (total, along), before


def _input_gradients(
    layer: Parameters, trace: _Trace, gradient: NDArray[np.floating]
) -> tuple[tuple[NDArray[np.floating], ...], NDArray[np.floating]]:
    """Return the gradients of the scale and shift of BN(u), and that of u."""
    if layer.input_gamma is None or trace.standardized_u is None:
        return (), gradient
    before, along, total = batch_normalization_gradients(
        gradient, layer.input_gamma, *trace.standardized_u
    )
    return (along, total), before


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
