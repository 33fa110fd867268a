"""Constants as inputs and as weights."""

from __future__ import annotations

import math

import numpy as np
import pytest

import clt_sim as clt


@pytest.mark.parametrize("value", [2.5, 0.0, -2.5])
def test_a_sum_of_constants_does_not_vary(value):
    model = clt.WeightedSum(3, f"constant(value={value})", "relu", "constant(value=-0.5)")
    summary = clt.simulate(model, 5000)
    assert (model.mean, model.variance) == (-1.5 * max(value, 0.0), 0.0)
    assert summary.minimum == summary.maximum == summary.mean.value == model.mean
    assert summary.variance.value == 0.0
    assert math.isnan(summary.skewness.value)
    assert math.isnan(summary.excess_kurtosis.value)


@pytest.mark.parametrize("value", [1.0, -0.75])
def test_constant_weights_are_fixed_weights(value):
    drawn = clt.WeightedSum(5, "lognormal", "tanh", clt.laws.Constant(value))
    fixed = clt.WeightedSum(5, "lognormal", "tanh", value)
    assert drawn.mean == pytest.approx(fixed.mean, rel=1e-15)
    assert drawn.variance == pytest.approx(fixed.variance, rel=1e-15)
    np.testing.assert_array_equal(clt.sample(drawn, 3000), clt.sample(fixed, 3000))
