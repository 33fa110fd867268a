from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from scipy import stats

from clt_sim.experiments.work import Work
from clt_sim.figures import build, finite_width, get
from clt_sim.figures.finite_width import FiniteWidth
from clt_sim.theory.normal_scales import distance_of_scale


def computed(seed=1, **parameters):
    recipe = FiniteWidth(**parameters)
    return recipe, recipe.compute(quality="draft", seed=seed, work=Work())


@pytest.fixture(scope="module")
def relu():
    return computed(widths=(3, 12), depth=4)


@pytest.fixture(scope="module")
def uniform_weights():
    return computed(widths=(3, 8), depth=2, weights="uniform(low=-1.0)")


def largest_gap(cdf):
    """Return the Kolmogorov distance of a continuous law to N(0,1) on a fine grid."""
    x = np.linspace(-10.0, 10.0, 400_001)
    return float(np.abs(cdf(x) - stats.norm.cdf(x)).max())


def test_two_linear_units_have_the_distances_of_the_laplace_law():
    _, data = computed(nonlinearity="identity", weight_variance=1.5, widths=(2,), depth=2)
    point = data["widths"][0]["points"][0]
    sd = 1.5  # weight_variance**2 is the variance after two layers of weights
    laplace = stats.laplace(scale=sd / math.sqrt(2.0))
    assert point["depth"] == 1
    assert point["scale"]["sd"] == pytest.approx(sd)
    assert point["exact"]["raw"]["value"] == pytest.approx(largest_gap(laplace.cdf), abs=1e-6)
    standardised = largest_gap(stats.laplace(scale=math.sqrt(0.5)).cdf)
    assert point["exact"]["standardised"]["value"] == pytest.approx(standardised, abs=1e-6)
    assert point["exact"]["excess_kurtosis"]["value"] == pytest.approx(3.0)


def test_the_exact_distances_are_those_of_networks_drawn_by_numpy(relu):
    """The floor of 200,000 draws is 0.002; false alarm rate of the bounds below 1e-6."""
    _, data = relu
    rng = np.random.default_rng(4)
    hidden = np.maximum(rng.normal(scale=math.sqrt(2.0), size=(200_000, 3)), 0.0)
    weights = rng.normal(scale=math.sqrt(2.0 / 3.0), size=(200_000, 3, 3))
    hidden = np.maximum(np.einsum("nij,nj->ni", weights, hidden), 0.0)
    z = np.einsum("ni,ni->n", rng.normal(scale=math.sqrt(2.0 / 3.0), size=hidden.shape), hidden)
    two_layers = data["widths"][0]["points"][1]
    assert two_layers["depth"] == 2
    for kind, values in (("raw", z), ("standardised", z / math.sqrt(2.0))):
        distance = stats.kstest(values, "norm").statistic
        assert two_layers["exact"][kind]["value"] == pytest.approx(distance, abs=0.006)


def test_raw_distances_are_those_that_were_published():
    """Of Wolinski & Arbel, ReLU, two hidden layers of 1 to 10 units, from 200,000 draws each.

    Draws lift a distance; by more than 0.0043 in at most 1 of 800 cases (Massart's inequality).
    """
    published = [0.3769, 0.2423, 0.1627, 0.1143, 0.0831, 0.0611, 0.0441, 0.0412, 0.0431, 0.0442]
    for width, distance in enumerate(published, start=1):
        network = FiniteWidth(widths=(width,), depth=2)._network(width, 2)
        known = finite_width._exact_point(network)["exact"]["raw"]["value"]
        assert known < distance < known + 0.0043


def test_the_kurtosis_is_a_product_over_layers(relu):
    _, data = relu
    for width in data["widths"]:
        expected = [3.0 * (1.0 + 5.0 / width["width"]) ** depth - 3.0 for depth in range(1, 5)]
        assert width["theory"]["depth"] == [1, 2, 3, 4]
        assert width["theory"]["exact"]
        assert width["theory"]["excess_kurtosis"] == pytest.approx(expected)


def test_the_limit_is_that_of_depth_in_proportion_to_width(relu):
    _, data = relu
    limit = data["limit"]
    assert limit["rate"] == pytest.approx(5.0)
    assert limit["ratio"][[0, -1]] == pytest.approx([1 / 12, 4 / 3])
    assert limit["excess_kurtosis"] == pytest.approx(3.0 * np.exp(5.0 * limit["ratio"]) - 3.0)


def test_estimates_agree_with_exact_laws(relu):
    """Of 18 numbers each within 5 standard errors; the kurtosis of 3 units does not settle."""
    _, data = relu
    for width in data["widths"]:
        kinds = ["raw", "standardised"] + ["excess_kurtosis"] * (width["width"] > 3)
        for point in width["points"]:
            assert point["monte_carlo"]["draws"] == finite_width.DRAWS["draft"]
            for kind in kinds:
                estimate, known = point["monte_carlo"][kind], point["exact"][kind]["value"]
                assert abs(estimate["value"] - known) < 5.0 * estimate["stderr"]


def test_the_check_of_estimates_can_fail(relu):
    """Estimates for one width do not agree with the exact laws of the other."""
    _, data = relu
    narrow, wide = (width["points"][0] for width in data["widths"])
    estimate, other = narrow["monte_carlo"]["standardised"], wide["exact"]["standardised"]
    assert abs(estimate["value"] - other["value"]) > 20.0 * estimate["stderr"]


def test_the_floor_is_the_distance_of_normal_draws(relu):
    _, data = relu
    rng = np.random.default_rng(8)
    samples = rng.standard_normal((40, 10_000))
    z = (samples - samples.mean(1, keepdims=True)) / samples.std(1, keepdims=True)
    distances = [stats.kstest(row, "norm").statistic for row in z]
    # Medians of 80 and 40 samples, each to 0.0003.
    assert data["floor"]["draws"] == 10_000
    assert data["floor"]["kolmogorov"]["value"] == pytest.approx(np.median(distances), abs=1.5e-3)


def test_without_a_route_there_are_draws_alone():
    recipe, data = computed(nonlinearity="tanh", widths=(5,), depth=3, bias_variance=0.1)
    points = data["widths"][0]["points"]
    assert [point["exact"] is None for point in points] == [False, True, True]
    assert "tanh" in points[1]["no_exact_law"]
    assert not data["widths"][0]["theory"]["exact"]
    assert data["limit"] is None
    figure = recipe.draw(data)
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "exact, or kurtosis to order 1/width" in words


def test_other_weights_are_drawn_one_by_one_and_have_floors_of_their_own(uniform_weights):
    recipe, data = uniform_weights
    assert data["sampler"] == "direct"
    points = data["widths"][0]["points"]
    assert all(point["exact"] is None for point in points)
    # E w^4/(E w^2)^2 = 9/5, of relu at the two values of a pre-activation of the input 1.
    assert data["widths"][0]["theory"]["excess_kurtosis"][0] == pytest.approx(
        (9 / 5 * (2 * 9 / 5) - 3) / 3
    )
    shape = recipe.draw(data).axes[1]
    floors = [line for line in shape.lines if line.get_color() == "#222222"]
    value = data["floor"]["kolmogorov"]["value"]
    assert len(floors) == 2
    np.testing.assert_allclose(floors[0].get_ydata(), value)


def test_wide_and_deep_networks_have_fewer_draws():
    recipe = FiniteWidth(weights="rademacher", widths=(100,), depth=20)
    network = recipe._network(100, 20)
    assert finite_width._draws(network, "draft") == 1_000_000_000 // network.terms
    assert finite_width._draws(recipe._network(1000, 100), "draft") == finite_width.FEWEST_DRAWS


def test_a_kurtosis_below_that_of_the_normal_is_drawn_by_its_size():
    recipe, data = computed(nonlinearity="identity", weights="rademacher", widths=(20,), depth=2)
    assert data["widths"][0]["theory"]["excess_kurtosis"][0] == pytest.approx(-2.0 / 20.0)
    kurtosis = recipe.draw(data).axes[2]
    assert kurtosis.get_ylabel() == "size of the excess kurtosis"
    assert kurtosis.lines[0].get_ydata()[0] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("depth", "marks"),
    [(2, [1, 2]), (4, [1, 2, 4]), (20, [1, 2, 5, 10, 20]), (100, [1, 2, 5, 10, 20, 50, 100])],
)
def test_marks_of_the_depth_are_round_numbers_and_the_last(depth, marks):
    assert finite_width._depths_of_marks(depth) == marks


def test_four_panels_show_what_was_computed(relu):
    recipe, data = relu
    figure = recipe.draw(data)
    raw, shape, kurtosis, ratio = figure.axes
    for ax, letter in zip(figure.axes, "abcd", strict=True):
        assert ax.get_title(loc="left") == letter
        assert ax.get_xscale() == ax.get_yscale() == "log"
    for ax, kind in ((raw, "raw"), (shape, "standardised")):
        assert ax.get_ylabel() == "Kolmogorov distance to N(0,1)"
        for index, width in enumerate(data["widths"]):
            depths = [point["depth"] for point in width["points"]]
            known = [point["exact"][kind]["value"] for point in width["points"]]
            drawn = [point["monte_carlo"][kind]["value"] for point in width["points"]]
            curves = [tuple(np.ravel(line.get_ydata())) for line in ax.lines]
            assert tuple(known) in curves
            np.testing.assert_array_equal(ax.containers[index].lines[0].get_ydata(), drawn)
            np.testing.assert_array_equal(ax.containers[index].lines[0].get_xdata(), depths)
    assert raw.lines[-1].get_ydata() == pytest.approx([distance_of_scale(math.sqrt(2.0))] * 3)
    for ax in (kurtosis, ratio):
        np.testing.assert_allclose(
            ax.lines[0].get_ydata(), data["widths"][0]["theory"]["excess_kurtosis"]
        )
    np.testing.assert_allclose(ratio.lines[0].get_xdata(), np.array([1, 2, 3, 4]) / 3)
    np.testing.assert_array_equal(ratio.lines[-1].get_ydata(), data["limit"]["excess_kurtosis"])


def test_the_legend_explains_and_states_the_scale(relu):
    recipe, data = relu
    words = [text.get_text() for text in recipe.draw(data).legends[0].get_texts()]
    assert words[:2] == ["width 3", "width 12"]
    assert "normal law with the same sd, 1.41" in words
    assert r"floor of $10\,000$ draws" in words


def test_drawing_computes_nothing(relu, monkeypatch):
    recipe, data = relu

    def refuse(*arguments, **keywords):
        raise AssertionError("drawing must not compute")

    names = ("simulate", "simulate_conditional", "law_or_refusal", "gaussianity")
    for name in (*names, "network_kurtosis", "depth_limit", "distance_of_scale"):
        monkeypatch.setattr(finite_width, name, refuse)
    recipe.draw(data)


def test_the_picture_has_every_colour_and_no_clipped_text(relu):
    recipe, data = relu
    figure = recipe.draw(data)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3] / 255.0
    for colour in ("#bd1f01", "#c77c02", "#8a8f94"):
        tint = np.array(to_rgb(colour))
        if colour == "#8a8f94":
            tint = 1.0 - 0.45 * (1.0 - tint)
        assert np.count_nonzero(np.abs(pixels - tint).max(-1) < 0.03) > 50
    for ax in figure.axes:
        box = ax.get_tightbbox()
        assert box.x0 >= 0.0
        assert box.y0 >= 0.0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    recipe = FiniteWidth(widths=(3,), depth=2)
    first, again, other = (
        build(recipe, tmp_path / name, seed=seed, formats=("png",))
        for name, seed in (("first", 5), ("again", 5), ("other", 6))
    )
    assert [file.name for file in first] == [f"finite-width.{e}" for e in ("png", "json")]
    for one, same, different in zip(first, again, other, strict=True):
        assert one.read_bytes() == same.read_bytes()
        assert one.read_bytes() != different.read_bytes()


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"widths": 10}, TypeError, "widths must be a list of whole numbers, not 10"),
        ({"widths": ()}, ValueError, "widths must be 1 to 5 different numbers"),
        ({"widths": (8, 8)}, ValueError, "widths must be 1 to 5 different numbers"),
        ({"widths": (1, 2, 3, 4, 5, 6)}, ValueError, "widths must be 1 to 5 different numbers"),
        ({"widths": (0,)}, ValueError, "each of widths must be from 1 to 16384, not 0"),
        ({"depth": 1}, ValueError, "depth must be from 2 to 100, not 1"),
        ({"depth": 2.5}, TypeError, "depth must be a whole number"),
        ({"nonlinearity": "rellu"}, ValueError, "Did you mean 'relu'"),
        ({"weights": "exponential"}, ValueError, "weights must have mean 0"),
        ({"weights": "student-t(df=2.0)"}, ValueError, "no variance to standardise by"),
        ({"weight_variance": 0.0}, ValueError, "weight_variance must be"),
        ({"bias_variance": -1.0}, ValueError, "bias_variance must be at least 0"),
        ({"nonlinearity": "sign"}, ValueError, "nothing to draw: normal at any width"),
        ({"width": (3,)}, ValueError, "Did you mean 'widths'"),
    ],
)
def test_bad_parameters_are_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        get("finite-width", **parameters)
