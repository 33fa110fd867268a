from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.image import imread
from scipy import special, stats

import clt_sim as clt
from clt_sim.experiments.work import Work
from clt_sim.figures import build, counterexample_cases, counterexamples, get
from clt_sim.figures.counterexamples import CASES, Counterexamples
from clt_sim.plotting.estimates import BARS

DRAWS = 20_000
Z = np.linspace(-12.0, 12.0, 1_000_001)


@pytest.fixture(scope="module")
def drawn():
    shares = []
    recipe = Counterexamples(largest=64)
    data = recipe.compute(
        quality="draft", seed=3, work=Work(lambda what, share: shares.append(share))
    )
    return recipe, data, shares


@pytest.fixture(scope="module")
def cases(drawn):
    return {case["name"]: case for case in drawn[1]["cases"]}


def distance(cdf):
    """Return the largest difference on a dense grid, off by less than 1e-5 for smooth laws."""
    return np.abs(cdf(Z) - special.ndtr(Z)).max()


def test_every_case_by_default(drawn, cases):
    _, data, shares = drawn
    assert list(cases) == list(CASES)
    assert data["draws"] == DRAWS
    assert shares == sorted(shares)
    for name, case in cases.items():
        assert case["n"] == ([1, 2, 4, 8] if name == "one-unit" else [1, 4, 16, 64])
        assert case["lines"][0]["n"] == 1


def test_the_floor_is_the_mean_of_the_kolmogorov_distribution(drawn):
    _, data, _ = drawn
    assert data["floor"] * math.sqrt(DRAWS) == pytest.approx(stats.kstwobign.mean(), rel=1e-10)
    samples = np.random.default_rng(0).standard_normal((400, 1000))
    mean = np.mean([stats.kstest(row, "norm").statistic for row in samples])
    # Of 1000 values it is about 2 % below the limit; the mean of 400 is right to 1.5 %.
    assert mean * math.sqrt(1000) == pytest.approx(counterexamples.MEAN_FLOOR, rel=0.05)


def test_draws_agree_with_exact_distances(drawn, cases):
    """The distance of draws is above that of the law by no more than the floor and its error.

    5 standard errors of 37 distances: false alarm rate below 3e-5.
    """
    _, data, _ = drawn
    for case in cases.values():
        known = ~np.isnan(case["exact"])
        off = case["monte_carlo"]["value"] - case["exact"]
        allowed = data["floor"] + 5 * case["monte_carlo"]["stderr"]
        assert np.all(np.abs(off[known]) < allowed[known]), case["name"]


def test_the_check_of_draws_can_fail(drawn, cases):
    """Distances of the wrong law: signs against a uniform law."""
    _, data, _ = drawn
    off = cases["lattice"]["monte_carlo"]["value"] - cases["control"]["exact"]
    assert np.all(off > data["floor"] + 5 * cases["lattice"]["monte_carlo"]["stderr"])


def test_points_lie_on_the_last_line(cases):
    """Quantiles of draws within the panel: 6 standard errors of the level."""
    for name in ("control", "third-moment", "variance", "shared-part", "one-input", "random-scale"):
        case = cases[name]
        line = case["lines"][-1]["z"]
        levels = special.ndtr(np.interp(case["points"], line, case["scores"]))
        asked = special.ndtr(case["point_scores"])
        error = np.sqrt(asked * (1.0 - asked) / DRAWS)
        inside = np.abs(np.interp(case["points"], line, case["scores"])) < 3.9
        assert np.all((np.abs(levels - asked) < 6 * error + 1e-4)[inside]), name


def test_sums_of_signs_are_binomial(cases):
    case = cases["lattice"]
    for n, found in zip(case["n"], case["exact"], strict=True):
        places = np.arange(n + 1)
        normal = stats.norm.cdf((2 * places - n) / math.sqrt(n))
        below = stats.binom.cdf(places, n, 0.5)
        before = np.append(0.0, below[:-1])
        naive = max(np.abs(below - normal).max(), np.abs(before - normal).max())
        assert found == pytest.approx(naive, rel=1e-12)


def test_the_uniform_control_falls_like_one_over_n(cases):
    exact = cases["control"]["exact"]
    spread = math.sqrt(3.0)
    single = distance(lambda z: np.clip((z + spread) / (2 * spread), 0.0, 1.0))
    assert exact[0] == pytest.approx(single, abs=1e-5)
    assert exact[-1] / exact[-2] == pytest.approx(1 / 4, abs=0.01)


def test_without_a_third_moment_the_power_is_a_quarter():
    """The leading term of the distance by the transform itself, at n up to 2**40.

    E exp(itX) of Student's t with v degrees of freedom is K(v/2, a) a**(v/2) / (Gamma(v/2)
    2**(v/2 - 1)) with a = sqrt(v) |t|; the distribution function is Gil-Pelaez's integral.
    """
    v, sd = 2.5, math.sqrt(5.0)
    t = np.linspace(1e-6, 9.0, 20001)
    x = np.linspace(0.05, 3.0, 60)[:, None]

    def off(n):
        a = math.sqrt(v) * t / (sd * math.sqrt(n))
        constant = special.gamma(v / 2) * 2.0 ** (v / 2 - 1)
        log = np.log(special.kv(v / 2, a) * a ** (v / 2) / constant)
        gap = np.exp(n * log) - np.exp(-0.5 * t * t)
        return np.abs(np.trapezoid(np.sin(t * x) / t * gap, t, axis=1) / math.pi).max()

    assert off(2**10) == pytest.approx(0.017, abs=0.001)
    slope = math.log(off(2**24) / off(2**20)) / math.log(2**4)
    assert slope == pytest.approx(-CASES["third-moment"].exponent, abs=0.01)
    # Another power would be seen.
    assert abs(slope + 0.5) > 0.2


def test_sums_without_a_variance_have_the_quartiles_of_the_normal(cases):
    for name in ("variance", "mean"):
        case = cases[name]
        for line in (*case["lines"], case["limit"] or case["lines"][0]):
            quartiles = np.interp(stats.norm.ppf([0.25, 0.5, 0.75]), case["scores"], line["z"])
            np.testing.assert_allclose(
                np.diff(quartiles).sum(), 2 * stats.norm.ppf(0.75), rtol=1e-3
            )
            assert quartiles[1] == pytest.approx(0.0, abs=1e-9)


def test_the_cauchy_law_stays(cases):
    quartile = stats.norm.ppf(0.75)
    expected = distance(lambda z: stats.cauchy.cdf(z, scale=quartile))
    np.testing.assert_allclose(cases["mean"]["exact"], expected, rtol=1e-6)


def test_the_pareto_law_and_its_stable_limit(cases):
    case = cases["variance"]
    low, median, high = stats.pareto.ppf([0.25, 0.5, 0.75], 1.5)
    scale = 0.5 * (high - low) / stats.norm.ppf(0.75)
    single = distance(lambda z: stats.pareto.cdf(median + scale * z, 1.5))
    assert case["exact"][0] == pytest.approx(single, abs=2e-5)
    # At the drawn levels within reach, the limit in scipy's (other) implementation.
    stable = stats.levy_stable(1.5, 1.0)
    low, median, high = stable.ppf([0.25, 0.5, 0.75])
    at = np.array([40, 160, 200])
    quantiles = (stable.ppf(special.ndtr(case["scores"][at])) - median) * 2 * stats.norm.ppf(0.75)
    np.testing.assert_allclose(
        case["limit"]["z"][at] * (high - low), quantiles, rtol=1e-4, atol=1e-6
    )
    assert np.all(np.diff(case["exact"]) < 0.0)
    assert case["exact"][-1] > case["limit"]["distance"] > 0.06


def test_one_dominating_weight_has_a_uniform_limit(cases):
    case = cases["dominating-weight"]
    assert case["limit"]["distance"] == pytest.approx(cases["control"]["exact"][0], rel=1e-9)
    assert case["exact"][2] == pytest.approx(case["limit"]["distance"], abs=2e-5)
    assert np.isnan(case["exact"][3])
    assert "lattice" in case["no_exact_law"]["64"]


def test_a_random_scale_stays_for_every_n(cases):
    """R z with R exponential: by a sum over levels of R, and E z**4 R**4 / 4 = 18."""
    levels = (np.arange(20_000) + 0.5) / 20_000
    scales = -np.log1p(-levels)
    z = np.linspace(0.05, 1.5, 59)
    off = [np.mean(special.ndtr(math.sqrt(2.0) * at / scales)) - special.ndtr(at) for at in z]
    found = cases["random-scale"]["exact"]
    np.testing.assert_allclose(found, found[0], rtol=1e-12)
    assert found[0] == pytest.approx(np.max(np.abs(off)), abs=1e-3)


def test_a_shared_part_is_a_sum_of_one_more_term(cases):
    """The model with dependence has the variance and the skewness of the sum of n + 1 terms."""
    case = CASES["shared-part"]
    for n in (1, 5):
        model, same = case.model(n), case.same(n)
        assert model.variance == pytest.approx(same.variance, rel=1e-12)
    skewness = clt.theory.sum_cumulants(case.same(16), order=3).skewness
    drawn = clt.simulate(case.model(16), 1_000_000, seed=1).skewness
    assert abs(drawn.value - skewness) < 5 * drawn.stderr
    limit = cases["shared-part"]["limit"]["distance"]
    assert limit == pytest.approx(stats.norm.cdf(-1.0), rel=1e-9)


def test_a_network_of_one_input_is_two_half_normals(cases):
    """Units one by one against the formula, and its distance by the distribution function."""
    x = np.random.default_rng(5).standard_normal(1000)
    into, out = counterexample_cases._hidden_units(16)
    by_units = np.maximum(x[:, None] * into, 0.0) @ out
    model = CASES["one-input"].model(16)
    a = float(model.weights.values[0])
    np.testing.assert_allclose(a * model.nonlinearity(x), by_units, rtol=1e-9, atol=1e-12)
    right = out @ np.maximum(into, 0.0)
    left = out @ np.maximum(-into, 0.0)
    sd, mean = math.sqrt(model.variance), model.mean

    def cdf(z):
        s = mean + sd * z
        parts = []
        for slope in (right, left):
            half = 2.0 * stats.norm.cdf(np.abs(s / slope)) - 1.0  # of |x| <= |s/slope|
            side = np.where(s * slope > 0.0, half, 0.0)
            parts.append(side if slope > 0.0 else np.where(s >= 0.0, 1.0, 1.0 - half))
        return 0.5 * (parts[0] + parts[1])

    assert cases["one-input"]["exact"][2] == pytest.approx(distance(cdf), abs=1e-5)
    # Nothing falls with the width.
    assert np.min(cases["one-input"]["exact"]) > 0.05


def test_all_of_a_narrow_network_becomes_zero(cases):
    """The output is 0 unless all n units are on: a jump, of which half is a floor."""
    case = cases["one-unit"]
    masses = 1.0 - 0.5 ** np.array(case["n"])
    assert np.all(case["exact"] >= 0.5 * masses)
    assert case["exact"][-1] == pytest.approx(0.5, abs=2e-3)


def test_panels_draw_the_data(drawn):
    recipe, data, _ = drawn
    figure = recipe.draw(data)
    assert len(figure.axes) == 2 * len(CASES)
    titles = [block._suptitle.get_text() for block in figure.subfigs]
    for title, left, right, case in zip(
        titles, figure.axes[::2], figure.axes[1::2], data["cases"], strict=True
    ):
        assert title.endswith(CASES[case["name"]].title)
        drawn = {line.get_label(): line.get_ydata() for line in left.lines}
        np.testing.assert_array_equal(drawn["exact, first $n$"], case["lines"][0]["z"])
        np.testing.assert_array_equal(drawn["exact, last $n$"], case["lines"][-1]["z"])
        assert ("limit" in drawn) == (case["limit"] is not None)
        said = left.texts[0].get_text()
        assert ("by quartiles" in said) == (case["name"] in ("variance", "mean"))
        assert f"{case['lines'][-1]['n']}$" in said
        known = case["exact"][~np.isnan(case["exact"])]
        assert any(np.array_equal(line.get_ydata(), known) for line in right.lines)
        (bars,) = right.containers
        points, _, (segments,) = bars.lines
        np.testing.assert_array_equal(points.get_ydata(), case["monte_carlo"]["value"])
        first = segments.get_segments()[0]
        assert np.ptp(first[:, 1]) == pytest.approx(
            2 * BARS * case["monte_carlo"]["stderr"][0], rel=1e-9
        )
        assert right.get_ylim() == (1e-5, 1.0)


def test_the_seed_decides_the_numbers():
    recipe = Counterexamples(cases="mean", largest=4)
    silent = {"quality": "draft", "work": Work()}
    first, other = (recipe.compute(seed=seed, **silent)["cases"][0] for seed in (1, 2))
    assert not np.array_equal(first["points"], other["points"])
    np.testing.assert_array_equal(first["exact"], other["exact"])


def test_one_case_and_an_odd_number_of_them():
    recipe = Counterexamples(cases="mean", largest=4)
    data = recipe.compute(quality="draft", seed=1, work=Work())
    assert recipe.cases == ("mean",)
    assert len(recipe.draw(data).axes) == 2
    assert len(recipe.draw({**data, "cases": data["cases"] * 3}).axes) == 6


def test_the_same_seed_gives_the_same_bytes_and_a_picture(tmp_path):
    recipe = Counterexamples(cases=("lattice", "mean"), largest=16)
    first, second = (
        build(recipe, tmp_path / name, seed=1, formats=("png",)) for name in ("one", "two")
    )
    for a, b in zip(first, second, strict=True):
        assert a.read_bytes() == b.read_bytes()
    picture = imread(first[0])
    assert picture.shape[1] > 1200
    assert 0.02 < np.mean(picture[..., :3].min(axis=2) < 0.9) < 0.5


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"cases": ("latice",)}, "unknown case 'latice'. Did you mean 'lattice'"),
        ({"cases": ()}, "cases must be at least one"),
        ({"largest": 3}, "largest must be from 4 to 4096, not 3"),
        ({"largest": 10_000}, "largest must be from 4 to 4096, not 10000"),
        ({"case": ("mean",)}, "Did you mean 'cases'"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        get("counterexamples", **parameters)
