"""Tail ratios and the asymmetry of quantiles: closed forms, counts, and honest errors."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim import laws
from clt_sim.gaussianity.measures.quantile_asymmetry import QuantileAsymmetry
from clt_sim.gaussianity.measures.tails import (
    TailRatio,
    TailRatio2,
    TailRatio4,
    TailRatio5,
    TailRatio6,
)
from clt_sim.gaussianity.views.binned import BinnedDraws
from clt_sim.gaussianity.views.draws import Draws
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.gaussianity.views.sources import read
from clt_sim.measures import UnavailableError

RATIOS = {which.limit: which for which in (TailRatio2(), TailRatio(), TailRatio4(), TailRatio5())}
RATIOS[6.0] = TailRatio6()
NORMAL = {limit: float(2.0 * stats.norm.sf(limit)) for limit in RATIOS}
ASYMMETRY = QuantileAsymmetry()
RELU = clt.exact(clt.WeightedSum(n=1, inputs="normal", nonlinearity="relu", weights=1.0))


def measure(source, which, *, standardize=True):
    return read(source, standardize=standardize)[0].estimate(which)


def test_names():
    names = [which.name for which in RATIOS.values()]
    assert names == ["tail-ratio-2", "tail-ratio", "tail-ratio-4", "tail-ratio-5", "tail-ratio-6"]


# law, standardised or not, and P(|z| > k)
TAILS = {
    "normal": (laws.Normal(mean=3.0, sd=5.0), True, lambda k: 2.0 * stats.norm.sf(k)),
    "uniform": (laws.Uniform(), True, lambda k: 0.0),
    "laplace": (laws.Laplace(mean=1.0), True, lambda k: math.exp(-math.sqrt(2.0) * k)),
    "exponential": (laws.Exponential(scale=3.0), True, lambda k: math.exp(-1.0 - k)),
    "raw cauchy": (laws.Cauchy(), False, lambda k: 2.0 * math.atan(1.0 / k) / math.pi),
    "raw normal": (laws.Normal(mean=1.0), False, lambda k: stats.norm.sf([k - 1, k + 1]).sum()),
    # The sum of 9 signs is 9 at 3 sd: not beyond.
    "signs": (clt.exact(clt.WeightedSum(n=9, inputs="rademacher", weights=1.0)), True,
              lambda k: 2.0**-8 if k < 3.0 else 0.0),
}  # fmt: skip


@pytest.mark.parametrize("limit", RATIOS)
@pytest.mark.parametrize("name", TAILS)
def test_tails_of_laws(name, limit):
    law, standardize, probability = TAILS[name]
    estimate = measure(law, RATIOS[limit], standardize=standardize)
    expected = float(probability(limit)) / NORMAL[limit]
    if name == "signs" and limit == 2.0:
        expected = (2.0 * stats.binom.sf(7, 9, 0.5)) / NORMAL[2.0]  # 7 and 9 are beyond 6
    assert abs(estimate.value + 1.0 - expected) <= estimate.stderr + 1e-12 * expected
    assert estimate.stderr <= 2e-15 / NORMAL[limit]


@pytest.mark.parametrize("standardize", [True, False])
def test_counts(standardize):
    """The limit itself is not beyond."""
    draws = np.concatenate([np.random.default_rng(1).standard_t(3, size=500), [3.0, -3.0, 2.0]])
    z = (draws - draws.mean()) / draws.std() if standardize else draws
    for limit, which in RATIOS.items():
        expected = np.count_nonzero(np.abs(z) > limit) / z.size / NORMAL[limit] - 1.0
        assert measure(draws, which, standardize=standardize).value == pytest.approx(expected)


def test_no_draw_beyond_has_an_honest_error():
    """The value is -1 and its error reaches the upper end of Wilson's interval."""
    draws = np.linspace(-1.0, 1.0, 1000)
    for limit, which in RATIOS.items():
        estimate = measure(draws, which, standardize=False)
        assert estimate.value == -1.0
        wilson = stats.binomtest(0, 1000).proportion_ci(2.0 * stats.norm.cdf(1.0) - 1.0, "wilson")
        assert estimate.stderr * NORMAL[limit] == pytest.approx(wilson.high, rel=2e-3)
    assert measure(draws, RATIOS[6.0], standardize=False).stderr > 1e5  # nothing is known there


@pytest.mark.parametrize("rate", [0.05, 0.5, 1.0, 3.0, 10.0, 50.0])
def test_coverage_for_few_draws_beyond(rate):
    """Two errors hold the truth with about 95 %, also where most samples have none beyond.

    The plug-in error holds it in as many samples as have any.
    """
    n, most = 400, 110
    counts = np.arange(most)
    held, plug_in = np.zeros(most), np.zeros(most)
    for count in counts:
        row = np.concatenate([np.full(count, 9.0), np.linspace(-1.0, 1.0, n - count)])
        draws = Draws(row, standardized=False)
        estimate = draws.estimate(TailRatio())
        off = abs(estimate.value + 1.0 - rate / n / NORMAL[3.0])
        held[count] = off <= 2.0 * estimate.stderr
        _, influence = TailRatio().of_sample(draws.sample)
        plug_in[count] = off <= 2.0 * draws.sample.stderr(influence)
    chances = stats.binom.pmf(counts, n, rate / n)
    assert chances @ held > 0.92
    if rate <= 1.0:
        assert chances @ plug_in < 0.65


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("limit", [2.0, 3.0])
def test_tail_errors_match_the_spread_of_repeated_samples(limit, standardize):
    # The sd of 500 values is known to 3.2 %: eight cases, of which any is beyond 15 % in
    # less than 1e-3 of seeds.
    for law in (laws.Exponential(), laws.Laplace(scale=math.sqrt(0.5))):
        rows = law.sample((500, 2000), rng=11)
        estimates = [measure(row, RATIOS[limit], standardize=standardize) for row in rows]
        stated = math.sqrt(np.mean([estimate.stderr**2 for estimate in estimates]))
        spread = np.std([estimate.value for estimate in estimates], ddof=1)
        assert stated == pytest.approx(spread, rel=0.15)
    if standardize and limit == 2.0:  # negative control: the error without the fit
        naive = dataclasses.replace(Sample.of(rows[0]).standardize(), standardized=False)
        ratio = naive.stderr(RATIOS[limit].of_sample(naive)[1]) / spread
        assert not 0.85 < ratio < 1.15


@pytest.mark.parametrize("which", [TailRatio2(), TailRatio4(), ASYMMETRY], ids=lambda w: w.name)
def test_clusters_of_copies_count_once(which):
    draws = np.random.default_rng(7).exponential(size=80)
    alone = Draws(draws, standardized=True).estimate(which)
    copies = Draws(np.repeat(draws, 5), standardized=True, clusters=np.repeat(np.arange(80), 5))
    clustered = copies.estimate(which)
    assert clustered.value == pytest.approx(alone.value, abs=1e-12)
    # The width of the window of densities depends on the number of draws.
    assert clustered.stderr == pytest.approx(alone.stderr, rel=0.15)
    if which is ASYMMETRY:
        assert clustered.stderr == pytest.approx(alone.stderr, rel=1e-9)


MODELS = {
    "exponential": clt.WeightedSum(n=2, inputs="exponential", weights=1.0),
    "uniform": clt.WeightedSum(n=3, inputs="uniform", weights=[1.0, 0.5, 0.25], bias=2.0),
}
MEASURES = {which.name: which for which in (*RATIOS.values(), ASYMMETRY)}


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("case", MODELS)
def test_bins_agree_with_the_exact_law_and_the_draws(case, standardize):
    # 48 comparisons in all, each beyond 4.5 sigma with 7e-6 and of small counts, of which there
    # are six, with 1e-3 or less.
    model = MODELS[case]
    law = clt.exact(model)
    for seed in (1, 2):
        summary = clt.simulate(model, 50_000, seed=seed)
        draws = clt.sample(model, 50_000, seed=seed)
        for name, which in MEASURES.items():
            exact = measure(law, which, standardize=standardize)
            binned = measure(summary, which, standardize=standardize)
            sample = measure(draws, which, standardize=standardize)
            assert abs(binned.value - exact.value) < 4.5 * binned.stderr, name
            assert abs(binned.value - sample.value) < binned.stderr, name
            assert sample.stderr * 0.9 < binned.stderr, name


def test_bins_tell_near_laws_apart_and_resolution_is_small():
    summary = clt.simulate(MODELS["exponential"], 50_000, seed=5)
    sample = clt.sample(MODELS["exponential"], 50_000, seed=5)
    other = clt.exact(clt.WeightedSum(n=2, inputs="exponential", weights=[1.0, 2.5]))
    for name in ("tail-ratio", "quantile-asymmetry"):
        binned = measure(summary, MEASURES[name])
        assert binned.stderr == pytest.approx(measure(sample, MEASURES[name]).stderr, rel=0.2)
        assert abs(measure(other, MEASURES[name]).value - binned.value) > 4.5 * binned.stderr


def test_edges_at_the_limit_are_exact_and_outer_bins_are_brackets():
    edges = np.array([-10.0, -3.0, -1.0, 0.0, 1.0, 3.0, 8.0])
    mass = np.array([0.02, 0.18, 0.3, 0.3, 0.15, 0.05])
    nothing = clt.Estimate(0.0, 0.0)
    binned = BinnedDraws(edges, mass, 10_000, (1, 1), False, nothing, nothing, math.inf)
    at_edge = binned.estimate(TailRatio())
    assert at_edge.value == pytest.approx(0.07 / NORMAL[3.0] - 1.0, rel=1e-12)
    counting = math.sqrt(0.07 * 0.93 / 10_000 + 1e-8) / NORMAL[3.0]
    assert at_edge.stderr == pytest.approx(counting, rel=1e-12)
    outside = binned.estimate(TailRatio6())
    for truth in (0.0, 0.07):
        off = abs(truth / NORMAL[6.0] - 1.0 - outside.value)
        assert off <= outside.stderr * (1.0 + 1e-12)


def test_a_lattice_at_the_limit_is_bracketed():
    """Sums of 9 signs have an atom at 3: whether its bin is beyond is unknown."""
    model = clt.WeightedSum(n=9, inputs="rademacher", weights=1.0)
    summary, law = clt.simulate(model, 50_000, seed=1), clt.exact(model)
    estimate = measure(summary, TailRatio(), standardize=False)
    exact = measure(law, TailRatio(), standardize=False)
    size = 2.0 * stats.binom.pmf(6, 9, 0.5) / NORMAL[3.0]
    assert abs(estimate.value - exact.value) < 1.5 * estimate.stderr
    assert 0.4 * size < estimate.stderr < 1.2 * size


@pytest.mark.parametrize("standardize", [True, False])
def test_mixtures_agree_with_the_law_and_between_seeds(standardize):
    """N(0, K) with K exponential is a Laplace law of variance 1; 10 comparisons."""
    network = clt.RandomNetwork([2], "identity", "normal", 1.0)
    mixture = clt.simulate_conditional(network, 100_000, seed=1)
    assert measure(mixture, ASYMMETRY, standardize=standardize) == clt.Estimate(0.0, 0.0)
    seeds = [clt.simulate_conditional(network, 2048, seed=seed) for seed in range(65)]
    low, high = stats.chi2.ppf([5e-5, 1.0 - 5e-5], 64) / 64
    for limit, which in RATIOS.items():
        estimate = measure(mixture, which, standardize=standardize)
        expected = math.exp(-math.sqrt(2.0) * limit) / NORMAL[limit] - 1.0
        assert abs(estimate.value - expected) < 4.5 * estimate.stderr < 0.2 * (1.0 + expected)
        if limit <= 3.0:
            reports = [measure(seed, which, standardize=standardize) for seed in seeds]
            spread = np.var([report.value for report in reports], ddof=1)
            assert low < spread / np.mean([report.stderr**2 for report in reports]) < high


def _bowley(quantile):
    low, middle, high = quantile(0.025), quantile(0.5), quantile(0.975)
    return (low + high - 2.0 * middle) / (high - low)


@pytest.mark.parametrize("standardize", [True, False])
def test_asymmetry_of_laws(standardize):
    cases = {
        laws.Uniform(2.0, 3.0): 0.0,
        laws.Laplace(mean=4.0): 0.0,
        laws.Rademacher(): 0.0,
        laws.Exponential(scale=0.1): _bowley(lambda p: -math.log1p(-p)),
        laws.Normal(mean=1e3): 0.0,
        laws.Bernoulli(0.2): 1.0,
        RELU: 1.0,
    }
    for law, expected in cases.items():
        estimate = measure(law, ASYMMETRY, standardize=standardize)
        assert abs(estimate.value - expected) <= estimate.stderr < 1e-9, str(law)
    cauchy = measure(laws.Cauchy(), ASYMMETRY, standardize=False)
    assert abs(cauchy.value) <= cauchy.stderr < 1e-11
    with pytest.raises(UnavailableError, match="are the same"):
        measure(laws.Bernoulli(0.001), ASYMMETRY, standardize=standardize)


def test_asymmetry_of_samples():
    draws = np.random.default_rng(1).exponential(size=401)
    value = measure(draws, ASYMMETRY).value
    by_numpy = _bowley(lambda p: np.quantile(draws, p, method="averaged_inverted_cdf"))
    assert value == pytest.approx(by_numpy, rel=1e-12)
    assert measure(3.0 - 2.0 * draws, ASYMMETRY).value == pytest.approx(-value, rel=1e-12)
    even = np.concatenate([draws, -draws])
    assert measure(even[:400], ASYMMETRY, standardize=False).value == pytest.approx(
        _bowley(lambda p: np.quantile(draws[:400], p, method="averaged_inverted_cdf")), rel=1e-12
    )
    assert abs(measure(even, ASYMMETRY, standardize=False).value) < 1e-14
    with pytest.raises(UnavailableError, match="at least 40"):
        measure(draws[:39], ASYMMETRY)
    assert measure(draws[:40], ASYMMETRY).stderr > 0.0
    with pytest.raises(UnavailableError, match="are the same"):
        measure(np.r_[np.zeros(99), 1.0], ASYMMETRY)
    few = np.repeat(np.arange(10), 10)
    with pytest.raises(UnavailableError, match="too few independent draws"):
        Draws(draws[few], standardized=True, clusters=few).estimate(ASYMMETRY)


@pytest.mark.parametrize("law", [laws.Exponential(), laws.Uniform(), laws.Laplace()], ids=str)
def test_asymmetry_errors_match_the_spread_of_repeated_samples(law):
    # The sparsity is from 20 draws at the outer quantiles; its square is too large by a 20th and
    # the sd of 500 values known to 3.2 %: three cases, any beyond 20 % in less than 1e-3 of seeds.
    estimates = [measure(row, ASYMMETRY) for row in law.sample((500, 4000), rng=11)]
    stated = math.sqrt(np.mean([estimate.stderr**2 for estimate in estimates]))
    spread = np.std([estimate.value for estimate in estimates], ddof=1)
    assert stated == pytest.approx(spread, rel=0.2)
