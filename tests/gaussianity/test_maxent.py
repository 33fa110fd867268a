"""Both maximum-entropy approximations: against quadrature, contamination, and other views."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats

import clt_sim as clt
from clt_sim import laws
from clt_sim.gaussianity.measures.maxent import NegentropyMaxent, NegentropyMaxentAbs
from clt_sim.gaussianity.views.binned import BinnedDraws
from clt_sim.gaussianity.views.distribution import Distribution
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.gaussianity.views.scale_mixture import ScaleMixture
from clt_sim.measures import UnavailableError

EVEN = {"negentropy-maxent": lambda z: np.exp(-0.5 * z**2), "negentropy-maxent-abs": np.abs}
MEASURES = {measure.name: measure for measure in (NegentropyMaxent(), NegentropyMaxentAbs())}
LAPLACE = clt.RandomNetwork([2], "identity", "normal", 1.0)
"""Given the hidden layer it is N(0, K) with K exponential: a Laplace law of variance 1."""


def odd(z):
    return z * np.exp(-0.5 * z**2)


def mean(function, pdf, cuts):
    parts = [
        scipy.integrate.quad(lambda z: function(z) * pdf(z), low, high, epsabs=1e-13, limit=200)[0]
        for low, high in itertools.pairwise(cuts)
    ]
    return math.fsum(parts)


def weight(function, *lower):
    """Return 1/2 over the square of what is left of a function beside lower powers of z."""

    def product(f, g):
        return mean(lambda z: f(z) * g(z), scipy.stats.norm.pdf, [-12.0, 0.0, 12.0])

    powers = [lambda z, k=k: z**k for k in lower]
    gram = np.array([[product(f, g) for f in powers] for g in powers])
    known = np.array([product(function, f) for f in powers])
    return 0.5 / (product(function, function) - known @ np.linalg.solve(gram, known))


def expected(name, odd_mean, even_mean):
    """Return the value with weights from orthogonal functions (Hyvarinen 1998, section 3)."""
    normal = mean(EVEN[name], scipy.stats.norm.pdf, [-12.0, 0.0, 12.0])
    departure = even_mean - normal
    return weight(odd, 1) * odd_mean**2 + weight(EVEN[name], 0, 2) * departure**2


LAWS = {
    "uniform": (scipy.stats.uniform, (-math.sqrt(3.0), 0.0, math.sqrt(3.0))),
    "laplace(mean=3,scale=.1)": (scipy.stats.laplace, (-40.0, -5.0, 0.0, 5.0, 40.0)),
    "exponential": (scipy.stats.expon, (-1.0, 0.0, 5.0, 40.0)),
    "student-t(df=5)": (scipy.stats.t(5), (-np.inf, -30.0, 0.0, 30.0, np.inf)),
    "normal(mean=-4,sd=.5)": (scipy.stats.norm, (-12.0, 0.0, 12.0)),
}


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("text", LAWS)
def test_laws_by_quadrature_of_the_density(name, text):
    law, cuts = LAWS[text]
    sd, centre = law.std(), law.mean()

    def pdf(z):
        return sd * law.pdf(centre + sd * z)

    estimate = MEASURES[name].of_distribution(Distribution.of(laws.get(text), standardize=True))
    value = expected(name, mean(odd, pdf, cuts), mean(EVEN[name], pdf, cuts))
    assert estimate.value == pytest.approx(value, abs=1e-9)
    assert estimate.stderr < 1e-9


@pytest.mark.parametrize("name", MEASURES)
def test_atoms(name):
    even = EVEN[name]
    of_signs = MEASURES[name].of_distribution(Distribution.of(laws.Rademacher(), standardize=True))
    assert of_signs.value == pytest.approx(expected(name, 0.0, even(1.0)), rel=1e-9)
    sparse = laws.get("sparse(slab='normal',zero_probability=.5)")
    half = MEASURES[name].of_distribution(Distribution.of(sparse, standardize=True))
    of_slab = mean(lambda t: even(math.sqrt(2.0) * t), scipy.stats.norm.pdf, [-12.0, 0.0, 12.0])
    value = expected(name, 0.0, 0.5 * even(0.0) + 0.5 * of_slab)
    assert half.value == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("name", MEASURES)
def test_samples_by_definition_and_contamination(name):
    row = np.random.default_rng(3).exponential(size=60)
    sample = Sample.of(row)
    value, influence = MEASURES[name].of_sample(sample.standardize())
    z = (row - row.mean()) / row.std()
    assert value == pytest.approx(expected(name, np.mean(odd(z)), np.mean(EVEN[name](z))), 1e-9)
    assert influence.mean() == pytest.approx(0.0, abs=1e-12)
    step = 1e-7
    for index in (0, 3, 30, 55, 59):
        values = []
        for share in (-step, step):
            weights = sample.weights * (1.0 - share)
            weights[index] += share
            moved = dataclasses.replace(sample, weights=weights).standardize()
            values.append(MEASURES[name].of_sample(moved)[0])
        derivative = (values[1] - values[0]) / (2.0 * step)
        assert influence[index] == pytest.approx(derivative, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("law", ["uniform", "exponential"])
def test_standard_errors_match_the_spread_of_repeated_samples(law):
    """The sd of 600 values has an error of 3 % or a little more."""
    rows = laws.get(law).sample((600, 400), rng=5)
    samples = [Sample.of(row).standardize() for row in rows]
    measure = MEASURES["negentropy-maxent-abs"]
    values, errors = [], []
    for sample in samples:
        value, influence = measure.of_sample(sample)
        values.append(value)
        errors.append(sample.stderr(influence))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(values), rel=0.15)


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("inputs", ["uniform", "laplace"])
def test_summaries_are_like_the_sorted_draws(name, inputs):
    model = clt.WeightedSum(n=2, inputs=inputs, weights=1.0)
    binned = BinnedDraws.of(clt.simulate(model, 50_000, seed=4), standardize=True)
    sample = Sample.of(clt.sample(model, 50_000, seed=4)).standardize()
    estimate = MEASURES[name].of_binned(binned)
    value, influence = MEASURES[name].of_sample(sample)
    assert abs(estimate.value - value) < 0.5 * estimate.stderr
    assert estimate.stderr == pytest.approx(sample.stderr(influence), rel=0.15)


@pytest.mark.parametrize("name", MEASURES)
def test_mixtures(name):
    """The Laplace law within 4.5 sigma; the variance between 65 seeds is that stated."""
    law = Distribution.of(laws.Laplace(), standardize=True)
    exact = MEASURES[name].of_distribution(law).value
    estimates = [
        MEASURES[name].of_mixture(
            ScaleMixture.of(clt.simulate_conditional(LAPLACE, 4096, seed=seed), standardize=True)
        )
        for seed in range(65)
    ]
    values = np.array([estimate.value for estimate in estimates])
    stated = np.mean([estimate.stderr**2 for estimate in estimates])
    low, high = scipy.stats.chi2.ppf([5e-5, 1.0 - 5e-5], 64) / 64
    assert low < values.var(ddof=1) / stated < high
    assert abs(values.mean() - exact) < 4.5 * math.sqrt(stated / 65) + 0.02 * exact
    atom = clt.simulate_conditional(clt.RandomNetwork([1, 1], "relu"), 100_000)
    mixture = ScaleMixture.of(atom, standardize=True)
    of_sds = [mean(lambda t, s=s: EVEN[name](s * t), scipy.stats.norm.pdf, [-9.0, 0.0, 9.0])
              for s in mixture.sds[::200]]  # fmt: skip
    even = np.interp(mixture.sds, mixture.sds[::200], of_sds)
    value = expected(name, 0.0, mixture.shares @ even + mixture.atom * EVEN[name](0.0))
    assert MEASURES[name].of_mixture(mixture).value == pytest.approx(value, rel=0.02)


@pytest.mark.parametrize("name", MEASURES)
def test_raw_values_are_refused(name):
    with pytest.raises(UnavailableError, match="standardised values only"):
        MEASURES[name].of_sample(Sample.of(np.arange(9.0)))
    with pytest.raises(UnavailableError, match="standardised values only"):
        MEASURES[name].of_distribution(Distribution.of(laws.Uniform(), standardize=False))
