"""From learnt parameters to the network of inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.networks.batch_normalization import BatchNormalization
from clt_sim.networks.dense_layer import DenseLayer
from clt_sim.networks.multilayer_perceptron import MultilayerPerceptron

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.networks.backpropagation import Parameters
    from clt_sim.nonlinearities import Nonlinearity


def inference_network(
    parameters: Sequence[Parameters], nonlinearity: Nonlinearity, inputs: NDArray[np.floating]
) -> MultilayerPerceptron:
    """Return the network with population statistics in its batch normalization.

    Layer by layer, the mean and the unbiased variance of ``Wu + b`` over all `inputs` are
    stored: Ioffe & Szegedy 2015, Algorithm 2, lines 7 to 11, with the whole training set as the
    one batch that is averaged over.

    Parameters
    ----------
    parameters : sequence of Parameters
        The layers in order, the output layer last. They are copied.
    nonlinearity : Nonlinearity
        The function phi of the hidden layers.
    inputs : ndarray of floats, shape (rows, features)
        The training set, at least two rows where there is batch normalization.

    Returns
    -------
    MultilayerPerceptron
        The network; layers with batch normalization have bias 0.

    Raises
    ------
    FloatingPointError
        If a parameter or a statistic is not finite.
    """
    layers: list[DenseLayer] = []
    u = inputs
    for i, layer in enumerate(parameters, start=1):
        _require_finite(f"a parameter of layer {i}", layer.arrays)
        if layers:
            u = nonlinearity(layers[-1].values(u).argument)
        layers.append(_inference_layer(layer, u))
    return MultilayerPerceptron(layers, nonlinearity)


def _inference_layer(layer: Parameters, u: NDArray[np.floating]) -> DenseLayer:
    if layer.gamma is None:
        return DenseLayer(layer.weights, layer.shift)
    pre_activation = u @ layer.weights
    mean, variance = pre_activation.mean(axis=0), pre_activation.var(axis=0, ddof=1)
    _require_finite("a mean or variance of a pre-activation", [mean, variance])
    normalization = BatchNormalization(layer.gamma, layer.shift, mean, variance)
    return DenseLayer(layer.weights, np.zeros_like(layer.shift), normalization)


def _require_finite(what: str, arrays: Sequence[NDArray[np.floating]]) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        raise FloatingPointError(f"{what} is not finite")
