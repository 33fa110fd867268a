"""Every registered nonlinearity, with its definition in arbitrary precision."""

from __future__ import annotations

import dataclasses

import mpmath as mp
import pytest

import clt_sim as clt

DEFINITIONS = {
    "gelu": lambda x: x * mp.ncdf(x),
    "identity": lambda x: x,
    "leaky-relu": lambda x, slope: x if x > 0 else mp.mpf(slope) * x,
    "relu": lambda x: max(x, mp.mpf(0)),
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "tanh": mp.tanh,
}


def _variants(name):
    defaults = clt.nonlinearities.get(name)
    yield defaults
    parameters = {field.name: field.default for field in dataclasses.fields(defaults)}
    if parameters:
        yield clt.nonlinearities.get(name, **{k: 2.5 * v + 0.5 for k, v in parameters.items()})
        yield clt.nonlinearities.get(name, **{k: -30.0 * v for k, v in parameters.items()})


PHIS = [phi for name in clt.nonlinearities.names() for phi in _variants(name)]


@pytest.fixture(params=PHIS, ids=str)
def phi(request):
    return request.param


@pytest.fixture
def definition(phi):
    """The function itself; a new nonlinearity has to add its own to the table above."""
    parameters = dataclasses.asdict(phi)
    return lambda x: DEFINITIONS[phi.name](mp.mpf(x), **parameters)
