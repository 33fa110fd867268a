"""Recorded layers against plain recomputation."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest

from clt_sim.networks import load_digits, record, train


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
    for layer, fan_in, units in zip(
        recorded.layers, network.widths, network.widths[1:], strict=False
    ):
        assert layer.u.values.shape == (400, fan_in)
        assert layer.pre_activation.values.shape == (400, units)
        expected = network.normalization is not None and layer.name != "output"
        assert (layer.normalized is not None) == expected
        assert layer.normalization == ("batch norm of Wu+b" if expected else None)
        assert {signal.layer for signal in layer.signals} == {layer.name}
        assert recorded[layer.name] is layer
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
        np.testing.assert_allclose(layer.pre_activation.values, z, rtol=1e-4, atol=1e-4)
        bn = parameters.normalization
        if bn is not None:
            gamma, beta, mean, variance = (
                array.astype(float) for array in (bn.gamma, bn.beta, bn.mean, bn.variance)
            )
            expected = gamma * (z - mean) / np.sqrt(variance + 1e-5) + beta
            np.testing.assert_allclose(layer.normalized.values, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("normalization", "kind"),
    [
        ("layer", "layer norm"),
        ("batch-u", "batch norm of u"),
        ("batch-both", "batch norm of Wu+b, after batch norm of u"),
    ],
)
def test_other_normalizations_are_named(images, normalization, kind):
    network = train(normalization=normalization, steps=3).network
    layer = record(network, images).layers[1]
    assert layer.normalization == kind
    assert layer.normalized.values.shape == (400, 100)
    shown = layer.u if normalization == "batch-u" else layer.pre_activation
    axis = 1 if normalization == "layer" else 0

    def standardised(signal):
        values = signal.values.astype(float)
        return (values - values.mean(axis, keepdims=True)) / values.std(axis, keepdims=True)

    # gamma and beta have hardly moved in three steps
    correlation = np.mean(standardised(layer.normalized) * standardised(shown))
    assert correlation > 0.999


def test_pre_activations_are_not_overwritten_by_the_relu(recorded):
    for layer in recorded.layers[:3]:
        for signal in layer.signals[1:]:
            assert (signal.values < 0).mean() > 0.05
    assert recorded.layers[1].u.values.min() == 0.0


def test_every_keeps_rows_and_says_so(network, recorded, images):
    thinned = record(network, images, every=7, batch_size=30)
    assert thinned.settings["every"] == 7
    assert thinned.settings["inputs_given"] == 400
    assert "58 inputs (every=7 of 400)" in str(thinned)
    for few, all_ in zip(thinned.layers, recorded.layers, strict=True):
        assert few.seen == 58
        for some, full in zip(few.signals, all_.signals, strict=True):
            np.testing.assert_allclose(some.values, full.values[::7], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("every", [1, 3])
def test_batches_of_any_sizes_are_one_array(network, images, every):
    cuts = [0, 1, 8, 9, 200, 200, 399, 400]
    pieces = (images[a:b] for a, b in itertools.pairwise(cuts) if a < b)
    for one, two in zip(
        record(network, pieces, every=every).layers,
        record(network, images, every=every, batch_size=50).layers,
        strict=True,
    ):
        for signal, other in zip(one.signals, two.signals, strict=True):
            np.testing.assert_allclose(signal.values, other.values, rtol=1e-4, atol=1e-5)
            assert signal.statistics.mean == pytest.approx(other.statistics.mean, abs=1e-5)


def test_fewer_rows_and_units_are_kept_than_seen(network, recorded, images):
    small = record(network, images, rows=50, units=10, seed=4)
    for few, all_ in zip(small.layers, recorded.layers, strict=True):
        assert few.seen == 400
        for some, full in zip(few.signals, all_.signals, strict=True):
            assert some.values.shape == (50, min(10, full.units))
            kept = np.arange(full.units) if some.unit_indices is None else some.unit_indices
            # Every row of the sample is a row of all, in their order.
            distances = np.abs(some.values[:, None] - full.values[None][:, :, kept]).max(axis=2)
            places = distances.argmin(axis=1)
            assert distances.min(axis=1).max() < 1e-4
            if some.name == "pre-activation":
                assert np.all(np.diff(places) > 0)
            assert some.statistics.mean == pytest.approx(full.statistics.mean, abs=1e-5)
            assert some.constant_units == full.constant_units
    u = small.layers[1].u
    assert u.ensemble == "u of hidden 2, each of 10 of 100 units over 50 of 400 inputs"
    assert u.pooled.ensemble == "u of hidden 2, 10 of 100 units and 50 of 400 inputs pooled"


def test_recording_does_not_depend_on_the_other_inputs(network, recorded, images):
    alone = record(network, images[5:6])
    for one, many in zip(alone.layers, recorded.layers, strict=True):
        for signal, reference in zip(one.signals, many.signals, strict=True):
            assert signal.values[0] == pytest.approx(reference.values[5], rel=1e-4, abs=1e-4)


def test_to_dict_is_json_with_the_right_numbers(network, recorded):
    described = json.loads(json.dumps(recorded.to_dict(), allow_nan=False))
    assert described["settings"]["widths"] == list(network.widths)
    assert described["settings"]["normalization"] == network.normalization
    layer = described["layers"][1]
    values = recorded.layers[1].u.values.astype(float)[:, 3].tolist()
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
    assert layer["u"]["shape"] == [400, 100]
    assert layer["u"]["ensemble"] == "u of hidden 2, each of 100 units over 400 inputs"
    statistics = {name: column[3] for name, column in layer["u"]["statistics"].items()}
    assert statistics["mean"] == pytest.approx(mean, rel=1e-12)
    assert statistics["variance"] == pytest.approx(variance, rel=1e-12)
    assert statistics["minimum"] == min(values)
    assert statistics["maximum"] == max(values)
    assert statistics["exact_zeros"] == values.count(0.0)
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


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rows": 1}, ValueError, "rows must be at least 2"),
        ({"units": 0}, ValueError, "units must be at least 1"),
        ({"seed": -1}, ValueError, "seed must be from 0"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
    ],
)
def test_options_out_of_range_are_refused(network, images, options, error, message):
    with pytest.raises(error, match=message):
        record(network, images, **options)


def test_no_inputs_and_no_arrays_are_refused(network):
    with pytest.raises(ValueError, match="inputs must be at least one"):
        record(network, iter([]))
    with pytest.raises(TypeError, match="inputs must be an array, a mapping or tuple"):
        record(network, 3.0)
    with pytest.raises(TypeError, match="inputs must be real numbers"):
        record(network, {"x": np.ones((2, 64))})
