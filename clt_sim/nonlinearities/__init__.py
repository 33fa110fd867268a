"""Nonlinearities: frozen values that are functions and know their Gaussian moments.

Examples
--------
>>> import clt_sim as clt
>>> phi = clt.nonlinearities.get("leaky-relu", slope=0.5)
>>> phi([-2.0, 3.0])
array([-1.,  3.])
"""

from __future__ import annotations

from clt_sim.nonlinearities.base import Nonlinearity
from clt_sim.nonlinearities.exponential import Exp
from clt_sim.nonlinearities.exponential_linear import CELU, ELU, SELU, Softplus
from clt_sim.nonlinearities.gated import GELU, GELUTanh, Mish, SiLU
from clt_sim.nonlinearities.hard import HardSigmoid, HardSwish, HardTanh
from clt_sim.nonlinearities.periodic import Cos, Sin
from clt_sim.nonlinearities.piecewise_linear import Abs, Identity, LeakyReLU, ReLU
from clt_sim.nonlinearities.powers import Square
from clt_sim.nonlinearities.registry import get, names
from clt_sim.nonlinearities.sigmoidal import Erf, Sigmoid, Softsign, Tanh
from clt_sim.nonlinearities.steps import Sign, Step
from clt_sim.nonlinearities.user_function import UserFunction

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "SELU",
    "Abs",
    "Cos",
    "Erf",
    "Exp",
    "GELUTanh",
    "HardSigmoid",
    "HardSwish",
    "HardTanh",
    "Identity",
    "LeakyReLU",
    "Mish",
    "Nonlinearity",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Sign",
    "Sin",
    "Softplus",
    "Softsign",
    "Square",
    "Step",
    "Tanh",
    "UserFunction",
    "get",
    "names",
]
