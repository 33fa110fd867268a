"""The test from the energy distance."""

from __future__ import annotations

from clt_sim._kernels import normality
from clt_sim.normality_tests.statistic import Statistic

ENERGY = Statistic("energy", "E", least=3, kernel=normality.energy)
"""Székely & Rizzo (2005) in one dimension: n times the squared energy distance to N(0, 1).

That is ``2n`` times the integral of ``(F(z) - Phi(z))^2``, where F is the empirical distribution
function of the standardised sample (Székely & Rizzo 2013). They standardise by the sd with
divisor n - 1; here it is n, as in all tests.
"""
