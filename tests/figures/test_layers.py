from __future__ import annotations

import numpy as np
import pytest

from clt_sim.figures import get, layers
from clt_sim.figures.layers import Layers
from clt_sim.networks import load_digits, record, train

STEPS = 60


@pytest.fixture(scope="module")
def drawn():
    patch = pytest.MonkeyPatch()
    patch.setitem(layers.STEPS, "draft", STEPS)
    shares = []
    recipe = Layers(nonlinearities=("relu",), units=5)
    data = recipe.compute(
        quality="draft", seed=3, progress=lambda what, share: shares.append(share)
    )
    patch.undo()
    return recipe, data, shares


@pytest.fixture(scope="module")
def recorded():
    digits = load_digits()
    inputs = np.concatenate([digits.train_inputs, digits.test_inputs])
    history = train(nonlinearity="relu", normalization="batch", steps=STEPS, seed=3)
    return history, record(history.network, inputs)


def test_one_network_without_and_one_with_batch_normalization(drawn):
    _, data, shares = drawn
    kinds = [network["settings"]["normalization"] for network in data["networks"]]
    assert kinds == [None, "batch"]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_panels_hold_the_signals_of_every_hidden_layer(drawn, recorded):
    _, data, _ = drawn
    history, layer_record = recorded
    network = data["networks"][1]
    assert network["test_accuracy"] == history.test_accuracy[-1]
    assert [layer["name"] for layer in network["layers"]] == ["hidden 1", "hidden 2", "hidden 3"]
    for shown, layer in zip(network["layers"], layer_record.layers, strict=False):
        signals = (layer.u, layer.pre_activation, layer.normalized)
        for panel, signal in zip(shown["panels"], signals, strict=True):
            is_pixels = signal is layer_record.layers[0].u
            values = signal.values.astype(np.float64)
            assert panel["mean"] == pytest.approx(values.mean())
            zeros = (values == 0).mean() if signal.name == "u" else 0.0
            assert sum(panel["atoms"]["mass"]) == pytest.approx(1.0 if is_pixels else zeros)
            z = (values - values.mean()) / values.std()
            assert panel["pooled"]["skewness"]["value"] == pytest.approx((z**3).mean(), abs=1e-9)
            near = np.abs(values) <= 0.1 * np.sqrt((values**2).mean())
            assert panel["pooled"]["near-zero"]["value"] == pytest.approx(near.mean())


def test_pooled_density_atoms_and_outside_are_all_of_the_mass(drawn):
    _, data, _ = drawn
    for network in data["networks"]:
        for layer in network["layers"]:
            for panel in layer["panels"]:
                inside = float(np.sum(panel["density"] * np.diff(data["edges"])))
                atoms = float(np.sum(panel["atoms"]["mass"]))
                assert inside + panel["outside"] + atoms == pytest.approx(1.0)


def test_without_normalization_each_unit_is_standardised(drawn):
    _, data, _ = drawn
    for layer in data["networks"][0]["layers"]:
        panel = layer["panels"][2]
        assert panel["label"] == "$Wu+b$, each unit standardised"
        assert panel["mean"] == pytest.approx(0.0, abs=1e-6)
        assert panel["sd"] == pytest.approx(1.0, abs=1e-6)


def test_the_figure_states_accuracy_and_measures(drawn):
    recipe, data, _ = drawn
    figure = recipe.draw(data)
    blocks = figure.subfigs
    assert len(blocks) == 2
    for block, network in zip(blocks, data["networks"], strict=True):
        words = block.get_suptitle()
        assert f"{100 * network['test_accuracy']:.1f} %" in words
        assert len(block.axes) == 9
        panel = network["layers"][0]["panels"][1]
        table = "\n".join(text.get_text() for text in block.axes[1].texts)
        for name in ("skewness", "ex. kurtosis", "Kolmogorov", "near zero"):
            assert name in table
        assert f"{panel['pooled']['kolmogorov']['value']:.2f}" in table
        # pooled histogram, five units, and the normal
        assert len(block.axes[1].patches) == 1
        assert len(block.axes[1].lines) == 6


def test_units_drawn_one_by_one_are_the_units_densities(drawn, recorded):
    """The smoothed density has the mass of the values that are not exactly zero."""
    _, data, _ = drawn
    _, layer_record = recorded
    panel = data["networks"][1]["layers"][1]["panels"][0]
    values = layer_record.layers[1].u.values
    step = data["points"][1] - data["points"][0]
    zero = -panel["mean"] / panel["sd"]
    assert len(panel["units"]) == 5
    for unit in panel["units"]:
        share = (values[:, unit["unit"]] != 0).mean()
        assert unit["density"].sum() * step == pytest.approx(share, abs=0.12)
        assert not np.any(unit["density"][data["points"] < zero])


def test_pixels_are_atoms_without_curves(drawn):
    _, data, _ = drawn
    panel = data["networks"][0]["layers"][0]["panels"][0]
    assert len(panel["atoms"]["x"]) == 17
    assert panel["units"] == []
    assert not np.any(panel["density"])


def test_the_near_zero_share_is_the_median_over_varying_units(drawn, recorded):
    _, data, _ = drawn
    values = recorded[1].layers[0].u.values.astype(np.float64)
    varying = values[:, np.ptp(values, axis=0) > 0]
    near = np.abs(varying) <= 0.1 * np.sqrt((varying**2).mean(0))
    shown = data["networks"][1]["layers"][0]["panels"][0]["median_unit"]["near-zero"]
    assert shown["value"] == pytest.approx(np.median(near.mean(0)))


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"nonlinearities": ("rellu",)}, ValueError, "Did you mean 'relu'"),
        ({"nonlinearities": ()}, ValueError, "at least one"),
        ({"units": -1}, ValueError, "units must be at least 0"),
        ({"units": 1.5}, TypeError, "units must be a whole number"),
    ],
)
def test_bad_parameters_are_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        get("layers", **parameters)
