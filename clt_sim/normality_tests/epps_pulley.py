"""The test from the distance between characteristic functions."""

from __future__ import annotations

from clt_sim._kernels import normality
from clt_sim.normality_tests.statistic import Statistic

EPPS_PULLEY = Statistic("epps-pulley", "T", least=3, kernel=normality.epps_pulley)
"""Epps & Pulley (1983), or Baringhaus & Henze (1988) with ``beta = 1``.

n times the integral of ``|f(t) - exp(-t^2/2)|^2`` under the density of N(0, 1), where f is the
empirical characteristic function of the standardised sample. As a sum over pairs it would take a
time of order n^2; here it takes one of order n, to the same value.
"""
