"""Nonlinearity kernels against the nonlinearities' own double-precision values."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import clt_sim as clt
from clt_sim._kernels import nonlinearities as kernels
from clt_sim._kernels.nonlinearities import GELU, IDENTITY, LEAKY_RELU, RELU, SIGMOID, TANH

STATED = {
    IDENTITY: lambda x, exact: 0.0 * x,
    RELU: lambda x, exact: 0.0 * x,
    LEAKY_RELU: lambda x, exact: 2.0**-24 * np.abs(exact) + 2.0**-150,
    TANH: lambda x, exact: 5e-7 * np.abs(exact),
    SIGMOID: lambda x, exact: 4e-7 * exact,
    GELU: lambda x, exact: 2.5e-7 * np.maximum(1.0, np.abs(x)),
}
"""The largest errors that the table in the module of the kernels states."""


def specimens():
    for name in clt.nonlinearities.names():
        default = clt.nonlinearities.get(name)
        yield default
        changed = {f.name: -0.375 for f in dataclasses.fields(default)}
        if changed:
            yield type(default)(**changed)


def arguments():
    rng = np.random.default_rng(3)
    magnitudes = 10.0 ** rng.uniform(-37.0, 3.0, 200_000)
    edges = [0.0, -0.0, 1e-45, -1e-45, 9.5, -9.5, 86.9, -86.9, 3.92 * 2**0.5, -3.92 * 2**0.5]
    x = np.concatenate([np.linspace(-30.0, 30.0, 600_001), magnitudes, -magnitudes, edges])
    return x.astype(np.float32)


@pytest.mark.parametrize("phi", list(specimens()), ids=str)
def test_error_is_below_what_the_table_states(phi, elementwise):
    x = arguments()
    if phi.kernel == SIGMOID:
        x = x[x > -87.0]
    function = getattr(kernels, phi.name.replace("-", "_"))
    parameter = np.float32(phi.kernel_parameter)
    exact = np.asarray(phi(x.astype(np.float64)))
    if phi.kernel == LEAKY_RELU:  # the slope itself is in single precision
        exact = np.where(x > 0, x.astype(np.float64), np.float64(parameter) * x)
        assert phi.slope == pytest.approx(parameter, rel=2.0**-24)
    error = np.abs(elementwise(function, parameter)(x) - exact)
    assert np.all(error <= STATED[phi.kernel](x.astype(np.float64), exact))


def test_ids_are_those_of_the_registry():
    ids = {name: clt.nonlinearities.get(name).kernel for name in clt.nonlinearities.names()}
    assert {name: getattr(kernels, name.upper().replace("-", "_")) for name in ids} == ids
