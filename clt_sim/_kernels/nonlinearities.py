"""Nonlinearities in single precision, as functions of x and one parameter.

===  ============  =================================  =====================================
id   name          computed as                        error against the exact function
===  ============  =================================  =====================================
0    identity      x                                  none
1    relu          max(x, 0)                          none
2    leaky-relu    x or parameter*x                   half a unit in the last place
3    abs           the larger of x and -x             none
4    hard-tanh     x, clipped to [-1, 1]              none
5    hard-sigmoid  (x + 3)/6, clipped to [0, 1]       relative, below 2e-7
6    hard-swish    x times hard-sigmoid               relative, below 2e-7
7    square        x*x                                half a unit in the last place
8    step          1 for x >= 0, else 0               none
9    sign          1, 0 or -1                         none
10   tanh          e/(e + 2), e = exp(2x) - 1         relative, below 5e-7
11   sigmoid       1/(1 + exp(-x))                    relative, below 4e-7
12   erf           a rational function times x        relative, below 3.5e-7
13   softsign      x/(1 + abs(x))                     relative, below 1.5e-7
14   gelu          x (1 + erf(x/sqrt(2)))/2           absolute, below 2.5e-7 max(1, |x|)
15   gelu-tanh     x times a sigmoid                  absolute, below 2.5e-7 max(1, |x|)
16   silu          x times sigmoid                    relative, below 2.5e-7
17   mish          x n/(n + 2), n = e^x (e^x + 2)     relative, below 3.5e-7
18   elu           max(x, 0) + parameter*(e^x - 1)    relative, below 2.5e-7
19   celu          the same, with x/parameter         relative, below 2.5e-7
20   selu          elu with fixed scale and parameter relative, below 2.5e-7
21   softplus      max(x, 0) + log(1 + exp(-|x|))     relative, below 3.5e-7
22   sin           sine of x - k pi/2                 absolute, below 1.2e-7 up to 2.1e6
23   cos           sine of x - (k - 1) pi/2           absolute, below 1.2e-7 up to 2.1e6
24   exp           2^k exp(x - k log 2)               relative, below 2e-7
===  ============  =================================  =====================================

Relative errors are those of results that are not subnormal. Where exp leaves the range of single
precision, below x = -87, the results of sigmoid, silu, mish and softplus stay at their value at
-87, which is below 2e-36 in size. A square overflows above x = 1.8e19, exp above
x = 88.72. From 2^21 = 2.1e6 on, sin and cos are those of x over a power of two: the phases are as
evenly spread as those of large numbers. Choices between two values are made of both, without a
branch.
"""

from __future__ import annotations

import math
from typing import Any

from clt_sim._kernels import elementary
from clt_sim._kernels.compilation import fma, scalar
from clt_sim._kernels.elementary import HALF, ONE, SQRT_HALF, TWO, ZERO, single

IDENTITY, RELU, LEAKY_RELU, ABS, HARD_TANH, HARD_SIGMOID = range(6)
HARD_SWISH, SQUARE, STEP, SIGN = range(6, 10)
TANH, SIGMOID, ERF, SOFTSIGN = range(10, 14)
GELU, GELU_TANH, SILU, MISH = range(14, 18)
ELU, CELU, SELU, SOFTPLUS = range(18, 22)
SIN, COS, EXP = range(22, 25)

THREE, SIX, SIXTH = single(3.0), single(6.0), single(1.0 / 6.0)
LEAST_EXPONENT = single(-87.0)
MISH_END = single(20.0)
"""From here on mish(x) is x in single precision, and (e^x)^2 does not overflow."""
GELU_LINEAR = single(2.0 * math.sqrt(2.0 / math.pi))
GELU_CUBIC = single(0.044715)
SELU_LAMBDA, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
SELU_SCALE, SELU_BELOW = single(SELU_LAMBDA), single(SELU_LAMBDA * SELU_ALPHA)

_cosine = elementary.cosine
_erf = elementary.erf
_exp = elementary.exp
_expm1 = elementary.expm1
_exponential = elementary.exponential
_log1p = elementary.log1p
_sigmoid = elementary.sigmoid
_sine = elementary.sine
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
def absolute(x: Any, parameter: Any) -> Any:
    """Return the absolute value."""
    return x if x > ZERO else -x


@scalar
def hard_tanh(x: Any, parameter: Any) -> Any:
    """Return x clipped to [-1, 1]."""
    x = x if x < ONE else ONE
    return x if x > -ONE else -ONE


@scalar
def hard_sigmoid(x: Any, parameter: Any) -> Any:
    """Return (x + 3)/6 clipped to [0, 1]."""
    x = x + THREE
    x = x if x > ZERO else ZERO
    return SIXTH * x if x < SIX else ONE


@scalar
def hard_swish(x: Any, parameter: Any) -> Any:
    """Return x times its hard sigmoid."""
    return x * hard_sigmoid(x, parameter)


@scalar
def square(x: Any, parameter: Any) -> Any:
    """Return x^2."""
    return x * x


@scalar
def step(x: Any, parameter: Any) -> Any:
    """Return 1 from 0 on, 0 below."""
    return ONE if x >= ZERO else ZERO


@scalar
def sign(x: Any, parameter: Any) -> Any:
    """Return 1 above 0, 0 at 0, -1 below."""
    above = ONE if x > ZERO else ZERO
    below = ONE if x < ZERO else ZERO
    return above - below


@scalar
def tanh(x: Any, parameter: Any) -> Any:
    """Return tanh(x)."""
    return _tanh(x)


@scalar
def sigmoid(x: Any, parameter: Any) -> Any:
    """Return 1/(1 + exp(-x))."""
    return _sigmoid(x)


@scalar
def erf(x: Any, parameter: Any) -> Any:
    """Return erf(x)."""
    return _erf(x)


@scalar
def softsign(x: Any, parameter: Any) -> Any:
    """Return x/(1 + |x|)."""
    return x / (ONE + absolute(x, parameter))


@scalar
def gelu(x: Any, parameter: Any) -> Any:
    """Return x Phi(x)."""
    return HALF * x * (ONE + _erf(x * SQRT_HALF))


@scalar
def _above_least_exponent(x: Any) -> Any:
    """Return max(x, -87): a factor that exp(x), kept above 0, cannot make large."""
    return x if x > LEAST_EXPONENT else LEAST_EXPONENT


@scalar
def gelu_tanh(x: Any, parameter: Any) -> Any:
    """Return x (1 + tanh(u))/2 = x sigmoid(2u) with u = sqrt(2/pi) (x + 0.044715 x^3)."""
    gate = _sigmoid(GELU_LINEAR * x * fma(GELU_CUBIC, x * x, ONE))
    return _above_least_exponent(x) * gate


@scalar
def silu(x: Any, parameter: Any) -> Any:
    """Return x/(1 + exp(-x))."""
    return _above_least_exponent(x) * _sigmoid(x)


@scalar
def mish(x: Any, parameter: Any) -> Any:
    """Return x tanh(log(1 + e^x)), whose tanh is ((1 + e^x)^2 - 1)/((1 + e^x)^2 + 1)."""
    power = _exp(x if x < MISH_END else MISH_END)
    n = power * (power + TWO)
    return _above_least_exponent(x) * (n / (n + TWO))


@scalar
def elu(x: Any, parameter: Any) -> Any:
    """Return x above 0, parameter*(exp(x) - 1) below."""
    # One of the two summands is 0.
    return relu(x, parameter) + parameter * _expm1(x if x < ZERO else ZERO)


@scalar
def celu(x: Any, parameter: Any) -> Any:
    """Return x above 0, parameter*(exp(x/parameter) - 1) below."""
    below = x if x < ZERO else ZERO
    return relu(x, parameter) + parameter * _expm1(below / parameter)


@scalar
def selu(x: Any, parameter: Any) -> Any:
    """Return the ELU scaled by constants."""
    return fma(SELU_SCALE, relu(x, parameter), SELU_BELOW * _expm1(x if x < ZERO else ZERO))


@scalar
def softplus(x: Any, parameter: Any) -> Any:
    """Return log(1 + exp(x))."""
    return relu(x, parameter) + _log1p(_exp(-absolute(x, parameter)))


@scalar
def sin(x: Any, parameter: Any) -> Any:
    """Return sin(x)."""
    return _sine(x)


@scalar
def cos(x: Any, parameter: Any) -> Any:
    """Return cos(x)."""
    return _cosine(x)


@scalar
def exp(x: Any, parameter: Any) -> Any:
    """Return exp(x)."""
    return _exponential(x)
