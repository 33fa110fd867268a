"""L-moment ratios: closed forms, all tuples of a sample, repeated samples, and bins."""

from __future__ import annotations

import dataclasses
import itertools
import math

import mpmath
import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim import laws
from clt_sim.gaussianity import gaussianity
from clt_sim.gaussianity.measures.l_moments import (
    NORMAL_L_KURTOSIS,
    LKurtosis,
    LSkewness,
    ratios_of_sample,
)
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.gaussianity.views.sources import read
from clt_sim.measures import UnavailableError

SKEWNESS, KURTOSIS = LSkewness(), LKurtosis()
RELU = clt.exact(clt.WeightedSum(n=1, inputs="normal", nonlinearity="relu", weights=1.0))


def measure(source, which, *, standardize=True):
    return read(source, standardize=standardize)[0].estimate(which)


# law: tau_3 and tau_4 (Hosking 1990, table 1; for Student's t with 3 degrees 1 - 175/(24 pi^2))
CLOSED_FORMS = {
    "uniform": (laws.Uniform(-3.0, 8.0), 0.0, 0.0),
    "exponential": (laws.Exponential(scale=0.01), 1.0 / 3.0, 1.0 / 6.0),
    "laplace": (laws.Laplace(mean=5.0, scale=3.0), 0.0, 17.0 / 72.0),
    "logistic": (laws.Logistic(), 0.0, 1.0 / 6.0),
    "normal": (laws.Normal(mean=-2.0, sd=7.0), 0.0, NORMAL_L_KURTOSIS),
    "far": (laws.Normal(mean=1e3, sd=0.5), 0.0, NORMAL_L_KURTOSIS),
    # A generalised Pareto law of shape k = -1/3: (1 - k)/(3 + k), times (2 - k)/(4 + k)
    "pareto": (laws.Pareto(shape=3.0), 0.5, 7.0 / 22.0),
    "student-t": (laws.StudentT(df=3.0), 0.0, 1.0 - 175.0 / (24.0 * math.pi**2)),
    "rademacher": (laws.Rademacher(), 0.0, -0.25),
    "bernoulli": (laws.Bernoulli(0.2), 0.6, 1.0 - 5.0 * 0.16),
}


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_closed_forms(name, standardize):
    law, tau3, tau4 = CLOSED_FORMS[name]
    skewness = measure(law, SKEWNESS, standardize=standardize)
    kurtosis = measure(law, KURTOSIS, standardize=standardize)
    assert abs(skewness.value - tau3) <= skewness.stderr < 1e-10
    assert abs(kurtosis.value + NORMAL_L_KURTOSIS - tau4) <= kurtosis.stderr < 1e-10


def test_the_normal_l_kurtosis():
    def legendre(p):
        return ((20 * p - 30) * p + 12) * p - 1

    with mpmath.workdps(20):
        fourth = mpmath.quad(
            lambda z: z * legendre(mpmath.ncdf(z)) * mpmath.npdf(z), [-12, -4, 0, 4, 12]
        )
        # lambda_2 is 1/sqrt(pi)
        assert abs(fourth * mpmath.sqrt(mpmath.pi) - NORMAL_L_KURTOSIS) < 1e-14


def test_half_of_a_symmetric_law_keeps_its_l_kurtosis():
    """It is no evidence that relu(Z) is normal; the L-skewness tells."""
    kurtosis = measure(RELU, KURTOSIS)
    assert abs(kurtosis.value) <= kurtosis.stderr < 1e-9
    assert measure(RELU, SKEWNESS).value > 0.4
    draws = np.random.default_rng(1).laplace(size=50)
    symmetric = np.concatenate([draws, -draws])
    whole, half = (measure(x, KURTOSIS).value for x in (symmetric, np.maximum(symmetric, 0.0)))
    assert half == pytest.approx(whole, abs=1e-13)


def test_without_a_variance_there_is_just_the_shape():
    law = laws.get("student-t(df=1.5)")
    shape, raw = (gaussianity(law, standardize=which) for which in (True, False))
    assert list(shape) == ["l-skewness", "l-kurtosis"]
    assert shape["l-kurtosis"] == raw["l-kurtosis"]
    model = clt.WeightedSum(n=1, inputs=law, weights=1.0)
    draws = gaussianity(clt.simulate(model, 10_000), standardize=False, measures="l-kurtosis")
    assert "no finite variance, which its error takes" in draws.unavailable["l-kurtosis"]


def test_subnormal_densities_beyond_the_breaks_take_no_time(monkeypatch):
    law = laws.get("mixture(components=('rademacher', 'normal(mean=2.0, sd=0.5)'))")
    places = []
    density = laws.Normal.pdf

    def counted(self, x):
        places.append(np.size(x))
        return density(self, x)

    monkeypatch.setattr(laws.Normal, "pdf", counted)
    found = gaussianity(law, measures="l-kurtosis")["l-kurtosis"]
    assert sum(places) < 50_000
    rng = np.random.default_rng(1)
    signs, normal = rng.choice([-1.0, 1.0], 300_000), rng.normal(2.0, 0.5, 300_000)
    draws = np.where(rng.random(300_000) < 0.5, signs, normal)
    estimate = measure(draws, KURTOSIS)
    assert abs(estimate.value - found.value) < 4.5 * estimate.stderr


def test_a_mean_is_needed_and_enough():
    with pytest.raises(UnavailableError, match="does not exist: the law has no finite mean"):
        measure(laws.Cauchy(), KURTOSIS, standardize=False)
    heavy = measure(laws.Pareto(shape=1.5), SKEWNESS, standardize=False)
    # k = -2/3: (1 - k)/(3 + k)
    assert abs(heavy.value - 5.0 / 7.0) <= heavy.stderr < 1e-6


@pytest.mark.parametrize("row", [[-1.0, 0.5, 2.0, 2.0, 7.0, 7.5], [0.0, 0.0, 0.0, 1.0, 5.0]])
def test_definition_by_order_statistics_of_all_tuples(row):
    def l_moment(r):
        tuples = np.sort(list(itertools.product(row, repeat=r)), axis=1)
        signs = [(-1) ** k * math.comb(r - 1, k) for k in range(r)][::-1]
        return float(np.mean(tuples @ signs)) / r

    second = l_moment(2)
    for standardize in (True, False):
        skewness = measure(row, SKEWNESS, standardize=standardize)
        kurtosis = measure(row, KURTOSIS, standardize=standardize)
        assert skewness.value == pytest.approx(l_moment(3) / second, abs=1e-12)
        expected = l_moment(4) / second - NORMAL_L_KURTOSIS
        assert kurtosis.value == pytest.approx(expected, abs=1e-12)


def test_ratios_without_influence_are_those_of_the_measures():
    sample = Sample.of(np.random.default_rng(5).standard_exponential(200).round(1))
    skewness, kurtosis = ratios_of_sample(sample)
    assert skewness == pytest.approx(LSkewness().of_sample(sample)[0], rel=1e-12)
    assert kurtosis - NORMAL_L_KURTOSIS == pytest.approx(
        LKurtosis().of_sample(sample)[0], abs=1e-14
    )


@pytest.mark.parametrize("which", [SKEWNESS, KURTOSIS], ids=lambda which: which.name)
def test_influence_is_the_derivative_under_contamination(which):
    sample = Sample.of(np.random.default_rng(3).exponential(size=60) - 0.3)
    _, influence = which.of_sample(sample)
    assert sample.weights @ influence == pytest.approx(0.0, abs=1e-12)
    assert which.of_sample(sample.standardize())[1] == pytest.approx(influence, abs=1e-11)
    step = 1e-7
    for index in (0, 3, 30, 59):
        values = []
        for share in (-step, step):
            weights = sample.weights * (1.0 - share)
            weights[index] += share
            values.append(which.of_sample(dataclasses.replace(sample, weights=weights))[0])
        derivative = (values[1] - values[0]) / (2.0 * step)
        assert influence[index] == pytest.approx(derivative, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("law", [laws.Exponential(), laws.Uniform()], ids=str)
def test_standard_errors_match_the_spread_of_repeated_samples(law):
    # The sd of 600 values is known to 3 % or a little more: four cases, of which any is beyond
    # 15 % in less than 1e-3 of seeds.
    for which in (SKEWNESS, KURTOSIS):
        estimates = [measure(row, which) for row in law.sample((600, 300), rng=11)]
        errors = np.array([estimate.stderr for estimate in estimates])
        spread = np.std([estimate.value for estimate in estimates], ddof=1)
        assert np.sqrt(np.mean(errors**2)) == pytest.approx(spread, rel=0.15)


MODELS = {
    "exponential": clt.WeightedSum(n=2, inputs="exponential", weights=1.0),
    "uniform": clt.WeightedSum(n=2, inputs="uniform", weights=[1.0, 3.0]),
    "lattice": clt.WeightedSum(n=5, inputs="rademacher", weights=1.0),
}


@pytest.mark.parametrize("which", [SKEWNESS, KURTOSIS], ids=lambda which: which.name)
@pytest.mark.parametrize("name", MODELS)
def test_bins_agree_with_the_exact_law_and_the_draws(name, which):
    # 18 comparisons in all; each is beyond 4.5 sigma with 7e-6.
    model = MODELS[name]
    law = measure(clt.exact(model), which)
    for seed in (1, 2, 3):
        binned = measure(clt.simulate(model, 50_000, seed=seed), which)
        assert abs(binned.value - law.value) < 4.5 * binned.stderr
    sample = measure(clt.sample(model, 50_000, seed=3), which)
    assert abs(binned.value - sample.value) < 0.1 * binned.stderr
    assert sample.stderr == pytest.approx(binned.stderr, rel=0.1)


def test_outer_bins_are_in_the_error():
    model = clt.WeightedSum(n=1, inputs="laplace", weights="laplace")
    summary, draws = clt.simulate(model, 20_000, seed=2), clt.sample(model, 20_000, seed=2)
    assert summary.histogram.overflow > 0
    for which in (SKEWNESS, KURTOSIS):
        binned, sample = measure(summary, which), measure(draws, which)
        assert abs(binned.value - sample.value) < binned.stderr


def test_mixtures():
    network = clt.RandomNetwork([2], "identity", "normal", 1.0)  # N(0, K) with K exponential
    mixture = clt.simulate_conditional(network, 100_000, seed=1)
    assert measure(mixture, SKEWNESS) == clt.Estimate(0.0, 0.0)
    kurtosis = measure(mixture, KURTOSIS)
    assert abs(kurtosis.value + NORMAL_L_KURTOSIS - 17.0 / 72.0) < 4.5 * kurtosis.stderr < 5e-3
    seeds = [
        measure(clt.simulate_conditional(network, 256, seed=seed), KURTOSIS) for seed in range(65)
    ]
    spread = np.var([seed.value for seed in seeds], ddof=1)
    stated = np.mean([seed.stderr**2 for seed in seeds])
    low, high = stats.chi2.ppf([5e-5, 1.0 - 5e-5], 64) / 64
    assert low < spread / stated < high


def test_an_atom_of_a_mixture_is_in_the_l_kurtosis():
    """Given a rectifier, the variance is 0 or that of N(0, w^2 z^2): F(0) has a jump."""
    model = clt.WeightedSum(n=1, inputs="normal", nonlinearity="relu", weights="normal")
    mixture = clt.simulate_conditional(model, 50_000, seed=1)
    draws = clt.sample(model, 200_000, seed=2)
    of_mixture, of_draws = measure(mixture, KURTOSIS), measure(draws, KURTOSIS)
    error = math.hypot(of_mixture.stderr, of_draws.stderr)
    assert abs(of_mixture.value - of_draws.value) < 4.5 * error < 0.05


def test_too_few_values_and_extreme_ones():
    with pytest.raises(UnavailableError, match="at least 4"):
        measure([0.0, 1.0, 5.0], KURTOSIS)
    row = np.array([1.0, 2.0, 4.0, 5.5])
    for scale in (1e300, 1e-300):
        scaled = measure(row * scale, KURTOSIS, standardize=False).value
        assert scaled == pytest.approx(measure(row, KURTOSIS).value, rel=1e-12)
