"""Recording of networks given as arrays."""

from __future__ import annotations

import numpy as np
import pytest

from clt_sim import nonlinearities
from clt_sim.networks import record


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(0)
    return rng.normal(size=(30, 4)), [
        (rng.normal(size=(4, 6)), rng.normal(size=6), "relu"),
        (rng.normal(size=(6, 5)), rng.normal(size=5), np.tanh),
        (rng.normal(size=(5, 3)), rng.normal(size=3), None),
    ]


def test_layers_are_a_plain_recomputation(arrays):
    x, network = arrays
    recorded = record(network, x, batch_size=7)
    assert [layer.name for layer in recorded.layers] == ["layer 1", "layer 2", "layer 3"]
    assert recorded.settings["network"] == "layers 4-6-5-3"
    assert recorded.settings["nonlinearities"] == ["relu", "tanh", None]
    u = x
    for layer, (weights, biases, _), phi in zip(
        recorded.layers, network, (lambda z: z * (z > 0), np.tanh, None), strict=True
    ):
        z = np.einsum("ij,jk->ik", u, weights) + biases
        assert layer.u.values == pytest.approx(u, abs=1e-12)
        assert layer.pre_activation.values == pytest.approx(z, abs=1e-12)
        assert layer.normalized is None
        u = None if phi is None else phi(z)


def test_a_function_that_overwrites_its_argument_spoils_nothing(arrays):
    x, network = arrays

    def relu(z):
        return np.maximum(z, 0.0, out=z)

    in_place = [(w, b, relu) for w, b, _ in network]
    named = [(w, b, nonlinearities.get("relu")) for w, b, _ in network]
    for one, two in zip(record(in_place, x).layers, record(named, x).layers, strict=True):
        assert np.array_equal(one.pre_activation.values, two.pre_activation.values)
        assert one.pre_activation.values.min() < 0.0


W, B = np.ones((4, 2)), np.zeros(2)


@pytest.mark.parametrize(
    ("network", "error", "message"),
    [
        ([(W, B, "rellu")], ValueError, "Did you mean 'relu'"),
        ([(W, B, 3)], TypeError, r"network\[0\] must have a nonlinearity"),
        ([(W, B[:1], None)], ValueError, r"network\[0\]: bias must have 2 numbers"),
        ([(W, B, None), (W, B, None)], ValueError, r"network\[1\] must take 2 inputs"),
        ([(W, B, np.sum)], ValueError, r"nonlinearity of layer 1 must keep the shape \(5, 2\)"),
        ([(W * np.nan, B, None)], ValueError, r"network\[0\]: weights must be finite"),
        ([(W.T, B, None)], ValueError, r"network\[0\]: bias must have 4"),
        ([(W, B)], TypeError, r"builtins\.list cannot be recorded"),
        ([], TypeError, r"list of \(weights, biases, nonlinearity\)"),
    ],
)
def test_faults_are_named(network, error, message):
    with pytest.raises(error, match=message):
        record(network, np.ones((5, 4)))


def test_inputs_must_fit():
    with pytest.raises(ValueError, match="inputs must have 4 features"):
        record([(W, B, None)], np.ones((5, 3)))


def test_activations_that_overflow_are_reported():
    recorded = record([(1e200 * W, B, None), (np.eye(2) * 1e200, B, None)], np.ones((5, 4)))
    layer = recorded.layers[1]
    assert layer.pre_activation.non_finite == 10
    assert layer.left_out == 5
    assert "not finite" in str(recorded)
