from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.image import imread
from scipy import special, stats

import clt_sim as clt
from clt_sim.experiments.work import Work
from clt_sim.figures import build, get, sum_of_n_activations
from clt_sim.figures.sum_of_n_activations import REACH, SumOfNActivations

DRAWS = 100_000


def computed(**parameters):
    recipe = SumOfNActivations(**parameters)
    data = recipe.compute(quality="draft", seed=1, work=Work())
    return recipe, data


@pytest.fixture(scope="module", autouse=True)
def few_draws():
    patch = pytest.MonkeyPatch()
    patch.setitem(sum_of_n_activations.DRAWS, "draft", DRAWS)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def two_rows():
    return computed(nonlinearities=("relu", "sigmoid"), ns=(1, 4))


@pytest.fixture(scope="module")
def fixed_weights():
    return computed(nonlinearities=("relu",), weights="constant", ns=(1, 2))


def panels_of(data):
    return [panel for row in data["rows"] for panel in row["panels"]]


def test_a_row_for_each_nonlinearity_and_a_column_for_each_n(two_rows):
    _, data = two_rows
    assert [row["nonlinearity"] for row in data["rows"]] == ["relu", "sigmoid"]
    assert [panel["n"] for panel in panels_of(data)] == [1, 4, 1, 4]
    assert (data["inputs"], data["weights"], data["draws"]) == ("normal", "normal", DRAWS)


def test_all_units_are_off_with_probability_two_to_minus_n(two_rows, fixed_weights):
    for _, data in (two_rows, fixed_weights):
        for panel in data["rows"][0]["panels"]:
            mass = 2.0 ** -panel["n"]
            assert panel["atoms"]["height"] == pytest.approx([mass], rel=1e-12)
            assert panel["atoms"]["x"] == pytest.approx([-panel["mean"] / panel["sd"]])
            # 5 standard errors: false alarm rate below 6e-7 each.
            error = math.sqrt(mass * (1.0 - mass) / DRAWS)
            assert abs(panel["zeros"]["share"] - mass) < 5 * error
            assert panel["zeros"]["x"] == pytest.approx(panel["atoms"]["x"][0])


def test_smooth_terms_have_no_atoms(two_rows):
    _, data = two_rows
    for panel in data["rows"][1]["panels"]:
        assert panel["atoms"]["x"].size == 0
        assert panel["zeros"] is None
        assert panel["histogram"]["left_out"] == 0


def test_one_product_of_normals_is_a_bessel_function(two_rows):
    """The density of w*relu(x) off 0 is half that of a product of normals, K0(|s|)/pi."""
    _, data = two_rows
    panel = data["rows"][0]["panels"][0]
    assert panel["sd"] == pytest.approx(math.sqrt(0.5), rel=1e-12)
    x, density = panel["line"]["x"], panel["line"]["density"]
    away = np.abs(x) > 1e-6
    expected = panel["sd"] * special.k0(np.abs(x[away]) * panel["sd"]) / (2 * math.pi)
    np.testing.assert_allclose(density[away], expected, rtol=1e-7)
    kurtosis = panel["gaussianity"]["exact"]["excess-kurtosis"]["value"]
    assert kurtosis == pytest.approx(15.0, rel=1e-10)


def test_one_rectified_normal_is_half_a_normal(fixed_weights):
    _, data = fixed_weights
    panel = data["rows"][0]["panels"][0]
    mean, sd = panel["mean"], panel["sd"]
    assert mean == pytest.approx(1 / math.sqrt(2 * math.pi))
    line = panel["line"]
    np.testing.assert_allclose(
        line["density"][1:-1], sd * stats.norm.pdf(mean + sd * line["x"][1:-1]), rtol=1e-9
    )
    assert line["x"][0] == pytest.approx(-mean / sd)
    assert line["density"][0] == 0.0
    # A sum of two: an atom, one unit on, or the sum of two half-normals (by its own formula).
    second = data["rows"][0]["panels"][1]
    s = second["mean"] + second["sd"] * second["line"]["x"][1:-1]
    both_on = stats.norm.pdf(s, 0, math.sqrt(2)) * (2 * stats.norm.cdf(s / math.sqrt(2)) - 1)
    expected = second["sd"] * (stats.norm.pdf(s) + both_on)
    np.testing.assert_allclose(second["line"]["density"][1:-1], expected, rtol=1e-8)


def mass_of_bins(panel):
    """Return the exact mass of the bins that the atom does not touch, and which these are."""
    edges, line = panel["histogram"]["edges"], panel["line"]
    steps = np.diff(line["x"]) * (line["density"][1:] + line["density"][:-1]) / 2
    cumulative = np.concatenate([[0.0], np.cumsum(steps)])
    place, first = np.unique(line["x"], return_index=True)
    mass = np.diff(np.interp(edges, place, cumulative[first]))
    zero = -panel["mean"] / panel["sd"]
    whole = (np.abs(edges) < REACH)[:-1] & (np.abs(edges) < REACH)[1:]
    return mass, whole & ((edges[1:] < zero - 0.2) | (edges[:-1] > zero + 0.2))


def test_the_histogram_follows_the_exact_density(two_rows, fixed_weights):
    """5 standard errors and the error of the trapezia; 400 bins: false alarm rate below 3e-4."""
    for panel in panels_of(two_rows[1]) + panels_of(fixed_weights[1]):
        mass, compared = mass_of_bins(panel)
        seen = panel["histogram"]["density"] * np.diff(panel["histogram"]["edges"])
        error = np.sqrt(np.maximum(mass, 1e-5) / DRAWS)
        assert np.all(np.abs(seen - mass)[compared] < 5 * error[compared] + 2e-5)
        assert np.count_nonzero(compared) > 30


def test_the_check_of_the_histogram_can_fail(two_rows):
    """One sigmoid term against four."""
    one, four = two_rows[1]["rows"][1]["panels"]
    middle = 0.5 * (one["histogram"]["edges"][1:] + one["histogram"]["edges"][:-1])
    line = np.interp(middle, four["line"]["x"], four["line"]["density"])
    assert np.abs(one["histogram"]["density"] - line).max() > 0.05


def test_the_atom_is_not_in_the_histogram(fixed_weights):
    """Half of the draws are 0: as a bin, they would be a density of about 5."""
    _, data = fixed_weights
    histogram = data["rows"][0]["panels"][0]["histogram"]
    assert histogram["left_out"] in (1, 2)
    assert np.max(histogram["density"]) < 0.3


def test_each_panel_states_its_numbers_and_the_routes_agree(two_rows):
    recipe, data = two_rows
    for ax, panel in zip(recipe.draw(data).axes, panels_of(data), strict=True):
        exact, simulated = (panel["gaussianity"][way] for way in ("exact", "monte_carlo"))
        said = ax.texts[0].get_text()
        assert f"Kolmogorov {exact['kolmogorov']['value']:.5f}" in said
        assert f"ex. kurtosis {exact['excess-kurtosis']['value']:.3f}" in said
        # The distance of draws is above the law's by about a standard error at most.
        off = simulated["kolmogorov"]["value"] - exact["kolmogorov"]["value"]
        assert abs(off) < 5 * simulated["kolmogorov"]["stderr"]


def test_what_is_drawn_is_what_was_computed(two_rows):
    recipe, data = two_rows
    figure = recipe.draw(data)
    assert [ax.texts[1].get_text() for ax in figure.axes[::2]] == ["relu", "sigmoid"]
    for ax, panel in zip(figure.axes, panels_of(data), strict=True):
        (stairs,) = ax.patches
        np.testing.assert_array_equal(stairs.get_data().values, panel["histogram"]["density"])
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), panel["line"]["density"])
        assert len(ax.lines) == (4 if panel["zeros"] else 2)
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == [
        "Monte Carlo (MC)",
        "exact density",
        "N(0,1)",
        "exact mass of a single value",
        "MC, share of exact zeros",
    ]


def test_without_a_route_there_is_the_histogram_alone(monkeypatch):
    def refuse(model):
        raise clt.NoExactLaw("no route.")

    monkeypatch.setattr("clt_sim.figures.exact_laws.exact", refuse)
    recipe, data = computed(nonlinearities="tanh", ns=[3])
    (panel,) = panels_of(data)
    assert panel["no_exact_law"] == "no route."
    assert panel["line"] is None
    (ax,) = recipe.draw(data).axes
    said = ax.texts[0].get_text()
    assert said.startswith("no exact law\nKolmogorov MC 0.")
    assert len(ax.lines) == len(ax.patches) == 1


def test_without_a_route_zeros_are_not_in_the_histogram_either(monkeypatch):
    def refuse(model):
        raise clt.NoExactLaw("no route.")

    monkeypatch.setattr("clt_sim.figures.exact_laws.exact", refuse)
    recipe, data = computed(nonlinearities="relu", weights=1.0, ns=[1])
    (panel,) = panels_of(data)
    assert panel["zeros"]["stderr"] == pytest.approx(0.5 / math.sqrt(DRAWS), rel=1e-3)
    assert np.max(panel["histogram"]["density"]) < 0.3
    (ax,) = recipe.draw(data).axes
    assert ax.lines[-1].get_ydata() == [panel["zeros"]["share"]]


def test_a_discrete_sum_is_drawn_as_masses_per_spacing():
    recipe, data = computed(nonlinearities=("step",), inputs="rademacher", weights=1.0, ns=(4,))
    (panel,) = panels_of(data)
    assert panel["histogram"] is panel["line"] is panel["zeros"] is None
    np.testing.assert_allclose(panel["atoms"]["height"], np.array([1, 4, 6, 4, 1]) / 16, rtol=1e-12)
    (ax,) = recipe.draw(data).axes
    assert not ax.patches
    assert "exact mass per spacing" in ax.get_legend_handles_labels()[1]


def test_the_same_seed_gives_the_same_bytes_and_a_picture(tmp_path):
    recipe = SumOfNActivations(nonlinearities=("sigmoid",), weights=1.0, ns=(1,))
    first, second = (
        build(recipe, tmp_path / name, seed=1, formats=("png",)) for name in ("one", "two")
    )
    for a, b in zip(first, second, strict=True):
        assert a.read_bytes() == b.read_bytes()
    picture = imread(first[0])
    assert picture.shape[1] > 600
    assert 0.02 < np.mean(picture[..., :3].min(axis=2) < 0.9) < 0.5


def test_the_seed_decides_the_numbers():
    recipe = SumOfNActivations(nonlinearities="sigmoid", weights=1.0, ns=(1,))
    silent = {"quality": "draft", "work": Work()}
    first, other = (panels_of(recipe.compute(seed=seed, **silent))[0] for seed in (1, 2))
    assert not np.array_equal(first["histogram"]["density"], other["histogram"]["density"])
    np.testing.assert_array_equal(first["line"]["density"], other["line"]["density"])


def test_weights_are_a_law_a_number_or_constant():
    assert SumOfNActivations(weights="constant").weights == 1.0
    assert SumOfNActivations(weights=-2).weights == -2.0
    assert str(SumOfNActivations(weights="laplace").weights) == "laplace"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"nonlinearities": ("rellu",)}, "Did you mean 'relu'"),
        ({"nonlinearities": ()}, "nonlinearities must be at least one"),
        ({"inputs": "cauchy"}, "sums must have a finite variance above 0 .* is (inf|nan)"),
        ({"inputs": "norml"}, "Did you mean 'normal'"),
        ({"weights": 0.0}, "sums must have a finite variance above 0 .* is 0.0"),
        ({"weights": "normall"}, "Did you mean 'normal'"),
        ({"ns": (0,)}, "each of ns must be from 1 to 1000000, not 0"),
        ({"n": (1,)}, "Did you mean 'ns'"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        get("sum-of-n-activations", **parameters)


@pytest.mark.parametrize("ns", [(), 3, None, (1.5,), "12"])
def test_ns_must_be_whole_numbers(ns):
    with pytest.raises(TypeError, match="ns"):
        SumOfNActivations(ns=ns)


def test_weights_must_be_weights():
    with pytest.raises(TypeError, match="weights must be a real number, not None"):
        SumOfNActivations(weights=None)
