"""The accuracy that each elementary function in double precision states, against 50 digits."""

from __future__ import annotations

import functools
import math
import re
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from numba import njit

from clt_sim._kernels import elementary_double as elementary
from clt_sim._kernels.compilation import polynomial, prefer_wide_vectors

LEAST_NORMAL = 2.0**-1022
RANDOM = np.random.default_rng(20)

cosine_of_small, sine_of_small = (
    njit(error_model="numpy")(lambda t: elementary.cosine_sine(t)[0]),
    njit(error_model="numpy")(lambda t: elementary.cosine_sine(t)[1]),
)


def near(*points):
    """The points and the three doubles on either side of each."""
    points = np.array(points, float).ravel()
    found = [points]
    for side in (-np.inf, np.inf):
        neighbour = points
        for _ in range(3):
            neighbour = np.nextafter(neighbour, side)
            found.append(neighbour)
    return np.concatenate(found)


def magnitudes(low, high, count=1500):
    """Numbers of every size, uniform in the logarithm."""
    return np.exp(RANDOM.uniform(math.log(low), math.log(high), count))


def of_both_signs(*arrays):
    x = np.concatenate(arrays)
    return np.concatenate([x, -x])


def steps_of_reduction(unit, last):
    """Where the whole number that reduction takes off changes, and where it leaves nothing."""
    halves = np.unique(np.round(np.geomspace(1, 2 * last, 120)))
    return near(halves * (unit / 2))


STEPS_OF_EXP = steps_of_reduction(math.log(2.0), 1009)
STEPS_OF_SINE = np.concatenate(
    [steps_of_reduction(math.pi / 2, 7e11), near(np.arange(1, 200) * (math.pi / 2))]
)
POINTS = {
    "negative_log": np.concatenate(
        [
            RANDOM.uniform(0.0, 1.0, 2000),
            magnitudes(LEAST_NORMAL, 1e308),
            1.0 - magnitudes(1e-16, 0.3),
            near(2.0 ** np.arange(-60.0, 1.0), math.sqrt(0.5) * 2.0 ** np.arange(-60.0, 1.0)),
        ]
    ),
    "log1p": np.concatenate(
        [RANDOM.uniform(0.0, 1.0, 2000), magnitudes(1e-307, 1.0), near(0.5, 1.0)[:-3]]
    ),
    "exp": of_both_signs(RANDOM.uniform(0.0, 700.0, 1500), magnitudes(1e-307, 1.0), STEPS_OF_EXP),
    "exponential": of_both_signs(
        RANDOM.uniform(0.0, 708.0, 1500), magnitudes(1e-307, 1.0), STEPS_OF_EXP, near(708.0)
    ),
    "expm1": of_both_signs(
        RANDOM.uniform(0.0, 3.0, 2000), magnitudes(1e-307, 700.0), STEPS_OF_EXP, near(0.5, 37.0)
    ),
    "tanh": of_both_signs(
        RANDOM.uniform(0.0, 3.0, 2000), magnitudes(1e-307, 1e308), STEPS_OF_EXP / 2, near(20.0)
    ),
    "sigmoid": of_both_signs(
        RANDOM.uniform(0.0, 40.0, 2000), RANDOM.uniform(0.0, 699.0, 1000), STEPS_OF_EXP
    ),
    "erf": of_both_signs(
        RANDOM.uniform(0.0, 6.5, 1500), magnitudes(1e-307, 1.0, 500), near(1.0, 5.9, 6.0)
    ),
    "sine": of_both_signs(RANDOM.uniform(0.0, 10.0, 1500), magnitudes(1e-307, 1e12), STEPS_OF_SINE),
    "cosine": of_both_signs(
        RANDOM.uniform(0.0, 10.0, 1500), magnitudes(1e-307, 1e12), STEPS_OF_SINE
    ),
    "cosine_of_small": of_both_signs(
        RANDOM.uniform(0.0, math.pi / 4, 2000), magnitudes(1e-307, 0.7), [math.pi / 4]
    ),
    "sine_of_small": of_both_signs(
        RANDOM.uniform(0.0, math.pi / 4, 2000), magnitudes(1e-307, 0.7), [math.pi / 4]
    ),
}
END = {"exp": 700.0, "expm1": 700.0, "sigmoid": 699.99}
EXACT = {
    "negative_log": lambda x: -mpmath.log(x),
    "log1p": mpmath.log1p,
    "exp": mpmath.exp,
    "exponential": mpmath.exp,
    "expm1": mpmath.expm1,
    "tanh": mpmath.tanh,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "erf": mpmath.erf,
    "sine": mpmath.sin,
    "cosine": mpmath.cos,
    "cosine_of_small": mpmath.cos,
    "sine_of_small": mpmath.sin,
}
STATED = {
    "negative_log": 2.5e-16,
    "log1p": 3e-16,
    "exp": 2.5e-16,
    "exponential": 2.5e-16,
    "expm1": 3.5e-16,
    "tanh": 6e-16,
    "sigmoid": 5e-16,
    "erf": 5e-16,
    "sine": 3e-16,
    "cosine": 3e-16,
    "cosine_of_small": 2.5e-16,
    "sine_of_small": 2.5e-16,
}
"""Relative errors, as the docstrings have them."""


def function_of(name):
    return globals()[name] if name.endswith("_of_small") else getattr(elementary, name)


def points(name):
    x = POINTS[name]
    return x[np.abs(x) <= END.get(name, math.inf)]


@functools.cache
def exact(name):
    with mpmath.workdps(50):
        return [EXACT[name](mpmath.mpf(x)) for x in points(name).tolist()]


def largest_relative_error(name, got):
    with mpmath.workdps(50):
        errors = [
            abs(value - true) / (abs(true) or 1)
            for value, true in zip(got.tolist(), exact(name), strict=True)
        ]
        return float(max(errors))


@pytest.mark.parametrize("name", EXACT)
def test_relative_error(name, elementwise_double):
    got = elementwise_double(function_of(name))(points(name))
    assert largest_relative_error(name, got) < STATED[name]


@pytest.mark.parametrize("name", EXACT)
def test_an_error_of_a_few_units_in_the_last_place_is_noticed(name, elementwise_double):
    got = elementwise_double(function_of(name))(points(name))
    assert largest_relative_error(name, got * (1.0 + 7e-16)) > STATED[name]


@pytest.mark.parametrize("name", EXACT)
def test_loops_become_vector_code(name):
    function = function_of(name)

    @njit(error_model="numpy")
    def loop(x, out):
        prefer_wide_vectors()
        for j in range(x.size):
            out[j] = function(x[j])

    loop(np.ones(8), np.empty(8))
    (code,) = loop.inspect_llvm().values()
    assert re.search(r"call .*llvm\.fma\.v\d+f64", code)


@pytest.mark.parametrize("name", ["expm1", "tanh", "erf", "sine"])
def test_zero_keeps_its_sign(name, elementwise_double):
    got = elementwise_double(getattr(elementary, name))([0.0, -0.0])
    assert got.tolist() == [0.0, 0.0]
    if name in ("tanh", "erf"):
        assert np.signbit(got).tolist() == [False, True]


def test_values_that_are_exact(elementwise_double):
    assert elementwise_double(elementary.negative_log)([1.0]).tolist() == [0.0]
    assert elementwise_double(elementary.log1p)([0.0]).tolist() == [0.0]
    assert elementwise_double(elementary.cosine)([0.0, -0.0]).tolist() == [1.0, 1.0]
    assert elementwise_double(elementary.sigmoid)([0.0, 1e308, np.inf]).tolist() == [0.5, 1.0, 1.0]
    for name in ("exp", "exponential"):
        assert elementwise_double(getattr(elementary, name))([0.0, -0.0]).tolist() == [1.0, 1.0]
    for name in ("tanh", "erf"):
        got = elementwise_double(getattr(elementary, name))([6.0, 30.0, np.inf, -30.0, -np.inf])
        assert got[1:].tolist() == [1.0, 1.0, -1.0, -1.0]


@pytest.mark.parametrize("name", ["exp", "expm1"])
def test_clipped_to_the_range_of_normal_numbers(name, elementwise_double):
    got = elementwise_double(getattr(elementary, name))(
        [700.0, 701.0, 1e308, np.inf, -700.0, -701.0, -1e308, -np.inf]
    )
    assert np.all(got[:4] == got[0])
    assert np.all(got[4:] == got[4])
    assert np.all(np.isfinite(got))


@pytest.mark.parametrize("name", sorted({*EXACT} - {"negative_log"}))
def test_what_is_not_a_number_stays_so(name, elementwise_double):
    assert np.isnan(elementwise_double(function_of(name))([np.nan])[0])


def test_exponential_leaves_the_range_as_it_should(elementwise_double):
    function = elementwise_double(elementary.exponential)
    assert function([709.78, 709.79, 1e308, np.inf]).tolist()[1:] == [np.inf] * 3
    assert function([709.78])[0] == pytest.approx(math.exp(709.78), rel=3e-16)
    assert function([-745.14, -1e308, -np.inf]).tolist() == [0.0] * 3
    x = np.linspace(-745.13, -708.4, 1000)
    subnormal = function(x)
    with mpmath.workdps(50):
        for argument, value in zip(x.tolist(), subnormal.tolist(), strict=True):
            true = mpmath.exp(mpmath.mpf(argument))
            assert abs(value - true) <= 2.0**-1074 * mpmath.mpf("0.501") + true * 2.5e-16


@pytest.mark.parametrize("name", ["sine", "cosine"])
def test_large_numbers_have_the_sine_of_what_a_power_of_two_leaves(name, elementwise_double):
    function = elementwise_double(getattr(elementary, name))
    left = np.concatenate([RANDOM.uniform(2.0**40, 2.0**41, 1000), [2.0**40]])
    for power in (1, 10, 900):
        assert np.array_equal(function(left * 2.0**power), function(left))
        assert np.array_equal(function(-left * 2.0**power), function(-left))
    assert np.all(np.isnan(function([np.inf, -np.inf])))


def test_sine_and_cosine_are_of_one_angle(elementwise_double):
    x = np.concatenate([RANDOM.uniform(-1e12, 1e12, 100_000), magnitudes(1e12, 1e308)])
    sines = elementwise_double(elementary.sine)(x)
    cosines = elementwise_double(elementary.cosine)(x)
    assert np.abs(sines**2 + cosines**2 - 1.0).max() < 1e-15


def test_polynomial_rounds_once_in_each_step():
    coefficients = tuple(RANDOM.normal(size=5).tolist())

    @njit(error_model="numpy")
    def value(x):
        return polynomial(x, coefficients)

    for x in RANDOM.normal(size=20).tolist():
        expected = coefficients[-1]
        for coefficient in reversed(coefficients[:-1]):
            expected = float(Fraction(expected) * Fraction(x) + Fraction(coefficient))
        assert value(x) == expected
