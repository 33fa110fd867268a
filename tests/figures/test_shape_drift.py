from __future__ import annotations

import numpy as np
import pytest
from figure_files import check_files
from scipy import stats

from clt_sim.experiments.work import Work
from clt_sim.figures import get, shape_drift
from clt_sim.figures.shape_drift import LAYERS, ShapeDrift, geometric
from clt_sim.figures.shape_drift_drawing import DRIFTS
from clt_sim.networks import load_digits, train
from clt_sim.networks.training.unit_shapes import LEVELS, _median, shape_numbers
from clt_sim.plotting.normalizations import LABELS
from clt_sim.plotting.signals import SIGNALS

STEPS, SNAPSHOTS = 12, 3


@pytest.fixture(scope="module", autouse=True)
def _short():
    patch = pytest.MonkeyPatch()
    patch.setitem(shape_drift.STEPS, "draft", STEPS)
    patch.setitem(shape_drift.SNAPSHOTS, "draft", SNAPSHOTS)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def drawn():
    shares = []
    recipe = ShapeDrift()
    data = recipe.compute(
        quality="draft", seed=3, work=Work(lambda what, share: shares.append(share))
    )
    return recipe, data, shares, recipe.draw(data)


@pytest.fixture(scope="module")
def histories(drawn):
    _, data, _, _ = drawn
    return [
        train(nonlinearity="sigmoid", steps=STEPS, seed=seed, snapshots=SNAPSHOTS)
        for seed in data["seeds"]
    ]


def standard_quantiles(values):
    z = (values - values.mean(0)) / values.std(0)
    return np.quantile(z, LEVELS, axis=0)


def test_networks_of_every_kind_and_seed(drawn):
    _, data, shares, _ = drawn
    assert len(set(data["seeds"])) == 3
    assert [kind["normalization"] for kind in data["kinds"]] == [None, "batch"]
    for kind in data["kinds"]:
        assert [layer["name"] for layer in kind["layers"]] == ["hidden 2", "hidden 3", "output"]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_drifts_from_first_to_last_are_those_of_plain_quantiles(drawn, histories):
    """The last network is propagated again, and its units are standardised by NumPy."""
    _, data, _, _ = drawn
    ends = [list(h.network.propagate(load_digits().test_inputs)) for h in histories]
    for place, layer in enumerate(data["kinds"][0]["layers"]):
        logarithms = {}
        for signal, attribute in (("u", "u"), ("pre-activation", "pre_activation")):
            found = []
            for history, values in zip(histories, ends, strict=True):
                shapes = history.shape(layer["name"], signal)
                array = getattr(values[place + 1], attribute)[:, shapes.few].astype(np.float64)
                moved = np.abs(standard_quantiles(array) - shapes.few_quantiles[0].T).mean(0)
                found.append(np.median(moved))
            assert layer["whole"][signal]["mean"] == pytest.approx(stats.gmean(found))
            logarithms[signal] = np.log(found)
        each = np.exp(logarithms["u"] - logarithms["pre-activation"])
        assert layer["ratio"]["whole"]["each"] == pytest.approx(each)
        assert layer["ratio"]["whole"]["mean"] == pytest.approx(stats.gmean(each))


def test_drifts_between_checkpoints_are_those_of_the_histories(drawn, histories):
    _, data, _, _ = drawn
    for layer in data["kinds"][0]["layers"]:
        medians = {
            signal: np.array(
                [np.median(h.shape(layer["name"], signal).drift, 1) for h in histories]
            )
            for signal in SIGNALS
        }
        for signal, values in medians.items():
            assert layer["drift"][signal]["mean"] == pytest.approx(stats.gmean(values))
        each = medians["u"].mean(1) / medians["pre-activation"].mean(1)
        assert layer["ratio"]["between"]["each"] == pytest.approx(each)


def test_the_interval_is_that_of_students_t():
    values = np.array([0.5, 0.8, 1.7, 1.1])
    found = geometric(values)
    low, high = stats.ttest_1samp(np.log(values), 0.0).confidence_interval(0.95)
    assert found["mean"] == pytest.approx(stats.gmean(values))
    assert (found["low"], found["high"]) == pytest.approx((np.exp(low), np.exp(high)))
    assert found["stderr"] == pytest.approx(stats.sem(np.log(values)))


def test_a_network_that_stands_still_has_no_ratio():
    assert np.isnan(geometric(np.array([0.0, 0.0, 0.0]))["low"])


def test_constant_units_are_left_out_of_the_median():
    assert _median(np.array([0.3, np.nan, 0.1])) == pytest.approx(0.2)
    assert np.isnan(_median(np.array([np.nan, np.nan])))


def test_sampling_adds_no_drift(histories):
    """Of the same inputs in another order the shapes are the same; other inputs would move them."""
    rng = np.random.default_rng(4)
    values = rng.exponential(size=(400, 8))
    shapes, permuted, others = (
        shape_numbers(some)["few_quantiles"]
        for some in (values, rng.permutation(values), rng.exponential(size=(400, 8)))
    )
    assert np.abs(shapes - permuted).max() < 1e-12
    assert np.abs(shapes - others).mean() > 0.02
    assert not np.nanmax(histories[0].shape("hidden 1", "u").drift)


def test_the_figure_draws_the_drifts_and_ratios(drawn):
    _, data, _, figure = drawn
    curves, ratios = figure.axes[:3], figure.axes[3:]
    assert [ax.get_title() for ax in curves] == list(LAYERS)
    for place, ax in enumerate(curves):
        assert len(ax.lines) == 4
        expected = [k["layers"][place]["drift"][s]["mean"] for k in data["kinds"] for s in SIGNALS]
        for line, mean in zip(ax.lines, expected, strict=True):
            assert np.array_equal(line.get_xdata(), data["steps"][1:])
            assert np.array_equal(line.get_ydata(), mean)
    for ax, (drift, words) in zip(ratios, DRIFTS.items(), strict=True):
        assert ax.get_title() == words
        handles, labels = ax.get_legend_handles_labels()
        assert labels == [LABELS[None], LABELS["batch"]]
        for container, kind in zip(handles, data["kinds"], strict=True):
            found = [layer["ratio"][drift] for layer in kind["layers"]]
            assert container[0].get_ydata() == pytest.approx([r["mean"] for r in found])
            bars = np.array(container[2][0].get_segments())
            assert bars[:, 0, 1] == pytest.approx([r["low"] for r in found])
            assert bars[:, 1, 1] == pytest.approx([r["high"] for r in found])
        low, high = ax.get_ylim()
        assert low < 1.0 < high
        said = [text.get_text() for text in ax.texts]
        assert said == ["$u$ drifts more", "$u$ drifts less"]
    assert [ax.get_title(loc="left") for ax in figure.axes] == list("abcde")


def test_the_same_seed_gives_the_same_bytes_and_a_picture(drawn, tmp_path):
    recipe, data = drawn[:2]
    check_files(recipe, data, tmp_path, seed=3, white=(0.5, 0.97))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"nonlinearity": "rellu"}, "Did you mean 'relu'"),
        ({"normalizations": ()}, "at least one"),
        ({"normalizations": (None, "bach")}, "Did you mean 'batch'"),
        ({"seeds": 2}, "seeds must be at least 3"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        get("shape-drift", **parameters)
