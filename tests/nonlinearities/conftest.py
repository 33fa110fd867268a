"""Every registered nonlinearity, with its definition in arbitrary precision."""

from __future__ import annotations

import dataclasses

import mpmath as mp
import pytest

import clt_sim as clt

# Klambauer et al. (2017), computed in test_functions.py from what they are for.
SELU_SCALE, SELU_ALPHA = "1.0507009873554804934", "1.6732632423543772848"


def exponential_linear(x, alpha, rate=1):
    return x if x > 0 else alpha * mp.expm1(rate * x)


def mish(x):
    return x * mp.tanh(mp.log1p(mp.exp(x)))


def gelu_tanh(x):
    """Write (1 + tanh u)/2 as a logistic function, which does not cancel on the left."""
    return x / (1 + mp.exp(-mp.sqrt(8 / mp.pi) * (x + mp.mpf(0.044715) * x**3)))


def clipped(x, low, high):
    return min(max(x, mp.mpf(low)), mp.mpf(high))


DEFINITIONS = {
    "abs": abs,
    "celu": lambda x, alpha: exponential_linear(x, alpha, 1 / mp.mpf(alpha)),
    "cos": mp.cos,
    "elu": exponential_linear,
    "erf": mp.erf,
    "exp": mp.exp,
    "gelu": lambda x: x * mp.ncdf(x),
    "gelu-tanh": gelu_tanh,
    "hard-sigmoid": lambda x: clipped((x + 3) / 6, 0, 1),
    "hard-swish": lambda x: x * clipped((x + 3) / 6, 0, 1),
    "hard-tanh": lambda x: clipped(x, -1, 1),
    "identity": lambda x: x,
    "leaky-relu": lambda x, slope: x if x > 0 else mp.mpf(slope) * x,
    "mish": mish,
    "relu": lambda x: max(x, mp.mpf(0)),
    "selu": lambda x: mp.mpf(SELU_SCALE) * exponential_linear(x, mp.mpf(SELU_ALPHA)),
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "sign": lambda x: mp.mpf(0) if x == 0 else mp.sign(x),
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "sin": mp.sin,
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "square": lambda x: x * x,
    "step": lambda x: mp.mpf(x >= 0),
    "tanh": mp.tanh,
}

OTHER_PARAMETERS = {
    "celu": [{"alpha": 0.1}, {"alpha": 3.0}],
    "elu": [{"alpha": 0.375}, {"alpha": 3.0}],
    "leaky-relu": [{"slope": 0.525}, {"slope": -0.3}],
}
"""Besides the defaults; a nonlinearity with parameters has to add some."""


def _variants(name):
    default = clt.nonlinearities.get(name)
    others = OTHER_PARAMETERS[name] if dataclasses.fields(default) else []
    return [default, *(clt.nonlinearities.get(name, **parameters) for parameters in others)]


PHIS = [phi for name in clt.nonlinearities.names() for phi in _variants(name)]


@pytest.fixture(params=PHIS, ids=str)
def phi(request):
    return request.param


@pytest.fixture
def definition(phi):
    """The function itself; a new nonlinearity has to add its own to the table above."""
    parameters = dataclasses.asdict(phi)
    return lambda x: DEFINITIONS[phi.name](mp.mpf(x), **parameters)
