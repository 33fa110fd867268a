"""Adaptive quadrature against integrals in closed form, and its errors against true ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clt_sim._quadrature import integrate_adaptively, integrate_tail


def _over(function, low, high, precision=1e-15):
    return integrate_adaptively(function, np.array([low]), np.array([high]), precision=precision)


def test_corners_are_found():
    arches = _over(lambda x: np.abs(np.sin(x)), -10.0, 10.0)
    # Three arches of area 2 to either side, and the start of a fourth.
    expected = 2.0 * (6.0 + 1.0 - math.cos(10.0 - 3.0 * math.pi))
    assert abs(arches.value - expected) < 1e-12
    assert abs(arches.value - expected) <= arches.stderr < 1e-11


@settings(max_examples=50, deadline=None)
@given(st.floats(-0.9, 3.0), st.sampled_from([1e-200, 1.0, 1e200]))
def test_powers_at_an_end(power, scale):
    integral = _over(lambda x: (x / scale) ** power, 0.0, scale)
    error = abs(integral.value / scale - 1.0 / (1.0 + power))
    # The last of 50 halvings is not halved again: its error is about what was left before it.
    assert error <= max(100.0 * integral.stderr / scale, 1e-15)


def test_noise_is_not_split_and_is_stated():
    calls = []

    def noisy(x):
        calls.append(x.size)
        return 1e-9 * np.sin(1e12 * x)

    low, high = np.array([0.0]), np.array([2.0])
    integral = integrate_adaptively(noisy, low, high, precision=1e-15, noise=1e-8)
    assert len(calls) == 3
    assert abs(integral.value) <= 2e-8 <= integral.stderr


def test_many_rough_panels_are_given_up_with_their_error():
    integral = _over(lambda x: np.sin(1e12 * x), 0.0, 1.0)
    assert abs(integral.value) <= integral.stderr
    assert integral.stderr > 1e-6


@pytest.mark.parametrize("origin", [-3.0, 0.0, 1e3])
@pytest.mark.parametrize("index", [0.1, 0.5, 3.0, 40.0])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_tails_of_powers(origin, index, side):
    tail = integrate_tail(
        lambda x: index * np.abs(x - origin) ** (-index - 1.0),
        origin,
        origin + side,
        precision=1e-15,
        allowed=1e-13,
    )
    rounding = 1e-12 if origin else 2.0**-53  # of x - origin, or of the value alone
    assert abs(tail.value - 1.0) <= tail.stderr + rounding
    assert tail.stderr < 1e-11


def test_tails_that_are_lighter_than_powers():
    tail = integrate_tail(lambda x: np.exp(-x), 0.0, 20.0, precision=1e-15, allowed=0.0)
    assert abs(tail.value - math.exp(-20.0)) <= tail.stderr < 1e-12 * math.exp(-20.0)
    bell = integrate_tail(lambda x: np.exp(-x * x), 0.0, 4.0, precision=1e-15, allowed=0.0)
    assert bell.value == pytest.approx(math.sqrt(math.pi) / 2.0 * math.erfc(4.0), rel=1e-12)
    assert bell.stderr < 1e-10 * bell.value
    gone = integrate_tail(lambda x: np.exp(-x * x), 0.0, 60.0, precision=1e-15, allowed=0.0)
    assert (gone.value, gone.stderr) == (0.0, 0.0)


def test_negative_control_a_tail_without_an_integral_says_so():
    tail = integrate_tail(lambda x: 1.0 / x, 0.0, 1.0, precision=1e-15, allowed=1e-13)
    assert tail.stderr == math.inf
