from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.image import imread

from clt_sim.experiments.work import Work
from clt_sim.figures import build, get, layers
from clt_sim.figures.layers import Layers
from clt_sim.networks import Collector, LayerBatch, load_digits, record, train

STEPS = 60


@pytest.fixture(scope="module")
def drawn():
    patch = pytest.MonkeyPatch()
    patch.setitem(layers.STEPS, "draft", STEPS)
    shares = []
    recipe = Layers(nonlinearities=("relu",), units=5)
    data = recipe.compute(
        quality="draft", seed=3, work=Work(lambda what, share: shares.append(share))
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
        ({"names": ("hidden 1",)}, ValueError, "names is of a record, and there is none"),
        ({"most": 3}, ValueError, "most is of a record, and there is none"),
        ({"most": 0}, ValueError, "most must be at least 1"),
        ({"names": "hidden 1"}, ValueError, "names must be a sequence of names"),
    ],
)
def test_bad_parameters_are_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        get("layers", **parameters)


@pytest.fixture(scope="module")
def saved(tmp_path_factory, recorded):
    path = tmp_path_factory.mktemp("records") / "network.npz"
    recorded[1].save(path)
    return str(path)


@pytest.fixture(scope="module")
def small(recorded):
    return record(recorded[0].network, load_digits().test_inputs, every=10)


def shown(**parameters):
    recipe = Layers(**parameters)
    data = recipe.compute(quality="draft", seed=0, work=Work())
    return data, recipe.draw(data)


def by_hand():
    """Layers without u, with u that is constant, and with two units only."""
    rng = np.random.default_rng(2)
    after = rng.standard_normal((40, 5))
    collector = Collector(rows=30, units=4, seed=0)
    collector.add("unseen", LayerBatch(None, after))
    collector.add("constant", LayerBatch(np.ones((40, 3)), after))
    collector.add("a/layer/$with/a/$name/that/is/rather/long", LayerBatch(after, after[:, :2]))
    return collector.record(network="by hand")


def test_a_record_has_the_panels_of_the_trained_network(drawn, recorded, saved):
    """The same layers, but over the same inputs by way of a file."""
    _, data, _ = drawn
    found, figure = shown(record=saved, units=5)
    layers = found["record"]["layers"]
    names = ["hidden 1", "hidden 2", "hidden 3", "output"]
    assert [layer["name"] for layer in layers] == names
    for layer, expected in zip(layers, data["networks"][1]["layers"], strict=False):
        for key, panel in zip(
            ("u", "pre_activation", "normalized"), expected["panels"], strict=True
        ):
            mine = layer[key]
            assert np.array_equal(mine["density"], panel["density"])
            assert np.array_equal(mine["atoms"]["mass"], panel["atoms"]["mass"])
            assert [unit["unit"] for unit in mine["units"]] == [u["unit"] for u in panel["units"]]
            for source in ("pooled", "median_unit"):
                for name, estimate in panel[source].items():
                    assert mine[source][name]["value"] == pytest.approx(estimate["value"])
                    assert mine[source][name]["stderr"] == pytest.approx(estimate["stderr"])
    assert layers[3]["normalized"] is None
    assert len(figure.axes) == 12
    assert figure.get_suptitle() == f"{recorded[1].settings['network']}: 4 layers"
    assert [ax.get_title() for ax in figure.axes[:3]] == ["$u$", "$Wu+b$", "normalized"]
    assert [text.get_text() for text in figure.axes[11].texts] == ["no normalization"]
    words = figure.axes[0].get_xlabel().replace("\n", " ")
    assert words == "64 units over 1797 inputs, 3 of 64 units constant"
    words = figure.axes[2].get_xlabel().replace("\n", " ")
    assert words == "batch norm of Wu+b: 100 units over 1797 inputs"


def test_the_picture_says_how_many_layers_of_how_many(small):
    data, figure = shown(record=small, most=2, units=0)
    assert [layer["name"] for layer in data["record"]["layers"]] == ["hidden 1", "output"]
    assert figure.get_suptitle().endswith(": 2 of 4 layers, evenly spaced")
    data, figure = shown(record=small, names=["hidden 3"], units=0)
    assert [layer["name"] for layer in data["record"]["layers"]] == ["hidden 3"]
    assert figure.get_suptitle().endswith(": 1 of 4 layers")


def test_signals_that_are_not_there_or_have_no_shape_are_named():
    data, figure = shown(record=by_hand())
    unseen, constant, two = data["record"]["layers"]
    assert unseen["u"] is None
    assert constant["u"]["words"] == "no values that vary"
    # Two units have no median with an error, pooled they have all measures.
    assert "kolmogorov" not in two["pre_activation"]["median_unit"]
    assert "kolmogorov, unit" in two["pre_activation"]["unavailable"]
    assert len(figure.axes) == 6  # no layer has a normalised signal
    said = [[text.get_text() for text in ax.texts] for ax in figure.axes]
    assert said[0] == ["$u$ was not seen"]
    assert said[2] == ["no values that vary"]
    assert "–" in said[5][0]
    assert figure.axes[1].get_xlabel() == "4 of 5 units over 30 of 40 inputs"
    assert (
        figure.axes[4].get_ylabel().replace("\n", "") == "a/layer/$with/a/$name/that/is/rather/long"
    )


def test_a_record_is_a_picture_of_the_same_bytes(tmp_path, small):
    small.save(tmp_path / "small.npz")
    recipe = Layers(record=tmp_path / "small.npz", names=("hidden 2",))
    first, second = (build(recipe, tmp_path / name, formats=("png",)) for name in ("one", "two"))
    for a, b in zip(first, second, strict=True):
        assert a.read_bytes() == b.read_bytes()
    picture = imread(first[0])
    assert picture.shape[1] == 1400
    assert 0.5 < (picture[..., :3].min(axis=2) > 0.99).mean() < 0.97
    parameters = json.loads(first[-1].read_text())["parameters"]
    assert (parameters["record"], parameters["names"]) == (
        str(tmp_path / "small.npz"),
        ["hidden 2"],
    )


def test_what_has_no_part_in_a_record_is_refused(saved):
    with pytest.raises(ValueError, match=r"unknown layer 'hiden 2'\. Did you mean 'hidden 2'"):
        Layers(record=saved, names=("hiden 2",))
    with pytest.raises(ValueError, match="nonlinearities has no part in a record"):
        Layers(record=saved, nonlinearities=("tanh",))
    with pytest.raises(ValueError, match="most has no part in layers that are named"):
        Layers(record=saved, names=("hidden 2",), most=1)
    with pytest.raises(FileNotFoundError):
        Layers(record=f"{saved}x")
    with pytest.raises(TypeError, match="record must be a path or a LayerRecord, not 3"):
        Layers(record=3)
