"""The cumulant approximation: closed forms, the trap of its order, and other views."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats

import clt_sim as clt
from clt_sim import laws
from clt_sim.gaussianity import gaussianity
from clt_sim.gaussianity.measures.cumulant_negentropy import NegentropyCumulant
from clt_sim.gaussianity.views.binned import BinnedDraws
from clt_sim.gaussianity.views.distribution import Distribution
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.gaussianity.views.scale_mixture import ScaleMixture
from clt_sim.measures import UnavailableError

MEASURE = NegentropyCumulant()


def of_law(law):
    return MEASURE.of_distribution(Distribution.of(law, standardize=True))


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (laws.Exponential(scale=3.0), 4.0 / 12.0 + 36.0 / 48.0),
        (laws.Rademacher(), 4.0 / 48.0),
        (laws.Normal(mean=2.0, sd=5.0), 0.0),
        (laws.get("gamma(shape=9)"), (4.0 / 9.0) / 12.0 + (6.0 / 9.0) ** 2 / 48.0),
    ],
)
def test_closed_forms(law, expected):
    estimate = of_law(law)
    assert abs(estimate.value - expected) <= estimate.stderr + 1e-13
    assert estimate.stderr < 1e-9


def test_trap_it_ranks_laplace_above_uniform_against_the_true_negentropy():
    laplace, uniform = laws.Laplace(), laws.Uniform()
    assert of_law(laplace).value == pytest.approx(9.0 / 48.0, rel=1e-10)
    assert of_law(uniform).value == pytest.approx(1.44 / 48.0, rel=1e-10)
    true = [gaussianity(law, measures="negentropy")["negentropy"] for law in (laplace, uniform)]
    assert true[0].value == pytest.approx(0.5 * math.log(math.pi / math.e), abs=1e-10)
    assert true[1].value == pytest.approx(0.5 * math.log(math.pi * math.e / 6.0), abs=1e-10)
    assert true[0].value < true[1].value
    assert of_law(laplace).value > of_law(uniform).value


@pytest.mark.parametrize(("skewness", "kurtosis"), [(0.005, 0.0), (0.0, 0.005), (0.005, -0.005)])
def test_it_is_the_negentropy_of_a_gram_charlier_series(skewness, kurtosis):
    def relative_entropy(z):
        third, fourth = z**3 - 3.0 * z, z**4 - 6.0 * z**2 + 3.0
        departure = skewness / 6.0 * third + kurtosis / 24.0 * fourth
        return scipy.stats.norm.pdf(z) * (1.0 + departure) * math.log1p(departure)

    value, _ = scipy.integrate.quad(relative_entropy, -6.0, 6.0, epsabs=1e-15)
    expected = skewness**2 / 12.0 + kurtosis**2 / 48.0
    assert value == pytest.approx(expected, rel=0.01)


def test_samples_by_definition_and_contamination():
    row = np.random.default_rng(1).exponential(size=60)
    sample = Sample.of(row)
    value, influence = MEASURE.of_sample(sample.standardize())
    cumulants = scipy.stats.skew(row) ** 2 / 12.0 + scipy.stats.kurtosis(row) ** 2 / 48.0
    assert value == pytest.approx(cumulants, rel=1e-12)
    assert influence.mean() == pytest.approx(0.0, abs=1e-12)
    step = 1e-7
    for index in (0, 30, 59):
        values = []
        for share in (-step, step):
            weights = sample.weights * (1.0 - share)
            weights[index] += share
            moved = dataclasses.replace(sample, weights=weights).standardize()
            values.append(MEASURE.of_sample(moved)[0])
        derivative = (values[1] - values[0]) / (2.0 * step)
        assert influence[index] == pytest.approx(derivative, rel=1e-5, abs=1e-6)


def test_floor_of_a_normal_sample():
    """The mean is 1/n; of 2000 samples it has an error of about 3 %."""
    rows = np.random.default_rng(2).standard_normal((2000, 300))
    values = [MEASURE.of_sample(Sample.of(row).standardize())[0] for row in rows]
    assert np.mean(values) == pytest.approx(1.0 / 300, rel=0.15)


def test_standard_errors_match_the_spread_of_repeated_samples():
    rows = laws.Uniform().sample((600, 400), rng=3)
    values, errors = [], []
    for row in rows:
        sample = Sample.of(row).standardize()
        value, influence = MEASURE.of_sample(sample)
        values.append(value)
        errors.append(sample.stderr(influence))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(values), rel=0.15)


@pytest.mark.parametrize("inputs", ["uniform", "exponential"])
def test_summaries_are_like_the_sorted_draws(inputs):
    model = clt.WeightedSum(n=2, inputs=inputs, weights=1.0)
    binned = BinnedDraws.of(clt.simulate(model, 50_000, seed=4), standardize=True)
    sample = Sample.of(clt.sample(model, 50_000, seed=4)).standardize()
    estimate = MEASURE.of_binned(binned)
    value, influence = MEASURE.of_sample(sample)
    assert estimate.value == pytest.approx(value, rel=1e-9)
    assert 0.95 < estimate.stderr / sample.stderr(influence) < 1.1


def test_mixtures():
    """A Laplace law, of which the kurtosis of the draws is that of the report."""
    mixture = clt.simulate_conditional(clt.RandomNetwork([2], "identity", "normal", 1.0), 200_000)
    estimate = MEASURE.of_mixture(ScaleMixture.of(mixture, standardize=True))
    kurtosis = mixture.excess_kurtosis
    assert estimate.value == pytest.approx(kurtosis.value**2 / 48.0, rel=1e-12)
    assert estimate.stderr == pytest.approx(kurtosis.value / 24.0 * kurtosis.stderr, rel=1e-12)
    assert abs(estimate.value - 9.0 / 48.0) < 4.5 * estimate.stderr


def test_what_is_refused():
    with pytest.raises(UnavailableError, match="is infinite: the law has no finite fourth moment"):
        of_law(laws.get("student-t(df=3)"))
    with pytest.raises(UnavailableError, match="standardised values only"):
        MEASURE.of_sample(Sample.of(np.arange(9.0)))
    with pytest.raises(UnavailableError, match="standardised values only"):
        MEASURE.of_distribution(Distribution.of(laws.Uniform(), standardize=False))
