"""The moments of phi(X): what a model needs to know its own mean and variance."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._quadrature import graded_panels, integrate
from clt_sim.laws import Law, Normal
from clt_sim.nonlinearities import Identity, Nonlinearity

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
        otherwise the sum over atoms plus quadrature of the density, with an error below 1e-10 of
        ``E[|phi(X)|**k]``.
    """
    if isinstance(nonlinearity, Identity):
        return law.moment(k)
    if isinstance(law, Normal) and law.mean == 0.0:
        return nonlinearity.gaussian_moment(k, law.variance)
    return _average(law, lambda x: nonlinearity(x) ** k, nonlinearity.kinks)


@functools.lru_cache(maxsize=256)
def variance(law: Law, nonlinearity: Nonlinearity) -> float:
    """Return the variance of ``phi(X)``.

    The squared deviations are averaged, because the difference of the moments cancels where the
    mean is large.

    Parameters
    ----------
    law : Law
        Law of X.
    nonlinearity : Nonlinearity
        The function phi.

    Returns
    -------
    float
        In closed form for the identity, otherwise by quadrature as in `expectation`.
    """
    if isinstance(nonlinearity, Identity):
        return law.variance
    centre = expectation(law, nonlinearity, 1)
    return _average(law, lambda x: (nonlinearity(x) - centre) ** 2, nonlinearity.kinks)


def _average(
    law: Law,
    function: Callable[[NDArray[np.float64]], NDArray[np.floating]],
    kinks: Iterable[float],
) -> float:
    """Return ``E[function(X)]`` for a function of scale 1 that is smooth between its kinks."""
    total = math.fsum(mass * float(function(np.asarray(x))) for x, mass in law.atoms.items())
    if math.fsum(law.atoms.values()) == 1.0:
        return total

    def integrand(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(law.pdf(x) * function(x), np.float64)

    # Quartiles, unlike mean and variance, exist for every law.
    lower, middle, upper = law.quantile([0.25, 0.5, 0.75]).tolist()
    own, unit = graded_panels(middle, upper - lower), graded_panels(0.0, 1.0)
    special = [*law.kinks, *filter(math.isfinite, law.support)]
    close = _closing_in(np.array(special), upper - lower)
    return total + integrate(integrand, [*own, *unit, *close, *kinks], *law.support)


def _closing_in(points: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Return ends of panels that halve towards points where a density is not analytic."""
    distances = scale * 2.0 ** -np.arange(3.0, 200.0)
    # Panels that hold few floating-point numbers would only add their rounding.
    resolved = distances > 2.0**-32 * np.abs(points)[:, None]
    below, above = points[:, None] - distances, points[:, None] + distances
    return np.concatenate([points, below[resolved], above[resolved]])
