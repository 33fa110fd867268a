"""The loss of a batch and its gradient, by hand-written backpropagation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clt_sim.networks.batch_normalization import standardize_batch, standardize_batch_gradient
from clt_sim.networks.softmax import log_softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.nonlinearities import Nonlinearity


class Parameters(NamedTuple):
    """What is learnt in one layer, or the gradient with respect to it.

    With batch normalization beta takes the place of b: the mean of the batch that is subtracted
    from ``Wu + b`` takes any b with it (Ioffe & Szegedy 2015, section 3.2).
    """

    weights: NDArray[np.floating]
    """Shape (fan_in, units)."""
    shift: NDArray[np.floating]
    """The bias b or, with batch normalization, beta; shape (units,)."""
    gamma: NDArray[np.floating] | None = None
    """The scale of batch normalization, shape (units,), or None without."""

    @property
    def arrays(self) -> list[NDArray[np.floating]]:
        """The arrays that are there, in the order of the fields."""
        return [array for array in self if array is not None]


class _Trace(NamedTuple):
    """What the backward pass needs of the forward pass through one layer."""

    u: NDArray[np.floating]
    argument: NDArray[np.floating]
    standardized: NDArray[np.floating] | None = None
    inverse_sd: NDArray[np.floating] | None = None


def batch_gradients(
    parameters: Sequence[Parameters],
    nonlinearity: Nonlinearity,
    inputs: NDArray[np.floating],
    labels: NDArray[np.int64],
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

    Returns
    -------
    loss : float
        The mean cross-entropy in nats.
    gradients : list of Parameters
        One for each layer, in the shapes of `parameters`.
    """
    traces = _forward(parameters, nonlinearity, inputs)
    log_probabilities = log_softmax(traces[-1].argument)
    rows = np.arange(len(labels))
    loss = -float(log_probabilities[rows, labels].mean())
    gradient = np.exp(log_probabilities)
    gradient[rows, labels] -= 1
    gradient /= len(labels)
    backward = []
    for i in reversed(range(len(parameters))):
        layer, gradient = _layer_gradients(parameters[i], traces[i], gradient)
        backward.append(layer)
        if i > 0:
            gradient = gradient @ parameters[i].weights.T
            gradient *= nonlinearity.derivative(traces[i - 1].argument)
    return loss, backward[::-1]


def _forward(
    parameters: Sequence[Parameters], nonlinearity: Nonlinearity, inputs: NDArray[np.floating]
) -> list[_Trace]:
    traces: list[_Trace] = []
    for layer in parameters:
        u = nonlinearity(traces[-1].argument) if traces else inputs
        pre_activation = u @ layer.weights
        if layer.gamma is None:
            traces.append(_Trace(u, pre_activation + layer.shift))
        else:
            standardized, inverse_sd = standardize_batch(pre_activation)
            argument = layer.gamma * standardized + layer.shift
            traces.append(_Trace(u, argument, standardized, inverse_sd))
    return traces


def _layer_gradients(
    layer: Parameters, trace: _Trace, gradient: NDArray[np.floating]
) -> tuple[Parameters, NDArray[np.floating]]:
    """Return the gradients of a layer's parameters and of its pre-activation.

    `gradient` is the one with respect to the argument of the nonlinearity.
    """
    total = gradient.sum(axis=0)
    if layer.gamma is None or trace.standardized is None or trace.inverse_sd is None:
        return Parameters(trace.u.T @ gradient, total), gradient
    along = (gradient * trace.standardized).sum(axis=0)
    gradient = standardize_batch_gradient(
        gradient * layer.gamma, trace.standardized, trace.inverse_sd
    )
    return Parameters(trace.u.T @ gradient, total, along), gradient
