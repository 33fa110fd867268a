from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.experiments.work import Work
from clt_sim.figures import build, get
from clt_sim.figures.convergence import Convergence


def computed(**parameters):
    recipe = Convergence(**parameters)
    return recipe, recipe.compute(quality="draft", seed=1, work=Work())


@pytest.fixture(scope="module")
def drawn():
    recipe, data = computed(
        nonlinearities=("identity", "identity"),
        inputs=("exponential", "uniform"),
        weights=(1.0, "normal"),
        ns=(1, 4, 16, 64, 256),
    )
    return recipe, data, recipe.draw(data)


def kolmogorov(cdf, places):
    return np.max(np.abs(cdf(places) - stats.norm.cdf(places)))


def test_exact_distances_are_those_of_the_gamma_law(drawn):
    _, data, _ = drawn
    known = data["panels"][0]["exact"]
    assert known["n"] == [16, 64, 256]
    z = np.linspace(-6.0, 6.0, 120_001)
    for n, value in zip(known["n"], known["value"], strict=True):
        naive = kolmogorov(lambda z, n=n: stats.gamma.cdf(n + math.sqrt(n) * z, n), z)
        assert value == pytest.approx(naive, abs=1e-9)


def test_estimates_are_those_of_naive_sums(drawn):
    """Within 4 standard errors of the exact distance, where that is above the floor."""
    _, data, _ = drawn
    shares = data["panels"][0]["monte_carlo"]
    z = np.linspace(-6.0, 6.0, 24_001)
    for n, value, stderr in zip(
        *(shares[key][:4] for key in ("n", "value", "stderr")), strict=True
    ):
        naive = kolmogorov(lambda z, n=n: stats.gamma.cdf(n + math.sqrt(n) * z, n), z)
        assert abs(value - naive) < 4.0 * stderr + 1e-4
        assert abs(value - 1.3 * naive) > 4.0 * stderr  # the check can fail


def test_bounds_are_those_of_the_third_moment(drawn):
    """E|X - 1|^3 = 12/e - 2 for the exponential law; Shevtsova's least constant is the third."""
    _, data, _ = drawn
    b = 12.0 / math.e - 2.0
    least = min(0.4690 * b, 0.3322 * (b + 0.429), 0.3031 * (b + 0.646))
    bound = data["panels"][0]["bound"]
    np.testing.assert_allclose(bound["value"], least / np.sqrt(bound["n"]), rtol=1e-9)


@pytest.mark.parametrize("measure", ["kolmogorov", "wasserstein-1"])
@pytest.mark.parametrize("kind", ["skewed", "symmetric"])
def test_leading_terms_are_the_limits_of_exact_distances(measure, kind):
    """At n = 4096 the next term is below 2 % of the leading one."""
    inputs = {"skewed": "exponential", "symmetric": "laplace"}[kind]
    _, data = computed(
        measure=measure,
        nonlinearities="identity",
        weights=1.0,
        inputs=inputs,
        ns=(256, 1024, 4096),
    )
    (panel,) = data["panels"]
    leading, last = panel["leading"], panel["exact"]["value"][-1]
    assert leading["exponent"] == {"skewed": 0.5, "symmetric": 1.0}[kind]
    assert last == pytest.approx(leading["constant"] * 4096 ** -leading["exponent"], rel=0.02)
    assert panel["fit"]["exponent"] == pytest.approx(leading["exponent"], abs=0.01)


@pytest.mark.parametrize("p", [0.5, 0.3])
def test_the_leading_term_of_a_lattice_is_the_limit_of_the_binomial(p):
    _, data = computed(
        nonlinearities="identity",
        weights=1.0,
        inputs=f"bernoulli(probability={p})",
        ns=(1000, 4000, 16000),
    )
    (panel,) = data["panels"]
    k = np.arange(16001)
    z = (k - 16000 * p) / math.sqrt(16000 * p * (1 - p))
    right, left = stats.binom.cdf(k, 16000, p), stats.binom.cdf(k - 1, 16000, p)
    naive = max(np.max(np.abs(side - stats.norm.cdf(z))) for side in (right, left))
    assert panel["exact"]["value"][-1] == pytest.approx(naive, rel=1e-9)
    assert panel["leading"]["exponent"] == 0.5
    assert panel["leading"]["constant"] == pytest.approx(naive * math.sqrt(16000), rel=0.01)


def test_an_infinite_third_moment_has_a_slower_power_and_no_bound():
    recipe, data = computed(
        nonlinearities="identity", weights="student-t(df=3)", ns=(1, 100, 500, 2500)
    )
    panel = data["panels"][0]
    assert panel["bound"] is None
    assert panel["leading"] == {"exponent": 0.5, "constant": None}
    assert panel["fit"]["exponent"] == pytest.approx(0.5, abs=0.03)
    assert "theorem $n^{-1/2}$" in recipe.draw(data).axes[0].texts[0].get_text()


def test_without_an_exact_law_each_n_is_drawn_by_itself_and_fitted(monkeypatch):
    route = clt.exact

    def refuse(model):
        if isinstance(model.weights, clt.laws.Law):
            raise clt.NoExactLaw("no route.")
        return route(model)

    monkeypatch.setattr("clt_sim.figures.exact_laws.exact", refuse)
    recipe, data = computed(nonlinearities="relu", weights="laplace", ns=(1, 2, 4, 8, 16))
    (panel,) = data["panels"]
    assert panel["exact"]["n"] == []
    assert panel["no_exact_law"][16] == "no route."
    assert panel["independent"]
    assert set(panel["fit"]["n"]) == {
        n
        for n, value in zip(*(panel["monte_carlo"][key] for key in ("n", "value")), strict=True)
        if value > 5.0 * data["floor"]["value"]
    }
    own = clt.simulate_path(
        clt.WeightedSum(16, "normal", "relu", "laplace"), (4,), 100_000, seed=1, independent=True
    )
    value = clt.gaussianity(own[4], measures="kolmogorov")["kolmogorov"].value
    assert panel["monte_carlo"]["value"][2] == value
    assert "exact" not in recipe.draw(data).axes[0].get_legend_handles_labels()[1]


def test_sums_that_are_normal_have_no_exact_distance_and_no_rate():
    recipe, data = computed(nonlinearities="identity", weights=1.0, inputs="normal", ns=(1, 4, 16))
    (panel,) = data["panels"]
    assert panel["exact"]["n"] == []
    assert panel["leading"] is None
    assert recipe.draw(data).axes[0].texts[0].get_text() == "too few distances to fit"


def test_the_floor_is_the_mean_distance_of_normal_draws(drawn):
    """Within 4 standard errors of 500 samples of 1000, scaled by the root of their sizes."""
    _, data, _ = drawn
    rng = np.random.default_rng(7)
    x = np.sort(rng.standard_normal((500, 1000)), axis=1)
    x = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    cdf, steps = stats.norm.cdf(x), np.arange(1001) / 1000.0
    distances = np.maximum(steps[1:] - cdf, cdf - steps[:-1]).max(1) * math.sqrt(1000)
    error = math.hypot(
        distances.std() / math.sqrt(500), data["floor"]["stderr"] * math.sqrt(100_000)
    )
    gap = data["floor"]["value"] * math.sqrt(100_000) - distances.mean()
    assert abs(gap) < 4.0 * error + 0.02  # of the least sample size and of the bins
    assert data["floor"]["value"] * math.sqrt(100_000) < 0.8  # 0.87 without fitted moments


def test_the_figure_draws_and_states_the_numbers(drawn):
    _, data, figure = drawn
    assert len(figure.axes) == len(data["panels"]) == 3
    assert figure.axes[0].get_ylabel() == "Kolmogorov distance"
    for ax, panel in zip(figure.axes, data["panels"], strict=True):
        lines = {line.get_label(): line for line in ax.lines}
        np.testing.assert_array_equal(lines["exact"].get_ydata(), panel["exact"]["value"])
        np.testing.assert_array_equal(
            lines["Berry–Esseen bound"].get_ydata(), panel["bound"]["value"]
        )
        points = ax.containers[0].lines[0]
        np.testing.assert_array_equal(points.get_ydata(), panel["monte_carlo"]["value"])
        assert lines["N(0,1) in $10^5$ draws"].get_ydata()[0] == data["floor"]["value"]
        fit, theorem = ax.texts[0].get_text().split("\n")
        assert f"fit $n^{{-{panel['fit']['exponent']:.1f}" in fit
        assert (
            theorem
            == f"theorem $n^{{-{'1/2' if panel['fit']['theorem_exponent'] == 0.5 else '1'}}}$"
        )
    assert figure.axes[1].get_title() == "$x$, $x \\sim$ uniform\n$w$ = 1"
    assert figure.axes[2].get_title() == "$x$, $x \\sim$ exponential\n$w$ $\\sim$ normal"


def test_the_excess_kurtosis_falls_as_the_cumulants_say():
    recipe, data = computed(
        measure="excess-kurtosis",
        nonlinearities="identity",
        weights=1.0,
        inputs="laplace",
        ns=(1, 4, 16),
    )
    (panel,) = data["panels"]
    np.testing.assert_allclose(panel["exact"]["value"], [3.0, 0.75, 3.0 / 16.0], rtol=1e-9)
    assert panel["leading"]["constant"] == pytest.approx(3.0)
    assert panel["bound"] is None
    assert len(recipe.draw(data).axes) == 1


def test_the_same_seed_gives_the_same_picture(tmp_path):
    recipe = Convergence(nonlinearities="identity", weights=1.0, inputs="uniform", ns=(1, 4, 16))
    pictures = []
    for folder in ("first", "again"):
        files = build(recipe, tmp_path / folder, seed=5, formats=("png",))
        pictures.append([file.read_bytes() for file in files])
    assert pictures[0] == pictures[1]
    assert pictures[0][0].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"measure": "kolmogorow"}, ValueError, "Did you mean 'kolmogorov'"),
        ({"nonlinearities": "rellu"}, ValueError, "Did you mean 'relu'"),
        ({"nonlinearities": ()}, ValueError, "nonlinearities must be at least one"),
        ({"weights": ()}, ValueError, "weights must be at least one"),
        ({"weights": "norma"}, ValueError, "Did you mean 'normal'"),
        ({"weights": math.inf}, ValueError, "each of weights must be finite"),
        ({"weights": (0.0,)}, ValueError, "finite variance above 0 .* is 0.0"),
        ({"weights": ("cauchy",)}, ValueError, "finite variance above 0 .* is nan"),
        ({"inputs": ("normal", "uniform")}, ValueError, "one for each of 4 nonlinearities, not 2"),
        ({"ns": (1, 2)}, ValueError, r"ns must be at least 3 numbers, not \[1, 2\]"),
        ({"ns": (1, 2, 0)}, ValueError, "each of ns must be from 1 to 1000000, not 0"),
        ({"ns": (1, 2, 2.5)}, TypeError, "each of ns must be a whole number"),
    ],
)
def test_bad_parameters_are_refused(parameters, error, message):
    with pytest.raises(error, match=message):
        get("convergence", **parameters)
