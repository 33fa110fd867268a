"""Mardia's measures: against double sums, one dimension, normal draws and random networks."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

import clt_sim as clt
from clt_sim.multivariate import multivariate_gaussianity

NAMES = ["mardia-skewness", "mardia-kurtosis"]


def _skewed(n, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.exponential(size=(n, d)) @ rng.normal(size=(d, d)) + 5.0


def relu_outputs(width, outputs, draws, seed):
    """Return outputs of networks with one ReLU layer and He weights, one network a row."""
    rng = np.random.default_rng(seed)
    hidden = np.maximum(rng.standard_normal((draws, width)), 0.0)
    weights = rng.standard_normal((draws, outputs, width)) * np.sqrt(2.0 / width)
    return np.einsum("rij,rj->ri", weights, hidden)


@pytest.mark.parametrize(("n", "d"), [(40, 3), (40, 7)], ids=["moments", "pairs"])
def test_double_sums(n, d):
    x = _skewed(n, d)
    centred = x - x.mean(axis=0)
    inverse = np.linalg.inv(centred.T @ centred / n)
    products = np.array([[a @ inverse @ b for b in centred] for a in centred])
    report = multivariate_gaussianity(x, measures=NAMES)
    assert report["mardia-skewness"].value == pytest.approx(np.mean(products**3), rel=1e-10)
    expected = np.mean(np.diag(products) ** 2) - d * (d + 2)
    assert report["mardia-kurtosis"].value == pytest.approx(expected, rel=1e-10)
    raw = multivariate_gaussianity(x, measures=NAMES, standardize=False)
    assert raw.estimates == report.estimates


def test_one_dimension():
    x = _skewed(60, 1)[:, 0]
    report = multivariate_gaussianity(x[:, None], measures=NAMES)
    known = clt.gaussianity(x)
    skewness, kurtosis = known["skewness"], known["excess-kurtosis"]
    assert report["mardia-skewness"].value == pytest.approx(skewness.value**2)
    slope = 2.0 * abs(skewness.value)
    assert report["mardia-skewness"].stderr == pytest.approx(slope * skewness.stderr)
    assert report["mardia-kurtosis"].value == pytest.approx(kurtosis.value)
    assert report["mardia-kurtosis"].stderr == pytest.approx(kurtosis.stderr)


def test_normal_draws_show_the_stated_floors():
    n, d = 100, 4
    rng = np.random.default_rng(5)
    reports = [
        multivariate_gaussianity(rng.standard_normal((n, d)), measures=NAMES) for _ in range(300)
    ]
    skewness, kurtosis = (np.array([report[name].value for report in reports]) for name in NAMES)
    # For large n; the exact mean, d (d + 2) ((n + 1) (d + 1) - 6)/((n + 1) (n + 3)), is 4 % less.
    assert skewness.mean() == pytest.approx(d * (d + 1) * (d + 2) / n, rel=0.08)
    exact = d * (d + 2) * ((n + 1) * (d + 1) - 6) / ((n + 1) * (n + 3))
    assert abs(skewness.mean() - exact) < 4.0 * scipy.stats.sem(skewness)
    assert abs(kurtosis.mean() + 2 * d * (d + 2) / (n + 1)) < 4.0 * scipy.stats.sem(kurtosis)


@pytest.mark.parametrize("width", [5, 20])
def test_units_of_a_relu_layer(width):
    d = 3
    x = relu_outputs(width, d, 60_000, seed=width)
    estimate = multivariate_gaussianity(x, measures="mardia-kurtosis")["mardia-kurtosis"]
    theory = clt.theory.mardia_kurtosis(clt.RandomNetwork([width], "relu"), d)
    assert theory.value == pytest.approx(d * (d + 2) * (1 + 5 / width))
    assert abs(estimate.value - (theory.value - d * (d + 2))) < 4.0 * estimate.stderr
    # Negative control: each unit permuted by itself, the units are independent.
    rng = np.random.default_rng(1)
    shuffled = rng.permuted(x, axis=0)
    control = multivariate_gaussianity(shuffled, measures="mardia-kurtosis")["mardia-kurtosis"]
    assert estimate.value - control.value > 10.0 * estimate.stderr
