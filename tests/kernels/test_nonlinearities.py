"""Nonlinearity kernels against the nonlinearities' own double-precision values."""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np
import pytest
from numba import njit, types

import clt_sim as clt
from clt_sim._kernels import nonlinearities as kernels
from clt_sim._kernels import sums
from clt_sim._kernels.compilation import scalar
from clt_sim._kernels.rows import BLOCK


def relative(bound):
    """Return a bound on the error as a share of the exact value, with room for subnormals."""
    return lambda x, exact: bound * np.abs(exact) + 2.0**-149


STATED = {
    "abs": relative(0.0),
    "celu": lambda x, exact: 2.5e-7 * np.abs(exact) + 2.0**-144,
    "cos": lambda x, exact: 1.2e-7,
    "elu": relative(2.5e-7),
    "erf": relative(3.5e-7),
    "exp": relative(2e-7),
    "gelu": lambda x, exact: 2.5e-7 * np.maximum(1.0, np.abs(x)),
    "gelu-tanh": lambda x, exact: 2.5e-7 * np.maximum(1.0, np.abs(x)),
    "hard-sigmoid": relative(2e-7),
    "hard-swish": relative(2e-7),
    "hard-tanh": relative(0.0),
    "identity": relative(0.0),
    "leaky-relu": lambda x, exact: 2.0**-24 * np.abs(exact) + 2.0**-150,
    "mish": relative(3.5e-7),
    "relu": relative(0.0),
    "selu": relative(2.5e-7),
    "sigmoid": relative(4e-7),
    "sign": relative(0.0),
    "silu": relative(2.5e-7),
    "sin": lambda x, exact: 1.2e-7,
    "softplus": relative(3.5e-7),
    "softsign": relative(1.5e-7),
    "square": relative(2.0**-24),
    "step": relative(0.0),
    "tanh": relative(5e-7),
}
"""The largest errors that the table in the module of the kernels states."""
EXPONENTIALS = {"sigmoid", "silu", "mish", "softplus"}
"""What stays at its value at -87 below that."""
OTHER_PARAMETERS = {"leaky-relu": [-0.375], "elu": [0.375, 30.0], "celu": [0.375, 30.0, 0.125]}


def specimens():
    for name in clt.nonlinearities.names():
        default = clt.nonlinearities.get(name)
        yield default
        if dataclasses.fields(default):
            yield from map(type(default), OTHER_PARAMETERS[name])


def scalar_kernel(name):
    """Return the kernel of a registered name; `abs` is a name that Python has already."""
    return getattr(kernels, {"abs": "absolute"}.get(name, name.replace("-", "_")))


def arguments():
    rng = np.random.default_rng(3)
    magnitudes = 10.0 ** rng.uniform(-37.0, 3.0, 200_000)
    edges = [0.0, 1e-45, 9.5, 86.9, 3.92, 3.92 * 2**0.5, 1.0, 3.0, 20.0]
    edges = np.float32([*edges, *(-edge for edge in edges)])
    near = [np.nextafter(edges, np.float32(side)) for side in (-np.inf, np.inf)]
    grid = np.concatenate([np.linspace(-30.0, 30.0, 600_001), magnitudes, -magnitudes])
    return np.concatenate([grid.astype(np.float32), edges, *near])


@pytest.mark.parametrize("phi", list(specimens()), ids=str)
def test_error_is_below_what_the_table_states(phi, elementwise):
    x = arguments()
    if phi.name in EXPONENTIALS:
        x = x[x > -87.0]
    if phi.name == "exp":  # beyond it is 0 or infinite, as in test_elementary.py
        x = x[(x > -104.0) & (x < 88.7)]
    function = scalar_kernel(phi.name)
    parameter = np.float32(phi.kernel_parameter)
    exact = np.asarray(phi(x.astype(np.float64)))
    if phi.name == "leaky-relu":  # the slope itself is in single precision
        exact = np.where(x > 0, x.astype(np.float64), np.float64(parameter) * x)
        assert phi.slope == pytest.approx(parameter, rel=2.0**-24)
    error = np.abs(elementwise(function, parameter)(x) - exact)
    assert np.all(error <= STATED[phi.name](x.astype(np.float64), exact))


@pytest.mark.parametrize("name", sorted(EXPONENTIALS))
def test_below_the_range_of_exp_nothing_grows(name, elementwise):
    far = elementwise(scalar_kernel(name), 0.0)([-87.0, -88.0, -1e4, -3e38, -np.inf])
    assert np.all(np.abs(far) < 2e-36)
    assert np.all(far[1:] == far[1])


@pytest.mark.parametrize("phi", list(specimens()), ids=str)
def test_largest_arguments_give_no_nan(phi, elementwise):
    x = np.float32([-3.4e38, -1e30, -1e15, 1e15, 1e30, 3.4e38])
    got = elementwise(scalar_kernel(phi.name), phi.kernel_parameter)(x)
    if phi.name in {"sin", "cos"}:  # of such arguments only the range is kept
        assert np.all(np.abs(got) <= 1.0 + 1e-6)
        return
    with np.errstate(over="ignore"):
        expected = phi(x.astype(np.float64)).astype(np.float32)
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=2e-36)


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_values_at_the_jump(zero, elementwise):
    assert elementwise(kernels.step, 0.0)([zero]).tolist() == [1.0]
    assert elementwise(kernels.sign, 0.0)([zero]).tolist() == [0.0]


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


def vectorized(function):
    """Compile a call of the loop, without calling it."""
    add_rows, row = sums._adder(function), types.Array(types.float32, 1, "C")

    @njit
    def add(terms, weights, inputs, parameter):
        add_rows(terms, weights, inputs, parameter)

    signature = (row, row, row, types.float32)
    add.compile(signature)
    return re.search(r"call .*llvm\.fma\.v\d+f32", add.inspect_llvm(signature)) is not None


@njit
def one_term(add_term, nonlinearity, parameter, terms, weights, inputs):
    return add_term(nonlinearity, parameter, terms, weights, inputs)


@pytest.mark.parametrize("phi", list(specimens()), ids=str)
def test_registry_and_switch_name_the_same_kernel(phi, elementwise):
    """One term of weight 1 is the value of the kernel, bit for bit."""
    x, parameter = arguments()[::50].copy(), np.float32(phi.kernel_parameter)
    add_term, ones = sums.add_term(np.float32), np.ones(BLOCK, np.float32)
    for inputs in np.resize(x, (math.ceil(x.size / BLOCK), BLOCK)):
        terms = np.zeros_like(inputs)
        one_term(add_term, np.int64(phi.kernel), parameter, terms, ones, inputs)
        values = elementwise(scalar_kernel(phi.name), parameter)(inputs)
        np.testing.assert_array_equal(terms, values)


def test_table_lists_the_registry():
    rows = re.findall(r"^(\d+) +([a-z-]+) ", kernels.__doc__, re.MULTILINE)
    ids = {name: clt.nonlinearities.get(name).kernel for name in clt.nonlinearities.names()}
    assert {name: int(number) for number, name in rows} == ids
    assert sorted(ids.values()) == list(range(len(ids)))
    assert set(STATED) == set(ids)


def test_ids_are_those_of_the_registry():
    ids = {name: clt.nonlinearities.get(name).kernel for name in clt.nonlinearities.names()}
    assert {name: getattr(kernels, name.upper().replace("-", "_")) for name in ids} == ids
