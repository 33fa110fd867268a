"""Nonlinearities in single precision, as functions of x and one parameter.

===  ===========  ==================================  ====================================
id   name         computed as                         error against the exact function
===  ===========  ==================================  ====================================
0    identity     x                                   none
1    relu         max(x, 0)                           none
2    leaky-relu   x or parameter*x                    half a unit in the last place
3    tanh         e/(e + 2), e = exp(2x) - 1          relative, below 5e-7
4    sigmoid      1/(1 + exp(-x))                     relative, below 4e-7
5    gelu         x (1 + erf(x/sqrt(2)))/2            absolute, below 2.5e-7 max(1, |x|)
===  ===========  ==================================  ====================================
"""

from __future__ import annotations

from typing import Any

from clt_sim._kernels import elementary
from clt_sim._kernels.compilation import scalar
from clt_sim._kernels.elementary import HALF, ONE, SQRT_HALF, ZERO

IDENTITY, RELU, LEAKY_RELU, TANH, SIGMOID, GELU = range(6)

_erf = elementary.erf
_sigmoid = elementary.sigmoid
_tanh = elementary.tanh


@scalar
def identity(x: Any, parameter: Any) -> Any:
    """Return x."""
    return x


@scalar
def relu(x: Any, parameter: Any) -> Any:
    """Return max(x, 0)."""
    return x if x > ZERO else ZERO


@scalar
def leaky_relu(x: Any, parameter: Any) -> Any:
    """Return x above 0, parameter*x below."""
    return x if x > ZERO else parameter * x


@scalar
def tanh(x: Any, parameter: Any) -> Any:
    """Return tanh(x)."""
    return _tanh(x)


@scalar
def sigmoid(x: Any, parameter: Any) -> Any:
    """Return 1/(1 + exp(-x))."""
    return _sigmoid(x)


@scalar
def gelu(x: Any, parameter: Any) -> Any:
    """Return x Phi(x)."""
    return HALF * x * (ONE + _erf(x * SQRT_HALF))
