from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.experiments.work import Work
from clt_sim.figures import build, get
from clt_sim.figures.tails import Tails


def computed(**parameters):
    recipe = Tails(**parameters)
    return recipe, recipe.compute(quality="draft", seed=1, work=Work())


@pytest.fixture(scope="module")
def drawn():
    recipe, data = computed(
        terms=(
            ("exponential", "identity", 1.0),
            ("uniform", "identity", 1.0),
            ("student-t(df=5)", "identity", 1.0),
            ("normal", "identity", "normal"),
        ),
        n=4,
    )
    return data, recipe.draw(data)


def test_the_exact_tail_is_that_of_the_gamma_law(drawn):
    data, _ = drawn
    panel = data["panels"][0]
    np.testing.assert_allclose(
        panel["tails"]["exact"], stats.gamma.sf(4.0 + 2.0 * panel["z"], 4.0), rtol=1e-9
    )
    assert panel["z"][-1] == 30.0  # where it is still above 1e-30


def test_a_panel_ends_at_the_first_whole_deviation_beyond_1e_30():
    _, data = computed(terms=(("exponential", "identity", 1.0),), n=16)
    end = data["panels"][0]["z"][-1]
    last, before = (stats.gamma.sf(16.0 + 4.0 * z, 16.0) for z in (end, end - 1.0))
    assert last < 1e-30 < before


def test_the_exact_tail_of_products_is_an_integral_over_chi_squares(drawn):
    """Given the weights, 4 products of normal numbers are normal with a chi-squared variance."""
    data, _ = drawn
    panel = data["panels"][3]
    for place in (10, 60, 110):
        z = panel["z"][place]
        # The variance is 2 y, y of the gamma law with the shape 2; the sum has the sd 2.
        y = np.linspace(1e-6, 80.0, 400_001)
        density = y * np.exp(-y)
        naive = np.trapezoid(density * stats.norm.sf(2.0 * z / np.sqrt(2.0 * y)), y)
        assert panel["tails"]["exact"][place] == pytest.approx(naive, rel=1e-6)


def test_edgeworth_is_the_expansion_with_the_cumulants_of_the_law(drawn):
    data, _ = drawn
    panel = data["panels"][0]
    z, g, k, fifth = panel["z"], 2.0 / 2.0, 6.0 / 4.0, 24.0 / 8.0
    density = stats.norm.pdf(z)
    brackets = (
        g / 6.0 * (z**2 - 1.0),
        k / 24.0 * (z**3 - 3.0 * z) + g**2 / 72.0 * (z**5 - 10.0 * z**3 + 15.0 * z),
        fifth / 120.0 * (z**4 - 6.0 * z**2 + 3.0)
        + g * k / 144.0 * (z**6 - 15.0 * z**4 + 45.0 * z**2 - 15.0)
        + g**3 / 1296.0 * (z**8 - 28.0 * z**6 + 210.0 * z**4 - 420.0 * z**2 + 105.0),
    )
    tail = stats.norm.sf(z)
    for order, bracket in enumerate(brackets, start=1):
        tail = tail + density * bracket
        np.testing.assert_allclose(panel["tails"][f"edgeworth-{order}"], tail, rtol=1e-8)


def test_the_saddlepoint_is_that_of_the_gamma_law(drawn):
    """With s = 1 - 4/x, by Lugannani and Rice; near the mean, where it cancels, left out."""
    data, _ = drawn
    panel = data["panels"][0]
    z = panel["z"][20:]
    x = 4.0 + 2.0 * z
    s = 1.0 - 4.0 / x
    w = np.sqrt(2.0 * (s * x + 4.0 * np.log1p(-s)))
    u = s * x / 2.0
    naive = stats.norm.sf(w) + stats.norm.pdf(w) * (1.0 / u - 1.0 / w)
    np.testing.assert_allclose(panel["tails"]["saddlepoint"][20:], naive, rtol=1e-7)


def test_relative_errors_are_those_of_the_tails(drawn):
    data, _ = drawn
    for panel in data["panels"]:
        tails, errors = panel["tails"], panel["relative_errors"]
        assert set(errors) == set(tails) - {"exact"}
        for name, values in errors.items():
            wanted = np.abs(tails[name] - tails["exact"]) / tails["exact"]
            np.testing.assert_allclose(values, wanted, rtol=1e-6, atol=1e-15)
    assert np.nanmax(data["panels"][0]["relative_errors"]["saddlepoint"]) < 0.01
    assert data["panels"][0]["relative_errors"]["edgeworth-3"][-1] > 0.99


def test_shares_of_draws_follow_the_exact_tail(drawn):
    """Each within 5 standard errors, of about 40 shares: false alarm rate below 3e-5."""
    data, _ = drawn
    for panel in data["panels"]:
        shares = panel["monte_carlo"]
        error = np.sqrt(shares["exact"] * (1.0 - shares["exact"]) / data["draws"])
        assert np.all(np.abs(shares["share"] - shares["exact"]) < 5.0 * error)
        np.testing.assert_array_less(9.9 / data["draws"], shares["share"])
        # The normal law must not agree.
        assert np.any(np.abs(shares["share"] - stats.norm.sf(shares["z"])) > 5.0 * error)


def test_what_is_missing_has_its_reason(drawn):
    data, _ = drawn
    exponential, uniform, student, product = (panel["missing"] for panel in data["panels"])
    assert exponential == {}
    assert uniform == {
        "edgeworth-1": "it is the expansion of order 0",
        "edgeworth-3": "it is the expansion of order 2",
    }
    assert "infinite for all s" in student["saddlepoint"]
    assert "order 5 must be finite" in student["edgeworth-3"]
    assert "products" in product["saddlepoint"]


def test_an_expansion_below_0_is_a_gap_and_is_said(drawn):
    data, figure = drawn
    assert data["panels"][1]["negative"] == ["edgeworth-2"]
    ax = figure.axes[1]
    (line,) = [line for line in ax.lines if line.get_label() == "Edgeworth, order 2"]
    values = data["panels"][1]["tails"]["edgeworth-2"]
    np.testing.assert_array_equal(np.isnan(line.get_ydata()), ~(values > 0.0))
    assert ax.texts[0].get_text() == "Edgeworth, order 2:\ngaps where negative"
    assert figure.axes[6].texts[0].get_text() == "no saddlepoint\n$n = 4$"


def test_the_figure_draws_the_numbers(drawn):
    data, figure = drawn
    assert len(figure.axes) == 2 * len(data["panels"])
    upper, lower = figure.axes[:4], figure.axes[4:]
    assert upper[0].get_ylabel() == "$P(Z > z)$"
    assert upper[2].get_title() == "$x$, $x \\sim$ student-t(df=5)\n$w$ = 1"
    assert upper[0].get_ylim()[0] == 1e-30
    assert lower[0].get_ylabel() == "relative error"
    assert "$n = 4$" in [text.get_text() for text in lower[0].texts]
    for ax, errors, panel in zip(upper, lower, data["panels"], strict=True):
        lines = {line.get_label(): line for line in ax.lines}
        np.testing.assert_array_equal(lines["exact"].get_ydata(), panel["tails"]["exact"])
        points = ax.containers[0].lines[0]
        np.testing.assert_array_equal(points.get_ydata(), panel["monte_carlo"]["share"])
        (normal,) = [line for line in errors.lines if line.get_label() == "N(0,1)"]
        shown = normal.get_ydata()
        above = shown > 0.0
        np.testing.assert_array_equal(shown[above], panel["relative_errors"]["normal"][above])
        assert ax.get_legend() is None
    assert len(figure.legends) == 1


def test_without_an_exact_law_there_are_no_relative_errors(monkeypatch):
    def refuse(model):
        raise clt.NoExactLaw("no route.")

    monkeypatch.setattr("clt_sim.figures.exact_laws.exact", refuse)
    recipe, data = computed(terms=(("laplace", "identity", 1.0),), n=2)
    (panel,) = data["panels"]
    assert panel["missing"]["exact"] == "no route."
    assert panel["relative_errors"] == {}
    _, lower = recipe.draw(data).axes
    assert lower.texts[0].get_text() == "no exact law"


def test_the_exact_tail_ends_where_its_error_has_no_bound():
    _, data = computed(terms=(("student-t(df=5)", "identity", 1.0),), n=2)
    law = clt.exact(clt.WeightedSum(2, "student-t(df=5)", weights=1.0))
    (panel,) = data["panels"]
    x = math.sqrt(law.variance) * panel["z"]
    np.testing.assert_array_equal(np.isnan(panel["tails"]["exact"]), law.sf(x) < law.smallest)


def test_the_same_seed_gives_the_same_picture(tmp_path):
    recipe = Tails(terms=(("exponential", "identity", 1.0),), n=2)
    pictures = []
    for folder in ("first", "again"):
        files = build(recipe, tmp_path / folder, seed=5, formats=("png",))
        pictures.append([file.read_bytes() for file in files])
    assert pictures[0] == pictures[1]
    assert pictures[0][0].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"terms": ()}, TypeError, "terms must be a sequence of at least one"),
        ({"terms": "relu"}, TypeError, "terms must be a sequence of at least one, not 'relu'"),
        ({"terms": (("normal", "relu"),)}, TypeError, "inputs, a nonlinearity and weights"),
        ({"terms": (("norma", "relu", 1.0),)}, ValueError, "Did you mean 'normal'"),
        ({"terms": (("normal", "rellu", 1.0),)}, ValueError, "Did you mean 'relu'"),
        ({"terms": (("cauchy", "identity", 1.0),)}, ValueError, "finite variance above 0"),
        ({"terms": (("normal", "identity", 0.0),)}, ValueError, "finite variance above 0"),
        ({"n": 0}, ValueError, "n must be from 1 to 1000000, not 0"),
        ({"n": 1.5}, TypeError, "n must be a whole number"),
    ],
)
def test_bad_parameters_are_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        get("tails", **parameters)
