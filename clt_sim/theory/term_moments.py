"""Central moments and absolute moments of one term."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.models.expectation import expectation, variance
from clt_sim.theory.averages import average
from clt_sim.theory.quadrature_rule import law_rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.theory.terms import Factor, UnitTerm


@dataclass(frozen=True, slots=True)
class Moments:
    """The mean of a random number and its central moments.

    Parameters
    ----------
    mean : float
        The expectation.
    central : tuple of float
        ``E[(X - mean)**k]`` for k from 0 on; inf or nan where not finite.
    """

    mean: float
    central: tuple[float, ...]


def unit_moments(unit: UnitTerm, order: int) -> Moments:
    """Return the moments of a unit term, up to an order.

    The factors are combined about their means, so that nothing cancels where a mean is large.

    Parameters
    ----------
    unit : UnitTerm
        The term.
    order : int
        At least 2.

    Returns
    -------
    Moments
        Even moments that are infinite are inf; odd ones inf with their sign or nan.

    Examples
    --------
    >>> import clt_sim as clt
    >>> from clt_sim.theory.terms import independent_terms
    >>> (terms,) = independent_terms(clt.WeightedSum(5, "rademacher"))  # normal weights
    >>> unit_moments(terms.unit, 4)
    Moments(mean=0.0, central=(1.0, 0.0, 1.0, 0.0, 3.0))
    """
    parts = [factor_moments(factor, order) for factor in unit.factors]
    if unit.dropout:
        parts.append(_mask_moments(unit.dropout, order))
    return functools.reduce(_product, parts)


def _mask_moments(drop: float, order: int) -> Moments:
    """Return the moments of a number that is 0 or ``1/(1 - drop)``, with mean 1."""
    keep = 1.0 - drop
    central = [drop * (-1.0) ** k + keep * (drop / keep) ** k for k in range(order + 1)]
    return Moments(1.0, (1.0, 0.0, *central[2:]))


def factor_moments(factor: Factor, order: int) -> Moments:
    """Return the moments of ``phi(X)`` up to an order, as `unit_moments` does."""
    law, phi = factor.law, factor.nonlinearity
    raw = [expectation(law, phi, k) for k in range(order + 1)]
    mean = raw[1]
    spread = variance(law, phi)
    central = [1.0, 0.0, spread]
    for k in range(3, order + 1):
        if not math.isfinite(raw[k]) or not math.isfinite(mean):
            central.append(raw[k])
        elif mean * mean <= 4.0 * spread:
            central.append(_from_raw(raw, k))
        else:
            central.append(_by_quadrature(factor, mean, k))
    return Moments(mean, tuple(central))


def _from_raw(raw: list[float], k: int) -> float:
    """Return the k-th central moment from raw moments, in exact arithmetic."""
    mean = Fraction(raw[1])
    parts = (math.comb(k, j) * Fraction(raw[j]) * (-mean) ** (k - j) for j in range(k + 1))
    return float(sum(parts, Fraction(0)))


def _by_quadrature(factor: Factor, mean: float, k: int) -> float:
    return average(factor, lambda y: (y - mean) ** k, order=k)


def _product(first: Moments, second: Moments) -> Moments:
    """Return the moments of the product of independent numbers A and B.

    ``AB - ab = a(B - b) + b(A - a) + (A - a)(B - b)``, of which the powers are expanded.
    """
    if _is_zero(first) or _is_zero(second):
        return Moments(0.0, (1.0,) + (0.0,) * (len(first.central) - 1))
    central = [_product_moment(first, second, k) for k in range(len(first.central))]
    return Moments(first.mean * second.mean, tuple(central))


def _is_zero(moments: Moments) -> bool:
    return moments.mean == 0.0 and moments.central[2] == 0.0


def _product_moment(first: Moments, second: Moments, k: int) -> float:
    if not math.isfinite(first.mean) or not math.isfinite(second.mean):
        return math.nan
    if not all(map(math.isfinite, (*first.central[: k + 1], *second.central[: k + 1]))):
        return math.nan if k % 2 else math.inf
    return math.fsum(
        math.comb(k, i)
        * math.comb(k - i, j)
        * first.mean**i
        * second.mean**j
        * second.central[k - j]
        * first.central[k - i]
        for i in range(k + 1)
        for j in range(k + 1 - i)
    )


def third_absolute_moment(unit: UnitTerm) -> float:
    """Return ``E|U - E U|**3`` of a unit term.

    Parameters
    ----------
    unit : UnitTerm
        The term.

    Returns
    -------
    float
        With a relative error below 1e-8; inf where it is infinite.

    Examples
    --------
    >>> import clt_sim as clt
    >>> from clt_sim.theory.terms import independent_terms
    >>> (terms,) = independent_terms(clt.WeightedSum(5, "uniform", weights=1.0))
    >>> round(third_absolute_moment(terms.unit), 12)  # 1/32
    0.03125
    """
    drop = unit.dropout
    keep = 1.0 - drop
    if not all(math.isfinite(_third(factor)) for factor in unit.factors):
        return math.inf
    mean = math.prod(expectation(f.law, f.nonlinearity, 1) for f in unit.factors)
    dropped = drop * abs(mean) ** 3
    return dropped + _distance_cubed(unit.factors, keep * mean) / keep**2


def _third(factor: Factor) -> float:
    return expectation(factor.law, factor.nonlinearity, 3)


def _distance_cubed(factors: tuple[Factor, ...], level: float) -> float:
    """Return ``E|P - level|**3`` for the product P of the factors."""
    if not factors:
        return abs(1.0 - level) ** 3
    if len(factors) == 1:
        return _third_absolute(factors[0], level)
    size = math.prod(_third_absolute(factor, 0.0) for factor in factors)
    return size + _excess_over_centred(factors[0], factors[1], level) if level else size


def _third_absolute(factor: Factor, level: float) -> float:
    def cubed(y: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.abs(y - level) ** 3

    return average(factor, cubed, order=3, levels=(level,))


def _excess_over_centred(first: Factor, second: Factor, level: float) -> float:
    """Return ``E|AB - level|**3 - E|AB|**3``.

    For each a it is ``|a|**3 (G(level/a) - G(0))``, where ``G(t) = E|B - t|**3`` follows from the
    moments of B below t and above it. The tails of the difference are those of the second moment,
    so that nodes reach them.
    """
    a, mass = _values(first)
    b, other = _values(second)
    rising = np.argsort(b)
    t = level / a[a != 0.0]
    change = _cubed_distances(b[rising], other[rising], t)
    moved = math.fsum(mass[a != 0.0] * np.abs(a[a != 0.0]) ** 3 * change)
    return moved + math.fsum(mass[a == 0.0]) * abs(level) ** 3


def _values(factor: Factor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, mass = law_rule(factor.law, factor.nonlinearity)
    return np.asarray(factor.nonlinearity(x), np.float64), mass


def _cubed_distances(
    b: NDArray[np.float64], mass: NDArray[np.float64], t: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ``E|B - t|**3 - E|B|**3`` for a law on rising values b."""
    change = np.empty(t.shape)
    change[t >= 0.0] = _cubed_distances_right(b, mass, t[t >= 0.0])
    change[t < 0.0] = _cubed_distances_right(-b[::-1], mass[::-1], -t[t < 0.0])
    return change


def _cubed_distances_right(
    b: NDArray[np.float64], mass: NDArray[np.float64], t: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the same for t at least 0.

    ``sign(b) ((b - t)^3 - b^3)``, plus ``2 (t - b)^3`` for b between 0 and t, where the sign of
    ``b - t`` is not that of b, plus ``t^3`` at 0.
    """
    powers = np.stack([mass * b**k for k in range(4)])
    first, second, third = (np.sign(b) * powers[:3]).sum(axis=1)
    from_zero = np.searchsorted(b, 0.0, side="right")
    sums = np.concatenate([np.zeros((4, 1)), np.cumsum(powers[:, from_zero:], axis=1)], axis=1)
    m0, m1, m2, m3 = sums[:, np.searchsorted(b[from_zero:], t)]
    turned = t**3 * m0 - 3.0 * t**2 * m1 + 3.0 * t * m2 - m3
    at_zero = math.fsum(mass[b == 0.0])
    same = -3.0 * third * t + 3.0 * second * t**2 + (at_zero - first) * t**3
    return np.asarray(same + 2.0 * turned)
