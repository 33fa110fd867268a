"""Cumulants of a sum of independent terms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clt_sim._validation import whole
from clt_sim.tables import Facts
from clt_sim.theory.term_moments import unit_moments
from clt_sim.theory.terms import independent_terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clt_sim.models import WeightedSum

HIGHEST_ORDER = 6


@dataclass(frozen=True, slots=True)
class Cumulants(Facts):
    """The mean, the variance and the standardised cumulants of a random number.

    Parameters
    ----------
    mean, variance : float
        The first two cumulants.
    standardized : tuple of float
        ``kappa_k/kappa_2**(k/2)`` for k from 3 on, at most to 6; inf or nan where not finite.

    Examples
    --------
    >>> cumulants = Cumulants(mean=1.0, variance=1.0, standardized=(2.0, 6.0))  # exponential
    >>> cumulants.skewness, cumulants.excess_kurtosis, cumulants.order
    (2.0, 6.0, 4)
    """

    mean: float
    variance: float
    standardized: tuple[float, ...] = ()

    @property
    def order(self) -> int:
        """The highest order."""
        return 2 + len(self.standardized)

    @property
    def skewness(self) -> float:
        """The standardised third cumulant; nan if it is not among them."""
        return self.standardized[0] if self.standardized else math.nan

    @property
    def excess_kurtosis(self) -> float:
        """The standardised fourth cumulant; nan if it is not among them."""
        return self.standardized[1] if len(self.standardized) > 1 else math.nan


def sum_cumulants(model: WeightedSum, order: int = HIGHEST_ORDER) -> Cumulants:
    """Return the cumulants of a sum of independent terms.

    The k-th cumulant of independent numbers adds up, and that of ``s X`` is ``s**k`` times that
    of X: for fixed weights the standardised cumulants are those of a term times
    ``sum w**k/(sum w**2)**(k/2)`` (Kendall & Stuart, The Advanced Theory of Statistics 1, 1977,
    chapter 3). Each follows from the central moments of a term, of the order k at most.

    Parameters
    ----------
    model : WeightedSum
        A sum with independent terms; a bias with a law is a term.
    order : int
        The highest order, from 2 to 6.

    Returns
    -------
    Cumulants
        The cumulants. The first that is infinite is inf, with its sign, or nan where that is not
        known; those of higher orders do not exist and are nan, as all are without a variance.

    Raises
    ------
    TypeError
        If the model is not a weighted sum.
    ValueError
        If the terms depend on each other, or the sum is constant.
    OverflowError
        If a moment is finite, but beyond the range of doubles.

    Examples
    --------
    >>> import clt_sim as clt
    >>> sums = clt.WeightedSum(n=64, inputs="normal", nonlinearity="relu", weights="normal")
    >>> sum_cumulants(sums).excess_kurtosis  # 15/64
    0.234375
    >>> sum_cumulants(clt.WeightedSum(10, "student-t(df=4.5)", weights=1.0)).standardized[2:]
    (nan, nan)
    """
    order = whole("order", order, least=2, most=HIGHEST_ORDER)
    totals = [0.0] * (order + 1)
    for terms in independent_terms(model):
        moments = unit_moments(terms.unit, order)
        own = [math.nan, moments.mean, *_cumulants(moments.central)]
        for k in range(1, order + 1):
            totals[k] += _scaled(own[k], terms.scales**k)
    variance = totals[2]
    if variance == 0.0:
        raise ValueError(f"the sum is constant: {model}.")
    standardized = [total / variance ** (k / 2) for k, total in enumerate(totals) if k > 2]
    mean = totals[1] + model.constant_bias
    return Cumulants(mean, variance, _until_infinite(variance, standardized))


def _cumulants(central: Sequence[float]) -> list[float]:
    """Return the cumulants from the second on (Kendall & Stuart, equation 3.39)."""
    _, _, m2, m3, m4, m5, m6 = (*central, *[math.nan] * (7 - len(central)))
    every = [
        m2,
        m3,
        m4 - 3.0 * m2**2,
        m5 - 10.0 * m3 * m2,
        m6 - 15.0 * m4 * m2 - 10.0 * m3**2 + 30.0 * m2**3,
    ]
    return every[: len(central) - 2]


def _scaled(cumulant: float, powers: NDArray[np.float64]) -> float:
    """Return the sum of a cumulant times powers of scales; nan for infinities of both signs."""
    if math.isfinite(cumulant):
        return cumulant * math.fsum(powers)
    signs = {math.copysign(1.0, power) for power in powers.tolist()}
    return cumulant * signs.pop() if len(signs) == 1 else math.nan


def _until_infinite(variance: float, standardized: list[float]) -> tuple[float, ...]:
    exists = math.isfinite(variance)
    result = []
    for value in standardized:
        result.append(value if exists else math.nan)
        exists = exists and math.isfinite(value)
    return tuple(result)
