"""The accuracy that each elementary function states, measured against double precision."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from numba import njit
from scipy import special

from clt_sim._kernels import elementary

TINY = [1e-45, 1e-40, 1.2e-38, 1e-30, 1e-10]
cosine_sine = elementary.cosine_sine


def grid(low, high, *edges):
    """A dense grid, magnitudes of every size inside it, and the edges with their neighbours."""
    magnitudes = 10.0 ** np.linspace(-38, math.log10(max(abs(low), abs(high))), 100_000)
    edges = np.float32([low, high, *edges, *TINY, *(-x for x in TINY), 0.0, -0.0])
    near = [np.nextafter(edges, np.float32(side)) for side in (-np.inf, np.inf)]
    x = np.concatenate([np.linspace(low, high, 1_000_001), magnitudes, -magnitudes, edges, *near])
    x = x.astype(np.float32)
    return x[(x >= np.float32(low)) & (x <= np.float32(high))]


def relative(got, exact):
    return np.abs(got - exact)[exact != 0] / np.abs(exact)[exact != 0]


def test_negative_log(elementwise):
    u = np.concatenate([grid(2.0**-33, 1.0), 2.0 ** -np.linspace(0, 33, 500_000)])
    u = u.astype(np.float32)
    got, exact = elementwise(elementary.negative_log)(u), -np.log(u.astype(np.float64))
    assert np.all(np.abs(got - exact) < 2e-7 * np.maximum(1.0, exact))
    assert np.all(got >= 0.0)  # the normal law takes its square root


def test_cosine_and_sine():
    @njit(error_model="numpy")
    def loop(t, cosines, sines):
        for j in range(t.size):
            cosines[j], sines[j] = cosine_sine(t[j])

    t = grid(-math.pi / 4, math.pi / 4)
    cosines, sines = np.empty_like(t), np.empty_like(t)
    loop(t, cosines, sines)
    exact = t.astype(np.float64)
    assert np.abs(cosines - np.cos(exact)).max() < 1e-7
    assert np.abs(sines - np.sin(exact)).max() < 1e-7


def test_exp(elementwise):
    function = elementwise(elementary.exp)
    x = grid(-87.0, 87.0)
    assert relative(function(x), np.exp(x.astype(np.float64))).max() < 2e-7
    clipped = function([87.0, 88.0, 3e38, np.inf, -87.0, -88.0, -3e38, -np.inf])
    assert np.all(clipped[:4] == clipped[0])
    assert np.all(clipped[4:] == clipped[4])
    assert function([0.0, -0.0]).tolist() == [1.0, 1.0]


def test_exponential(elementwise):
    function = elementwise(elementary.exponential)
    x = grid(-104.0, 88.75, 88.7228, -87.3365)
    got = function(x)
    with np.errstate(over="ignore"):
        rounded = np.exp(x.astype(np.float64)).astype(np.float32)
    exact = np.exp(x.astype(np.float64))
    normal = (exact >= 2.0**-126) & np.isfinite(rounded)
    assert relative(got[normal], exact[normal]).max() < 1.1e-7
    assert np.abs(got - exact)[exact < 2.0**-126].max() <= 2.0**-149
    assert np.all(got[np.isinf(rounded)] == np.inf)
    assert (
        function([88.73, 3e38, np.inf, -104.0, -3e38, -np.inf]).tolist() == [np.inf] * 3 + [0] * 3
    )
    assert function([0.0, -0.0]).tolist() == [1.0, 1.0]
    assert np.isnan(function([np.nan])[0])


def turning_points(most):
    """Numbers of every size up to `most`, and those nearest to multiples of pi/2."""
    multiples = (np.arange(1, most / (math.pi / 2)) * (math.pi / 2)).astype(np.float32)
    x = np.concatenate([grid(-most, most), multiples, -multiples])
    return x[np.abs(x) < most]


@pytest.mark.parametrize("name", ["sine", "cosine"])
@pytest.mark.parametrize(("most", "error"), [(1e4, 1e-7), (1e6, 1e-7), (2.0**21, 1.2e-7)])
def test_sine_and_cosine_of_any_number(name, most, error, elementwise):
    exact = {"sine": np.sin, "cosine": np.cos}[name]
    x = turning_points(most)
    got = elementwise(getattr(elementary, name))(x)
    assert np.abs(got - exact(x.astype(np.float64))).max() < error


def test_two_parts_of_half_pi_would_not_do():
    """The negative control: without them, at 1e4, the reduction is off by more than the bound."""
    k = np.round(1e4 / (math.pi / 2))
    rest = k * (math.pi / 2 - float(elementary.HALF_PI_HIGH))
    assert abs(rest) > 1e-4
    parts = elementary.HALF_PI_HIGH, elementary.HALF_PI_MIDDLE, elementary.HALF_PI_LOW
    with mpmath.workdps(40):
        assert abs(mpmath.fsum(map(float, parts)) - mpmath.pi / 2) < 1e-22


@pytest.mark.parametrize("name", ["sine", "cosine"])
def test_phases_of_large_numbers_are_evenly_spread(name, elementwise):
    """From 2^21 on, numbers are divided by a power of two: their phases are uniform."""
    function = elementwise(getattr(elementary, name))
    x = (2.0 ** np.random.default_rng(5).uniform(21.0, 127.0, 400_000)).astype(np.float32)
    values = function(np.concatenate([x, -x]))
    assert np.abs(values).max() <= 1.0 + 1e-6
    for k, moment in ((1, 0.0), (2, 0.5), (4, 0.375)):
        mean, error = np.mean(values[: x.size] ** k), np.std(values**k) / math.sqrt(x.size)
        assert abs(mean - moment) < 5 * error  # false alarms: 6e-7
    for power in (1.0, 2.0, 2.0**40, 2.0**105):
        folded = function([power * 2.0**21 * 1.375])
        assert folded[0] == function([2.0**21 * 1.375])[0]
    assert np.all(np.isnan(function([np.inf, -np.inf, np.nan])))
    even = 1.0 if name == "cosine" else -1.0
    np.testing.assert_array_equal(values[: x.size], even * values[x.size :])


def test_expm1(elementwise):
    function = elementwise(elementary.expm1)
    x = grid(-87.0, 87.0)
    normal = np.abs(x) > 1.2e-38
    got, exact = function(x), np.expm1(x.astype(np.float64))
    assert relative(got[normal], exact[normal]).max() < 2e-7
    assert function([0.0, -0.0, -88.0, -np.inf]).tolist() == [0.0, 0.0, -1.0, -1.0]


def test_log1p(elementwise):
    function = elementwise(elementary.log1p)
    y = grid(0.0, 1.0)
    normal = y > 1.2e-38
    got, exact = function(y), np.log1p(y.astype(np.float64))
    assert relative(got[normal], exact[normal]).max() < 3e-7
    assert function([0.0]).tolist() == [0.0]


def test_tanh(elementwise):
    function = elementwise(elementary.tanh)
    x = np.concatenate([grid(-12.0, 12.0, 9.5, -9.5), np.float32([100.0, 3e38, np.inf])])
    got = function(x)
    assert relative(got, np.tanh(x.astype(np.float64))).max() < 5e-7
    assert np.abs(got).max() <= 1.0
    assert function([0.0, -0.0]).tolist() == [0.0, 0.0]


def test_sigmoid(elementwise):
    function = elementwise(elementary.sigmoid)
    x = grid(-87.0, 1000.0)[1:]
    assert relative(function(x), special.expit(x.astype(np.float64))).max() < 4e-7
    assert function([0.0, 3e38, np.inf]).tolist() == [0.5, 1.0, 1.0]
    assert 0.0 < function([-np.inf])[0] < 2e-38


def test_erf(elementwise):
    function = elementwise(elementary.erf)
    x = np.concatenate([grid(-6.0, 6.0, 3.92, -3.92), np.float32([100.0, 3e38, np.inf])])
    got, exact = function(x), special.erf(x.astype(np.float64))
    normal = np.abs(x) > 1.2e-38
    assert relative(got[normal], exact[normal]).max() < 3.5e-7
    assert function([0.0, -0.0]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    "name",
    ["exp", "expm1", "exponential", "log1p", "tanh", "sigmoid", "erf", "sine", "cosine"],
)
def test_values_against_fifty_digits(name, elementwise):
    """The references in double precision, used above, are right to far more than is claimed."""
    exact = {
        "exp": mpmath.exp,
        "expm1": mpmath.expm1,
        "exponential": mpmath.exp,
        "sine": mpmath.sin,
        "cosine": mpmath.cos,
        "log1p": mpmath.log1p,
        "tanh": mpmath.tanh,
        "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
        "erf": mpmath.erf,
    }[name]
    x = np.float32([1e-30, 1e-8, 1e-3, 0.1, 0.7, 2.5, 3.91, 9.4])
    x = x[x <= 1.0] if name == "log1p" else x
    got = elementwise(getattr(elementary, name))(x)
    with mpmath.workdps(50):
        for argument, value in zip(x.tolist(), got.tolist(), strict=True):
            assert abs(value / exact(mpmath.mpf(argument)) - 1) < 5e-7
