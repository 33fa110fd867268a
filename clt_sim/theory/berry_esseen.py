"""Certified bounds on the distance of a standardised sum from the normal law."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.theory.term_moments import third_absolute_moment, unit_moments
from clt_sim.theory.terms import Terms, independent_terms

if TYPE_CHECKING:
    from clt_sim.models import WeightedSum

_NOT_IDENTICAL = 0.5600


def berry_esseen_bound(model: WeightedSum) -> float:
    """Return a bound on the Kolmogorov distance of the standardised sum from N(0,1).

    For n terms with one law and ``b = E|T - E T|**3/sd(T)**3`` it is ``min(0.4690 b,
    0.3322 (b + 0.429), 0.3031 (b + 0.646))/sqrt(n)`` (Shevtsova, On the absolute constants in the
    Berry-Esseen inequality and its structural and nonuniform improvements, Informatics and its
    Applications 7, 2013). For other independent terms it is 0.5600 times the `lyapunov_fraction`
    (Shevtsova, An improvement of convergence rate estimates in the Lyapunov theorem, Doklady
    Mathematics 82, 2010).

    Parameters
    ----------
    model : WeightedSum
        A sum with independent terms; those with the weight 0 do not count.

    Returns
    -------
    float
        The bound; inf where a third moment is infinite, and it may be above 1.

    Raises
    ------
    TypeError
        If the model is not a weighted sum.
    ValueError
        If the terms depend on each other, or the sum is constant.

    Examples
    --------
    >>> import clt_sim as clt
    >>> round(berry_esseen_bound(clt.WeightedSum(100, "rademacher", weights=1.0)), 6)
    0.0469
    >>> round(berry_esseen_bound(clt.WeightedSum(2, "rademacher", weights=[1.0, 2.0])), 6)
    0.450791
    """
    groups = independent_terms(model)
    fraction = _lyapunov_fraction(groups)
    scales = groups[0].scales
    if len(groups) > 1 or np.any(scales != scales[0]):
        return _NOT_IDENTICAL * fraction
    root = math.sqrt(scales.size)
    b = fraction * root
    return min(0.4690 * b, 0.3322 * (b + 0.429), 0.3031 * (b + 0.646)) / root


def goldstein_bound(model: WeightedSum) -> float:
    """Return a bound on the Wasserstein-1 distance of the standardised sum from N(0,1).

    It is the `lyapunov_fraction`, with the constant 1 (Goldstein, Bounds on the constant in the
    mean central limit theorem, Annals of Probability 38, 2010, theorem 1.1).

    Parameters
    ----------
    model : WeightedSum
        A sum with independent terms.

    Returns
    -------
    float
        The bound; inf where a third moment is infinite.

    Raises
    ------
    TypeError
        If the model is not a weighted sum.
    ValueError
        If the terms depend on each other, or the sum is constant.

    Examples
    --------
    >>> import clt_sim as clt
    >>> round(goldstein_bound(clt.WeightedSum(100, "rademacher", weights=1.0)), 12)
    0.1
    """
    return lyapunov_fraction(model)


def lyapunov_fraction(model: WeightedSum) -> float:
    """Return ``sum E|T_i - E T_i|**3/(sum var T_i)**1.5``.

    It goes to 0 where the central limit theorem holds by Lyapunov's condition, for third moments.
    For n terms of one law it is ``E|T - E T|**3/sd(T)**3/sqrt(n)``.

    Parameters
    ----------
    model : WeightedSum
        A sum with independent terms.

    Returns
    -------
    float
        At least ``1/sqrt(n)`` for n terms; inf where a third moment is infinite.

    Raises
    ------
    TypeError
        If the model is not a weighted sum.
    ValueError
        If the terms depend on each other, or the sum is constant.

    Examples
    --------
    >>> import clt_sim as clt
    >>> round(lyapunov_fraction(clt.WeightedSum(4, "uniform", weights=1.0)), 12)  # 3**1.5/8
    0.649519052838
    """
    return _lyapunov_fraction(independent_terms(model))


def _lyapunov_fraction(groups: tuple[Terms, ...]) -> float:
    third, variance = 0.0, 0.0
    for terms in groups:
        size = np.abs(terms.scales)
        variance += unit_moments(terms.unit, 2).central[2] * math.fsum(size**2)
        third += third_absolute_moment(terms.unit) * math.fsum(size**3)
    if variance == 0.0:
        raise ValueError("the sum is constant: no term has a variance above 0.")
    return third / variance**1.5 if math.isfinite(third) else math.inf


def asymptotic_constant() -> float:
    """Return the least constant that the Berry-Esseen inequality can have, 0.40973...

    ``sqrt(n) KS/b`` has limits of at most ``(sqrt(10) + 3)/(6 sqrt(2 pi))`` as n grows, for terms
    of one law with ``b = E|T - E T|**3/sd(T)**3``; that is attained by Bernoulli terms with the
    probability ``(4 - sqrt(10))/2`` (Esseen, A moment inequality with an application to the central
    limit theorem, Skandinavisk Aktuarietidskrift 39, 1956).

    Returns
    -------
    float
        The constant.

    Examples
    --------
    >>> round(asymptotic_constant(), 9)
    0.409732184
    """
    return (math.sqrt(10.0) + 3.0) / (6.0 * math.sqrt(math.tau))
