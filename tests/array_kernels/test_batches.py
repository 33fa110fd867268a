"""The passes of a training step against plain NumPy, SciPy and differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit, log_softmax, softmax

from clt_sim._array_kernels import batches

RNG = np.random.default_rng(7)
SHAPES = [(1, 1), (2, 5), (60, 100), (7, 33)]
"""Rows and columns; the last fills no register."""
TOLERANCES = {np.float32: 1e-5, np.float64: 1e-12}


def numbers(shape, dtype):
    return RNG.normal(0.5, 2.0, shape).astype(dtype)


@pytest.fixture(params=TOLERANCES, ids=["single", "double"])
def dtype(request):
    return request.param


def test_sigmoid_is_that_of_scipy_up_to_its_bound():
    x = np.linspace(-86.9, 100.0, 60_000, dtype=np.float32).reshape(60, 1000)
    exact = expit(x.astype(np.float64))
    found = batches.sigmoid(x)
    assert found.dtype == np.float32
    assert np.abs(found / exact - 1.0).max() < 4e-7


def test_sigmoid_of_what_is_not_finite_or_far_out():
    x = np.array([[math.inf, -math.inf, 1e30, -1e30]], np.float32)
    assert batches.sigmoid(x) == pytest.approx(np.array([[1.0, 0.0, 1.0, 0.0]]), abs=1e-37)
    assert np.isnan(batches.sigmoid(np.full((1, 1), np.nan, np.float32))).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_sigmoid_of_scaled_and_shifted_columns(shape):
    values, scale, shift = (numbers(n, np.float32) for n in (shape, shape[1], shape[1]))
    kept = values.copy()
    assert np.array_equal(batches.sigmoid(values, shift), batches.sigmoid(values + shift))
    both = batches.sigmoid(values, shift, scale)
    assert np.array_equal(both, batches.sigmoid(scale * values + shift))
    assert both == pytest.approx(expit(scale.astype(float) * values + shift), rel=1e-5)
    assert np.array_equal(values, kept)


@pytest.mark.parametrize("shape", SHAPES)
def test_derivative_and_sums_of_one_pass_are_those_of_two(shape, dtype):
    gradient, value = numbers(shape, dtype), expit(numbers(shape, dtype))
    apart = batches.times_sigmoid_derivative(gradient.copy(), value)
    total = np.full(shape[1], math.nan, dtype)
    batches.sigmoid_derivative_sums(gradient, value, total)
    assert np.array_equal(gradient, apart)
    assert np.array_equal(total, batches.column_sums(apart))
    again = np.full(shape[1], math.nan, dtype)
    assert batches.column_sums(apart, again) is again
    assert np.array_equal(again, total)


@pytest.mark.parametrize("shape", SHAPES)
def test_standardization_gradients_of_a_sigmoid_in_one_pass(shape, dtype):
    values, gradient = numbers(shape, dtype), numbers(shape, dtype)
    gamma, value = numbers(shape[1], dtype), expit(numbers(shape, dtype))
    standardized = batches.standardize_columns(values, 1e-5)
    apart = batches.times_sigmoid_derivative(gradient.copy(), value)
    expected = batches.standardization_gradients(apart, gamma, *standardized)
    kept = gradient.copy()
    sums = tuple(np.full((2, shape[1]), math.nan, dtype))
    found = batches.standardization_gradients(gradient, gamma, *standardized, sums, value)
    for one, other in zip(found, expected, strict=True):
        assert np.array_equal(one, other)
    assert found[1] is sums[0]
    assert found[2] is sums[1]
    assert np.array_equal(gradient, kept)


@pytest.mark.parametrize("shape", SHAPES)
def test_elementwise_passes_and_sums(shape, dtype):
    values, gradient, (gamma, beta) = (
        numbers(shape, dtype),
        numbers(shape, dtype),
        numbers((2, shape[1]), dtype),
    )
    near = {"rel": TOLERANCES[dtype], "abs": TOLERANCES[dtype]}
    assert batches.column_sums(values) == pytest.approx(values.sum(axis=0), **near)
    assert batches.column_sums(values).dtype == dtype
    scaled = batches.scale_and_shift(values, gamma, beta)
    assert scaled == pytest.approx(gamma * values + beta, **near)
    value = expit(values)
    expected = gradient * value * (1 - value)
    assert batches.times_sigmoid_derivative(gradient, value) is gradient
    assert gradient == pytest.approx(expected, **near)
    shifted = values + beta
    batches.add_to_rows(values, beta)
    assert np.array_equal(values, shifted)


@pytest.mark.parametrize("size", [1.0, 50.0])
def test_softmax_loss_and_gradient_are_those_of_scipy(size, dtype):
    logits, labels = (size * RNG.normal(size=(60, 10))).astype(dtype), RNG.integers(0, 10, 60)
    double = logits.astype(np.float64)
    expected = (softmax(double, axis=1) - np.eye(10)[labels]) * (0.1 / 60)
    loss = batches.softmax_loss_gradient(logits, labels, 0.1)
    places = np.arange(60), labels
    assert loss == pytest.approx(-log_softmax(double, axis=1)[places].mean(), rel=1e-5)
    assert logits.dtype == dtype
    assert logits == pytest.approx(expected, rel=TOLERANCES[dtype], abs=1e-9)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_the_loss_of_logits_that_are_not_finite_is_not(bad):
    logits = np.zeros((3, 4))
    logits[1, 2] = bad
    assert not math.isfinite(batches.softmax_loss_gradient(logits, np.zeros(3, np.int64), 1.0))


@pytest.mark.parametrize("shape", SHAPES)
def test_standardized_columns_are_the_definition(shape, dtype):
    values = numbers(shape, dtype)
    kept = values.copy()
    standardized, inverse_sd = batches.standardize_columns(values, 1e-5)
    double = values.astype(np.float64)
    expected = 1.0 / np.sqrt(double.var(axis=0) + 1e-5)
    near = {"rel": 2e2 * TOLERANCES[dtype], "abs": 2e2 * TOLERANCES[dtype]}
    assert inverse_sd == pytest.approx(expected, **near)
    assert standardized == pytest.approx((double - double.mean(axis=0)) * expected, **near)
    assert np.array_equal(values, kept)


def test_gradients_of_standardized_columns_are_differences():
    values, direction = RNG.normal(size=(2, 6, 3))
    gamma, beta = RNG.normal(size=(2, 3))

    def total(z, scale, shift):
        return np.sum(direction * batches.scale_and_shift(standardized_of(z), scale, shift))

    def standardized_of(z):
        return batches.standardize_columns(z, 1e-5)[0]

    kept = direction.copy()
    result, along, beyond = batches.standardization_gradients(
        direction, gamma, *batches.standardize_columns(values, 1e-5)
    )
    assert np.array_equal(direction, kept)
    for array, slopes in ((values, result), (gamma, along), (beta, beyond)):
        for index in np.ndindex(array.shape):
            before, step = array[index], 1e-6
            array[index] = before + step
            upper = total(values, gamma, beta)
            array[index] = before - step
            lower = total(values, gamma, beta)
            array[index] = before
            assert slopes[index] == pytest.approx((upper - lower) / (2 * step), abs=1e-7)
