"""The nonlinearities in double precision: the same formulas with other numbers in them.

Errors against the exact function of a double x are measured in
``tests/kernels/test_nonlinearities_double.py``; names are those of ``nonlinearities``.

===========================================  =======================================
name                                         error
===========================================  =======================================
identity, relu, abs, hard-tanh, step, sign   none
leaky-relu, square                           half a unit in the last place
softsign, exp                                relative, below 2.5e-16
sin, cos                                     relative, below 3e-16 for |x| < 2^40
hard-sigmoid                                 relative, below 3.5e-16
silu, softplus                               relative, below 4e-16
hard-swish, elu, celu, selu                  relative, below 4.5e-16
sigmoid, erf                                 relative, below 5e-16
tanh                                         relative, below 6e-16
mish                                         relative, below 6.5e-16
gelu, gelu-tanh                              absolute, below 3.5e-16 max(1, |x|)
===========================================  =======================================

Relative errors are those of results, and of quotients in celu, that are not subnormal. The results
of sigmoid, silu, mish and softplus stay at their value at x = -700 below that, which is below
1e-301 in size. A square overflows above x = 1.3e154, exp above x = 709.78. From 2^40 = 1.1e12 on,
sin and cos are those of x over a power of two.
"""

from __future__ import annotations

import math
from types import FunctionType
from typing import Any

from numba.extending import is_jitted

from clt_sim._kernels import elementary_double, nonlinearities
from clt_sim._kernels.compilation import scalar

double = elementary_double.double

_NUMBERS = {
    "ZERO": 0.0,
    "HALF": 0.5,
    "ONE": 1.0,
    "TWO": 2.0,
    "THREE": 3.0,
    "SIX": 6.0,
    "SIXTH": 1.0 / 6.0,
    "SQRT_HALF": math.sqrt(0.5),
    "LEAST_EXPONENT": -700.0,
    "MISH_END": 40.0,
    "GELU_LINEAR": 2.0 * math.sqrt(2.0 / math.pi),
    "GELU_CUBIC": 0.044715,
    "SELU_SCALE": nonlinearities.SELU_LAMBDA,
    "SELU_BELOW": nonlinearities.SELU_LAMBDA * nonlinearities.SELU_ALPHA,
}
"""By their names in ``nonlinearities``."""
_ELEMENTARY = (
    "cosine",
    "erf",
    "exp",
    "expm1",
    "exponential",
    "log1p",
    "sigmoid",
    "sine",
    "tanh",
)


def _in_double_precision() -> dict[str, Any]:
    """Return the functions of ``nonlinearities``, bound to numbers and functions of this kind."""
    names = vars(nonlinearities)
    bound = dict(names)
    bound |= {name: double(number) for name, number in _NUMBERS.items()}
    bound |= {f"_{name}": getattr(elementary_double, name) for name in _ELEMENTARY}
    own = [
        name for name, value in names.items() if is_jitted(value) and name[1:] not in _ELEMENTARY
    ]
    for name in own:
        function = FunctionType(names[name].py_func.__code__, bound, name)
        function.__module__ = __name__
        bound[name] = scalar(function)
    return bound


FUNCTIONS = _in_double_precision()
"""By the names they have in ``nonlinearities``."""
