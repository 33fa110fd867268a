"""Laws of inputs and weights: frozen values that know their exact facts.

Where the docstring of a classical law names no source, its density, moments and characteristic
function are those of N. L. Johnson, S. Kotz & N. Balakrishnan, Continuous Univariate Distributions,
2nd ed., 1994 and 1995.

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

from clt_sim.laws.arcsine import Arcsine
from clt_sim.laws.base import Law, Piece
from clt_sim.laws.bernoulli import Bernoulli
from clt_sim.laws.beta import Beta
from clt_sim.laws.cauchy import Cauchy
from clt_sim.laws.constant import Constant
from clt_sim.laws.discrete import Discrete
from clt_sim.laws.empirical import Empirical
from clt_sim.laws.exponential import Exponential
from clt_sim.laws.gamma import Gamma
from clt_sim.laws.laplace import Laplace
from clt_sim.laws.logistic import Logistic
from clt_sim.laws.lognormal import Lognormal
from clt_sim.laws.lookup import get
from clt_sim.laws.mixture import Mixture
from clt_sim.laws.normal import Normal
from clt_sim.laws.pareto import Pareto
from clt_sim.laws.piecewise_polynomial import PiecewisePolynomial, Wikipedia
from clt_sim.laws.rademacher import Rademacher
from clt_sim.laws.registry import from_description, names
from clt_sim.laws.scipy_distribution import Scipy
from clt_sim.laws.sparse import Sparse
from clt_sim.laws.stable import Stable
from clt_sim.laws.student_t import StudentT
from clt_sim.laws.symmetric_weibull import SymmetricWeibull
from clt_sim.laws.triangular import Triangular
from clt_sim.laws.truncated_normal import TruncatedNormal
from clt_sim.laws.uniform import Uniform

__all__ = [
    "Arcsine",
    "Bernoulli",
    "Beta",
    "Cauchy",
    "Constant",
    "Discrete",
    "Empirical",
    "Exponential",
    "Gamma",
    "Laplace",
    "Law",
    "Logistic",
    "Lognormal",
    "Mixture",
    "Normal",
    "Pareto",
    "Piece",
    "PiecewisePolynomial",
    "Rademacher",
    "Scipy",
    "Sparse",
    "Stable",
    "StudentT",
    "SymmetricWeibull",
    "Triangular",
    "TruncatedNormal",
    "Uniform",
    "Wikipedia",
    "from_description",
    "get",
    "names",
]
