from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy import optimize, stats

import clt_sim as clt
from clt_sim import claims
from clt_sim.claims import counterexamples

NAME = counterexamples.SumsApproachNormalRegardlessOfU.name
BREAKING = (", cauchy", ", pareto of index 1.5", "90%", "shared", "correlation")


@functools.cache
def draft():
    return claims.check(NAME)


def found(*words):
    (one,) = [f for f in draft().findings if all(word in f.question for word in words)]
    return one


def nearest_distance(cdf, places, start):
    """Minimise over location and scale, without any of the package."""
    probabilities = cdf(places)

    def distance(line):
        return np.abs(probabilities - stats.norm.cdf(places, line[0], np.exp(line[1]))).max()

    return optimize.minimize(distance, start, method="Nelder-Mead", options={"xatol": 1e-6}).fun


def test_it_is_refuted_by_the_sums_that_have_another_limit():
    verdict = draft()
    assert verdict.status == "refuted"
    refuting = [one for one in verdict.findings if one.decides and one.status == "refuted"]
    assert len(refuting) == len(BREAKING)
    for words in BREAKING:
        assert any(words in one.question for one in refuting)
        assert found("over the one", words).status == "refuted"


def test_the_sums_that_the_theorem_covers_are_within():
    holding = [one for one in draft().findings if one.decides and one.status == "holds"]
    assert len(holding) == 5
    assert found("over the one", "no third moment").status == "holds"


def test_limits_within_the_margin_show_in_what_does_not_fall():
    for words in ("half of the variance", "normal weight x pareto"):
        assert found("nearest normal law", "sum of 1024", words).status == "holds"
        assert found("over the one", words).status == "refuted"


def test_the_distance_of_cauchy_is_that_of_one_variable():
    places = np.tan(np.pi * (np.linspace(0.0, 1.0, 4001)[1:-1] - 0.5))
    expected = nearest_distance(stats.cauchy.cdf, places, (0.0, 0.5))
    one = found("nearest normal law", "sum of 1024", "cauchy")
    assert one.low <= expected <= one.high
    assert one.high - one.low == pytest.approx(1.0 / 400, abs=1e-5)


def test_the_distance_of_an_index_below_two_is_that_of_stable_sums():
    """Draws of sums, as far from the nearest normal law as the exact law says."""
    totals = np.zeros(20_000)
    rng = np.random.default_rng(0)
    for _ in range(1024):
        totals += rng.pareto(1.5, totals.size)
    totals.sort()
    middle, quartiles = np.median(totals), np.quantile(totals, [0.25, 0.75])
    standard = (totals - middle) / np.diff(quartiles)

    def cdf(z):
        return np.searchsorted(standard, z, side="right") / standard.size

    expected = nearest_distance(cdf, standard[::10], (0.0, -0.3))
    one = found("nearest normal law", "sum of 1024, pareto of index 1.5")
    assert one.value == pytest.approx(expected, abs=0.01)  # 1 % bound of 20,000 draws: 0.012


def test_the_shared_scale_keeps_its_law():
    """R z with R exponential and z normal has the density of a mixture, by quadrature."""
    scales = (np.arange(4000) + 0.5) / 4000
    scales = -np.log1p(-scales)

    def cdf(x):
        return stats.norm.cdf(np.asarray(x)[:, None] / scales).mean(axis=1)

    expected = nearest_distance(cdf, np.linspace(-6.0, 6.0, 801), (0.0, -0.2))
    one = found("nearest normal law", "sum of 1024", "shared")
    assert one.low <= expected <= one.high


def test_one_active_of_n_is_binomial_with_mean_one():
    counts = np.arange(12)
    right = stats.binom.cdf(counts, 1024, 1 / 1024)
    left = np.concatenate(([0.0], right[:-1]))

    def distance(line):
        normal = stats.norm.cdf(counts, line[0], np.exp(line[1]))
        return np.maximum(np.abs(normal - left), np.abs(normal - right)).max()

    starts = [(0.5, -0.5), (0.5, 0.0), (1.0, 0.0), (0.2, 0.2)]
    fits = [optimize.minimize(distance, s, method="Nelder-Mead") for s in starts]
    expected = min(fit.fun for fit in fits)
    one = found("nearest normal law", "sum of 1024", "bernoulli(1/n)")
    assert one.low <= expected <= one.high


def test_halved_weights_make_a_uniform_law():
    expected = nearest_distance(stats.uniform.cdf, np.linspace(0.0, 1.0, 2001), (0.5, -1.0))
    one = found("rademacher x 2^-i")
    assert one.low - 2**-20 <= expected <= one.high + 2**-20


def test_signs_keep_half_an_atom():
    floor, power = found("half of the largest atom"), found("power of 1/n")
    assert floor.value == pytest.approx(0.5 * stats.binom.pmf(512, 1024, 0.5), rel=1e-9)
    assert found("nearest normal law", "sum of 1024, rademacher").high > floor.value
    assert power.value == pytest.approx(0.5, abs=0.002)
    assert power.status == "refuted"


def test_quantiles_say_the_law_to_half_of_their_share():
    """Of a law whose distance to the nearest normal law is known: signs, 1/4."""
    law = clt.exact(clt.WeightedSum(1, "rademacher", weights=1.0))
    value, low, high = counterexamples._nearest(law, 100)
    assert low <= 0.25 <= high
    assert high - low == pytest.approx(0.01, abs=1e-5)
    assert value == pytest.approx(0.25, abs=1e-5)


def test_without_the_sums_that_break_it_it_holds(monkeypatch):
    """The negative control."""
    monkeypatch.setattr(counterexamples, "_BREAKING", {})
    monkeypatch.setattr(counterexamples, "_CONDITIONS", {})
    assert claims.check(NAME).status == "holds"


def test_margins_that_are_not_above_0_are_refused():
    with pytest.raises(ValueError, match="within"):
        claims.get(NAME, within=0.0)
