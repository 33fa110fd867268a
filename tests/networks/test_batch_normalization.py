"""Batch normalization against its definition, exact laws and numerical derivatives."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clt_sim._array_kernels.batches import standardization_gradients
from clt_sim.networks.perceptron.batch_normalization import (
    EPSILON,
    BatchNormalization,
    standardize_batch,
    standardize_batch_gradient,
)


def test_standardized_batch_is_the_definition_in_plain_python():
    z = np.random.default_rng(0).normal(3.0, 2.0, (7, 4))
    standardized, inverse_sd = standardize_batch(z)
    for unit in range(4):
        column = z[:, unit].tolist()
        mean = math.fsum(column) / 7
        variance = math.fsum((value - mean) ** 2 for value in column) / 7
        expected = [(value - mean) / math.sqrt(variance + 1e-5) for value in column]
        assert standardized[:, unit] == pytest.approx(expected, rel=1e-12)
        assert inverse_sd[unit] == pytest.approx(1 / math.sqrt(variance + 1e-5), rel=1e-12)


def test_two_inputs_become_plus_and_minus_one():
    standardized, _ = standardize_batch(np.array([[-1e4], [3e4]]))
    assert standardized.ravel() == pytest.approx([-1.0, 1.0], rel=1e-8)


def test_kurtosis_of_normal_batches_is_that_of_the_exact_law():
    # 3(m-1)/(m+1) for batches of m; 300000 values give a standard error below 0.01.
    z = np.random.default_rng(1).standard_normal((10, 30_000)) * 100.0
    standardized, _ = standardize_batch(z)
    assert np.mean(standardized**4) == pytest.approx(3 * 9 / 11, abs=0.03)
    assert abs(np.mean(standardized**4) - 3.0) > 0.3  # the plain normal is told apart


@given(
    st.integers(0, 2**32),
    st.floats(0.5, 100.0),
    st.floats(-100.0, 100.0),
)
def test_shift_and_scale_of_units_do_not_matter(seed, scale, shift):
    z = np.random.default_rng(seed).standard_normal((20, 3)) * 100.0
    before, _ = standardize_batch(z)
    after, _ = standardize_batch(scale * z + shift)
    assert np.allclose(before, after, atol=1e-6)


def test_gradient_is_the_numerical_one():
    rng = np.random.default_rng(2)
    z, direction = rng.standard_normal((2, 6, 3))
    standardized, inverse_sd = standardize_batch(z)
    gradient = standardize_batch_gradient(direction, standardized, inverse_sd)
    step = 1e-6
    for index in np.ndindex(z.shape):
        moved = np.zeros_like(z)
        moved[index] = step
        upper, lower = standardize_batch(z + moved)[0], standardize_batch(z - moved)[0]
        numerical = np.sum(direction * (upper - lower)) / (2 * step)
        assert gradient[index] == pytest.approx(numerical, abs=1e-7)
    naive = direction * inverse_sd  # statistics taken as constants: must not pass
    assert np.abs(naive - gradient).max() > 1e-2


def test_gradients_with_gamma_and_beta_are_the_same():
    rng = np.random.default_rng(4)
    z, gradient = rng.standard_normal((2, 6, 3))
    gamma = rng.standard_normal(3)
    standardized, inverse_sd = standardize_batch(z)
    before, along, total = standardization_gradients(gradient, gamma, standardized, inverse_sd)
    expected = standardize_batch_gradient(gradient * gamma, standardized, inverse_sd)
    assert before == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert along == pytest.approx((gradient * standardized).sum(axis=0))
    assert total == pytest.approx(gradient.sum(axis=0))


def test_inference_is_the_formula_and_keeps_float32():
    numbers = np.random.default_rng(3).random((4, 5)).astype(np.float32)
    normalization = BatchNormalization(*numbers)
    z = np.linspace(-3, 3, 10, dtype=np.float32).reshape(2, 5)
    gamma, beta, mean, variance = numbers.astype(np.float64)
    expected = gamma * (z - mean) / np.sqrt(variance + EPSILON) + beta
    assert normalization(z).dtype == np.float32
    assert normalization(z) == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (([1.0], [0.0], [0.0], [-1.0]), "variance must be at least 0"),
        (([1.0], [0.0, 0.0], [0.0], [1.0]), r"beta must have shape \(1,\)"),
        (([1.0], [0.0], [np.inf], [1.0]), r"mean\[0\] is inf"),
    ],
)
def test_faults_are_named(numbers, message):
    with pytest.raises(ValueError, match=message):
        BatchNormalization(*numbers)
