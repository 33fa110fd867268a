"""Values, derivatives and kinks of every registered nonlinearity."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import clt_sim as clt

POINTS = np.concatenate([np.linspace(-9.0, 9.0, 145), [-30.0, 30.0, 1e-9, -1e-9]])


@pytest.mark.parametrize(("dtype", "relative"), [(np.float32, 1e-6), (np.float64, 1e-13)])
def test_values(phi, definition, dtype, relative):
    x = POINTS.astype(dtype)
    value = phi(x)
    assert value.dtype == dtype
    expected = np.array([float(definition(float(v))) for v in x])
    np.testing.assert_allclose(value, expected, rtol=relative, atol=np.finfo(dtype).tiny)


def test_derivative_is_the_limit_of_differences(phi):
    step = 1e-5
    x = np.array([v for v in POINTS if all(abs(v - kink) > 2 * step for kink in phi.kinks)])
    slope = (phi(x + step) - phi(x - step)) / (2 * step)
    rounding = 1e-16 * np.abs(phi(x)) / step
    np.testing.assert_array_less(np.abs(phi.derivative(x) - slope), 1e-9 + 4 * rounding)


def test_derivative_at_kinks_is_from_the_right(phi):
    for kink in phi.kinks:
        step = 1e-6
        right = (phi(kink + step) - phi(kink)) / step
        np.testing.assert_allclose(phi.derivative(kink), right, rtol=1e-5, atol=1e-5)


def test_kinks_are_where_the_derivative_jumps(phi):
    step = 1e-3
    x = np.arange(-6.0005, 6.0, step)
    jump = np.abs(np.diff(phi.derivative(x)))
    places = 0.5 * (x[1:] + x[:-1])[jump > 5 * step]
    assert len(places) == len(phi.kinks)
    np.testing.assert_allclose(places, phi.kinks, atol=step)


@pytest.mark.parametrize("method", ["__call__", "derivative"])
def test_arguments(phi, method):
    call = getattr(phi, method)
    for given, shape in ((0.5, ()), (2, ()), ([-2, 3], (2,)), (np.ones((2, 3), int), (2, 3))):
        result = call(given)
        assert isinstance(result, np.ndarray)
        assert result.shape == shape
        assert result.dtype == np.float64
        np.testing.assert_array_equal(result, call(np.asarray(given, np.float64)))
    assert call(np.float32(0.5)).dtype == np.float32
    assert np.isnan(phi(np.nan))


def test_argument_is_left_alone(phi):
    x = np.linspace(-1.0, 1.0, 5)
    value = phi(x)
    value[:] = 7.0
    np.testing.assert_array_equal(x, np.linspace(-1.0, 1.0, 5))


def test_text_and_copies_are_equal(phi):
    for again in (
        clt.nonlinearities.get(str(phi)),
        copy.deepcopy(phi),
        pickle.loads(pickle.dumps(phi)),  # noqa: S301 - our own bytes
    ):
        assert again == phi
        assert hash(again) == hash(phi)
    with pytest.raises((AttributeError, TypeError)):
        phi.kernel = 9


def test_kernels_are_distinct():
    names = clt.nonlinearities.names()
    assert len({clt.nonlinearities.get(name).kernel for name in names}) == len(names)


@pytest.mark.parametrize("slope", [float("nan"), float("inf"), 10**400])
def test_slope_must_be_finite(slope):
    with pytest.raises(ValueError, match=r"^slope must be"):
        clt.nonlinearities.LeakyReLU(slope)


def test_unknown_nonlinearity_names_the_nearest():
    with pytest.raises(ValueError, match=r"unknown nonlinearity 'rleu'\. Did you mean 'relu'\?"):
        clt.nonlinearities.get("rleu")
