"""The checks of calibration find what is wrong, and only that.

The seeds are fixed. Of laws that are right, at most one in a thousand seeds would be refused.
"""

from __future__ import annotations

import math
import pathlib

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt

BENCHMARKS = pathlib.Path(__file__).parents[1] / "benchmarks"
with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(BENCHMARKS)
    import calibration
    import exact_agreement
    from exact_agreement import Agreement, Case, Skipped

DRAWS = 2**16
LIMIT = stats.norm.isf(calibration.FALSE_ALARMS / 2 / exact_agreement.PLACES.size)
SUM = clt.WeightedSum(3, "uniform", weights=1.0)
NETWORK = clt.RandomNetwork([4], "relu")


def largest(z):
    return float(np.max(np.abs(z)))


@pytest.mark.parametrize(("below", "draws", "p"), [(480, 1000, 0.5), (3, 10, 0.7), (0, 5, 0.2)])
def test_deviates_have_the_pvalue_of_the_binomial_test(below, draws, p):
    z = exact_agreement.deviates(np.array([below]), draws, np.array([p]), np.array([p]))[0]
    one_sided = min(stats.binom.cdf(below, draws, p), stats.binom.sf(below - 1, draws, p))
    assert 2 * stats.norm.sf(abs(z)) == pytest.approx(min(1.0, 2 * one_sided), rel=1e-9)
    assert math.copysign(1.0, z) == math.copysign(1.0, below - draws * p)


def test_deviates_of_what_cannot_be_are_infinite():
    found = exact_agreement.deviates(
        np.array([1, 9]), 10, np.array([0.0, 1.0]), np.array([0.0, 1.0])
    )
    assert found.tolist() == [math.inf, -math.inf]


def test_what_fits_between_two_probabilities_has_no_deviate():
    below = np.array([500, 700, 300])
    z = exact_agreement.deviates(below, 1000, np.full(3, 0.4), np.full(3, 0.6))
    at_bounds = exact_agreement.deviates(
        below, 1000, np.array([0.5, 0.6, 0.4]), np.array([0.5, 0.6, 0.4])
    )
    assert abs(z[0]) < 0.03
    assert np.array_equal(z, at_bounds)


def test_deviates_of_draws_from_the_law_are_those_of_normal_ones():
    """Their squares have mean 1: the bound is five standard deviations of it."""
    p = np.full(4000, 0.3)
    below = np.random.default_rng(1).binomial(10_000, p)
    z = exact_agreement.deviates(below, 10_000, p, p)
    assert np.mean(z**2) == pytest.approx(1.0, abs=5 * math.sqrt(2 / 4000))


CASES = {
    "simulate": SUM,
    "simulate, double": SUM,
    "simulate_path": SUM,
    "sample": SUM,
    "simulate_conditional": NETWORK,
}


@pytest.mark.parametrize("path", exact_agreement.PATHS)
def test_every_way_to_draw_agrees(path):
    found = exact_agreement.compare(Case(path, CASES[path], 3), DRAWS, seed=5)
    assert isinstance(found, Agreement)
    assert 0.0 < found.largest < LIMIT


WRONG = {
    "simulate": clt.WeightedSum(3, "uniform(low=-0.04, high=1.04)", weights=1.0),
    "simulate, double": clt.WeightedSum(3, "uniform", weights=1.0, bias=0.03),
    "simulate_path": clt.WeightedSum(4, "uniform", weights=1.0, bias=-0.5),
    "sample": clt.WeightedSum(3, "uniform(low=0.015, high=1.015)", weights=1.0),
    "simulate_conditional": clt.RandomNetwork([4], "relu", weight_variance=2.1),
}


@pytest.mark.parametrize("path", exact_agreement.PATHS)
def test_wrong_laws_are_found(path):
    """The negative control."""
    draw = exact_agreement.PATHS[path]
    assert largest(draw(CASES[path], clt.exact(WRONG[path]), DRAWS, 5)) > 2 * LIMIT


@pytest.mark.parametrize("n", [1, 8])
def test_atoms_at_edges_are_no_alarm_and_wrong_ones_are(n):
    draws = clt.simulate(clt.WeightedSum(n, "bernoulli", weights=1.0), DRAWS, seed=5)
    for probability, is_right in ((0.5, True), (0.51, False)):
        law = clt.exact(clt.WeightedSum(n, f"bernoulli(probability={probability})", weights=1.0))
        z = exact_agreement.of_summary(draws, law)
        assert (largest(z) < LIMIT) == is_right
    assert np.array_equal(draws.histogram.edges[:1], [draws.location - 8 * draws.scale])


def test_models_without_an_exact_law_are_skipped_with_the_reason():
    model = clt.WeightedSum(
        2, "uniform", "tanh", dependence="equicorrelated(correlation=0.25)", weights=1.0
    )
    found = exact_agreement.compare(Case("simulate", model, 2), DRAWS, seed=5)
    assert isinstance(found, Skipped)
    assert "equicorrelated" in found.reason
    assert "0.25" not in found.reason
    assert list(exact_agreement.reasons([found, found])) == [f"- 2: {found.reason}"]


def test_models_whose_terms_overflow_are_skipped():
    model = clt.WeightedSum(1, "pareto", "exp", 1.0)
    found = exact_agreement.compare(Case("simulate, double", model, 1), DRAWS, seed=5)
    assert isinstance(found, Skipped)
    assert "too large" in found.reason


def test_the_registries_are_covered():
    cases = list(exact_agreement.registered_cases())
    phis = clt.nonlinearities.names()
    assert len(cases) == len(clt.laws.names()) * len(phis) * len(exact_agreement.NS)
    assert {case.model.inputs.name for case in cases} == set(clt.laws.names())
    every = {
        (case.model.nonlinearity.name, case.path, isinstance(case.model.weights, clt.laws.Law))
        for case in cases
    }
    assert len(every) == 4 * len(phis)
    others = {case.path for case in exact_agreement.other_cases()}
    assert others | {case.path for case in cases} == set(exact_agreement.PATHS)


def test_the_limit_is_that_of_all_deviates():
    agreements = [Agreement(Case("simulate", SUM, 3), "", np.zeros(64))] * 10
    assert exact_agreement.limit(agreements, 1e-3) == pytest.approx(stats.norm.isf(1e-3 / 1280))


@pytest.mark.parametrize(("happened", "tail"), [(30, "cdf"), (47, None), (53, None), (75, "sf")])
def test_counts_have_the_pvalue_at_the_nearer_bound(happened, tail):
    count = calibration.Count(("a",), happened, 1000, 0.045, 0.055)
    expected = {
        "cdf": stats.binom.cdf(happened, 1000, 0.045),
        "sf": stats.binom.sf(happened - 1, 1000, 0.055),
        None: count.pvalue,
    }[tail]
    assert count.pvalue == pytest.approx(expected, rel=1e-9)
    assert (count.pvalue > 0.2) == (tail is None)


def test_wrong_counts_are_out_of_bounds():
    right = calibration.Count(("right",), 50, 1000, 0.05, 0.05)
    wrong = calibration.Count(("wrong",), 90, 1000, 0.05, 0.05)
    part = calibration.counted("Title", "Intro.", ("what",), [right, wrong])
    assert [line.split(" | ")[0] for line in part.wrong] == ["| wrong"]
    assert "| right | 1000 | 5.00 % | 5 to 5 % |" in part.lines


TINY = calibration.Settings(
    sizes={10: 500},
    reports=3,
    values=2000,
    summaries=3,
    draws=10_000,
    distances=3,
    moments=3,
    verdicts=2,
    models=3,
    model_draws=2**12,
)


@pytest.mark.parametrize("name", calibration.PARTS)
def test_every_part_counts(name, monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)  # processes of a pool look there as well
    part = calibration.PARTS[name](TINY, 1)
    assert part.wrong == []
    assert len(part.lines) > 4


@pytest.mark.parametrize("wrong", [[], ["something"]])
def test_the_exit_status_says_whether_all_is_in_bounds(wrong, monkeypatch, capsys):
    part = calibration.Part("Title", ["a line"], wrong)
    monkeypatch.setattr(calibration, "PARTS", {"part": lambda settings, seed: part})
    monkeypatch.setattr("sys.argv", ["calibration.py", "--quick", "--seed", "7"])
    with pytest.raises(SystemExit) as stopped:
        calibration.main()
    assert stopped.value.code == bool(wrong)
    printed = capsys.readouterr().out
    assert printed.startswith("Seed 7; clt_sim ")
    assert printed.endswith("- Title: something\n" if wrong else "Nothing.\n")
