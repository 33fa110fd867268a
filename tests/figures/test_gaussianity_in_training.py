from __future__ import annotations

import numpy as np
import pytest
from figure_files import check_files
from scipy import stats

from clt_sim.experiments.work import Work
from clt_sim.figures import gaussianity_in_training, get
from clt_sim.figures.gaussianity_in_training import (
    HIDDEN,
    MEASURES,
    GaussianityInTraining,
    _curve,
)
from clt_sim.networks import load_digits, train
from clt_sim.plotting.normalizations import LABELS

STEPS, SNAPSHOTS = 16, 4


@pytest.fixture(scope="module", autouse=True)
def _short():
    patch = pytest.MonkeyPatch()
    patch.setitem(gaussianity_in_training.STEPS, "draft", STEPS)
    patch.setitem(gaussianity_in_training.SNAPSHOTS, "draft", SNAPSHOTS)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def drawn():
    shares = []
    recipe = GaussianityInTraining()
    data = recipe.compute(
        quality="draft", seed=3, work=Work(lambda what, share: shares.append(share))
    )
    return recipe, data, shares, recipe.draw(data)


@pytest.fixture(scope="module")
def signals():
    """The signals of the last step, of the network without normalization, as plain arrays."""
    network = train(
        hidden=HIDDEN, nonlinearity="relu", steps=STEPS, seed=3, snapshots=SNAPSHOTS
    ).network
    values = list(network.propagate(load_digits().test_inputs))[:-1]
    return [{"u": layer.u, "pre-activation": layer.pre_activation} for layer in values]


def test_one_network_for_each_normalization(drawn):
    _, data, shares, _ = drawn
    assert [run["normalization"] for run in data["runs"]] == [None, "batch"]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    names = [layer["name"] for layer in data["runs"][1]["layers"]]
    assert names == ["hidden 1", "hidden 2", "hidden 3"]


def test_the_last_numbers_are_those_of_scipy(drawn, signals):
    _, data, _, _ = drawn
    for layer, arrays in zip(data["runs"][0]["layers"], signals, strict=True):
        for signal, array in arrays.items():
            found, values = layer["signals"][signal], array.astype(np.float64)
            varying = values[:, np.ptp(values, axis=0) > 0]
            assert found["constant_units"][-1] == values.shape[1] - varying.shape[1]
            distances = [distance(unit) for unit in varying.T]
            kurtoses = stats.kurtosis(varying)
            for measure, units in (("kolmogorov", distances), ("excess_kurtosis", kurtoses)):
                quartiles = found[measure]["quartiles"][:, -1]
                assert quartiles == pytest.approx(np.percentile(units, [25, 50, 75]))
            assert found["kolmogorov"]["pooled"][-1] == pytest.approx(distance(values.ravel()))
            pooled = stats.kurtosis(values.ravel())
            assert found["excess_kurtosis"]["pooled"][-1] == pytest.approx(pooled)


def distance(values):
    return stats.kstest(values, stats.norm(values.mean(), values.std()).cdf).statistic


def test_some_units_are_constant_and_left_out(drawn):
    """Six pixels are 0 in all test images."""
    _, data, _, figure = drawn
    found = data["runs"][0]["layers"][0]["signals"]["u"]
    assert set(found["constant_units"]) == {6}
    assert np.isfinite(found["kolmogorov"]["quartiles"]).all()
    words = "\n".join(text.get_text() for text in figure.axes[0].texts)
    assert words == "constant, left out: 6 of 64 units of $u$"


def test_the_data_do_not_change_in_training(drawn):
    _, data, _, _ = drawn
    for run in data["runs"]:
        curves = run["layers"][0]["signals"]["u"]
        for measure in MEASURES:
            assert np.ptp(curves[measure]["pooled"]) == 0.0
        assert np.ptp(run["layers"][0]["signals"]["pre-activation"]["kolmogorov"]["pooled"]) > 0.0


def test_the_floor_is_what_normal_units_show(drawn):
    """Medians of 400 other units; relative standard errors 3 % and 8 % with those of the floor."""
    _, data, _, _ = drawn
    draws = np.random.default_rng(8).standard_normal((400, 400))
    floor = data["runs"][0]["layers"][1]["floor"]
    assert floor["kolmogorov"] == pytest.approx(np.median([distance(x) for x in draws]), rel=0.12)
    sizes = np.abs(stats.kurtosis(draws, axis=1))
    assert floor["excess_kurtosis"] == pytest.approx(np.median(sizes), rel=0.35)


def test_units_without_shape_give_no_curve():
    class Shapes:
        kolmogorov = np.array([[np.nan] * 5, [0.1, 0.2, 0.3, np.nan, 0.4]])
        pooled_kolmogorov = np.array([np.nan, 0.1])

    found = _curve(Shapes(), "kolmogorov")
    assert np.isnan(found["quartiles"][:, 0]).all()
    assert found["quartiles"][1, 1] == pytest.approx(0.25)


def test_a_row_for_each_measure_and_network(drawn):
    _, data, _, figure = drawn
    axes = np.array(figure.axes).reshape(4, 3)
    rows = [(measure, run) for measure in MEASURES for run in data["runs"]]
    for panels, (measure, run) in zip(axes, rows, strict=True):
        label = f"{LABELS[run['normalization']]}\n{MEASURES[measure]}"
        assert panels[0].get_ylabel() == label
        for ax, layer in zip(panels, run["layers"], strict=True):
            drawn_lines = [line.get_ydata() for line in ax.lines]
            for place, signal in ((0, "u"), (2, "pre-activation")):
                curve = layer["signals"][signal][measure]
                assert np.array_equal(drawn_lines[place], curve["quartiles"][1])
                assert np.array_equal(drawn_lines[place + 1], curve["pooled"])
            floor = layer["floor"][measure]
            assert abs(drawn_lines[4][0]) == floor
            assert len(ax.collections) == 2
            low, high = ax.get_ylim()
            for lines in drawn_lines:
                assert low < np.min(lines)
                assert high > np.max(lines)
    assert [ax.get_title(loc="left") for ax in axes.flat] == list("abcdefghijkl")
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "median of normal units, 400 inputs" in words


def test_the_same_seed_gives_the_same_bytes_and_a_picture(drawn, tmp_path):
    recipe = GaussianityInTraining(normalizations=(None,))
    data = {"runs": drawn[1]["runs"][:1]}
    check_files(recipe, data, tmp_path, seed=3, white=(0.5, 0.97))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"nonlinearity": "rellu"}, "Did you mean 'relu'"),
        ({"normalizations": ()}, "at least one"),
        ({"normalizations": "batch"}, "sequence of at least one"),
        ({"normalizations": (None, "bach")}, "Did you mean 'batch'"),
        ({"normalizations": (None, None)}, "must be different"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        get("gaussianity-in-training", **parameters)
