"""How much single terms matter in a sum."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import finite_array
from clt_sim._validation import positive
from clt_sim.models import WeightedSum
from clt_sim.theory.averages import average
from clt_sim.theory.term_moments import unit_moments
from clt_sim.theory.terms import Factor, Terms, UnitTerm, independent_terms

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def lindeberg_ratio(weights: ArrayLike) -> float:
    """Return ``max w**2/sum w**2``: the share of the variance that the largest weight has.

    Sums of independent inputs with one law of finite variance go to a normal law if it goes to 0,
    and for inputs that are not normal only then (Hajek & Sidak, Theory of Rank Tests, 1967,
    section V.1.2).

    Parameters
    ----------
    weights : array_like, shape (n,)
        Finite weights, not all 0.

    Returns
    -------
    float
        From ``1/n`` to 1.

    Raises
    ------
    TypeError
        If the weights are not real numbers.
    ValueError
        If they are not a row of finite numbers, or all are 0.

    Examples
    --------
    >>> lindeberg_ratio([1.0, 1.0, 1.0, 1.0]), lindeberg_ratio([1.0, 0.5, 0.5])
    (0.25, 0.6666666666666666)
    """
    return float(1.0 / np.sum(_relative(weights) ** 2))


def effective_terms(weights: ArrayLike) -> float:
    """Return ``(sum w**2)**2/sum w**4``: how many equal weights give as large a kurtosis.

    The excess kurtosis of the sum is that of an input divided by this number.

    Parameters
    ----------
    weights : array_like, shape (n,)
        Finite weights, not all 0.

    Returns
    -------
    float
        From 1 to n.

    Raises
    ------
    TypeError
        If the weights are not real numbers.
    ValueError
        If they are not a row of finite numbers, or all are 0.

    Examples
    --------
    >>> effective_terms([1.0, 1.0, 1.0, 1.0]), effective_terms([1.0, 0.5, 0.5])
    (4.0, 2.0)
    """
    relative = _relative(weights)
    return float(np.sum(relative**2) ** 2 / np.sum(relative**4))


def _relative(weights: ArrayLike) -> NDArray[np.float64]:
    """Return the weights divided by the largest, whose powers do not overflow."""
    if isinstance(weights, WeightedSum):
        raise TypeError(
            f"weights must be numbers, not the {weights}: take the values of its weights if they"
            " are fixed, or lindeberg_sum(model, epsilon), which takes models."
        )
    row = np.asarray(finite_array("weights", weights, ndim=1, dtype=np.float64))
    largest = np.abs(row).max()
    if largest == 0.0:
        raise ValueError("weights must not all be 0.")
    return np.asarray(row / largest)


def lindeberg_sum(model: WeightedSum, epsilon: float) -> float:
    """Return the share of the variance that is in deviations above ``epsilon`` deviations of S.

    With ``D_i = T_i - E T_i`` and ``B**2 = var S`` it is
    ``sum E[D_i**2; |D_i| > epsilon B]/B**2``. That it goes to 0 for every epsilon is Lindeberg's
    condition (Feller, An Introduction to Probability Theory and Its Applications 2, 1971,
    section VIII.4).

    Parameters
    ----------
    model : WeightedSum
        A sum with independent terms, in which weights or inputs are fixed.
    epsilon : float
        Above 0.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TypeError
        If the model is not a weighted sum.
    ValueError
        If the terms depend on each other, weights and inputs are both random, or the variance is
        not finite and above 0.

    Examples
    --------
    >>> import clt_sim as clt
    >>> even = clt.WeightedSum(16, "rademacher", weights=1.0)
    >>> lindeberg_sum(even, 0.2), lindeberg_sum(even, 0.3)  # each term is a quarter of B
    (1.0, 0.0)
    """
    epsilon = positive("epsilon", epsilon)
    groups = independent_terms(model)
    if any(len(terms.unit.factors) > 1 for terms in groups):
        raise ValueError("weights or inputs must be fixed; both have a law.")
    spreads = [unit_moments(terms.unit, 2).central[2] for terms in groups]
    variance = sum(
        spread * math.fsum(terms.scales**2) for spread, terms in zip(spreads, groups, strict=True)
    )
    if not 0.0 < variance < math.inf:
        raise ValueError(f"the variance of the sum must be finite and above 0, not {variance}.")
    limit = epsilon * math.sqrt(variance)
    return math.fsum(_beyond(terms, limit) for terms in groups) / variance


def _beyond(terms: Terms, limit: float) -> float:
    """Return the sum of ``E[D_i**2; |D_i| > limit]`` over some terms."""
    sizes, counts = np.unique(np.abs(terms.scales), return_counts=True)
    parts = (
        count * size**2 * _unit_beyond(terms.unit, limit / size)
        for size, count in zip(sizes.tolist(), counts.tolist(), strict=True)
    )
    return math.fsum(parts)


def _unit_beyond(unit: UnitTerm, limit: float) -> float:
    keep = 1.0 - unit.dropout
    mean = unit_moments(unit, 2).mean
    dropped = unit.dropout * mean**2 if abs(mean) > limit else 0.0
    if not unit.factors:
        kept = unit.dropout / keep
        return dropped + (keep * kept**2 if kept > limit else 0.0)
    return dropped + _factor_beyond(unit.factors[0], keep * mean, keep * limit) / keep


def _factor_beyond(factor: Factor, centre: float, limit: float) -> float:
    """Return ``E[(Y - centre)**2; |Y - centre| > limit]``."""

    def tail(y: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(np.abs(y - centre) > limit, (y - centre) ** 2, 0.0)

    return average(factor, tail, order=2, levels=(centre - limit, centre + limit))
