"""The network of inference against plain recomputation, and its population statistics."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from clt_sim import nonlinearities
from clt_sim.networks import MultilayerPerceptron
from clt_sim.networks.perceptron.backpropagation import Parameters
from clt_sim.networks.perceptron.batch_normalization import BatchNormalization
from clt_sim.networks.perceptron.dense_layer import DenseLayer
from clt_sim.networks.perceptron.inference import inference_network
from clt_sim.networks.perceptron.layer_normalization import LayerNormalization

WIDTHS = (4, 6, 5, 3)


def random_network(normalized=False, nonlinearity="relu", dtype=np.float64):
    rng = np.random.default_rng(0)
    layers = []
    for i in range(3):
        weights, bias = rng.normal(size=WIDTHS[i : i + 2]), rng.normal(size=WIDTHS[i + 1])
        normalization = None
        if normalized and i < 2:
            numbers = rng.uniform(0.5, 2.0, (4, WIDTHS[i + 1]))
            normalization = BatchNormalization(*numbers.astype(dtype))
        layers.append(DenseLayer(weights.astype(dtype), bias.astype(dtype), normalization))
    return MultilayerPerceptron(layers, nonlinearity)


def inputs(rows=8):
    return np.random.default_rng(1).normal(size=(rows, 4))


def recomputed_logits(network, u):
    for i, layer in enumerate(network.layers):
        z = np.einsum("ij,jk->ik", u, layer.weights) + layer.bias
        bn = layer.normalization
        if bn is not None:
            z = bn.gamma * (z - bn.mean) * (bn.variance + 1e-5) ** -0.5 + bn.beta
        u = np.where(z > 0, z, 0) if i < 2 else z
    return u


@pytest.mark.parametrize("normalized", [False, True])
def test_forward_is_a_plain_recomputation(normalized):
    network, data = random_network(normalized), inputs()
    expected = softmax(recomputed_logits(network, data), axis=1)
    assert network.forward(data) == pytest.approx(expected, rel=1e-12)
    assert network.forward(data).sum(axis=1) == pytest.approx(1.0, rel=1e-14)


def test_loss_and_accuracy_are_plain_recomputations():
    network, data = random_network(), inputs(50)
    labels = np.arange(50) % 3
    probabilities = softmax(recomputed_logits(network, data), axis=1)
    expected = -np.log(probabilities[range(50), labels]).mean()
    assert network.loss(data, labels) == pytest.approx(expected, rel=1e-12)
    right = sum(
        int(row.argmax() == label) for row, label in zip(probabilities, labels, strict=True)
    )
    assert network.accuracy(data, labels) == right / 50


@pytest.mark.parametrize("normalized", [False, True])
def test_output_for_one_input_does_not_depend_on_the_others(normalized):
    network, data = random_network(normalized), inputs()
    alone = np.concatenate([network.forward(row[None]) for row in data])
    assert network.forward(data) == pytest.approx(alone, rel=1e-12)


def test_large_logits_do_not_overflow():
    network = MultilayerPerceptron([DenseLayer([[1e4, 0.0]], [0.0, 0.0])], "relu")
    assert network.forward([[1.0]]).tolist() == [[1.0, 0.0]]
    assert network.loss([[1.0]], [1]) == 1e4


def test_dtype_is_that_of_the_weights():
    network = random_network(normalized=True, dtype=np.float32)
    assert network.dtype == np.float32
    for values in network.propagate(inputs()):
        assert values.u.dtype == values.argument.dtype == np.float32


def test_properties():
    network = random_network(normalized=True)
    assert network.widths == WIDTHS
    assert network.normalization == "batch"
    assert random_network().normalization is None
    assert str(network) == "perceptron 4-6-5-3, relu, batch normalization"


def test_parameters_are_copies_that_cannot_be_changed():
    weights = np.ones((2, 2))
    layer = DenseLayer(weights, [0.0, 0.0])
    weights[:] = 7.0
    assert layer.weights.max() == 1.0
    with pytest.raises(ValueError, match="read-only"):
        layer.weights[0, 0] = 3.0


def layer(fan_in, units, dtype=np.float64, normalized=False):
    normalization = BatchNormalization(*np.ones((4, units))) if normalized else None
    return DenseLayer(np.ones((fan_in, units), dtype), np.zeros(units), normalization)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([], "at least one"),
        ([layer(2, 3), layer(4, 2)], r"layers\[1\] must take 3 inputs"),
        ([layer(2, 3), layer(3, 2, np.float32)], r"layers\[1\] must be float64"),
        ([layer(2, 3), layer(3, 2, normalized=True)], "output layer"),
        ([layer(2, 3, normalized=True), layer(3, 3), layer(3, 2)], "in all hidden layers or none"),
    ],
)
def test_layers_that_do_not_fit(layers, message):
    with pytest.raises(ValueError, match=message):
        MultilayerPerceptron(layers, "relu")


def test_layer_faults_are_named():
    with pytest.raises(ValueError, match="bias must have 3 numbers"):
        DenseLayer(np.ones((2, 3)), np.zeros(2))
    with pytest.raises(ValueError, match="normalization must be of 3 units in float64"):
        DenseLayer(np.ones((2, 3)), np.zeros(3), BatchNormalization(*np.ones((4, 2))))


def test_unknown_nonlinearity_has_a_nearest_match():
    with pytest.raises(ValueError, match="Did you mean 'sigmoid'"):
        MultilayerPerceptron([layer(2, 2)], "sigmoids")


@pytest.mark.parametrize(
    ("data", "labels", "error", "message"),
    [
        (np.ones((2, 5)), [0, 0], ValueError, "inputs must have 4 features"),
        (np.ones(4), [0], ValueError, "2 dimensions"),
        ([[0, 0, np.inf, 0]], [0], ValueError, r"inputs\[0, 2\] is inf"),
        (np.ones((2, 4)), [0, 3], ValueError, "labels must be from 0 to 2"),
        (np.ones((2, 4)), [0, -1], ValueError, "labels must be from 0 to 2"),
        (np.ones((2, 4)), [0], ValueError, "each of the 2 inputs"),
        (np.ones((2, 4)), [0.0, 1.0], TypeError, "labels must be whole numbers"),
    ],
)
def test_inputs_and_labels_that_do_not_fit(data, labels, error, message):
    for measure in (random_network().loss, random_network().accuracy):
        with pytest.raises(error, match=message):
            measure(data, labels)


def test_inference_uses_mean_and_unbiased_variance_of_the_population():
    rng = np.random.default_rng(4)
    parameters = [
        Parameters(rng.normal(size=(4, 6)), rng.normal(size=6), rng.uniform(1, 2, 6)),
        Parameters(rng.normal(size=(6, 5)), rng.normal(size=5), rng.uniform(1, 2, 5)),
        Parameters(rng.normal(size=(5, 3)), rng.normal(size=3)),
    ]
    data = inputs(40)
    network = inference_network(parameters, nonlinearities.get("tanh"), data)
    for values, learnt in zip(network.propagate(data), parameters[:2], strict=False):
        spread = values.pre_activation.std(axis=0, ddof=1)
        assert values.normalized.mean(axis=0) == pytest.approx(learnt.shift, rel=1e-9)
        expected = learnt.gamma * spread / np.sqrt(spread**2 + 1e-5)
        assert values.normalized.std(axis=0, ddof=1) == pytest.approx(expected, rel=1e-9)
    assert not network.layers[0].bias.any()
    assert np.array_equal(network.layers[2].bias, parameters[2].shift)


def test_layer_and_input_normalization_are_plain_recomputations():
    rng = np.random.default_rng(7)
    weights, bias, u = rng.normal(size=(4, 6)), rng.normal(size=6), inputs(5)
    gamma, beta = rng.normal(size=(2, 6))
    own = LayerNormalization(gamma, beta)
    values = DenseLayer(weights, bias, own).values(u)
    z = u @ weights + bias
    for row, found in zip(z, values.normalized, strict=True):
        expected = gamma * (row - row.mean()) / np.sqrt(row.var() + 1e-5) + beta
        assert found == pytest.approx(expected, rel=1e-12)
    of_u = BatchNormalization(*rng.uniform(0.5, 2.0, (4, 4)))
    values = DenseLayer(weights, bias, None, of_u).values(u)
    assert np.array_equal(values.u, u)
    assert values.normalized is None
    assert values.pre_activation == pytest.approx(of_u(u) @ weights + bias, rel=1e-12)


def test_kinds_of_normalization():
    batch, of_u = BatchNormalization(*np.ones((4, 2))), BatchNormalization(*np.ones((4, 2)))
    layer_wise = LayerNormalization(np.ones(2), np.zeros(2))
    square = np.ones((2, 2)), np.zeros(2)

    def network(own, following):
        hidden = DenseLayer(*square, own)
        return MultilayerPerceptron([hidden, DenseLayer(*square, None, following)], "relu")

    assert network(layer_wise, None).normalization == "layer"
    assert network(None, of_u).normalization == "batch-u"
    assert network(batch, of_u).normalization == "batch-both"
    with pytest.raises(ValueError, match="layer normalization and a normalization of u"):
        network(layer_wise, of_u)
    with pytest.raises(ValueError, match="beta must have shape"):
        LayerNormalization(np.ones(2), np.zeros(3))
    with pytest.raises(ValueError, match="input_normalization must be of 3 units"):
        DenseLayer(np.ones((3, 2)), np.zeros(2), None, of_u)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_inference_refuses_parameters_that_are_not_finite(bad):
    parameters = [Parameters(np.array([[bad]]), np.zeros(1))]
    with pytest.raises(FloatingPointError, match="parameter of layer 1"):
        inference_network(parameters, nonlinearities.get("relu"), np.ones((2, 1)))
