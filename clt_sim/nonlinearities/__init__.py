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
from clt_sim.nonlinearities.piecewise_linear import Identity, LeakyReLU, ReLU
from clt_sim.nonlinearities.registry import get, names
from clt_sim.nonlinearities.sigmoidal import GELU, Sigmoid, Tanh

__all__ = [
    "GELU",
    "Identity",
    "LeakyReLU",
    "Nonlinearity",
    "ReLU",
    "Sigmoid",
    "Tanh",
    "get",
    "names",
]
