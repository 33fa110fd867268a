"""Correlations of squares: against the definition, networks and laws where they are known."""

from __future__ import annotations

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.multivariate import multivariate_gaussianity


def _measure(x, **settings):
    return multivariate_gaussianity(x, measures="square-correlation", **settings)[
        "square-correlation"
    ]


@pytest.mark.parametrize("standardize", [True, False])
def test_definition(standardize):
    rng = np.random.default_rng(0)
    x = rng.exponential(size=(50, 4)) @ rng.normal(size=(4, 4)) + 0.5
    units = x - x.mean(axis=0) if standardize else x
    correlations = np.corrcoef(units.T**2)
    expected = correlations[np.triu_indices(4, 1)].mean()
    assert _measure(x, standardize=standardize).value == pytest.approx(expected, rel=1e-10)
    rescaled = _measure(x * np.array([1e-200, 1.0, 1e40, -3.0]), standardize=standardize)
    assert rescaled.value == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("width", [5, 20])
def test_units_of_a_relu_layer(width):
    rng = np.random.default_rng(width)
    draws, outputs = 60_000, 4
    hidden = np.maximum(rng.standard_normal((draws, width)), 0.0)
    weights = rng.standard_normal((draws, outputs, width)) * np.sqrt(2.0 / width)
    x = np.einsum("rij,rj->ri", weights, hidden)
    theory = clt.theory.unit_correlation(clt.RandomNetwork([width], "relu")).value
    assert theory == pytest.approx(5 / (2 * width + 15))
    for standardize in (True, False):
        estimate = _measure(x, standardize=standardize)
        assert abs(estimate.value - theory) < 4.0 * estimate.stderr
        assert theory > 10.0 * estimate.stderr
    # Negative control: each unit permuted by itself.
    control = _measure(rng.permuted(x, axis=0))
    assert abs(control.value) < 4.0 * control.stderr < 0.5 * theory


def test_a_correlated_normal_law():
    rng = np.random.default_rng(2)
    x = np.sqrt(0.6) * rng.standard_normal((20_000, 1)) + np.sqrt(0.4) * rng.standard_normal(
        (20_000, 3)
    )
    estimate = _measure(x)
    assert abs(estimate.value - 0.36) < 4.0 * estimate.stderr < 0.05


def test_constant_squares():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(40, 3))
    x[:, 1] = np.tile([1.0, -1.0], 20)
    reason = multivariate_gaussianity(x).unavailable["square-correlation"]
    assert reason == "the squares of units [1] are constant"
