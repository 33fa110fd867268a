"""Laws with heavy tails, with atoms beside a density, with gaps, and with many atoms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
from scipy.special import ndtr

import clt_sim as clt
from clt_sim import Estimate
from clt_sim.gaussianity import gaussianity


def raw(text):
    return gaussianity(clt.laws.get(text), standardize=False)


@pytest.mark.parametrize("shape", [1.1, 1.5, 2.0, 2.5])
def test_wasserstein_of_a_raw_pareto_law(shape):
    # For such shapes it is larger than N(0, 1) in stochastic order: the difference of the means.
    report = raw(f"pareto(shape={shape})")
    distance = report["wasserstein-1"]
    assert abs(distance.value - shape / (shape - 1.0)) <= distance.stderr < 1e-6
    assert report["kolmogorov"].value == pytest.approx(float(ndtr(1.0)), abs=1e-15)


@pytest.mark.parametrize("df", [2.5, 3.0, 4.0])
def test_moments_that_are_infinite_or_do_not_exist(df):
    report = gaussianity(clt.laws.get("student-t", df=df))
    assert report["excess-kurtosis"] == Estimate(math.inf, 0.0)
    if df <= 3.0:
        assert "order 3 does not exist" in report.unavailable["skewness"]
    one_sided = gaussianity(clt.laws.get("pareto", shape=df))
    assert one_sided["excess-kurtosis"].value == math.inf
    assert math.isinf(one_sided["skewness"].value) == (df <= 3.0)


@pytest.mark.parametrize("text", ["cauchy", "student-t(df=2)", "pareto(shape=2)"])
def test_laws_that_cannot_be_standardised(text):
    law = clt.laws.get(text)
    shape, other = gaussianity(law), raw(text)
    assert set(shape) == ({"l-skewness", "l-kurtosis"} if np.isfinite(law.mean) else set())
    assert all("no finite mean and variance" in reason for reason in shape.unavailable.values())
    assert {"kolmogorov", "total-variation"} <= set(other)
    assert "is infinite: the law has no finite second" in other.unavailable["negentropy"]
    if text == "cauchy":
        assert "is infinite: the law has no finite mean" in other.unavailable["wasserstein-1"]


def test_moments_beyond_the_range_of_doubles():
    uniform = gaussianity(clt.laws.get("uniform", low=0.0, high=1e80))["excess-kurtosis"]
    assert abs(uniform.value + 1.2) <= uniform.stderr < 1e-10
    lognormal = gaussianity(clt.laws.get("lognormal", sd_log=12.0))
    assert "order 4 is beyond the range of doubles" in lognormal.unavailable["excess-kurtosis"]


def test_atoms_beside_a_density():
    law = clt.laws.get("sparse", slab="laplace(scale=2)", zero_probability=0.9)
    report = gaussianity(law)
    assert abs(report["kolmogorov"].value - 0.45) <= report["kolmogorov"].stderr
    assert "has atoms" in report.unavailable["negentropy"]
    sd = math.sqrt(0.8)

    def lead(z):  # above 0
        return float(ndtr(-z)) - 0.05 * math.exp(-z * sd / 2.0)

    def excess(z):
        return math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi) - 0.1 * sd / 4.0 * math.exp(
            -z * sd / 2.0
        )

    for name, function in (("wasserstein-1", lead), ("total-variation", excess)):
        turn = scipy.optimize.brentq(function, 0.5, 6.0)
        inner = scipy.integrate.quad(function, 0.0, turn, epsabs=1e-14)[0]
        outer = scipy.integrate.quad(function, turn, 40.0, epsabs=1e-14, limit=200)[0]
        outer += scipy.integrate.quad(function, 40.0, 120.0, epsabs=1e-16)[0]
        expected = 2.0 * (inner - outer) if name == "wasserstein-1" else 2.0 * inner
        assert report[name].value == pytest.approx(expected, abs=1e-11), name
        assert report[name].stderr < 1e-12


def test_maxent_of_atoms_beside_a_density():
    # E exp(-z^2/2) of a normal law of variance v is 1/sqrt(1 + v).
    report = gaussianity(clt.laws.get("sparse", zero_probability=0.75))
    even = 0.75 + 0.25 / math.sqrt(1.0 + 4.0)
    expected = 24.0 / (16.0 * math.sqrt(3.0) - 27.0) * (even - math.sqrt(0.5)) ** 2
    estimate = report["negentropy-maxent"]
    assert abs(estimate.value - expected) <= estimate.stderr < 1e-12


def test_a_gap_in_the_support():
    law = clt.laws.get("mixture(components=('uniform','uniform(low=2,high=3)'),weights=(.5,.5))")
    report = gaussianity(law)
    # The variance is 1/12 + 1, the entropy ln 2.
    expected = 0.5 * math.log(2.0 * math.pi * math.e * 13.0 / 12.0) - math.log(2.0)
    estimate = report["negentropy"]
    assert abs(estimate.value - expected) <= estimate.stderr < 1e-12
    grid = np.linspace(-0.5, 3.5, 400_001)
    lead = law.cdf(grid) - ndtr((grid - 1.5) / math.sqrt(13.0 / 12.0))
    assert report["kolmogorov"].value == pytest.approx(np.max(np.abs(lead)), abs=1e-9)
    distance = 1e-5 * np.sum(np.abs(lead)) / math.sqrt(13.0 / 12.0)
    beyond = 2.0 * (math.exp(-(2.0**2) * 6.0 / 13.0) / math.sqrt(2.0 * math.pi))
    edge = 2.0 / math.sqrt(13.0 / 12.0)
    beyond -= 2.0 * edge * float(ndtr(-edge))
    assert report["wasserstein-1"].value == pytest.approx(distance + beyond, abs=1e-5)


def test_mixture_with_a_pole_inside_another_component():
    law = clt.laws.get("mixture(components=('gamma(shape=.3)','normal'),weights=(.25,.75))")

    def entropy_of_cell(a, b):  # over the logarithm of x, where the pole is smooth
        def integrand(y):
            f = float(law.pdf(math.exp(y)))
            return -f * math.log(f) * math.exp(y)

        return scipy.integrate.quad(integrand, a, b, epsabs=1e-13, limit=400)[0]

    def left(x):
        f = float(law.pdf(x))
        return -f * math.log(f)

    entropy = scipy.integrate.quad(left, -30.0, 0.0, epsabs=1e-13)[0]
    entropy += sum(entropy_of_cell(a, b) for a, b in [(-150, -40), (-40, -5), (-5, 0), (0, 3.8)])
    expected = 0.5 * math.log(2.0 * math.pi * math.e * law.variance) - entropy
    estimate = gaussianity(law)["negentropy"]
    assert abs(estimate.value - expected) <= estimate.stderr + 1e-11
    assert estimate.stderr < 1e-11


def test_an_empirical_law_has_the_measures_of_its_numbers():
    numbers = np.random.default_rng(7).exponential(size=100_000)
    law, values = gaussianity(clt.laws.Empirical(tuple(numbers.tolist()))), gaussianity(numbers)
    for name in set(values) & set(law):
        assert law[name].value == pytest.approx(values[name].value, abs=1e-10), name
    assert law["total-variation"] == Estimate(1.0, 0.0)


def test_atoms_whose_place_is_rounded_when_standardised():
    """Both limits are taken at x itself: a rounding of z would miss a step."""
    for p in np.linspace(0.01, 0.99, 99).tolist():
        report = gaussianity(clt.laws.get("bernoulli", probability=p), measures="kolmogorov")
        sd = math.sqrt(p * (1.0 - p))
        at_0, at_1 = float(ndtr(-p / sd)), float(ndtr((1.0 - p) / sd))
        expected = max(at_0, abs(1.0 - p - at_0), abs(1.0 - p - at_1), 1.0 - at_1)
        assert report["kolmogorov"].value == pytest.approx(expected, abs=1e-14)
