from __future__ import annotations

import math

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.experiments.work import Work
from clt_sim.figures import get
from clt_sim.figures.sum_of_n import SumOfN


def computed(**parameters):
    recipe = SumOfN(**parameters)
    return recipe, recipe.compute(quality="draft", seed=1, work=Work())


@pytest.fixture(scope="module")
def wikipedia():
    return computed()


def test_four_panels_of_the_sums_of_1_to_4(wikipedia):
    _, data = wikipedia
    assert [panel["n"] for panel in data["panels"]] == [1, 2, 3, 4]
    assert data["draws"] == 1_000_000


def test_the_histogram_follows_the_exact_density(wikipedia):
    """Each bin within 5 standard errors; about 400 bins, false alarm rate below 3e-4."""
    _, data = wikipedia
    for panel in data["panels"]:
        edges, density = panel["histogram"]["edges"], panel["histogram"]["density"]
        # Exact mass of a bin by the trapezoidal rule on the drawn line, which is dense.
        line = panel["line"]
        cumulative = np.concatenate(
            [[0], np.cumsum(np.diff(line["x"]) * (line["density"][1:] + line["density"][:-1]) / 2)]
        )
        assert cumulative[-1] == pytest.approx(1.0, abs=2e-5)
        # Jumps are drawn as two points at one place; interpolation needs distinct places.
        place, first = np.unique(line["x"], return_index=True)
        mass = np.diff(np.interp(edges, place, cumulative[first]))
        error = np.sqrt(np.maximum(mass, 1e-6) / data["draws"])
        assert np.all(np.abs(density * np.diff(edges) - mass) < 5 * error + 3e-5)


def test_the_check_of_the_histogram_can_fail(wikipedia):
    """The panel of n = 2 against the line of n = 3 must not agree."""
    _, data = wikipedia
    second, third = data["panels"][1], data["panels"][2]
    middle = 0.5 * (second["histogram"]["edges"][1:] + second["histogram"]["edges"][:-1])
    line = np.interp(middle, third["line"]["x"], third["line"]["density"])
    assert np.abs(second["histogram"]["density"] - line).max() > 0.02


def test_the_density_is_in_standard_units(wikipedia):
    _, data = wikipedia
    first = data["panels"][0]
    assert first["mean"] == pytest.approx(13 / 12)
    assert first["sd"] == pytest.approx(math.sqrt(35 / 144))
    assert first["line"]["x"][0] == pytest.approx(-13 / 12 / math.sqrt(35 / 144))
    assert np.max(first["line"]["density"]) == pytest.approx(math.sqrt(35 / 144))


def test_each_panel_states_its_distance_and_the_routes_agree(wikipedia):
    recipe, data = wikipedia
    figure = recipe.draw(data)
    for ax, panel in zip(figure.axes, data["panels"], strict=True):
        exact = panel["gaussianity"]["exact"]["estimates"]["kolmogorov"]["value"]
        simulated = panel["gaussianity"]["monte_carlo"]["estimates"]["kolmogorov"]
        assert abs(simulated["value"] - exact) < 4 * simulated["stderr"]
        assert f"exact {exact:.5f}" in ax.texts[0].get_text()


def test_what_is_drawn_is_what_was_computed(wikipedia):
    recipe, data = wikipedia
    figure = recipe.draw(data)
    for ax, panel in zip(figure.axes, data["panels"], strict=True):
        (stairs,) = ax.patches
        np.testing.assert_array_equal(stairs.get_data().values, panel["histogram"]["density"])
        np.testing.assert_array_equal(ax.lines[0].get_xdata(), panel["line"]["x"])
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), panel["line"]["density"])


def test_the_normal_is_drawn_in_the_paper_style_and_can_be_switched(wikipedia):
    recipe, data = wikipedia
    assert len(recipe.draw(data).axes[0].lines) == 2
    assert len(SumOfN(normal=False).draw(data).axes[0].lines) == 1
    assert len(SumOfN(style="wikipedia", normal=True).draw(data).axes[0].lines) == 2


def test_the_wikipedia_style_has_the_geometry_of_the_original(wikipedia):
    _, data = wikipedia
    axes = SumOfN(style="wikipedia").draw(data).axes
    assert len(axes) == 4
    for ax in axes:
        assert ax.get_xlim() == (-5, 5)
        assert ax.get_ylim() == (0, 0.5)
        assert list(ax.get_xticks()) == [-4, -2, 0, 2, 4]
        assert len(ax.lines) == 1


def test_a_line_without_ends_goes_beyond_the_panels_and_is_the_density():
    _, data = computed(law="laplace", ns=(1,))
    line = data["panels"][0]["line"]
    x = np.array(line["x"])
    assert x[[0, -1]] == pytest.approx([-6.0, 6.0])
    np.testing.assert_allclose(line["density"], np.exp(-np.abs(x) * 2**0.5) / 2**0.5, rtol=1e-9)


def test_a_law_without_a_route_has_no_exact_line(monkeypatch):
    def refuse(model):
        raise clt.NoExactLaw("no route.")

    monkeypatch.setattr("clt_sim.figures.exact_laws.exact", refuse)
    recipe, data = computed(law="laplace", ns=(1, 3))
    assert [panel["line"] for panel in data["panels"]] == [None, None]
    texts = [ax.texts[0].get_text() for ax in recipe.draw(data).axes]
    assert all("exact" not in text for text in texts)


def test_lattice_sums_are_drawn_as_stems_with_their_masses():
    recipe, data = computed(law="rademacher", ns=(1, 4))
    stems = data["panels"][1]["stems"]
    masses = stems["height"] * 2.0 / 2.0  # the spacing of the standardised sum of 4 is 2/2
    binomial = np.array([1, 4, 6, 4, 1]) / 16
    # 5 standard errors for 5 masses: false alarm rate below 3e-6.
    assert np.all(np.abs(masses - binomial) < 5 * np.sqrt(binomial / data["draws"]))
    np.testing.assert_allclose(stems["x"], [-2, -1, 0, 1, 2], rtol=1e-12, atol=1e-12)
    assert not recipe.draw(data).axes[0].patches


def test_any_number_of_panels_and_law_parameters():
    recipe, data = computed(law="uniform(low=-1.0)", ns=[5])
    assert len(recipe.draw(data).axes) == 1
    recipe, data = computed(law="exponential(scale=3.0)", ns=[1, 2, 9])
    assert sum(ax.get_visible() for ax in recipe.draw(data).axes) == 3


def test_the_seed_decides_the_numbers():
    recipe = SumOfN(ns=(2,))
    silent = {"quality": "draft", "work": Work()}
    first, again, other = (recipe.compute(seed=seed, **silent) for seed in (1, 1, 2))
    draws = [data["panels"][0]["histogram"]["density"] for data in (first, again, other)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"law": "constant"}, "law must have a finite variance above 0 .* constant is 0.0"),
        ({"law": "cauchy"}, "law must have a finite variance above 0 .* cauchy is nan"),
        ({"law": "wikipedi"}, "Did you mean 'wikipedia'"),
        ({"style": "papr"}, "unknown style 'papr'. Did you mean 'paper'"),
        ({"ns": (0,)}, "each of ns must be from 1 to 1000000, not 0"),
        ({"ns": (1, 2_000_000)}, "each of ns must be from 1 to 1000000, not 2000000"),
        ({"n": (1,)}, "Did you mean 'ns'"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        get("sum-of-n", **parameters)


def test_the_switch_of_the_normal_must_be_a_truth_value():
    with pytest.raises(TypeError, match="normal must be true or false, not 'off'"):
        SumOfN(normal="off")


def test_atoms_closer_than_the_bins_are_drawn_as_a_histogram():
    recipe, data = computed(law="rademacher", ns=[3000])
    assert data["panels"][0]["stems"] is None
    assert recipe.draw(data).axes[0].patches


@pytest.mark.parametrize("ns", [(), 3, None, (1.5,), "12"])
def test_ns_must_be_whole_numbers(ns):
    with pytest.raises(TypeError, match="ns"):
        SumOfN(ns=ns)
