"""Exact laws of models, by routes that state their error."""

from __future__ import annotations

from clt_sim.exact.atomic_law import DiscreteLaw
from clt_sim.exact.closed_family import ClosedFamilyLaw
from clt_sim.exact.inverted_law import InvertedLaw
from clt_sim.exact.lattice import LatticeLaw
from clt_sim.exact.law import ExactLaw, NoExactLaw
from clt_sim.exact.network_law import NetworkLaw
from clt_sim.exact.piecewise_polynomial import PiecewisePolynomialLaw
from clt_sim.exact.pushforward import PushforwardLaw
from clt_sim.exact.routes import exact
from clt_sim.exact.scale_mixture import ScaleMixtureLaw

__all__ = [
    "ClosedFamilyLaw",
    "DiscreteLaw",
    "ExactLaw",
    "InvertedLaw",
    "LatticeLaw",
    "NetworkLaw",
    "NoExactLaw",
    "PiecewisePolynomialLaw",
    "PushforwardLaw",
    "ScaleMixtureLaw",
    "exact",
]
