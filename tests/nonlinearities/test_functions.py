"""Values, derivatives and kinks of every registered nonlinearity."""

from __future__ import annotations

import copy
import pickle

import mpmath as mp
import numpy as np
import pytest

import clt_sim as clt
from clt_sim.nonlinearities import exponential_linear

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
        right = (phi(kink + 2 * step) - phi(kink + step)) / step
        np.testing.assert_allclose(phi.derivative(kink), right, rtol=1e-5, atol=1e-5)


def rough_places(phi):
    """Find where the function, its derivative or its second derivative jumps."""
    step = 1e-4
    x = np.arange(-6.0 - 0.5 * step, 6.0, step)
    jump = np.abs(np.diff(phi(x)))[1:] > 0.1
    bend = np.abs(np.diff(phi.derivative(x), 2)) > 0.1 * step
    places = x[1:-1][jump | bend]
    groups = np.split(places, np.flatnonzero(np.diff(places) > 0.1) + 1)
    return [group.mean() for group in groups if group.size]


def test_kinks_are_where_the_function_is_rough(phi):
    found = rough_places(phi)
    assert len(found) == len(phi.kinks)
    np.testing.assert_allclose(found, phi.kinks, atol=2e-4)


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


@pytest.mark.parametrize("cls", [clt.nonlinearities.ELU, clt.nonlinearities.CELU])
@pytest.mark.parametrize("alpha", [0.0, -1.0, float("nan"), float("inf")])
def test_alpha_must_be_positive(cls, alpha):
    with pytest.raises(ValueError, match=r"^alpha must be"):
        cls(alpha)


def test_alpha_of_celu_has_a_least_value():
    with pytest.raises(ValueError, match=r"^alpha must be at least 0\.1, not 0\.099\.$"):
        clt.nonlinearities.CELU(0.099)


def test_values_at_the_jump():
    assert clt.nonlinearities.Step()([-0.0, 0.0]).tolist() == [1.0, 1.0]
    assert clt.nonlinearities.Sign()([-0.0, 0.0]).tolist() == [0.0, 0.0]


def test_celu_and_elu_differ_only_in_the_scale_on_the_left():
    x = np.linspace(-5.0, 5.0, 101)
    scaled = 3.0 * clt.nonlinearities.ELU()(x / 3.0)
    np.testing.assert_allclose(clt.nonlinearities.CELU(3.0)(x), scaled, rtol=1e-14)
    assert clt.nonlinearities.CELU()(x).tolist() == clt.nonlinearities.ELU()(x).tolist()


def test_constants_of_selu_follow_from_its_fixed_point():
    """Solve mean 0 and variance 1 for them, by closed forms in high precision."""
    with mp.workdps(40):
        # E[exp(X) - 1; X < 0] and E[(exp(X) - 1)^2; X < 0] for standard normal X
        first = mp.sqrt(mp.e) * mp.ncdf(-1) - mp.mpf(1) / 2
        second = mp.e**2 * mp.ncdf(-2) - 2 * mp.sqrt(mp.e) * mp.ncdf(-1) + mp.mpf(1) / 2
        alpha = -1 / (mp.sqrt(2 * mp.pi) * first)
        scale = 1 / mp.sqrt(mp.mpf(1) / 2 + alpha**2 * second)
        assert float(alpha) == exponential_linear.SELU_ALPHA
        assert float(scale) == exponential_linear.SELU_SCALE


def test_unknown_nonlinearity_names_the_nearest():
    with pytest.raises(ValueError, match=r"unknown nonlinearity 'rleu'\. Did you mean 'relu'\?"):
        clt.nonlinearities.get("rleu")


@pytest.mark.parametrize("end", [-1.0, 1.0])
def test_growth_is_that_of_the_function(phi, end):
    """The order is the slope of log|phi| against log|x|, from 2^20 to 2^21."""
    stated = phi.growth[0 if end < 0 else 1]
    near, far = np.abs(phi(end * 2.0 ** np.array([20.0, 21.0])))
    if far == 0.0 or np.isinf(far):
        assert stated == (0.0 if far == 0.0 else np.inf)
    elif phi.name in {"sin", "cos"}:
        assert stated == 0.0
    else:
        assert np.log2(far / near) == pytest.approx(stated, abs=1e-5)


def test_growth_of_a_neighbour_is_detected():
    """The negative control: the slope above tells orders apart."""
    near, far = clt.nonlinearities.Square()(2.0 ** np.array([20.0, 21.0]))
    assert np.log2(far / near) != pytest.approx(clt.nonlinearities.Abs.growth[1], abs=1e-5)


def test_exponential_overflows_without_a_warning():
    phi = clt.nonlinearities.Exp()
    assert phi([-1e308, -800.0, 710.0, 1e308]).tolist() == [0.0, 0.0, np.inf, np.inf]
    assert phi(np.float32([89.0, -200.0])).tolist() == [np.inf, 0.0]
    assert phi.derivative([710.0]).tolist() == [np.inf]


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_infinite_arguments_of_periodic_functions_have_no_value(name):
    phi = clt.nonlinearities.get(name)
    assert np.isnan(phi([-np.inf, np.inf])).all()
    assert np.isnan(phi.derivative([-np.inf, np.inf])).all()
