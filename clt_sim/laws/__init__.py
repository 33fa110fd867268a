"""Laws of inputs and weights: frozen values that know their exact facts.

Examples
--------
>>> import clt_sim as clt
>>> law = clt.laws.get("laplace", scale=2)
>>> law.variance
8.0
>>> law == clt.laws.get("laplace(scale=2.0)")
True
"""

from __future__ import annotations

from clt_sim.laws.base import Law, Piece
from clt_sim.laws.bernoulli import Bernoulli
from clt_sim.laws.constant import Constant
from clt_sim.laws.exponential import Exponential
from clt_sim.laws.laplace import Laplace
from clt_sim.laws.logistic import Logistic
from clt_sim.laws.lognormal import Lognormal
from clt_sim.laws.normal import Normal
from clt_sim.laws.piecewise_polynomial import Wikipedia
from clt_sim.laws.rademacher import Rademacher
from clt_sim.laws.registry import get, names
from clt_sim.laws.symmetric_weibull import SymmetricWeibull
from clt_sim.laws.triangular import Triangular
from clt_sim.laws.uniform import Uniform

__all__ = [
    "Bernoulli",
    "Constant",
    "Exponential",
    "Laplace",
    "Law",
    "Logistic",
    "Lognormal",
    "Normal",
    "Piece",
    "Rademacher",
    "SymmetricWeibull",
    "Triangular",
    "Uniform",
    "Wikipedia",
    "get",
    "names",
]
