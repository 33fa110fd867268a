"""Controls for recorded networks: the same network with weights that training did not make.

Where the sums of a control are as close to the normal law as those of the trained network, it
is no merit of training: a sum of many terms is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._array_validation import finite_array
from clt_sim._validation import whole
from clt_sim.networks.onnx_files.adapter import OnnxAdapter
from clt_sim.networks.onnx_files.controls import onnx_control
from clt_sim.networks.perceptron.adapter import PerceptronAdapter
from clt_sim.networks.perceptron.batch_normalization import BatchNormalization
from clt_sim.networks.perceptron.multilayer_perceptron import MultilayerPerceptron
from clt_sim.networks.pytorch.controls import torch_control
from clt_sim.networks.pytorch.library import is_torch_module
from clt_sim.networks.recording.numpy_adapter import NumpyAdapter

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.networks.perceptron.dense_layer import DenseLayer

    Change = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def permuted_weights(network: Any, *, seed: int = 0, inputs: Any = None) -> Any:
    """Return the network with the entries of every weight matrix in a random order.

    Each layer keeps its weights as a set, so their law, heavy tails included, and loses which
    input and which unit each belongs to. What is still as Gaussian as in the trained network
    owes that to the number of terms and to the law of the weights, and not to what was learnt.

    Parameters
    ----------
    network : MultilayerPerceptron, list of (weights, biases, nonlinearity), torch.nn.Module, \
path of an ONNX file or onnx.ModelProto
        The network; it is not changed. Of a module, the weights of linear layers, convolutions,
        recurrent layers and projections of attention are permuted; embeddings are not, unless
        they share their tensor with such a layer, and then they still share it.
    seed : int
        Decides the order; at least 0.
    inputs : array_like, or what `record` takes for such a network; optional
        What to compute the means and variances of batch normalization over, layer by layer: an
        array as one batch, batches averaged, as PyTorch does without momentum. Not used where
        there are none.

    Returns
    -------
    MultilayerPerceptron, list, torch.nn.Module or onnx.ModelProto
        A network of the same kind, shapes and precision. Biases and the scale and shift of
        normalizations are kept. So are, without `inputs`, the means and variances stored in
        batch normalization: they are those of the old weights, and what they give for the new
        ones is not standardised, which changes u of every later layer.

    Raises
    ------
    TypeError
        If it is no such network, or `inputs` are given for a ScriptModule or an ONNX model, whose
        statistics cannot be renewed.
    ValueError
        If a module or model has no such weights, or one is computed from other parameters, as in
        weight or spectral normalization; or an argument is out of range.

    Examples
    --------
    >>> from clt_sim.networks import load_digits, record, train
    >>> images = load_digits().test_inputs
    >>> network = train(nonlinearity="relu", normalization="batch", steps=100).network
    >>> control = permuted_weights(network, inputs=images)
    >>> print(control)
    perceptron 64-100-100-100-10, relu, batch normalization
    >>> layer = record(control, images)["hidden 2"]
    >>> sd = layer.normalized.values.std(axis=0)
    >>> bool(np.allclose(sd, control.layers[1].normalization.gamma, rtol=0.01))
    True
    """
    rng = np.random.default_rng(whole("seed", seed, least=0))
    return _control(network, rng.permuted, inputs)


def random_weights(network: Any, *, seed: int = 0, inputs: Any = None) -> Any:
    """Return the network with normal weights of the same mean square in every layer.

    It is a network at initialisation with the scales of the trained one: neither what was learnt
    nor the law of its weights is left. Weights are drawn from ``N(0, s**2)``, where ``s**2`` is
    the mean of the squares of the weights of the layer.

    Parameters
    ----------
    network : MultilayerPerceptron, list of (weights, biases, nonlinearity), torch.nn.Module, \
path of an ONNX file or onnx.ModelProto
        As for `permuted_weights`.
    seed : int
        Decides the draws; at least 0.
    inputs : array_like, or what `record` takes for such a network; optional
        As for `permuted_weights`.

    Returns
    -------
    MultilayerPerceptron, list, torch.nn.Module or onnx.ModelProto
        As `permuted_weights` does, with what it says of biases and normalization.

    Raises
    ------
    TypeError, ValueError
        As `permuted_weights` does.

    Examples
    --------
    >>> weights = np.array([[3.0, 0.0], [0.0, 0.0]])
    >>> [(drawn, biases, phi)] = random_weights([(weights, [1.0, 2.0], "relu")])
    >>> drawn.shape, biases, phi, bool((drawn == 0).any())
    ((2, 2), [1.0, 2.0], 'relu', False)
    """
    rng = np.random.default_rng(whole("seed", seed, least=0))

    def draw(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        # A power of two changes no digit, and squares stay within floats.
        unit = np.ldexp(1.0, np.frexp(np.max(np.abs(weights), initial=0.0))[1])
        sd = float(unit * np.sqrt(np.mean(np.square(weights / unit))))
        return sd * rng.standard_normal(weights.shape)

    return _control(network, draw, inputs)


def _control(network: Any, change: Change, inputs: Any) -> Any:
    """Return the network with its weights changed and its statistics computed anew."""
    if isinstance(network, MultilayerPerceptron):
        return _perceptron(network, change, inputs)
    if NumpyAdapter().accepts(network):
        return [
            (_changed(f"the weights of network[{index}]", weights, change), biases, phi)
            for index, (weights, biases, phi) in enumerate(network)
        ]
    if is_torch_module(network):
        return torch_control(network, change, inputs)
    if OnnxAdapter().accepts(network):
        if inputs is not None:
            raise TypeError("inputs must be None for an ONNX model: its statistics are kept.")
        return onnx_control(network, change)
    adapters = (PerceptronAdapter, NumpyAdapter, OnnxAdapter)
    kinds = ", ".join((*(adapter.kind for adapter in adapters), "torch.nn.Module"))
    raise TypeError(
        f"network of type {type(network).__module__}.{type(network).__qualname__} has no control;"
        f" what has one: {kinds}."
    )


def _perceptron(
    network: MultilayerPerceptron, change: Change, inputs: ArrayLike | None
) -> MultilayerPerceptron:
    rows = None if inputs is None else network.check_inputs(inputs)
    if rows is not None and len(rows) < 2 and "batch" in (network.normalization or ""):
        raise ValueError(f"inputs must be at least 2 for a variance, not {len(rows)}.")
    layers = [
        replace(layer, weights=_changed("weights", layer.weights, change))
        for layer in network.layers
    ]
    changed = MultilayerPerceptron(layers, network.nonlinearity)
    if rows is None:
        return changed
    return MultilayerPerceptron([*_with_statistics(changed, rows)], network.nonlinearity)


def _changed(name: str, weights: ArrayLike, change: Change) -> NDArray[np.floating]:
    checked = finite_array(name, weights, ndim=2)
    return change(checked.astype(np.float64)).astype(checked.dtype)


def _with_statistics(
    network: MultilayerPerceptron, u: NDArray[np.floating]
) -> Iterator[DenseLayer]:
    """Yield the layers with the statistics of `u` in their batch normalizations.

    Ioffe & Szegedy 2015, Algorithm 2, lines 7 to 11, with all inputs as one batch.
    """
    for given in network.layers:
        layer = given
        if layer.input_normalization is not None:
            of_u = _of_population(layer.input_normalization, u)
            layer = replace(layer, input_normalization=of_u)
        if isinstance(layer.normalization, BatchNormalization):
            pre_activation = layer.values(u).pre_activation
            own = _of_population(layer.normalization, pre_activation)
            layer = replace(layer, normalization=own)
        yield layer
        u = network.nonlinearity(layer.values(u).argument)


def _of_population(
    normalization: BatchNormalization, values: NDArray[np.floating]
) -> BatchNormalization:
    return replace(normalization, mean=values.mean(axis=0), variance=values.var(axis=0, ddof=1))
