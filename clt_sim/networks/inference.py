"""From learnt parameters to the network of inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.networks.backpropagation import Parameters
from clt_sim.networks.batch_normalization import BatchNormalization
from clt_sim.networks.multilayer_perceptron import DenseLayer, MultilayerPerceptron

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    for i, layer in enumerate(parameters):
        _require_finite(f"a parameter of layer {i + 1}", layer.arrays)
        pre_activation = u @ layer.weights
        normalization = None
        if layer.gamma is not None:
            normalization = _population(layer, pre_activation)
        bias = np.zeros(layer.weights.shape[1]) if layer.bias is None else layer.bias
        layers.append(DenseLayer(layer.weights, bias, normalization))
        if i + 1 < len(parameters):
            argument = pre_activation + layers[-1].bias
            u = nonlinearity(argument if normalization is None else normalization(argument))
    return MultilayerPerceptron(layers, nonlinearity)


def _population(layer: Parameters, pre_activation: NDArray[np.floating]) -> BatchNormalization:
    mean, variance = pre_activation.mean(axis=0), pre_activation.var(axis=0, ddof=1)
    _require_finite("a mean or variance of a pre-activation", [mean, variance])
    assert layer.gamma is not None
    assert layer.beta is not None
    return BatchNormalization(layer.gamma, layer.beta, mean, variance)


def _require_finite(what: str, arrays: Sequence[NDArray[np.floating]]) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        raise FloatingPointError(f"{what} is not finite")
