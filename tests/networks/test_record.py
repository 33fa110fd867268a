"""Recorded layers against plain recomputation."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from clt_sim.networks import LayerRecord, Signal, load_digits, record, train
from clt_sim.networks.layer_record import RecordedLayer


@pytest.fixture(scope="module")
def images():
    return load_digits().test_inputs


@pytest.fixture(scope="module", params=[None, "batch"], ids=["plain", "batch"])
def network(request):
    return train(nonlinearity="relu", normalization=request.param, steps=150).network


@pytest.fixture(scope="module")
def recorded(network, images):
    return record(network, images)


def test_layers_and_shapes(network, recorded):
    names = [layer.name for layer in recorded.layers]
    assert names == ["hidden 1", "hidden 2", "hidden 3", "output"]
    assert recorded.inputs_count == 400
    for layer, fan_in, units in zip(
        recorded.layers, network.widths, network.widths[1:], strict=False
    ):
        assert layer.u.values.shape == (400, fan_in)
        assert layer.pre_activation.values.shape == (400, units)
        expected = network.normalization is not None and layer.name != "output"
        assert (layer.normalized is not None) == expected
        assert {signal.layer for signal in layer.signals} == {layer.name}
    names = [signal.name for signal in recorded.layers[0].signals]
    assert names == ["u", "pre-activation", "normalized"][: len(names)]


def test_first_u_is_the_data(recorded, images):
    assert np.array_equal(recorded.layers[0].u.values, images)


def test_u_is_the_nonlinearity_of_the_last_signal_before(recorded):
    for layer, following in zip(recorded.layers, recorded.layers[1:], strict=False):
        last = layer.signals[-1].values
        assert np.array_equal(following.u.values, np.where(last > 0, last, 0))


def test_signals_are_a_plain_recomputation_in_double_precision(network, recorded):
    for layer, parameters in zip(recorded.layers, network.layers, strict=True):
        z = layer.u.values.astype(float) @ parameters.weights.astype(float) + parameters.bias
        assert layer.pre_activation.values == pytest.approx(z, rel=1e-4, abs=1e-4)
        bn = parameters.normalization
        if bn is not None:
            gamma, beta, mean, variance = (
                array.astype(float) for array in (bn.gamma, bn.beta, bn.mean, bn.variance)
            )
            expected = gamma * (z - mean) / np.sqrt(variance + 1e-5) + beta
            assert layer.normalized.values == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_pre_activations_are_not_overwritten_by_the_relu(recorded):
    for layer in recorded.layers[:3]:
        for signal in layer.signals[1:]:
            assert (signal.values < 0).mean() > 0.05
    assert recorded.layers[1].u.values.min() == 0.0


def test_every_keeps_rows_and_says_so(network, recorded, images):
    thinned = record(network, images, every=7)
    assert thinned.inputs_count == 58
    assert thinned.settings["every"] == 7
    assert thinned.settings["inputs_given"] == 400
    assert "58 inputs (every=7 of 400)" in str(thinned)
    for few, all_ in zip(thinned.layers, recorded.layers, strict=True):
        for some, full in zip(few.signals, all_.signals, strict=True):
            assert some.values == pytest.approx(full.values[::7], rel=1e-5, abs=1e-5)


def test_recording_does_not_depend_on_the_other_inputs(network, recorded, images):
    alone = record(network, images[5:6])
    for one, many in zip(alone.layers, recorded.layers, strict=True):
        for signal, reference in zip(one.signals, many.signals, strict=True):
            assert signal.values[0] == pytest.approx(reference.values[5], rel=1e-4, abs=1e-4)


def test_to_dict_is_json_with_the_right_numbers(network, recorded):
    described = json.loads(json.dumps(recorded.to_dict()))
    assert described["inputs_count"] == 400
    assert described["settings"]["widths"] == list(network.widths)
    assert described["settings"]["normalization"] == network.normalization
    layer = described["layers"][1]
    values = recorded.layers[1].u.values.astype(float).ravel().tolist()
    mean = math.fsum(values) / len(values)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    assert layer["u"]["shape"] == [400, 100]
    assert layer["u"]["ensemble"] == "u of hidden 2, 100 units and 400 inputs pooled"
    assert layer["u"]["mean"] == pytest.approx(mean, rel=1e-12)
    assert layer["u"]["sd"] == pytest.approx(spread, rel=1e-12)
    assert layer["u"]["min"] == min(values)
    assert layer["u"]["max"] == max(values)
    assert layer["u"]["constant_units"] == recorded.layers[1].u.constant_units
    assert (layer["normalized"] is None) == (network.normalization is None)
    assert described["layers"][0]["u"]["constant_units"] > 0  # borders of the images


def test_unknown_networks_are_refused_with_what_can_be_recorded(images):
    with pytest.raises(TypeError, match=r"builtins\.dict cannot be recorded.*MultilayerPerceptron"):
        record({}, images)


@pytest.mark.parametrize(
    ("inputs", "every", "error", "message"),
    [
        (np.ones((3, 63)), 1, ValueError, "inputs must have 64 features"),
        (np.full((3, 64), np.nan), 2, ValueError, "inputs must be finite"),
        (np.ones((3, 64)), 0, ValueError, "every must be at least 1"),
        (np.ones((3, 64)), 1.5, TypeError, "every must be a whole number"),
        ([["a"] * 64], 1, TypeError, "inputs must be real numbers"),
    ],
)
def test_faults_are_named(network, inputs, every, error, message):
    with pytest.raises(error, match=message):
        record(network, inputs, every=every)


def test_records_must_fit_together():
    few, many = (
        Signal("u", "hidden 1", [[1.0]]),
        Signal("pre-activation", "hidden 1", [[1.0], [2.0]]),
    )
    with pytest.raises(ValueError, match="hidden 1 must be for the same inputs"):
        RecordedLayer("hidden 1", few, many, None)
    layers = [RecordedLayer("hidden 1", few, few, None), RecordedLayer("output", many, many, None)]
    with pytest.raises(ValueError, match="the layers must be for the same inputs"):
        LayerRecord(tuple(layers), {})
    with pytest.raises(ValueError, match="at least one"):
        LayerRecord((), {})
