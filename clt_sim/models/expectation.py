"""The moments of phi(X): what a model needs to know its own mean and variance."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._validation import TooLargeError
from clt_sim.laws import Law, Mixture, Normal
from clt_sim.laws.extended_sum import extended_sum
from clt_sim.laws.probabilities import shares
from clt_sim.models.closed_forms import closed_form, resolved_by_quadrature
from clt_sim.models.density_average import density_average
from clt_sim.nonlinearities import Cos, Exp, Identity, Nonlinearity, Sin

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FAR = 2.0**30
"""Where the sign of a nonlinearity that grows is that of its limit."""


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
        In closed form for the identity and for centred normal inputs where there is one, and
        for the sine, the cosine and some exponentials by transforms of the law; otherwise the
        sum over atoms plus quadrature of the density, with an error below 1e-10 of
        ``E[|phi(X)|**k]``. Sine and cosine of a law with tails too heavy for quadrature have an
        absolute error, of 1e-13.

        Infinite where ``E[|phi(X)|**k]`` is, which the `growth` of phi and the `tail_index` and
        `exponential_index` of the law tell; nan where it is infinite on both sides with opposite
        signs. Where the support is not bounded, the tail index counts for both tails.

    Raises
    ------
    OverflowError
        If it is finite, but beyond the range of doubles.
    """
    if k == 0:
        return 1.0
    if isinstance(nonlinearity, Identity):
        return law.moment(k)
    return _average(
        law,
        lambda x: nonlinearity(x) ** k,
        lambda part: _moment_of_density(part, nonlinearity, k),
    )


@functools.lru_cache(maxsize=256)
def variance(law: Law, nonlinearity: Nonlinearity) -> float:
    """Return the variance of ``phi(X)``.

    The squared deviations are averaged where the difference of the moments would cancel.

    Parameters
    ----------
    law : Law
        Law of X.
    nonlinearity : Nonlinearity
        The function phi.

    Returns
    -------
    float
        As in `expectation`; infinite where the second moment is, nan where there is no mean.

    Raises
    ------
    OverflowError
        If it is finite, but beyond the range of doubles.
    """
    if isinstance(nonlinearity, Identity):
        return law.variance
    centre = expectation(law, nonlinearity, 1)
    if not math.isfinite(centre):
        return math.nan if math.isnan(centre) else math.inf
    if isinstance(nonlinearity, Sin | Cos | Exp):
        square = expectation(law, nonlinearity, 2)
        difference = square - centre**2
        oscillates = isinstance(nonlinearity, Sin | Cos) and not resolved_by_quadrature(law)
        if difference > 1e-3 * square or oscillates:
            return max(difference, 0.0)  # rounding may leave less than nothing

    def deviation(x: NDArray[np.float64]) -> NDArray[np.floating]:
        return np.asarray((nonlinearity(x) - centre) ** 2)

    return _average(law, deviation, lambda part: _average_of_density(part, nonlinearity, deviation))


def _average(
    law: Law,
    function: Callable[[NDArray[np.float64]], NDArray[np.floating]],
    of_density: Callable[[Law], float],
) -> float:
    """Return ``E[function(X)]``, given how to find it for laws without atoms."""
    if isinstance(law, Mixture):
        # Components may differ in everything, also in whether they have the moment.
        weights = map(float, shares(law.weights, len(law.components)))
        return extended_sum(
            weight * _average(component, function, of_density)
            for weight, component in zip(weights, law.components, strict=True)
        )
    if not law.atoms:
        return of_density(law)
    atoms = law.atoms
    x = np.fromiter(atoms.keys(), np.float64, len(atoms))
    masses = np.fromiter(atoms.values(), np.float64, len(atoms))
    with np.errstate(over="ignore", under="ignore"):
        values = masses * function(x)
    if not np.all(np.isfinite(values)):
        raise TooLargeError(f"an expectation over the atoms of {law} is too large.")
    rest = law.without_atoms
    if rest is None:
        return math.fsum(values)
    share = 1.0 - math.fsum(masses)
    return math.fsum(values) + share * _average(rest, function, of_density)


def _moment_of_density(law: Law, nonlinearity: Nonlinearity, k: int) -> float:
    """Return ``E[phi(X)**k]`` for a law without atoms."""
    signs = _signs_of_infinities(law, nonlinearity, k)
    if signs:
        return math.inf * signs.pop() if len(signs) == 1 else math.nan
    if isinstance(law, Normal) and law.mean == 0.0:
        return nonlinearity.gaussian_moment(k, law.variance)
    closed = closed_form(law, nonlinearity, k)
    if closed is not None:
        return closed
    growth = _growth(nonlinearity, k)
    return density_average(law, lambda x: nonlinearity(x) ** k, nonlinearity.kinks, growth)


def _average_of_density(
    law: Law,
    nonlinearity: Nonlinearity,
    deviation: Callable[[NDArray[np.float64]], NDArray[np.floating]],
) -> float:
    """Return the average of squared deviations for a law without atoms."""
    if _signs_of_infinities(law, nonlinearity, 2):
        return math.inf
    return density_average(law, deviation, nonlinearity.kinks, _growth(nonlinearity, 2))


def _growth(nonlinearity: Nonlinearity, k: int) -> tuple[float, float]:
    left, right = nonlinearity.growth
    return k * left, k * right


def _signs_of_infinities(law: Law, nonlinearity: Nonlinearity, k: int) -> set[float]:
    """Return the signs of ``phi(x)**k`` on those sides where its integral is infinite."""
    sides = zip((-1.0, 1.0), law.support, _growth(nonlinearity, k), strict=True)
    far = [
        side * _FAR for side, end, growth in sides if math.isinf(end) and _outgrows(law, growth, k)
    ]
    return {float(np.sign(nonlinearity(x))) ** k for x in far} - {0.0}


def _outgrows(law: Law, growth: float, k: int) -> bool:
    """Whether a k-th power that grows with this order is not integrable on an infinite side."""
    if math.isinf(growth):
        return math.isfinite(law.tail_index) or k >= law.exponential_index
    return growth > 0.0 and growth >= law.tail_index
