"""Measures of normal mixtures: against the law they are of, and the spread between seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.gaussianity import gaussianity

LAPLACE = clt.RandomNetwork([2], "identity", "normal", 1.0)
"""Given the hidden layer it is N(0, K) with K exponential: a Laplace law of variance 1."""
OF_VARIANCES = {
    "excess-kurtosis",
    "kolmogorov",
    "wasserstein-1",
    "wasserstein-2",
    "total-variation",
    "negentropy",
}


def worst(mixture, law, *, standardize):
    """Return the largest |difference|/error over measures."""
    exact = gaussianity(law, standardize=standardize)
    report = gaussianity(mixture, standardize=standardize)
    names = [name for name in report if name in exact and name != "skewness"]
    assert set(names) >= OF_VARIANCES
    return max(
        abs(report[name].value - exact[name].value)
        / math.hypot(report[name].stderr, exact[name].stderr)
        for name in names
    )


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_laplace_law(standardize, scale):
    """24 comparisons in all; each is beyond 4.5 sigma with 7e-6."""
    network = clt.RandomNetwork([2], "identity", "normal", scale)
    mixture = clt.simulate_conditional(network, 200_000, seed=1)
    law = clt.laws.get("laplace", scale=scale * math.sqrt(0.5))
    assert worst(mixture, law, standardize=standardize) < 4.5


def test_a_law_that_is_nearly_right_is_told_apart():
    mixture = clt.simulate_conditional(clt.RandomNetwork([3], "identity", "normal", 1.0), 200_000)
    law = clt.laws.get("laplace", scale=math.sqrt(0.5))
    assert worst(mixture, law, standardize=True) > 4.5


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("network", [LAPLACE, clt.RandomNetwork([4], "relu")], ids=str)
def test_standard_errors_are_those_between_seeds(network, standardize):
    """The variance between 65 seeds over that stated: a chi-squared number, off with 1e-4."""
    measures = None if standardize else OF_VARIANCES
    reports = [
        gaussianity(
            clt.simulate_conditional(network, 1024, seed=seed),
            standardize=standardize,
            measures=measures,
        )
        for seed in range(65)
    ]
    low, high = stats.chi2.ppf([5e-5, 1.0 - 5e-5], 64) / 64
    for name in set(reports[0]) - {"skewness", "l-skewness", "quantile-asymmetry"}:  # 0, a fact
        spread = np.var([report[name].value for report in reports], ddof=1)
        stated = np.mean([report[name].stderr ** 2 for report in reports])
        assert low < spread / stated < high, name


def test_skewness_is_a_fact():
    report = gaussianity(clt.simulate_conditional(LAPLACE, 1000))
    assert report["skewness"] == clt.Estimate(0.0, 0.0)


def test_atom_shows_in_the_distances():
    """The mass 2^-n at 0 is half in the Kolmogorov distance; there is no entropy."""
    mixture = clt.simulate_conditional(clt.RandomNetwork([1, 1], "relu"), 200_000)
    report = gaussianity(mixture)
    assert report["kolmogorov"].value >= mixture.mass_at_location.value / 2.0 > 0.37
    assert report["total-variation"].value > mixture.mass_at_location.value
    assert "atom" in report.unavailable["negentropy"]


def test_raw_values_see_the_scale():
    """Of a law that is exactly normal, standardised values have the distance 0."""
    network = clt.RandomNetwork([5], "abs", "normal", 4.0, normalization="rms")
    mixture = clt.simulate_conditional(network, 1000)
    shape, raw = gaussianity(mixture), gaussianity(mixture, standardize=False)
    x = np.linspace(0.0, 5.0, 100_001)
    expected = np.abs(stats.norm.cdf(x / 2.0) - stats.norm.cdf(x)).max()
    assert raw["kolmogorov"].value == pytest.approx(expected, abs=1e-5)
    # W1 of centred normal laws is |sd - 1| E|Z|, the relative entropy (v - 1 - ln v)/2.
    assert raw["wasserstein-1"].value == pytest.approx(math.sqrt(2.0 / math.pi), abs=1e-5)
    assert raw["negentropy"].value == pytest.approx(1.5 - math.log(2.0), abs=1e-5)
    for name in OF_VARIANCES:
        assert abs(shape[name].value) < 3e-6


def test_what_is_refused():
    model = clt.WeightedSum(2, "normal", "relu", "normal", bias=3.0)
    report = gaussianity(clt.simulate_conditional(model, 1000), standardize=False)
    assert "centred at 0, not at 3" in report.unavailable["kolmogorov"]
    assert "kolmogorov" in gaussianity(clt.simulate_conditional(model, 1000))
    dead = clt.WeightedSum(1, np.full((2, 1), -1.0), "relu", "normal", bias=1.0)
    with pytest.raises(ValueError, match="x must not be constant; all 10 draws"):
        gaussianity(clt.simulate_conditional(dead, 10))
