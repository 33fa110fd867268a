"""Averages of functions of ``phi(X)`` that are not smooth at some values of phi."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from clt_sim._quadrature import graded_panels
from clt_sim._validation import TooLargeError
from clt_sim.laws import Law, Mixture
from clt_sim.laws.probabilities import shares
from clt_sim.models.closed_forms import resolved_by_quadrature
from clt_sim.models.density_average import density_average
from clt_sim.nonlinearities import Cos, Identity, Sin

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.theory.terms import Factor

    Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def average(
    factor: Factor, function: Function, *, order: int, levels: Iterable[float] = ()
) -> float:
    """Return ``E[function(phi(X))]``.

    Parameters
    ----------
    factor : Factor
        The law of X and phi.
    function : callable
        Takes an array and returns its values in the same shape.
    order : int
        It grows like the absolute value to this power, of which the expectation is finite.
    levels : iterable of float
        Values of phi at which it is not smooth or jumps.

    Returns
    -------
    float
        The sum over atoms plus quadrature of the density, with an error below 1e-10 of the
        average of the absolute value.

    Raises
    ------
    ValueError
        If phi oscillates too fast for quadrature over the law.
    OverflowError
        If it is beyond the range of doubles.
    """
    phi = factor.nonlinearity
    kinks = [*phi.kinks, *(x for level in levels for x in crossings(factor, level))]
    growth = (order * phi.growth[0], order * phi.growth[1])

    def composed(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return function(np.asarray(phi(x), np.float64))

    def of_density(law: Law) -> float:
        if isinstance(phi, Sin | Cos) and not resolved_by_quadrature(law):
            raise ValueError(f"{phi} oscillates too fast for quadrature over the law {law}.")
        return density_average(law, composed, kinks, growth)

    return _average(factor.law, composed, of_density)


def _average(law: Law, function: Function, of_density: Callable[[Law], float]) -> float:
    """Return ``E[function(X)]``, given how to find it for laws without atoms."""
    if isinstance(law, Mixture):
        weights = map(float, shares(law.weights, len(law.components)))
        return math.fsum(
            weight * _average(component, function, of_density)
            for weight, component in zip(weights, law.components, strict=True)
        )
    if not law.atoms:
        return of_density(law)
    x = np.array(list(law.atoms.keys()))
    masses = np.array(list(law.atoms.values()))
    with np.errstate(over="ignore", under="ignore"):
        values = masses * function(x)
    if not np.all(np.isfinite(values)):
        raise TooLargeError(f"an expectation over the atoms of {law} is too large.")
    rest = law.without_atoms
    beyond = 0.0 if rest is None else (1.0 - math.fsum(masses)) * of_density(rest)
    return math.fsum(values) + beyond


def crossings(factor: Factor, level: float) -> tuple[float, ...]:
    """Return the x in the support at which ``phi(x)`` crosses a level.

    They are looked for between panels a quarter of the scale wide, of the law and of phi, so
    that two crossings much closer than that are not seen.

    Parameters
    ----------
    factor : Factor
        The law of X and phi.
    level : float
        The value of phi.

    Returns
    -------
    tuple of float
        The places, to 1e-15 of themselves and of a panel.

    Examples
    --------
    >>> import clt_sim as clt
    >>> from clt_sim.theory.terms import Factor
    >>> factor = Factor(clt.laws.get("normal"), clt.nonlinearities.get("square"))
    >>> crossings(factor, 4.0)
    (-2.0, 2.0)
    """
    phi = factor.nonlinearity
    if isinstance(phi, Identity):
        return (level,)

    def excess(x: float) -> float:
        return float(phi(x)) - level

    grid = _grid(factor)
    with np.errstate(over="ignore"):
        above = np.asarray(phi(grid)) > level
    changes = np.flatnonzero(above[1:] != above[:-1])
    sides = zip(grid[changes].tolist(), grid[changes + 1].tolist(), strict=True)
    return tuple(
        float(brentq(excess, left, right, xtol=1e-15 * (right - left), rtol=9e-16))
        for left, right in sides
    )


def _grid(factor: Factor) -> NDArray[np.float64]:
    low, high = factor.law.support
    lower, middle, upper = factor.law.quantile([0.25, 0.5, 0.75]).tolist()
    own = graded_panels(middle, upper - lower or 1.0)
    ends = [*own, *graded_panels(0.0, 1.0), *factor.nonlinearity.kinks, low, high]
    places = np.unique(ends)
    inside = (places >= low) & (places <= high) & (np.abs(places) < 2.0**60)
    return np.asarray(places[inside])
