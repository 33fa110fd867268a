"""The accuracy that each nonlinearity in double precision states, against 50 digits."""

from __future__ import annotations

import dataclasses
import functools
import math
import re

import mpmath
import numpy as np
import pytest
from numba import njit, types

import clt_sim as clt
from clt_sim._kernels import nonlinearities_double as kernels
from clt_sim._kernels import sums
from clt_sim._kernels.compilation import scalar
from clt_sim._kernels.rows import BLOCK

LEAST_NORMAL, SPACING = 2.0**-1022, 2.0**-1074
STATED = {
    "abs": 0.0,
    "celu": 4.5e-16,
    "cos": 3e-16,
    "elu": 4.5e-16,
    "erf": 5e-16,
    "exp": 2.5e-16,
    "gelu": 3.5e-16,
    "gelu-tanh": 3.5e-16,
    "hard-sigmoid": 3.5e-16,
    "hard-swish": 4.5e-16,
    "hard-tanh": 0.0,
    "identity": 0.0,
    "leaky-relu": 2.0**-53,
    "mish": 6.5e-16,
    "relu": 0.0,
    "selu": 4.5e-16,
    "sigmoid": 5e-16,
    "sign": 0.0,
    "silu": 4e-16,
    "sin": 3e-16,
    "softplus": 4e-16,
    "softsign": 2.5e-16,
    "square": 2.0**-53,
    "step": 0.0,
    "tanh": 6e-16,
}
"""The largest errors that the table in the module of the kernels states."""
ABSOLUTE = {"gelu", "gelu-tanh"}
"""Whose errors are in units of ``max(1, abs(x))``; those of the others are relative."""
HELD = {"sigmoid", "silu", "mish", "softplus"}
"""What stays at its value at -700 below that."""
OTHER_PARAMETERS = {"leaky-relu": [-0.375], "elu": [0.375, 30.0], "celu": [0.375, 30.0, 0.125]}


def linear_unit(x, below):
    return x if x > 0 else below


def ramp(x):
    return min(max(x + 3, 0), 6) / 6


def gelu_tanh(x):
    u = mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)
    return x / (1 + mpmath.exp(-2 * u))


def selu(x):
    scale = mpmath.mpf("1.0507009873554804934193349852946")
    return scale * linear_unit(x, mpmath.mpf("1.6732632423543772848170429916717") * mpmath.expm1(x))


EXACT = {
    "abs": lambda x, a: abs(x),
    "celu": lambda x, a: linear_unit(x, a * mpmath.expm1(x / a)),
    "cos": lambda x, a: mpmath.cos(x),
    "elu": lambda x, a: linear_unit(x, a * mpmath.expm1(x)),
    "erf": lambda x, a: mpmath.erf(x),
    "exp": lambda x, a: mpmath.exp(x),
    "gelu": lambda x, a: x * mpmath.ncdf(min(max(x, -100), 100)),
    "gelu-tanh": lambda x, a: gelu_tanh(x),
    "hard-sigmoid": lambda x, a: ramp(x),
    "hard-swish": lambda x, a: x * ramp(x),
    "hard-tanh": lambda x, a: min(max(x, -1), 1),
    "identity": lambda x, a: x,
    "leaky-relu": lambda x, a: linear_unit(x, a * x),
    "mish": lambda x, a: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
    "relu": lambda x, a: max(x, 0),
    "selu": lambda x, a: selu(x),
    "sigmoid": lambda x, a: 1 / (1 + mpmath.exp(-x)),
    "sign": lambda x, a: mpmath.sign(x),
    "silu": lambda x, a: x / (1 + mpmath.exp(-x)),
    "sin": lambda x, a: mpmath.sin(x),
    "softplus": lambda x, a: max(x, 0) + mpmath.log1p(mpmath.exp(-abs(x))),
    "softsign": lambda x, a: x / (1 + abs(x)),
    "square": lambda x, a: x * x,
    "step": lambda x, a: int(x >= 0),
    "tanh": lambda x, a: mpmath.tanh(x),
}
"""The definitions, of a number of mpmath and the parameter."""


def specimens():
    for name in clt.nonlinearities.names():
        default = clt.nonlinearities.get(name)
        yield default
        if dataclasses.fields(default):
            yield from map(type(default), OTHER_PARAMETERS[name])


SPECIMENS = list(specimens())


def scalar_kernel(name):
    return kernels.FUNCTIONS[{"abs": "absolute"}.get(name, name.replace("-", "_"))]


@functools.cache
def compiled(phi, elementwise_double):
    return elementwise_double(scalar_kernel(phi.name), phi.kernel_parameter)


def evaluated(phi, x, elementwise_double):
    return compiled(phi, elementwise_double)(x)


@functools.cache
def arguments():
    """Numbers of all sizes up to 690, and the doubles on either side of where formulas change."""
    rng = np.random.default_rng(3)
    magnitudes = np.exp(rng.uniform(math.log(1e-300), math.log(690.0), 300))
    edges = np.array([1.0, 3.0, 6.0, 20.0, 40.0, math.sqrt(2.0), 6.0 * math.sqrt(2.0)])
    near = [np.nextafter(edges, side) for side in (-np.inf, np.inf)]
    x = np.concatenate([magnitudes, rng.uniform(0.0, 9.0, 600), rng.uniform(0.0, 40.0, 200)])
    x = np.concatenate([x, edges, *near])
    return np.concatenate([x, -x])


@functools.cache
def exact(phi, x):
    with mpmath.workdps(50):
        return [EXACT[phi.name](mpmath.mpf(each), phi.kernel_parameter) for each in x]


def errors_are_as_stated(phi, x, got):
    """Compare with the exact values; results among the subnormals are rounded besides."""
    stated = mpmath.mpf(STATED[phi.name])
    # A subnormal quotient by the parameter is rounded before it is multiplied by it.
    spacing = SPACING * max(1.0, phi.kernel_parameter) if stated else 0.0
    arguments = tuple(x.tolist())
    with mpmath.workdps(50):
        for argument, value, true in zip(
            arguments, got.tolist(), exact(phi, arguments), strict=True
        ):
            unit = max(1, abs(argument)) if phi.name in ABSOLUTE else abs(true)
            if not abs(value - true) <= stated * unit + spacing:
                return False
    return True


@pytest.mark.parametrize("phi", SPECIMENS, ids=str)
def test_error_is_below_what_the_table_states(phi, elementwise_double):
    got = evaluated(phi, arguments(), elementwise_double)
    assert errors_are_as_stated(phi, arguments(), got)


@pytest.mark.parametrize("phi", SPECIMENS, ids=str)
def test_an_error_of_some_units_in_the_last_place_is_noticed(phi, elementwise_double):
    x = arguments()
    got = evaluated(phi, x, elementwise_double)
    assert not errors_are_as_stated(phi, x, got * (1.0 + 1.4e-15))


@pytest.mark.parametrize("phi", SPECIMENS, ids=str)
def test_the_smallest_numbers(phi, elementwise_double):
    x = np.array([0.0, SPACING, 3 * SPACING, LEAST_NORMAL, LEAST_NORMAL / 7, 1e-300])
    x = np.concatenate([x, -x])
    assert errors_are_as_stated(phi, x, evaluated(phi, x, elementwise_double))


@pytest.mark.parametrize("phi", SPECIMENS, ids=str)
def test_the_largest_numbers(phi, elementwise_double):
    x = np.array([-1.7e308, -1e300, -745.0, 745.0, 1e300, 1.7e308])
    got = evaluated(phi, x, elementwise_double)
    if phi.name in {"sin", "cos"}:
        # Of the largest, only the range is kept.
        assert np.all(np.abs(got) <= 1.0)
        x, got = x[2:4], got[2:4]
    if phi.name in HELD | {"gelu-tanh"}:
        # Their exact values are smaller still.
        assert np.all(np.abs(got[:3]) < 1e-301)
        x, got = x[3:], got[3:]
    if phi.name in {"exp", "square"}:
        overflows = x > 709.0 if phi.name == "exp" else np.abs(x) > 1e154
        assert np.all(got[overflows] == np.inf)
        x, got = x[~overflows], got[~overflows]
    if phi.name == "exp":  # 1e-323.5 is among the subnormal numbers
        assert got.tolist() == [0.0, 0.0, SPACING]
        return
    assert errors_are_as_stated(phi, x, got)


@pytest.mark.parametrize("name", sorted(HELD))
def test_below_the_range_of_exp_nothing_grows(name, elementwise_double):
    x = [-700.0, -701.0, -1e4, -1.7e308, -np.inf]
    far = evaluated(clt.nonlinearities.get(name), x, elementwise_double)
    assert np.all(np.abs(far) < 1e-301)
    assert np.all(far[1:] == far[1])


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_phases_up_to_the_stated_number(name, elementwise_double):
    x = np.random.default_rng(4).uniform(-(2.0**40), 2.0**40, 500)
    phi = clt.nonlinearities.get(name)
    assert errors_are_as_stated(phi, x, evaluated(phi, x, elementwise_double))


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_values_at_the_jump(zero, elementwise_double):
    assert elementwise_double(scalar_kernel("step"), 0.0)([zero]).tolist() == [1.0]
    assert elementwise_double(scalar_kernel("sign"), 0.0)([zero]).tolist() == [0.0]


def vectorized(function):
    """Say whether the loop that adds terms is vector code, in registers as wide as there are."""
    add_rows, row = sums._adder(function), types.Array(types.float64, 1, "C")

    @njit(error_model="numpy")
    def add(terms, weights, inputs, parameter):
        add_rows(terms, weights, inputs, parameter)

    signature = (row, row, row, types.float64)
    add.compile(signature)
    return re.search(r"call .*llvm\.fma\.v\d+f64", add.inspect_llvm(signature)) is not None


@pytest.mark.parametrize("name", clt.nonlinearities.names())
def test_loops_are_vector_code(name):
    """A branch in the loop over replicates would keep it scalar."""
    assert vectorized(scalar_kernel(name))


def test_a_loop_that_branches_is_not_vector_code():
    @scalar
    def halve_to_one(x, parameter):
        while x > parameter:
            x = x * parameter
        return x

    assert not vectorized(halve_to_one)


@njit(error_model="numpy")
def one_term(add_term, nonlinearity, parameter, terms, weights, inputs):
    return add_term(nonlinearity, parameter, terms, weights, inputs)


@pytest.mark.parametrize("phi", SPECIMENS, ids=str)
def test_registry_and_switch_name_the_same_kernel(phi, elementwise_double):
    """One term of weight 1 is the value of the kernel, bit for bit."""
    x = arguments()[::7].copy()
    add_term, ones = sums.add_term(np.float64), np.ones(BLOCK)
    for inputs in np.resize(x, (math.ceil(x.size / BLOCK), BLOCK)):
        terms = np.zeros_like(inputs)
        one_term(add_term, np.int64(phi.kernel), phi.kernel_parameter, terms, ones, inputs)
        np.testing.assert_array_equal(terms, evaluated(phi, inputs, elementwise_double))


def test_the_table_has_every_name_once_with_what_is_tested():
    rows = re.findall(r"^([a-z-]+(?:, [a-z-]+)*)  +(\S.*)$", kernels.__doc__, re.MULTILINE)
    errors = {name: text for names, text in rows for name in names.split(", ")}
    numbers = {
        name: float(match[1]) if (match := re.search(r"below (\S+e-16)", text)) else text
        for name, text in errors.items()
        if name != "name"
    }
    words = {0.0: "none", 2.0**-53: "half a unit in the last place"}
    assert numbers == {name: words.get(stated, stated) for name, stated in STATED.items()}
    assert sum(len(names.split(", ")) for names, _ in rows) == len(errors)
    assert set(STATED) == set(EXACT) == set(clt.nonlinearities.names())
