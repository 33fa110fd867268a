"""Laws of normalised normal values, against direct simulation and laws of squares."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.theory.normalization import (
    batch_normalization_law,
    layer_normalization_law,
    rms_normalization_law,
)

DRAWS = 100_000
FALSE_ALARM = 1e-6
DISTANCE = math.sqrt(math.log(2.0 / FALSE_ALARM) / (2.0 * DRAWS))
"""Exceeded with at most this probability (Dvoretzky-Kiefer-Wolfowitz, with Massart's constant)."""


def centred(values):
    away = values - values.mean(axis=1, keepdims=True)
    return away / np.sqrt(np.mean(away**2, axis=1, keepdims=True))


def scaled(values):
    return values / np.sqrt(np.mean(values**2, axis=1, keepdims=True))


CASES = [
    (batch_normalization_law, centred, 3, batch_normalization_law(4)),
    (batch_normalization_law, centred, 8, clt.laws.Normal()),
    (layer_normalization_law, centred, 5, rms_normalization_law(5)),
    (rms_normalization_law, scaled, 2, rms_normalization_law(3)),
    (rms_normalization_law, scaled, 6, clt.laws.Normal()),
]


def distance(draws, law):
    draws = np.sort(draws)
    steps = np.arange(draws.size + 1) / draws.size
    values = law.cdf(draws)
    return max(np.max(steps[1:] - values), np.max(values - steps[:-1]))


@pytest.mark.parametrize(("law_of", "normalize", "size", "other"), CASES)
def test_laws_are_those_of_normalised_draws(law_of, normalize, size, other):
    rng = np.random.default_rng(size)
    # Mean and sd do not matter to a batch; without centring, the sd does not.
    mean = 3.0 if normalize is centred else 0.0
    draws = normalize(rng.normal(mean, 7.0, (DRAWS, size)))[:, 0]
    assert distance(draws, law_of(size)) < DISTANCE
    assert distance(draws, other) > 1.2 * DISTANCE


@pytest.mark.parametrize("size", [3, 4, 5, 30, 1000])
def test_squares_have_beta_laws(size):
    for law, last in [
        (batch_normalization_law(size), size - 1),
        (rms_normalization_law(size), size),
    ]:
        x = np.linspace(0.05, 0.99, 7) * math.sqrt(last)
        inside = stats.beta(0.5, 0.5 * (last - 1)).cdf(x**2 / last)
        np.testing.assert_allclose(law.cdf(x) - law.cdf(-x), inside, rtol=1e-12)


@pytest.mark.parametrize("size", [3, 20, 1000, 30_000, 2**20])
def test_stated_errors(size):
    law, d = batch_normalization_law(size), mpmath.mpf(size - 1)
    with mpmath.workdps(40):
        half = mpmath.mpf(1) / 2
        constant = mpmath.gamma(d / 2) / (mpmath.gamma((d - 1) / 2) * mpmath.sqrt(mpmath.pi * d))
        for x in (0.3, 1.3, 4.0):
            if x * x < d:
                share = mpmath.mpf(x) ** 2 / d
                tail = mpmath.betainc(half, (d - 1) / 2, share, 1, regularized=True) / 2
                assert abs(law.cdf(-x) / tail - 1) < 1e-11
                density = constant * (1 - share) ** ((d - 3) / 2)
                assert abs(law.pdf(x) / density - 1) < 1e-14 * size


@pytest.mark.parametrize("size", [2, 3, 4, 17, 500])
def test_moments(size):
    batch, rms = batch_normalization_law(size), rms_normalization_law(size)
    for law in (batch, rms):
        assert law.mean == law.moment(3) == 0.0
        assert law.variance == pytest.approx(1.0, rel=1e-14)
    assert batch.moment(4) == pytest.approx(3.0 * (size - 1) / (size + 1), rel=1e-13)
    assert rms.moment(4) == pytest.approx(3.0 * size / (size + 2), rel=1e-13)


def test_small_sizes():
    assert batch_normalization_law(2) == rms_normalization_law(1) == clt.laws.Rademacher()
    uniform = batch_normalization_law(4)
    np.testing.assert_allclose(uniform.pdf([-1.7, 0.0, 1.7]), 0.5 / math.sqrt(3.0), rtol=1e-14)
    arcsine = batch_normalization_law(3)
    assert float(arcsine.cdf(1.0)) == pytest.approx(0.75, rel=1e-14)  # 1/2 + asin(1/sqrt(2))/pi


def test_gaussianity_takes_them_and_large_batches_are_normal():
    distances = []
    for size in (8, 80, 800):
        report = clt.gaussianity(batch_normalization_law(size))
        excess = 3.0 * (size - 1) / (size + 1) - 3.0
        assert report["excess-kurtosis"].value == pytest.approx(excess, abs=1e-10)
        distances.append(report["kolmogorov"].value)
    # The distance is |excess|/24 max|He3 phi| to leading order.
    assert distances[2] * 801 == pytest.approx(6.0 / 24.0 * 0.5505878, rel=0.01)
    assert distances[0] > 9.0 * distances[1] > 81.0 * distances[2]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: batch_normalization_law(1), "batch_size must be from 2"),
        (lambda: layer_normalization_law(1), "width must be from 2"),
        (lambda: rms_normalization_law(0), "width must be from 1"),
        (lambda: batch_normalization_law(2**21), "to 1048576"),
        (lambda: batch_normalization_law(8, epsilon=1e-5), "epsilon must be 0"),
        (lambda: rms_normalization_law(8, epsilon=-1.0), "epsilon must be 0"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()
