"""A law as nodes and masses, for functions that are not known beforehand."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._quadrature import gauss_legendre, graded_panels
from clt_sim.laws import Law, Mixture
from clt_sim.laws.probabilities import shares
from clt_sim.nonlinearities import Identity, Nonlinearity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rule = tuple[NDArray[np.float64], NDArray[np.float64]]

FINE = 32.0
"""How many interquartile ranges from the median the panels are a quarter of one wide."""
_LOST = 1e-9
"""Mass that may be missing."""
_NARROW = 2.0**-20
"""Panels narrower than this share of their place hold too few floating-point numbers."""
_LEAST = 1e-300
"""Smaller masses are left out."""


def law_rule(law: Law, nonlinearity: Nonlinearity) -> Rule:
    """Return nodes and masses whose sums are averages of functions of ``phi(X)``.

    Parameters
    ----------
    law : Law
        The law; atoms are nodes of their own.
    nonlinearity : Nonlinearity
        The function phi, whose kinks are ends of panels.

    Returns
    -------
    nodes, masses : ndarray of float64, shape (m,)
        The masses add up to 1. Averages of functions that are smooth over a quarter of the
        interquartile range, and over 1/4 for a phi that is not the identity, are right to about
        1e-12; tails are cut 2**60 interquartile ranges from the median.

    Raises
    ------
    ValueError
        If a mass of 1e-9 is missing or too much: the density cannot be integrated.

    Examples
    --------
    >>> import clt_sim as clt
    >>> nodes, masses = law_rule(clt.laws.get("laplace"), clt.nonlinearities.get("identity"))
    >>> abs(float(masses @ nodes**2) - 2.0) < 1e-13
    True
    """
    with np.errstate(over="ignore", under="ignore"):
        nodes, masses = _rule(law, nonlinearity)
    total = math.fsum(masses)
    if abs(total - 1.0) > _LOST:
        raise ValueError(f"the density of the law {law} integrates to {total:.12g}, not to 1.")
    return nodes, masses / total


def _rule(law: Law, phi: Nonlinearity) -> Rule:
    if isinstance(law, Mixture):
        weights = map(float, shares(law.weights, len(law.components)))
        return _joined(
            (weight, _rule(component, phi))
            for weight, component in zip(weights, law.components, strict=True)
        )
    if not law.atoms:
        return _density_rule(law, phi)
    masses = np.array(list(law.atoms.values()))
    parts = [(1.0, (np.array(list(law.atoms.keys())), masses))]
    if law.without_atoms is not None:
        parts.append((1.0 - math.fsum(masses), _rule(law.without_atoms, phi)))
    return _joined(parts)


def _joined(parts: Iterable[tuple[float, Rule]]) -> Rule:
    nodes, masses = zip(*((x, share * mass) for share, (x, mass) in parts), strict=True)
    return np.concatenate(nodes), np.concatenate(masses)


def _density_rule(law: Law, phi: Nonlinearity) -> Rule:
    """Integrate over x, and over the probability where x has too few digits or at a pole."""
    lower, middle, upper = law.quantile([0.25, 0.5, 0.75]).tolist()
    scale = upper - lower or math.ulp(middle)
    special = np.array([*law.kinks, *filter(math.isfinite, law.support)])
    ends = [graded_panels(middle, scale), _closing_in(special, scale), np.array(phi.kinks)]
    if not isinstance(phi, Identity):
        ends.append(graded_panels(0.0, 1.0))
    places = np.unique(np.clip(np.concatenate(ends), *law.support))
    low, high = places[:-1], places[1:]
    narrow = high - low < _NARROW * np.maximum(np.abs(low), np.abs(high))
    by_probability = narrow | np.isin(low, special) | np.isin(high, special)
    x, weights = gauss_legendre(low[~by_probability], high[~by_probability])
    masses = weights * law.pdf(x)
    low, high = low[by_probability], high[by_probability]
    p, close = gauss_legendre(law.cdf(low), law.cdf(high))
    near = np.clip(law.quantile(p), low[:, None], high[:, None])
    nodes = np.concatenate([x.ravel(), near.ravel()])
    every = np.concatenate([masses.ravel(), close.ravel()])
    return nodes[every > _LEAST], every[every > _LEAST]


def _closing_in(points: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Return ends of panels that halve towards points where a density is not analytic."""
    distances = scale * 2.0 ** -np.arange(3.0, 70.0)
    resolved = distances > 2.0**-46 * np.abs(points)[:, None]
    below, above = points[:, None] - distances, points[:, None] + distances
    return np.concatenate([points, below[resolved], above[resolved]])
