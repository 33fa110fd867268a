"""From learnt parameters to the network of inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.networks.perceptron.activation import activation
from clt_sim.networks.perceptron.batch_normalization import BatchNormalization
from clt_sim.networks.perceptron.dense_layer import DenseLayer
from clt_sim.networks.perceptron.layer_normalization import LayerNormalization
from clt_sim.networks.perceptron.multilayer_perceptron import MultilayerPerceptron

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.networks.perceptron.parameters import Parameters
    from clt_sim.nonlinearities import Nonlinearity


def inference_network(
    parameters: Sequence[Parameters],
    nonlinearity: Nonlinearity,
    inputs: NDArray[np.floating],
    *,
    over_units: bool = False,
) -> MultilayerPerceptron:
    """Return the network with population statistics in its batch normalization.

    Layer by layer, the mean and the unbiased variance over all `inputs` are stored: Ioffe &
    Szegedy 2015, Algorithm 2, lines 7 to 11, with the whole training set as the one batch that
    is averaged over.

    Parameters
    ----------
    parameters : sequence of Parameters
        The layers in order, the output layer last. They are copied.
    nonlinearity : Nonlinearity
        The function phi of the hidden layers.
    inputs : ndarray of floats, shape (rows, features)
        The training set, at least two rows where there is batch normalization.
    over_units : bool
        Whether the normalization of ``Wu + b`` is layer normalization.

    Returns
    -------
    MultilayerPerceptron
        The network; layers with a normalization of ``Wu + b`` have bias 0.

    Raises
    ------
    FloatingPointError
        If a parameter or a statistic is not finite.
    """
    return population_pass(parameters, nonlinearity, inputs, over_units=over_units)[0]


def population_pass(
    parameters: Sequence[Parameters],
    nonlinearity: Nonlinearity,
    inputs: NDArray[np.floating],
    *,
    over_units: bool,
) -> tuple[MultilayerPerceptron, NDArray[np.floating]]:
    """Return the network of `inference_network` and its logits for the same inputs."""
    layers: list[DenseLayer] = []
    u = argument = inputs
    for i, layer in enumerate(parameters, start=1):
        _require_finite(f"a parameter of layer {i}", layer.arrays)
        if layers:
            u = activation(nonlinearity, argument)
        finished, argument = _inference_layer(layer, u, over_units)
        layers.append(finished)
    return MultilayerPerceptron(layers, nonlinearity), argument


def _inference_layer(
    layer: Parameters, u: NDArray[np.floating], over_units: bool
) -> tuple[DenseLayer, NDArray[np.floating]]:
    """Return the layer and the argument of its nonlinearity for `u`."""
    of_u = None
    if layer.input_gamma is not None and layer.input_beta is not None:
        of_u = _population(layer.input_gamma, layer.input_beta, u)
        u = of_u(u)
    pre_activation = u @ layer.weights
    if layer.gamma is None:
        pre_activation += layer.shift
        return DenseLayer(layer.weights, layer.shift, None, of_u), pre_activation
    normalization = (
        LayerNormalization(layer.gamma, layer.shift)
        if over_units
        else _population(layer.gamma, layer.shift, pre_activation)
    )
    finished = DenseLayer(layer.weights, np.zeros_like(layer.shift), normalization, of_u)
    return finished, normalization(pre_activation)


def _population(
    gamma: NDArray[np.floating], beta: NDArray[np.floating], values: NDArray[np.floating]
) -> BatchNormalization:
    mean = values.mean(axis=0)
    variance = values.var(axis=0, ddof=1, mean=mean[None])
    _require_finite("a mean or variance of what is normalized", [mean, variance])
    return BatchNormalization(gamma, beta, mean, variance)


def _require_finite(what: str, arrays: Sequence[NDArray[np.floating]]) -> None:
    if not all(np.isfinite(array).all() for array in arrays):
        raise FloatingPointError(f"{what} is not finite")
