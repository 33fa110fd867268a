"""Both tails of a law without atoms, and its intervals, with the digits that differences lose."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import gammaincc, ndtr

from clt_sim._array_validation import real_numbers
from clt_sim._quadrature import gauss_legendre
from clt_sim.exact.law import ExactLaw, NoExactLaw
from clt_sim.exact.piecewise_polynomial import PiecewisePolynomialLaw
from clt_sim.exact.truncated_powers import TruncatedPowers
from clt_sim.laws import (
    Arcsine,
    Beta,
    Cauchy,
    Exponential,
    Gamma,
    Laplace,
    Law,
    Logistic,
    Lognormal,
    Mixture,
    Normal,
    Pareto,
    Scipy,
    Stable,
    StudentT,
    SymmetricWeibull,
    Triangular,
    TruncatedNormal,
    Uniform,
)
from clt_sim.laws.inversion import invert
from clt_sim.laws.probabilities import shares

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_RELATIVE_ERROR = 2e-12
"""Of distribution functions and densities, with parameters that are not large."""
_STABLE_RELATIVE_ERROR = 1e-9
"""What `Stable` states for its density."""
_NARROW = 0.1
"""An interval with a smaller share of a tail is integrated over, as the difference cancels."""
_AGREEMENT = 1e-13


def _truncated_normal(law: TruncatedNormal) -> TruncatedNormal:
    low, high = (None if end is None else -end for end in (law.low, law.high))
    return TruncatedNormal(-law.location, law.scale, low=high, high=low)


_REFLECTIONS: dict[type[Law], Callable[[Any], Law]] = {
    Arcsine: lambda law: Arcsine(-law.high, -law.low),
    Beta: lambda law: Beta(law.b, law.a, -law.high, -law.low),
    Cauchy: lambda law: Cauchy(-law.location, law.scale),
    Laplace: lambda law: Laplace(-law.mean, law.scale),
    Logistic: lambda law: Logistic(-law.mean, law.scale),
    Normal: lambda law: Normal(-law.mean, law.sd),
    Stable: lambda law: Stable(law.alpha, -law.beta, -law.location, law.scale),
    StudentT: lambda law: StudentT(law.df, -law.location, law.scale),
    SymmetricWeibull: lambda law: law,
    Triangular: lambda law: Triangular(-law.high, -law.mode, -law.low),
    TruncatedNormal: _truncated_normal,
    Uniform: lambda law: Uniform(-law.high, -law.low),
}


def reflected(law: Law) -> Law | None:
    """Return the law of ``-X`` for X with a law, or None where it has no name.

    Examples
    --------
    >>> print(reflected(Uniform(1.0, 3.0)))
    uniform(low=-3.0, high=-1.0)
    """
    reflect = _REFLECTIONS.get(type(law))
    return None if reflect is None else reflect(law)


def check_tails(law: Law) -> None:
    """Raise NoExactLaw, naming the law, unless `survival` knows its upper tail."""
    if isinstance(law, Mixture):
        for component in law.components:
            check_tails(component)
    elif isinstance(law, Scipy) or not (
        type(law) in _REFLECTIONS or type(law) in _SURVIVALS or law.pieces
    ):
        raise NoExactLaw(f"the upper tail of the law {law} is not known to relative accuracy.")


def relative_error(law: Law) -> float:
    """Return a bound on the relative error of a law's density and of both of its tails.

    Besides that which comes with rounding the argument by a few units in the last place.
    """
    if isinstance(law, Mixture):
        return max(relative_error(component) for component in law.components)
    if isinstance(law, Stable):
        return _STABLE_RELATIVE_ERROR
    # Their densities are exponentials of differences of numbers of this size.
    size = law.shape if isinstance(law, Gamma) else law.a + law.b if isinstance(law, Beta) else 0.0
    return _RELATIVE_ERROR + 2.0**-50 * size * math.log1p(size)


def survival(law: Law, x: ArrayLike) -> Floats:
    """Return ``P(X > x)`` for a law without atoms, to relative accuracy.

    Parameters
    ----------
    law : Law
        One that `check_tails` lets pass.
    x : array_like
        Points.

    Returns
    -------
    ndarray of float64
        In the shape of `x`.

    Examples
    --------
    >>> float(survival(Exponential(), 100.0)) == math.exp(-100.0)
    True
    """
    x = real_numbers("x", x)
    opposite = reflected(law)
    if opposite is not None:
        return opposite.cdf(-x)
    if isinstance(law, Mixture):
        weights = np.array([*map(float, shares(law.weights, len(law.components)))])
        parts = np.array([survival(component, x) for component in law.components])
        # Rounding of the weights must not take their sum beyond 1.
        return np.asarray(np.minimum(np.tensordot(weights, parts, axes=1), 1.0))
    if law.pieces is not None:
        return _piecewise(law).sf(x)
    return _SURVIVALS[type(law)](law, x)


def _exponential(law: Exponential, x: Floats) -> Floats:
    return np.exp(-np.maximum(x / law.scale, 0.0))


def _gamma(law: Gamma, x: Floats) -> Floats:
    return np.asarray(gammaincc(law.shape, np.maximum(x / law.scale, 0.0)))


def _lognormal(law: Lognormal, x: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(ndtr((law.mean_log - np.log(np.maximum(x, 0.0))) / law.sd_log))


def _pareto(law: Pareto, x: Floats) -> Floats:
    with np.errstate(under="ignore"):
        return np.asarray(np.maximum(x / law.scale, 1.0) ** -law.shape)


_SURVIVALS: dict[type[Law], Callable[[Any, Floats], Floats]] = {
    Exponential: _exponential,
    Gamma: _gamma,
    Lognormal: _lognormal,
    Pareto: _pareto,
}


@lru_cache(maxsize=32)
def _piecewise(law: Law) -> PiecewisePolynomialLaw:
    return PiecewisePolynomialLaw(TruncatedPowers.from_pieces(law.pieces or ()))


def probability_between(law: Law, low: Floats, high: Floats) -> Floats:
    """Return ``P(low < X <= high)`` for a law without atoms, to relative accuracy.

    It is a difference in the tail that is smaller. Where that cancels, the density is
    integrated, if two rules agree.

    Parameters
    ----------
    law : Law
        One that `check_tails` lets pass.
    low, high : ndarray of float64, of one shape
        Ends, ``low <= high``.

    Returns
    -------
    ndarray of float64
        Probabilities in that shape.
    """
    below, above = law.cdf(high), survival(law, low)
    difference = np.where(below <= above, below - law.cdf(low), above - survival(law, high))
    larger = np.minimum(below, above)
    narrow = (difference < _NARROW * larger) & (low < high) & np.isfinite(low) & np.isfinite(high)
    if np.any(narrow):
        difference[narrow] = _integral(law, low[narrow], high[narrow], difference[narrow])
    return np.maximum(difference, 0.0)


def _integral(law: Law, low: Floats, high: Floats, difference: Floats) -> Floats:
    """Return the integral of the density between kinks, or the difference if rules disagree."""
    limits = [-math.inf, *law.kinks, math.inf]
    whole, halves = np.zeros(low.shape), np.zeros(low.shape)
    for first, last in pairwise(limits):
        start, end = np.clip(low, first, last), np.clip(high, first, last)
        middle = 0.5 * (start + end)
        whole += _rule(law, start, end)
        halves += _rule(law, start, middle) + _rule(law, middle, end)
    return np.where(np.abs(whole - halves) <= _AGREEMENT * halves, halves, difference)


def _rule(law: Law, low: Floats, high: Floats) -> Floats:
    x, weights = gauss_legendre(low, high)
    with np.errstate(invalid="ignore"):  # a pole at an end that coincides with the other
        terms = np.where(weights > 0.0, weights * law.pdf(x), 0.0)
    return np.asarray(np.sum(terms, axis=1))


def solved_quantile(
    law: ExactLaw,
    p: ArrayLike,
    bracket: Callable[[Floats, bool], tuple[float, float]] | None = None,
) -> Floats:
    """Return the least x with ``cdf(x) >= p`` by root finding, above 1/2 in the upper tail.

    Parameters
    ----------
    law : ExactLaw
        A law with its support, density and both tails.
    p : array_like
        Probabilities.
    bracket : callable, optional
        Takes probabilities, all at most 1/2 or all above, and whether they are above; returns
        ends that hold all their quantiles. By default those of the support.

    Returns
    -------
    ndarray of float64
        In the shape of `p`: the ends of the support at 0 and 1, nan outside [0, 1].
    """
    p = real_numbers("p", p)
    result = np.full(p.shape, np.nan)
    result[p == 0.0], result[p == 1.0] = law.support
    ends = tuple(np.clip(law.support, -sys.float_info.max, sys.float_info.max).tolist())
    # Minus the right tail rises as a distribution function does, and keeps its digits.
    tails: list[tuple[Any, Callable[[Floats], Floats], Floats]] = [
        ((p > 0.0) & (p <= 0.5), law.cdf, p),
        ((p > 0.5) & (p < 1.0), lambda x: -law.sf(x), p - 1.0),
    ]
    for upper, (there, function, target) in enumerate(tails):
        if not np.any(there):
            continue
        low, high = ends if bracket is None else bracket(p[there], bool(upper))
        bounds = np.full(target[there].shape, low), np.full(target[there].shape, high)
        with np.errstate(over="ignore", under="ignore"):  # the search starts at the ends
            result[there] = invert(function, law.pdf, target[there], *bounds)
    return result
