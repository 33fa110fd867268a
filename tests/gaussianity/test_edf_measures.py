"""Kuiper, Cramer-von Mises and Anderson-Darling distances, against SciPy and quadrature."""

from __future__ import annotations

import dataclasses
import itertools
import math
import warnings

import mpmath
import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim import laws
from clt_sim.gaussianity.measures.kolmogorov import Kolmogorov
from clt_sim.gaussianity.measures.kuiper import Kuiper
from clt_sim.gaussianity.measures.quadratic_edf import AndersonDarling, CramerVonMises
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.gaussianity.views.sources import read
from clt_sim.measures import UnavailableError

KUIPER, CRAMER, ANDERSON = Kuiper(), CramerVonMises(), AndersonDarling()
MEASURES = {which.name: which for which in (KUIPER, CRAMER, ANDERSON)}
QUADRATIC = {"cramer-von-mises", "anderson-darling"}
by_measure = pytest.mark.parametrize("name", MEASURES)


def measure(source, which, *, standardize=True):
    return read(source, standardize=standardize)[0].estimate(which)


def _weight(name, z):
    density = mpmath.npdf(z)
    return density / (mpmath.ncdf(z) * mpmath.ncdf(-z)) if name == "anderson-darling" else density


def _by_quadrature(name, lead, ends):
    """Return the integral over z of a squared difference, in 20 digits."""
    with mpmath.workdps(20):
        return float(mpmath.quad(lambda z: lead(z) ** 2 * _weight(name, z), ends))


@pytest.mark.parametrize("seed", [1, 2])
def test_statistics_of_scipy(seed):
    values = np.random.default_rng(seed).gamma(2.0, size=41) - 1.5
    n = values.size
    raw = {name: measure(values, MEASURES[name], standardize=False).value for name in MEASURES}
    expected = stats.cramervonmises(values, "norm").statistic
    assert n * raw["cramer-von-mises"] == pytest.approx(expected, rel=1e-12)
    sides = [
        stats.kstest(values, "norm", alternative=side).statistic for side in ("less", "greater")
    ]
    assert raw["kuiper"] == pytest.approx(sum(sides), rel=1e-12)
    # That of Anderson and Darling is for values standardised by the sd with divisor n - 1.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        expected = stats.anderson(values, "norm").statistic
    fitted = (values - values.mean()) / values.std(ddof=1)
    value = measure(fitted, ANDERSON, standardize=False).value
    assert n * value == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("name", sorted(QUADRATIC))
def test_ties_by_quadrature(name):
    values, counts = np.array([-6.0, -0.5, 0.25, 1.5, 5.0]), [1, 5, 1, 3, 2]
    levels = np.cumsum([0, *counts]) / 12.0
    ends = [-mpmath.inf, -9.0, *values.tolist(), 9.0, mpmath.inf]
    expected = 0.0
    for low, high in itertools.pairwise(ends):
        level = levels[np.searchsorted(values, float(low), side="right")]
        expected += _by_quadrature(name, lambda z, level=level: mpmath.ncdf(z) - level, [low, high])
    value = measure(np.repeat(values, counts), MEASURES[name], standardize=False).value
    assert value == pytest.approx(expected, rel=1e-10)


def _uniform(z):
    return min(max((z + mpmath.sqrt(3)) / (2 * mpmath.sqrt(3)), 0), 1)


def _laplace(z):
    return mpmath.exp(z) / 2 if z < 0 else 1 - mpmath.exp(-z) / 2


def _student(z):
    """Return the distribution function of Student's t with 3 degrees, as its nearer tail."""
    if z == 0:
        return mpmath.mpf(1) / 2
    upper = mpmath.atan(mpmath.sqrt(3) / abs(z)) - mpmath.sqrt(3) * abs(z) / (3 + z * z)
    return upper / mpmath.pi if z < 0 else 1 - upper / mpmath.pi


CASES = {
    "uniform": (laws.Uniform(), True, _uniform, [-9, -(3**0.5), 0, 3**0.5, 9]),
    "exponential": (
        laws.Exponential(),
        True,
        lambda z: 0 if z < -1 else 1 - mpmath.exp(-1 - z),
        [-9, -1, 0, 2, 5, 9, 20, 40],
    ),
    "raw laplace": (laws.Laplace(), False, _laplace, [-40, -20, -9, -4, 0, 4, 9, 20, 40]),
    "raw student-t": (
        laws.StudentT(df=3.0),
        False,
        _student,
        sorted(s * 10**e for s in (-1, 1) for e in (-9, 0, 0.5, 1, 1.5, 2, 3, 4, 5, 6)),
    ),
    "rademacher": (laws.Rademacher(), True, lambda z: (1 + (abs(z) > 1) * (2 * (z > 0) - 1)) / 2,
                   [-20, -9, -4, -1, 0, 1, 4, 9, 20]),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(QUADRATIC))
@pytest.mark.parametrize("case", CASES)
def test_quadratic_distances_of_laws(case, name):
    law, standardize, cdf, ends = CASES[case]
    expected = _by_quadrature(name, lambda z: mpmath.mpf(cdf(z)) - mpmath.ncdf(z), ends)
    estimate = measure(law, MEASURES[name], standardize=standardize)
    assert estimate.value == pytest.approx(expected, abs=1e-11)
    assert estimate.stderr < 1e-10


@pytest.mark.parametrize("law", [laws.Laplace(), laws.Exponential(), laws.Rademacher()], ids=str)
def test_kuiper_is_both_sides(law):
    """For a symmetric law it is twice the Kolmogorov distance; otherwise by a fine grid."""
    estimate = measure(law, KUIPER)
    x = np.linspace(-12.0, 12.0, 240_001)
    lead = law.cdf(law.mean + math.sqrt(law.variance) * x) - stats.norm.cdf(x)
    grid = max(lead.max(), 0.0) - min(lead.min(), 0.0)
    assert grid - 1e-12 <= estimate.value <= grid + 1e-4
    if law.mean == 0.0:
        assert estimate.value == pytest.approx(2.0 * measure(law, Kolmogorov()).value, rel=1e-12)


def test_raw_normal_laws():
    wide, moved = laws.Normal(sd=2.0), laws.Normal(mean=0.5)
    crossing = math.sqrt(8.0 * math.log(2.0) / 3.0)
    expected = 2.0 * (stats.norm.cdf(crossing) - stats.norm.cdf(crossing / 2.0))
    assert measure(wide, KUIPER, standardize=False).value == pytest.approx(expected, abs=1e-13)
    # F is below Phi everywhere: one side alone.
    expected = 2.0 * stats.norm.cdf(0.25) - 1.0
    assert measure(moved, KUIPER, standardize=False).value == pytest.approx(expected, abs=1e-13)
    for which in MEASURES.values():
        assert abs(measure(wide, which).value) < 1e-14


def test_far_from_the_origin_and_without_a_mean():
    far = laws.Normal(mean=1e3, sd=1e-6)
    cramer = measure(far, CRAMER, standardize=False)
    assert abs(cramer.value - 1.0 / 3.0) <= cramer.stderr < 1e-9
    # A single value a has -1 - ln(Phi(a) (1 - Phi(a))), about a^2/2; a spread s takes off
    # about a s/pi^(1/2).
    expected = -1.0 - stats.norm.logcdf(-1e3)
    assert measure(far, ANDERSON, standardize=False).value == pytest.approx(expected, rel=2e-9)
    values = np.array([1e3 - 1e-6, 1e3, 1e3 + 1e-6])
    assert measure(values, ANDERSON, standardize=False).value == pytest.approx(expected, rel=1e-8)
    with pytest.raises(UnavailableError, match="beyond the range of doubles"):
        measure(values * 1e200, ANDERSON, standardize=False)
    cauchy = laws.Cauchy()
    with pytest.raises(UnavailableError, match="is infinite"):
        measure(cauchy, ANDERSON, standardize=False)
    summary = clt.simulate(clt.WeightedSum(n=1, inputs="cauchy", weights=1.0), 10_000, seed=1)
    with pytest.raises(UnavailableError, match="is infinite"):
        measure(summary, ANDERSON, standardize=False)
    for name in ("kuiper", "cramer-von-mises"):
        binned, law = (measure(x, MEASURES[name], standardize=False) for x in (summary, cauchy))
        assert abs(binned.value - law.value) < 4.5 * binned.stderr


@pytest.mark.parametrize("standardize", [True, False])
@by_measure
def test_influence_is_the_derivative_under_contamination(name, standardize):
    sample = Sample.of(np.random.default_rng(3).exponential(size=60) - 0.3)

    def view(sample):
        return sample.standardize() if standardize else sample

    _, influence = MEASURES[name].of_sample(view(sample))
    assert sample.weights @ influence == pytest.approx(0.0, abs=1e-12)
    step = 1e-7
    for index in (0, 3, 30, 55, 59):
        values = []
        for share in (-step, step):
            weights = sample.weights * (1.0 - share)
            weights[index] += share
            moved = view(dataclasses.replace(sample, weights=weights))
            values.append(MEASURES[name].of_sample(moved)[0])
        derivative = (values[1] - values[0]) / (2.0 * step)
        assert influence[index] == pytest.approx(derivative, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("standardize", [True, False])
@by_measure
def test_standard_errors_match_the_spread_of_repeated_samples(name, standardize):
    # The sd of 500 values is known to 3 % or a little more: six cases, of which any is beyond
    # 15 % in less than 1e-3 of seeds.
    draws = laws.Exponential().sample((500, 400), rng=11) - 1.0
    estimates = [measure(row, MEASURES[name], standardize=standardize) for row in draws]
    stated = math.sqrt(np.mean([estimate.stderr**2 for estimate in estimates]))
    spread = np.std([estimate.value for estimate in estimates], ddof=1)
    assert stated == pytest.approx(spread, rel=0.15)
    if standardize and name in QUADRATIC:  # negative control: the error without the fit
        naive = dataclasses.replace(Sample.of(draws[0]).standardize(), standardized=False)
        ratio = naive.stderr(MEASURES[name].of_sample(naive)[1]) / spread
        assert not 0.85 < ratio < 1.15


def test_floor_of_normal_samples():
    """1/(6n) and 1/n in the mean, with sd (1/45)^(1/2) and 0.76 of the statistics."""
    draws = laws.Normal().sample((1000, 100), rng=2)
    for which, floor, sd in ((CRAMER, 1.0 / 6.0, 45.0**-0.5), (ANDERSON, 1.0, 0.761)):
        values = [100.0 * measure(row, which, standardize=False).value for row in draws]
        assert abs(np.mean(values) - floor) < 4.5 * sd / math.sqrt(1000.0)


@by_measure
def test_clusters_of_copies_count_once(name):
    draws = np.random.default_rng(7).exponential(size=80)
    alone = Sample.of(draws).standardize()
    copies = Sample.of(np.repeat(draws, 5), np.repeat(np.arange(80), 5)).standardize()
    once, many = (which.stderr(MEASURES[name].of_sample(which)[1]) for which in (alone, copies))
    assert many == pytest.approx(once, rel=1e-9)


MODELS = {
    "exponential": clt.WeightedSum(n=2, inputs="exponential", weights=1.0),
    "uniform": clt.WeightedSum(n=1, inputs="uniform", weights=1.0, bias=0.3),
    "lattice": clt.WeightedSum(n=5, inputs="rademacher", weights=1.0),
}


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("case", MODELS)
def test_bins_agree_with_the_exact_law_and_the_draws(case, standardize):
    # 36 comparisons in all; each is beyond 4.5 sigma with 7e-6.
    model = MODELS[case]
    exact = clt.exact(model)
    laws_ = {name: measure(exact, MEASURES[name], standardize=standardize) for name in MEASURES}
    for seed in (1, 2):
        summary = clt.simulate(model, 50_000, seed=seed)
        for name, which in MEASURES.items():
            binned = measure(summary, which, standardize=standardize)
            assert abs(binned.value - laws_[name].value) < 4.5 * binned.stderr, name
    draws = clt.sample(model, 50_000, seed=2)
    for name, which in MEASURES.items():
        binned = measure(summary, which, standardize=standardize)
        sample = measure(draws, which, standardize=standardize)
        assert abs(binned.value - sample.value) < binned.stderr, name
        assert binned.stderr > 0.95 * sample.stderr, name


@by_measure
def test_resolution_is_a_small_part_of_the_error_for_a_smooth_law(name):
    model = MODELS["exponential"]
    binned = measure(clt.simulate(model, 50_000, seed=5), MEASURES[name])
    sample = measure(clt.sample(model, 50_000, seed=5), MEASURES[name])
    assert binned.stderr == pytest.approx(sample.stderr, rel=0.1)
    other = clt.exact(clt.WeightedSum(n=2, inputs="exponential", weights=[1.0, 2.0]))
    assert abs(measure(other, MEASURES[name]).value - binned.value) > 4.5 * binned.stderr


@pytest.mark.parametrize("standardize", [True, False])
def test_mixtures_agree_with_the_law(standardize):
    """N(0, K) with K exponential is a Laplace law; 6 comparisons."""
    network = clt.RandomNetwork([2], "identity", "normal", 1.5)
    mixture = clt.simulate_conditional(network, 100_000, seed=1)
    law = laws.Laplace(scale=1.5 * math.sqrt(0.5))
    for which in MEASURES.values():
        of_mixture = measure(mixture, which, standardize=standardize)
        expected = measure(law, which, standardize=standardize).value
        assert abs(of_mixture.value - expected) < 4.5 * of_mixture.stderr < 0.2 * expected


@by_measure
def test_errors_of_mixtures_are_those_between_seeds(name):
    """The variance between 65 seeds over that stated: a chi-squared number, off with 1e-4."""
    network = clt.RandomNetwork([2], "identity", "normal", 1.0)
    seeds = [
        measure(clt.simulate_conditional(network, 256, seed=seed), MEASURES[name])
        for seed in range(65)
    ]
    spread = np.var([seed.value for seed in seeds], ddof=1)
    stated = np.mean([seed.stderr**2 for seed in seeds])
    low, high = stats.chi2.ppf([5e-5, 1.0 - 5e-5], 64) / 64
    assert low < spread / stated < high
