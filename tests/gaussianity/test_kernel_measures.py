"""Energy, Epps-Pulley and kernel Stein against closed forms, sums over pairs, and spreads."""

from __future__ import annotations

import dataclasses
import itertools
import math

import mpmath
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from scipy.special import ndtr

import clt_sim as clt
from clt_sim import laws
from clt_sim.gaussianity.measures.energy import Energy
from clt_sim.gaussianity.measures.epps_pulley import EppsPulley
from clt_sim.gaussianity.measures.kernel_stein import KernelStein
from clt_sim.gaussianity.views.binned import BinnedDraws
from clt_sim.gaussianity.views.distribution import Distribution
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.gaussianity.views.scale_mixture import ScaleMixture
from clt_sim.measures import UnavailableError

MEASURES = {measure.name: measure for measure in (Energy(), EppsPulley(), KernelStein())}
LAPLACE = clt.RandomNetwork([2], "identity", "normal", 1.0)
"""Given the hidden layer it is N(0, K) with K exponential: a Laplace law of variance 1."""
each = pytest.mark.parametrize("name", MEASURES)
either = pytest.mark.parametrize("standardize", [True, False])


def of_law(name, law, *, standardize=False):
    law = laws.get(law) if isinstance(law, str) else law
    return Distribution.of(law, standardize=standardize).estimate(MEASURES[name])


def of_values(name, values, *, standardize=False):
    sample = Sample.of(np.asarray(values, np.float64))
    return estimate(name, sample.standardize() if standardize else sample)


def estimate(name, sample):
    value, influence = MEASURES[name].of_sample(sample)
    return clt.Estimate(value, sample.stderr(influence))


def of_summary(name, summary, *, standardize):
    return BinnedDraws.of(summary, standardize=standardize).estimate(MEASURES[name])


def of_mixture(name, mixture, *, standardize):
    return ScaleMixture.of(mixture, standardize=standardize).estimate(MEASURES[name])


def normal_value(name, mean, sd):
    """The measure of N(mean, sd^2), in the precision of mpmath."""
    m, v = mpmath.mpf(mean), mpmath.mpf(sd) ** 2
    if name == "energy":
        q = mpmath.sqrt(1 + v)
        folded = 2 * q * mpmath.npdf(m / q) + m * (2 * mpmath.ncdf(m / q) - 1)
        return 2 * folded - 2 * (mpmath.sqrt(v) + 1) / mpmath.sqrt(mpmath.pi)
    if name == "epps-pulley":
        cross = mpmath.exp(-(m**2) / (2 * (2 + v))) / mpmath.sqrt(2 + v)
        return 1 / mpmath.sqrt(1 + 2 * v) - 2 * cross + 1 / mpmath.sqrt(3)
    root = mpmath.sqrt(1 + 2 * v)
    return m**2 / root + (1 - v) ** 2 / root**3


@each
@pytest.mark.parametrize("sd", [1e-3, 0.7, 1.0, 1.0 + 1e-6, 1.5, 100.0])
@pytest.mark.parametrize("mean", [0.0, 1e-5, 0.3, -20.0])
def test_normal_laws(name, mean, sd):
    found = of_law(name, laws.Normal(mean=mean, sd=sd))
    with mpmath.workdps(40):
        exact = normal_value(name, mean, sd)
        assert abs(found.value - exact) <= found.stderr < 1e-9 * (1.0 + abs(mean) + sd) ** 2


def wave_integral(function, far=9.0):
    cuts = np.linspace(0.0, far, 19)
    parts = [
        scipy.integrate.quad(lambda t: 2.0 * function(t) * scipy.stats.norm.pdf(t), a, b)[0]
        for a, b in itertools.pairwise(cuts)
    ]
    return math.fsum(parts)


# characteristic functions of standardised laws, and their derivatives
ROOT3 = math.sqrt(3.0)
WAVES = {
    "uniform": (
        lambda t: np.sinc(ROOT3 * t / math.pi),
        lambda t: (math.cos(ROOT3 * t) - math.sin(ROOT3 * t) / (ROOT3 * t)) / t,
    ),
    "laplace": (lambda t: 1.0 / (1.0 + t * t / 2.0), lambda t: -t / (1.0 + t * t / 2.0) ** 2),
    "exponential": (
        lambda t: np.exp(-1j * t) / (1.0 - 1j * t),
        lambda t: np.exp(-1j * t) * (-1j / (1.0 - 1j * t) + 1j / (1.0 - 1j * t) ** 2),
    ),
    "rademacher": (np.cos, lambda t: -np.sin(t)),
    # Z/(1/2)^(1/2) with probability 1/2, else 0
    "sparse": (
        lambda t: 0.5 + 0.5 * np.exp(-t * t),
        lambda t: -t * np.exp(-t * t),
    ),
}
PARAMETERS = {"sparse": "sparse(slab='normal',zero_probability=.5)"}


@pytest.mark.parametrize("text", WAVES)
def test_integrals_over_characteristic_functions(text):
    """The other route: in t, where the measures are squares; the package works in z."""
    wave, slope = WAVES[text]
    law = laws.get(PARAMETERS.get(text, text))
    pulley = of_law("epps-pulley", law, standardize=True)
    expected = wave_integral(lambda t: abs(wave(t) - math.exp(-t * t / 2.0)) ** 2)
    assert abs(pulley.value - expected) < 1e-12
    stein = of_law("kernel-stein", law, standardize=True)
    expected = wave_integral(lambda t: abs(t * wave(t) + slope(t)) ** 2)
    assert abs(stein.value - expected) < 1e-12
    assert max(pulley.stderr, stein.stderr) < 1e-10


def test_energy_of_standardised_laws():
    """By ``2 E|X - Z| - E|X - X'| - E|Z - Z'|``; the package integrates a square."""
    between = 2.0 / math.sqrt(math.pi)
    for text, gini in (("uniform", 2.0 / ROOT3), ("exponential", 1.0), ("rademacher", 1.0)):
        frozen = {"uniform": scipy.stats.uniform(-ROOT3, 2.0 * ROOT3)}.get(
            text, scipy.stats.expon(-1.0)
        )

        def distance(z):
            return z * (2.0 * ndtr(z) - 1.0) + 2.0 * scipy.stats.norm.pdf(z)

        mean = distance(1.0) if text == "rademacher" else frozen.expect(distance, epsabs=1e-13)
        found = of_law("energy", text, standardize=True)
        assert abs(found.value - (2.0 * mean - gini - between)) < 1e-11
        assert found.stderr < 1e-13


@pytest.mark.parametrize("text", ["cauchy", "student-t(df=3)", "pareto(shape=1.2)"])
def test_heavy_tails(text):
    law = laws.get(text)
    pulley = of_law("epps-pulley", law)

    def square(t):
        return abs(complex(law.characteristic_function(t)) - math.exp(-t * t / 2.0)) ** 2

    assert abs(pulley.value - wave_integral(square)) <= pulley.stderr + 1e-9
    assert pulley.stderr < 1e-5
    energy = of_law("energy", law)

    def lead_square(x):
        return 2.0 * (float(law.cdf(x)) - float(ndtr(x))) ** 2

    cuts = [-40.0, -9.0, -4.0, -1.0, 0.0, 1.0, 1.5, 2.0, 4.0, 9.0, 40.0]
    parts = [scipy.integrate.quad(lead_square, *pair)[0] for pair in itertools.pairwise(cuts)]
    for sign in (-1.0, 1.0):  # in the logarithm of the distance, as far as there are digits

        def in_logarithm(y, sign=sign):
            return lead_square(sign * math.exp(y)) * math.exp(y)

        parts.append(scipy.integrate.quad(in_logarithm, math.log(40.0), 30.0, limit=200)[0])
    assert energy.value == pytest.approx(math.fsum(parts), rel=1e-7)
    assert energy.stderr < 1e-12


@pytest.mark.parametrize("text", ["cauchy", "pareto(shape=0.9)"])
def test_what_is_not_defined(text):
    with pytest.raises(UnavailableError, match="the law has no finite mean"):
        of_law("kernel-stein", text)
    with pytest.raises(UnavailableError, match="no finite mean and variance to standardise"):
        of_law("energy", text, standardize=True)
    model = clt.WeightedSum(n=1, inputs=text, weights=1.0)
    with pytest.raises(UnavailableError, match="the model has no finite mean"):
        of_summary("kernel-stein", clt.simulate(model, 1000), standardize=False)
    with pytest.raises(UnavailableError, match="as heavy as"):
        of_law("energy", "pareto(shape=0.5)")
    with pytest.raises(UnavailableError, match="beyond 2048"):
        of_law("epps-pulley", laws.Uniform(high=1e6))


def by_pairs(name, values):
    """The measure of a raw sample from all pairs of its values."""
    d = values - values[:, None]
    kernel = np.exp(-0.5 * d * d)
    if name == "energy":
        normal = values * (2.0 * ndtr(values) - 1.0) + 2.0 * scipy.stats.norm.pdf(values)
        return 2.0 * normal.mean() - np.abs(d).mean() - 2.0 / math.sqrt(math.pi)
    if name == "epps-pulley":
        cross = np.sqrt(2.0) * np.exp(-(values**2) / 4.0).mean()
        return kernel.mean() - cross + 1.0 / math.sqrt(3.0)
    return ((np.outer(values, values) + 1.0 - 2.0 * d * d) * kernel).mean()


@each
@either
@pytest.mark.parametrize("size", [3, 40, 1500])
def test_samples_by_sums_over_pairs(name, standardize, size):
    values = np.random.default_rng(size).exponential(size=size).round(2)
    z = (values - values.mean()) / values.std() if standardize else values
    found = of_values(name, values, standardize=standardize).value
    assert found == pytest.approx(by_pairs(name, z), abs=2e-14 * np.mean(1.0 + z**2))


@each
@either
def test_a_discrete_law_is_its_numbers(name, standardize):
    numbers = np.random.default_rng(7).exponential(size=2000)
    law = of_law(name, laws.Empirical(tuple(numbers.tolist())), standardize=standardize)
    assert abs(law.value - of_values(name, numbers, standardize=standardize).value) <= law.stderr


@each
@either
def test_influence_is_the_derivative_under_contamination(name, standardize):
    rng = np.random.default_rng(3)
    sample = Sample(np.sort(rng.exponential(size=60) - 0.3), rng.dirichlet(np.ones(60)), 60)
    viewed = sample.standardize() if standardize else sample
    _, influence = MEASURES[name].of_sample(viewed)
    assert viewed.weights @ influence == pytest.approx(0.0, abs=1e-13)
    step = 1e-5
    for index in (0, 3, 30, 55, 59):
        values = []
        for share in (-step, step):
            weights = sample.weights * (1.0 - share)
            weights[index] += share
            moved = dataclasses.replace(sample, weights=weights)
            moved = moved.standardize() if standardize else moved
            values.append(MEASURES[name].of_sample(moved)[0])
        derivative = (values[1] - values[0]) / (2.0 * step)
        assert influence[index] == pytest.approx(derivative, rel=1e-6, abs=1e-8)


@each
@either
@pytest.mark.parametrize("text", ["uniform", "exponential"])
def test_standard_errors_match_the_spread_of_repeated_samples(name, standardize, text):
    """The sd of 1000 values has a standard error of 3 %: 15 % is above 4 sigma."""
    rows = laws.get(text).sample((1000, 400), rng=11)
    estimates = [of_values(name, row, standardize=standardize) for row in rows]
    spread = np.std([item.value for item in estimates], ddof=1)
    stated = math.sqrt(np.mean([item.stderr**2 for item in estimates]))
    assert stated == pytest.approx(spread, rel=0.15)
    if standardize and text == "exponential":  # the negative control: mean and sd not fitted
        fitted = [Sample.of(row).standardize() for row in rows[:200]]
        fixed = [estimate(name, dataclasses.replace(s, standardized=False)) for s in fitted]
        naive = math.sqrt(np.mean([item.stderr**2 for item in fixed]))
        assert abs(naive / spread - 1.0) > 0.1


FLOORS = {
    "energy": 2.0 / math.sqrt(math.pi),
    "epps-pulley": 1.0 - 1.0 / math.sqrt(3.0),
    "kernel-stein": 2.0,
}


@each
def test_the_floor_of_normal_samples(name):
    """n times the mean of 1000 raw values is known; the mean of 1000 is within 4.5 sigma."""
    rows = np.random.default_rng(5).normal(size=(1000, 100))
    raw = 100.0 * np.array([of_values(name, row).value for row in rows])
    assert abs(raw.mean() - FLOORS[name]) < 4.5 * raw.std() / math.sqrt(1000.0)
    shape = 100.0 * np.array([of_values(name, r, standardize=True).value for r in rows[:200]])
    assert shape.mean() < 0.6 * FLOORS[name]


@each
def test_shape_depends_on_neither_sign_nor_place_nor_scale(name):
    values = np.random.default_rng(2).gamma(2.0, size=500)
    shape = of_values(name, values, standardize=True).value
    for moved in (-values, 5.0 + values, 1e-8 * values, 1e12 + 1e10 * values):
        found = of_values(name, moved, standardize=True).value
        assert found == pytest.approx(shape, rel=1e-9)


MODELS = {
    "smooth": clt.WeightedSum(n=2, inputs="exponential", weights=1.0),
    "outer bins": clt.WeightedSum(n=1, inputs="laplace", weights="laplace"),
    "lattice": clt.WeightedSum(n=5, inputs="rademacher", weights=1.0),
    "fine lattice": clt.WeightedSum(n=400, inputs="rademacher", weights=1.0),
    "atom at 0": clt.WeightedSum(n=2, inputs="normal", nonlinearity="relu", weights="normal"),
}


@pytest.mark.parametrize("model", MODELS)
@either
def test_summary_and_sorted_sample_of_the_same_draws(model, standardize):
    summary = clt.simulate(MODELS[model], 50_000, seed=4)
    draws = clt.sample(MODELS[model], 50_000, seed=4)
    for name in MEASURES:
        binned = of_summary(name, summary, standardize=standardize)
        sample = of_values(name, draws, standardize=standardize)
        # The draws are the same: what differs is resolution, which the error must cover.
        assert abs(binned.value - sample.value) < binned.stderr
        assert binned.stderr > 0.8 * sample.stderr
        if model == "smooth":
            assert binned.stderr == pytest.approx(sample.stderr, rel=0.01)


@pytest.mark.parametrize("inputs", ["wikipedia", "uniform"])
@either
def test_summaries_agree_with_the_exact_law(inputs, standardize):
    """12 comparisons in all; each is beyond 4.5 sigma with 7e-6."""
    model = clt.WeightedSum(n=2, inputs=inputs, weights=[1.0, 3.0])
    law = clt.exact(model)
    other = clt.exact(clt.WeightedSum(n=2, inputs=inputs, weights=[1.0, 3.5]))
    summary = clt.simulate(model, 200_000, seed=1)
    for name in MEASURES:
        exact = of_law(name, law, standardize=standardize)
        found = of_summary(name, summary, standardize=standardize)
        assert exact.stderr < 1e-11
        assert abs(found.value - exact.value) < 4.5 * found.stderr
        wrong = of_law(name, other, standardize=standardize)  # the negative control
        assert abs(found.value - wrong.value) > 4.5 * found.stderr


@each
@either
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_draws_of_a_variance(name, standardize, scale):
    network = clt.RandomNetwork([2], "identity", "normal", scale)
    mixture = clt.simulate_conditional(network, 20_000, seed=1)
    found = of_mixture(name, mixture, standardize=standardize)
    law = of_law(name, laws.Laplace(scale=scale * math.sqrt(0.5)), standardize=standardize)
    assert abs(found.value - law.value) < 4.5 * found.stderr < 0.2 * law.value


@each
def test_a_mixture_of_one_normal_law_and_of_an_atom(name):
    network = clt.RandomNetwork([5], "abs", "normal", 4.0, normalization="rms")
    mixture = clt.simulate_conditional(network, 100)
    raw = of_mixture(name, mixture, standardize=False)
    assert abs(raw.value - normal_value(name, 0.0, 2.0)) <= raw.stderr < 1e-4
    assert of_mixture(name, mixture, standardize=True).value < 1e-9
    # Relu of one number: half of the draws of the variance are 0, the others chi-squared.
    mixture = clt.simulate_conditional(clt.RandomNetwork([1], "relu"), 20_000, seed=2)
    sds = np.sqrt(np.concatenate([np.repeat(*mixture_counts(mixture)), [0.0] * mixture.zeros]))
    z = sds[:, None] * scipy.stats.norm.ppf((np.arange(40) + 0.5) / 40)
    rough = of_values(name, z.ravel()).value
    assert of_mixture(name, mixture, standardize=False).value == pytest.approx(rough, rel=0.03)


def mixture_counts(mixture):
    values, shares = mixture.variances()
    return values, np.rint(shares * mixture.count).astype(int)


@each
@either
def test_standard_errors_of_mixtures_are_those_between_seeds(name, standardize):
    """The variance between 65 seeds over that stated: a chi-squared number, off with 1e-4."""
    network = clt.RandomNetwork([4], "relu")
    found = [
        of_mixture(name, clt.simulate_conditional(network, 1024, seed=s), standardize=standardize)
        for s in range(65)
    ]
    low, high = scipy.stats.chi2.ppf([5e-5, 1.0 - 5e-5], 64) / 64
    spread = np.var([item.value for item in found], ddof=1)
    assert low < spread / np.mean([item.stderr**2 for item in found]) < high
