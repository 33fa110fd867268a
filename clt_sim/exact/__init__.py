"""Exact laws of models, by routes that state their error."""

from __future__ import annotations

from clt_sim.exact.law import ExactLaw, NoExactLaw
from clt_sim.exact.piecewise_polynomial import PiecewisePolynomialLaw
from clt_sim.exact.routes import exact

__all__ = ["ExactLaw", "NoExactLaw", "PiecewisePolynomialLaw", "exact"]
