from __future__ import annotations

import numpy as np
import pytest

from clt_sim.experiments.work import Work
from clt_sim.figures import get, ioffe_szegedy
from clt_sim.figures.ioffe_szegedy import IoffeSzegedy
from clt_sim.networks import load_digits, train
from clt_sim.networks.training.settings import NORMALIZATIONS
from clt_sim.plotting.normalizations import COLOURS, LABELS

STEPS = 60


@pytest.fixture(scope="module")
def drawn():
    patch = pytest.MonkeyPatch()
    patch.setitem(ioffe_szegedy.STEPS, "draft", STEPS)
    shares = []
    recipe = IoffeSzegedy()
    data = recipe.compute(
        quality="draft", seed=3, work=Work(lambda what, share: shares.append(share))
    )
    patch.undo()
    return recipe, data, shares, recipe.draw(data)


def test_one_network_for_each_normalization(drawn):
    _, data, shares, _ = drawn
    assert [run["normalization"] for run in data["runs"]] == [None, "batch", "batch-u"]
    assert {run["settings"]["initial_sd"] for run in data["runs"]} == {0.1}
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_the_numbers_are_those_of_the_trained_network(drawn):
    _, data, _, _ = drawn
    history = train(normalization="batch", steps=STEPS, seed=3, initial_sd=0.1)
    run = data["runs"][1]
    assert np.array_equal(run["test_accuracy"], history.test_accuracy)
    *_, last, _ = history.network.propagate(load_digits().test_inputs)
    column = last.normalized[:, run["unit"]].astype(np.float64)
    assert run["percentiles"][:, -1] == pytest.approx(np.percentile(column, [15, 50, 85]))
    assert run["medians"].shape == (100, len(run["steps"]))
    accuracy = run["test_accuracy"][-1]
    assert run["accuracy_stderr"] == pytest.approx((accuracy * (1 - accuracy) / 400) ** 0.5)


def test_the_unit_drawn_is_typical(drawn):
    _, data, _, _ = drawn
    for run in data["runs"]:
        low, middle, high = run["percentiles"]
        wandered = np.ptp(middle) / (high[-1] - low[-1])
        assert run["instability"]["unit"] == pytest.approx(wandered)
        first, third = run["instability"]["quartiles"]
        assert first <= wandered <= third


def test_normalization_keeps_the_median_in_place(drawn):
    _, data, _, _ = drawn
    plain, batch, of_u = (run["instability"]["unit"] for run in data["runs"])
    assert plain > 2 * max(batch, of_u)


def test_the_figure_draws_and_states_them(drawn):
    _, data, _, figure = drawn
    accuracy, *panels = figure.axes
    assert len(accuracy.lines) == len(panels) == 3
    words = [text.get_text() for text in accuracy.get_legend().get_texts()]
    for line, word, run in zip(accuracy.lines, words, data["runs"], strict=True):
        assert np.array_equal(line.get_ydata(), run["test_accuracy"])
        assert word.startswith(LABELS[run["normalization"]])
        assert f"{run['test_accuracy'][-1]:.3f}" in word
    for ax, run in zip(panels, data["runs"], strict=True):
        # the medians of 100 units, three percentiles of one, and zero
        assert len(ax.lines) == 104
        said = "\n".join(text.get_text() for text in ax.texts)
        assert f"over {run['instability']['unit']:.2f} of the final width" in said
        assert ax.get_ylim()[1] > np.max(run["percentiles"])


def test_empty_places_are_not_drawn(drawn):
    _, data, _, _ = drawn
    two = IoffeSzegedy(normalizations=(None, "batch"))
    figure = two.draw({**data, "runs": data["runs"][:2]})
    assert [ax.axison for ax in figure.axes] == [True, True, True, False]


def test_every_normalization_has_words_and_a_colour():
    assert set(LABELS) == set(COLOURS) == set(NORMALIZATIONS)
    assert len(set(COLOURS.values())) == len(COLOURS)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"nonlinearity": "rellu"}, "Did you mean 'relu'"),
        ({"normalizations": ()}, "at least one"),
        ({"normalizations": "batch"}, "sequence of at least one"),
        ({"normalizations": (None, "bach")}, "Did you mean 'batch'"),
        ({"initial_sd": 0.0}, "initial_sd must be above 0"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        get("ioffe-szegedy", **parameters)
