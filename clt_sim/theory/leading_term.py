"""The power of 1/n that leads the distance of a standardised sum to the normal law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._validation import check_name
from clt_sim.laws import Law
from clt_sim.theory.cumulants import sum_cumulants

if TYPE_CHECKING:
    from clt_sim.models import WeightedSum

_DENSITY_0 = 1.0 / math.sqrt(math.tau)
_DENSITY_1 = _DENSITY_0 * math.exp(-0.5)
_DENSITY_ROOT_3 = _DENSITY_0 * math.exp(-1.5)
_EXTREME_OF_HE3 = math.sqrt(6.0 * (3.0 - math.sqrt(6.0)) / math.tau) * math.exp(
    -0.5 * (3.0 - math.sqrt(6.0))
)
"""The largest value of ``|He3(z)| phi(z)``, at z^2 = 3 - sqrt(6)."""
_ZERO = 1e-9
"""A standardised third cumulant below is a rounding error of 0."""


@dataclass(frozen=True, slots=True)
class LeadingTerm:
    """A power of n.

    Parameters
    ----------
    exponent : float
        That of 1/n, above 0.
    constant : float or None
        The factor of the power; None if only the exponent is known.
    """

    exponent: float
    constant: float | None


@dataclass(frozen=True, slots=True)
class ExpansionLimits:
    """What a measure of the first term of an Edgeworth expansion is.

    Parameters
    ----------
    per_skewness : float or None
        The limit of the measure over ``|skewness|``; None where the skewness does not enter.
    per_kurtosis : float
        The limit over ``|excess kurtosis|``, where the skewness is 0 or does not enter.
    """

    per_skewness: float | None
    per_kurtosis: float


# The expansion F - Phi = -phi (g/6 He2 + k/24 He3 + ...): its largest value and the integral of
# its size, which for He_j phi is the total variation of He_(j-1) phi.
LIMITS = {
    "kolmogorov": ExpansionLimits(_DENSITY_0 / 6.0, _EXTREME_OF_HE3 / 24.0),
    "wasserstein-1": ExpansionLimits(
        4.0 * _DENSITY_1 / 6.0, 2.0 * (_DENSITY_0 + 4.0 * _DENSITY_ROOT_3) / 24.0
    ),
    "excess-kurtosis": ExpansionLimits(None, 1.0),
}
"""By the names of measures."""


def leading_term(
    model: WeightedSum, measure: str, *, discrete: bool = False, span: float = math.nan
) -> LeadingTerm | None:
    """Return the power of 1/n that leads a distance of a sum of like terms; None if unknown.

    For terms whose characteristic function stays away from 1 the first term of the Edgeworth
    expansion leads: ``|skewness|`` or, if it is 0, ``|excess kurtosis|`` times a number. For
    lattice terms with the span h the Kolmogorov distance is ``(|g|/6 + h/(2 sd))/sqrt(2 pi)``
    with the skewness g and the standard deviation of the sum (Esseen, A moment inequality with an
    application to the central limit theorem, 1956). Symmetric terms with a tail index a between 2
    and 4 have a term ``|t|**a`` in the characteristic function, and the exponent ``a/2 - 1``.

    Parameters
    ----------
    model : WeightedSum
        A sum of n independent terms of one law, with a finite variance.
    measure : str
        ``"kolmogorov"``, ``"wasserstein-1"`` or ``"excess-kurtosis"``, of which the size is meant.
    discrete : bool
        Whether the terms have atoms only.
    span : float
        That of a lattice of the values of the sum, over its standard deviation; nan if they are on
        none.

    Returns
    -------
    LeadingTerm or None
        The power, whose constant is such that it has its value at the model's n.

    Raises
    ------
    ValueError
        If the measure is another one.

    Examples
    --------
    >>> import clt_sim as clt
    >>> model = clt.WeightedSum(100, "laplace", weights=1.0)
    >>> term = leading_term(model, "excess-kurtosis")
    >>> term.exponent, round(term.constant, 6)
    (1.0, 3.0)
    """
    check_name("measure with a leading term", measure, LIMITS)
    limits, n = LIMITS[measure], model.n
    third, fourth = sum_cumulants(model, 4).standardized
    if limits.per_skewness is None:
        return _power(limits.per_kurtosis * abs(fourth), 1.0, n)
    if discrete:
        width = span if measure == "kolmogorov" else math.nan
        return _power((abs(third) / 6.0 + width / 2.0) * _DENSITY_0, 0.5, n)
    if model.tail_index < 4.0 and _has_symmetric_weights(model):
        return LeadingTerm(model.tail_index / 2.0 - 1.0, None)
    if abs(third) > _ZERO:
        return _power(limits.per_skewness * abs(third), 0.5, n)
    return _power(limits.per_kurtosis * abs(fourth), 1.0, n)


def _power(value: float, exponent: float, n: int) -> LeadingTerm | None:
    """Return the power of n that has a value at n."""
    if not (math.isfinite(value) and value > 1e-12):
        return None
    return LeadingTerm(exponent, value * n**exponent)


def _has_symmetric_weights(model: WeightedSum) -> bool:
    """Return whether the weights are symmetric about 0, and so every term."""
    if not isinstance(model.weights, Law):
        return False
    p = np.linspace(0.01, 0.49, 25)
    low, high = model.weights.quantile(p), model.weights.quantile(1.0 - p)
    return bool(np.allclose(low, -high, rtol=1e-9, atol=1e-12))
