"""The moments of phi(X): what a model needs to know its own mean and variance."""

from __future__ import annotations

import functools
import math

import numpy as np

from clt_sim.laws import Law, Normal
from clt_sim.nonlinearities import Identity, Nonlinearity

_TAIL = 1e-30
"""Probability left out of the quadrature on each unbounded side."""


@functools.lru_cache(maxsize=256)
def expectation(law: Law, nonlinearity: Nonlinearity, k: int) -> float:
    """Return ``E[phi(X)**k]``.

    Parameters
    ----------
    law : Law
        Law of X.
    nonlinearity : Nonlinearity
        The function phi.
    k : int
        Order, at least 0.

    Returns
    -------
    float
        In closed form for the identity and for centred normal inputs where there is one;
        otherwise the sum over atoms plus composite Gauss-Legendre quadrature of the density on
        panels that end at its kinks and at those of phi, relative error below 1e-10.
    """
    if isinstance(nonlinearity, Identity):
        return law.moment(k)
    if isinstance(law, Normal) and law.mean == 0.0:
        return nonlinearity.gaussian_moment(k, law.variance)
    total = [mass * float(nonlinearity(x)) ** k for x, mass in law.atoms.items()]
    if math.fsum(law.atoms.values()) < 1.0:
        low, high = (
            end if math.isfinite(end) else float(law.quantile(p))
            for end, p in zip(law.support, (_TAIL, 1.0 - 1e-16), strict=True)
        )
        if not math.isfinite(law.support[1]):
            high = law.mean + 2.0 * (high - law.mean)  # the tail beyond what 1 - p can name
        breaks = [x for x in (*law.kinks, *nonlinearity.kinks) if low < x < high]
        ends = np.unique(np.concatenate([np.linspace(low, high, 401), breaks]))
        nodes, weights = np.polynomial.legendre.leggauss(20)
        half = 0.5 * np.diff(ends)[:, None]
        x = 0.5 * (ends[1:] + ends[:-1])[:, None] + half * nodes
        total.extend((half * weights * law.pdf(x) * nonlinearity(x) ** k).ravel())
    return math.fsum(total)
