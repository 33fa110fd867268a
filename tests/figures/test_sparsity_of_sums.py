from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from scipy import stats

import clt_sim as clt
from clt_sim.experiments.work import Work
from clt_sim.figures import build, get, sparsity_drawing, sparsity_of_sums
from clt_sim.figures.sparsity_of_sums import SparsityOfSums
from clt_sim.sparsity import axioms


def computed(seed=1, **parameters):
    recipe = SparsityOfSums(**parameters)
    return recipe, recipe.compute(quality="draft", seed=seed, work=Work())


@pytest.fixture(scope="module")
def relu():
    return computed(ns=(2, 64), n=64)


def indices_of(values):
    """Return the indices of magnitudes by their definitions."""
    c = np.sort(np.abs(values))
    n, l1, l2 = c.size, c.sum(), math.sqrt((c**2).sum())
    a = c.mean() ** 2 / (c**2).mean()
    k = np.arange(1, n + 1)
    return {
        "exact-zero": np.mean(c == 0.0),
        "near-zero": np.mean(c <= 0.1 * math.sqrt((c**2).mean())),
        "hoyer": (math.sqrt(n) - l1 / l2) / (math.sqrt(n) - 1.0),
        "gini": 1.0 - 2.0 * np.sum(c / l1 * (n - k + 0.5) / n),
        "treves-rolls": (1.0 - a) / (1.0 - 1.0 / n),
        "pq-mean": 1.0 - np.mean(np.sqrt(c)) ** 2 / math.sqrt((c**2).mean()),
        "kurtosis": 1.0 - (c**2).sum() ** 2 / (c**4).sum() / n,
    }


def test_the_indices_of_u_are_closed_forms(relu):
    _, data = relu
    found = {name: value["value"] for name, value in data["u"]["exact"].items()}
    half_normal_near_zero = stats.norm.cdf(0.1 * math.sqrt(0.5)) - 0.5
    assert found == pytest.approx(
        {
            "exact-zero": 0.5,
            "near-zero": 0.5 + half_normal_near_zero,
            "hoyer": 1.0 - 1.0 / math.sqrt(math.pi),
            "gini": math.sqrt(0.5),
            "treves-rolls": 1.0 - 1.0 / math.pi,
            # E sqrt(relu) = 2^(1/4) gamma(3/4)/(2 sqrt(pi)), E relu^2 = 1/2
            "pq-mean": 1.0 - math.gamma(0.75) ** 2 / (2.0 * math.pi),
            "kurtosis": 1.0 - (1.0 / 4.0) / (3.0 / 2.0),
        }
    )


def test_the_indices_of_the_normal_are_closed_forms(relu):
    _, data = relu
    found = {name: value["value"] for name, value in data["normal"]["indices"].items()}
    assert found == pytest.approx(
        {
            "exact-zero": 0.0,
            "near-zero": 2.0 * stats.norm.cdf(0.1) - 1.0,
            "hoyer": 1.0 - math.sqrt(2.0 / math.pi),
            "gini": math.sqrt(2.0) - 1.0,
            "treves-rolls": 1.0 - 2.0 / math.pi,
            "pq-mean": 1.0 - math.sqrt(2.0) * math.gamma(0.75) ** 2 / math.pi,
            "kurtosis": 2.0 / 3.0,
        }
    )
    assert data["normal"]["near_zero"]["value"] == found["near-zero"]


def test_the_indices_of_sums_are_those_of_sums_drawn_by_numpy(relu):
    """The bound is 6 standard errors of the coarsest of 300,000 draws, with 1 percent to spare."""
    _, data = relu
    rng = np.random.default_rng(6)
    terms = rng.standard_normal((300_000, 2)) * np.maximum(rng.standard_normal((300_000, 2)), 0.0)
    expected = indices_of(terms.sum(1))
    assert data["sums"][0]["n"] == 2
    found = {name: value["value"] for name, value in data["sums"][0]["exact"].items()}
    assert found == pytest.approx(expected, abs=0.006)
    assert found["exact-zero"] == pytest.approx(0.25)


def test_estimates_agree_with_exact_laws(relu):
    """Of 20 numbers each within 5 standard errors: false alarm rate below 2e-5."""
    _, data = relu
    checked = 0
    for source in (data["u"], *data["sums"]):
        for name, known in source["exact"].items():
            estimate = source["monte_carlo"][name]
            if estimate["stderr"] > 0.0:
                assert abs(estimate["value"] - known["value"]) < 5.0 * estimate["stderr"]
                checked += 1
    assert checked == 20


def test_the_check_of_estimates_can_fail(relu):
    _, data = relu
    few, many = data["sums"]
    for name in ("near-zero", "gini", "kurtosis"):
        estimate = few["monte_carlo"][name]
        assert abs(estimate["value"] - many["exact"][name]["value"]) > 20.0 * estimate["stderr"]


def test_densities_are_in_root_mean_squares(relu):
    _, data = relu
    u, total = data["densities"]["u"], data["densities"]["sum"]
    rms = math.sqrt(0.5)
    expected = np.where(u["x"] >= 0.0, rms * stats.norm.pdf(rms * u["x"]), 0.0)
    np.testing.assert_allclose(u["density"], expected, rtol=1e-9, atol=1e-12)
    assert list(u["atoms"]["x"]) == [0.0]
    assert u["atoms"]["mass"] == pytest.approx([0.5])
    assert u["near_zero"] == data["u"]["exact"]["near-zero"]
    assert total["near_zero"] == data["sums"][1]["exact"]["near-zero"]
    np.testing.assert_allclose(total["density"], stats.norm.pdf(total["x"]), atol=0.02)
    mass = np.sum(np.diff(total["x"]) * (total["density"][1:] + total["density"][:-1]) / 2.0)
    within = stats.norm.cdf(3.5) - stats.norm.cdf(-3.5)
    assert mass == pytest.approx(within, abs=1e-3)


def test_the_criteria_are_those_of_the_table(relu):
    _, data = relu
    table = axioms(trials=20, seed=1)
    assert list(data["axioms"]["findings"]) == list(table.findings)
    for name, row in data["axioms"]["findings"].items():
        assert row == {key: str(finding) for key, finding in table[name].items()}
    assert set(data["axioms"]["findings"]["gini"].values()) == {"yes"}
    assert data["axioms"]["findings"]["hoyer"]["D4"] == "no"


def test_without_a_route_there_are_draws_alone(monkeypatch):
    def refuse(model):
        raise clt.NoExactLaw("no route.")

    monkeypatch.setattr("clt_sim.figures.exact_laws.exact", refuse)
    recipe, data = computed(ns=(2, 8), n=8)
    assert [each["exact"] for each in (data["u"], *data["sums"])] == [None, None, None]
    for density, share in ((data["densities"]["u"], 0.5), (data["densities"]["sum"], 2.0**-8)):
        # Within 5 standard errors of 100,000 draws; few are beyond 3.5 root mean squares.
        assert density["atoms"]["mass"] == pytest.approx([share], abs=5.0 * math.sqrt(share / 1e5))
        continuous = np.sum(np.diff(density["x"])[::2] * density["density"][::2])
        assert continuous == pytest.approx(1.0 - share, abs=0.01)
    curve = recipe.draw(data).axes[0].containers[0].lines[0]
    values = [each["monte_carlo"]["exact-zero"]["value"] for each in data["sums"]]
    np.testing.assert_array_equal(curve.get_ydata(), values)


def test_a_draft_takes_both_ends_and_the_middle():
    assert sparsity_of_sums._thinned((1, 2, 4, 8, 16, 32, 64, 128), 3) == [1, 16, 128]
    assert sparsity_of_sums._thinned((1, 2), 3) == [1, 2]


def test_numbers_of_terms_that_would_be_written_over_each_other_are_left_out():
    assert sparsity_drawing._apart((8, 9, 10, 11, 12, 13, 16), 0.5) == [8, 12]
    assert sparsity_drawing._apart((1, 2, 4), 0.35) == [1, 2, 4]


def test_three_panels_show_what_was_computed(relu):
    recipe, data = relu
    figure = recipe.draw(data)
    indices, densities, criteria = figure.axes
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["a", "b", "c"]
    assert indices.get_ylabel() == "sparsity (1 is sparse)"
    ticks = [label.get_text() for label in indices.get_xticklabels()]
    assert ticks == ["$u$", "2", "64", "N(0,1)"]
    curves = [tuple(np.ravel(line.get_ydata())) for line in indices.lines]
    for name in recipe.measures:
        for kind in ("exact", "monte_carlo"):
            assert tuple(each[kind][name]["value"] for each in data["sums"]) in curves
        assert (data["u"]["exact"][name]["value"],) in curves
        assert (data["normal"]["indices"][name]["value"],) in curves
    words = {text.get_text() for text in indices.texts}
    assert {"gini 0.414", "near-zero 0.080", "kurtosis 0.667"} <= words
    for line, key in zip((densities.lines[0], densities.lines[2]), ("u", "sum"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), data["densities"][key]["density"])
    (mesh,) = criteria.collections
    assert mesh.get_array().size == 16 * 6
    cells = [text.get_text() for text in criteria.texts]
    findings = data["axioms"]["findings"].values()
    assert cells == [mark for row in findings for mark in row.values()]


def test_the_legend_states_the_shares_near_0(relu):
    recipe, data = relu
    legend = recipe.draw(data).axes[1].get_legend()
    assert legend.get_title().get_text() == "share within ±0.1"
    shares = [data["densities"][key]["near_zero"]["value"] for key in ("u", "sum")]
    first, second = (f"{100.0 * share:.1f} %" for share in shares)
    words = [text.get_text() for text in legend.get_texts()]
    assert words == [f"$u$, relu: {first}", f"$Wu+b$, $n = 64$: {second}", "N(0,1): 8.0 %"]


def test_measures_that_meet_all_criteria_are_bold(relu):
    recipe, data = relu
    labels = recipe.draw(data).axes[2].get_yticklabels()
    assert [label.get_text() for label in labels if label.get_fontweight() == "bold"] == [
        "pq-mean",
        "gini",
    ]


def test_drawing_computes_nothing(relu, monkeypatch):
    recipe, data = relu

    def refuse(*arguments, **keywords):
        raise AssertionError("drawing must not compute")

    for name in ("sample", "law_or_refusal", "sparsity", "axioms"):
        monkeypatch.setattr(sparsity_of_sums, name, refuse)
    recipe.draw(data)


def test_the_picture_has_no_clipped_text_and_no_overlapping_names(relu):
    recipe, data = relu
    figure = recipe.draw(data)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    assert np.count_nonzero(np.all(pixels == (0x17, 0x4A, 0x7C), axis=-1)) > 1000
    for ax in figure.axes:
        box = ax.get_tightbbox()
        assert box.x0 >= 0.0
        assert box.y0 >= 0.0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1
    names = sorted((text.get_window_extent() for text in figure.axes[0].texts), key=lambda b: b.y0)
    for low, high in itertools.pairwise(names):
        # The boxes have room for descenders below and accents above.
        assert high.y0 - low.y0 > 0.6 * low.height


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    recipe = SparsityOfSums(ns=(128, 256), n=128, measures="kurtosis")
    first, again, other = (
        build(recipe, tmp_path / name, seed=seed, formats=("png",))
        for name, seed in (("first", 5), ("again", 5), ("other", 6))
    )
    assert [file.name for file in first] == [f"sparsity.{e}" for e in ("png", "json")]
    for one, same in zip(first, again, strict=True):
        assert one.read_bytes() == same.read_bytes()
    assert first[-1].read_bytes() != other[-1].read_bytes()


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"ns": 4}, TypeError, "ns must be a list of whole numbers, not 4"),
        ({"ns": (4,)}, ValueError, "ns must be 2 to 64 rising numbers"),
        ({"ns": (4, 2)}, ValueError, "ns must be 2 to 64 rising numbers"),
        ({"ns": range(1, 100)}, ValueError, "ns must be 2 to 64 rising numbers"),
        ({"ns": (0, 1)}, ValueError, "each of ns must be from 1 to 1000000, not 0"),
        ({"n": 0}, ValueError, "n must be from 1 to 1000000, not 0"),
        ({"measures": "ginny"}, ValueError, "Did you mean 'gini'"),
        ({"measures": ()}, ValueError, "measures must be 1 to 8, not 0"),
        ({"nonlinearity": "rellu"}, ValueError, "Did you mean 'relu'"),
        ({"inputs": "cauchy"}, ValueError, "the variance must be finite and above 0"),
        ({"inputs": "constant"}, ValueError, "the variance must be finite and above 0"),
        ({"weight": "normal"}, ValueError, "Did you mean 'weights'"),
    ],
)
def test_bad_parameters_are_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        get("sparsity", **parameters)
