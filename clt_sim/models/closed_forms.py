"""Moments of sines, cosines and exponentials of X that follow from the transforms of its law."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from clt_sim._validation import TooLargeError
from clt_sim.laws import (
    Exponential,
    Gamma,
    Laplace,
    Law,
    Logistic,
    Normal,
    SymmetricWeibull,
    Uniform,
)
from clt_sim.nonlinearities import Cos, Exp, Nonlinearity, Sin
from clt_sim.nonlinearities.periodic import cosine_powers

_RESOLVED = 32.0
"""How many scales away from their centre the panels of quadratures are a quarter scale wide."""


def closed_form(law: Law, nonlinearity: Nonlinearity, k: int) -> float | None:
    """Return ``E[phi(X)**k]`` from a transform of the law, or None.

    Parameters
    ----------
    law : Law
        Law of X, for which the moment is finite.
    nonlinearity : Nonlinearity
        The function phi.
    k : int
        Order, at least 1.

    Returns
    -------
    float or None
        For sine and cosine a sum of values of the characteristic function, unless it cancels and
        quadrature does not; for the exponential the moment generating function of some laws;
        None for all others.

    Raises
    ------
    OverflowError
        If it is beyond the range of doubles.
    """
    if isinstance(nonlinearity, Exp):
        return _exponential_moment(law, float(k))
    if not isinstance(nonlinearity, Sin | Cos):
        return None
    # E|phi|**k is at least the even moment, and the characteristic function is right to 1e-13.
    size = _trigonometric_moment(law, nonlinearity, k + k % 2)
    if size < 1e-3 and resolved_by_quadrature(law):
        return None
    return _trigonometric_moment(law, nonlinearity, k)


def resolved_by_quadrature(law: Law) -> bool:
    """Whether functions that oscillate over a length of 1 can be averaged by quadrature.

    All mass but a rounding error has to be where panels are about 1 wide or less.
    """
    lower, middle, upper = law.quantile([0.25, 0.5, 0.75]).tolist()
    scale = upper - lower
    centres = [(0.0, _RESOLVED)] + ([(middle, _RESOLVED * scale)] if scale <= 4.0 else [])
    inside = [law.cdf([centre - reach, centre + reach]) for centre, reach in centres]
    return max(float(high - low) for low, high in inside) >= 1.0 - 4e-16


def _trigonometric_moment(law: Law, nonlinearity: Nonlinearity, k: int) -> float:
    """Reduce the power to cosines of multiples f of x, or of ``x - pi/2`` for the sine."""
    frequencies, shares = zip(*cosine_powers(k), strict=True)
    values = law.characteristic_function(np.array(frequencies, np.float64))
    turn = -1j if isinstance(nonlinearity, Sin) else 1.0
    turned = [value * turn**f for value, f in zip(values.tolist(), frequencies, strict=True)]
    return math.fsum(share * value.real for share, value in zip(shares, turned, strict=True))


def _normal(law: Normal, s: float) -> float:
    return math.exp(s * law.mean + 0.5 * (s * law.sd) ** 2)


def _exponential(law: Exponential, s: float) -> float:
    return 1.0 / (1.0 - s * law.scale)


def _gamma(law: Gamma, s: float) -> float:
    return float((1.0 - s * law.scale) ** -law.shape)


def _laplace(law: Laplace, s: float) -> float:
    return math.exp(s * law.mean) / ((1.0 - s * law.scale) * (1.0 + s * law.scale))


def _logistic(law: Logistic, s: float) -> float:
    """Return ``exp(s mean) pi y/sin(pi y)``, with the sine of ``pi (1 - y)`` near its zero."""
    y = s * law.scale
    return math.exp(s * law.mean) * math.pi * y / math.sin(math.pi * min(y, 1.0 - y))


def _uniform(law: Uniform, s: float) -> float:
    width = s * (law.high - law.low)
    return math.exp(s * law.high) * -math.expm1(-width) / width


def _symmetric_weibull(law: SymmetricWeibull, s: float) -> float | None:
    """Return that of the Laplace law, which has the shape 1; there is none for other shapes."""
    return _laplace(Laplace(scale=law.scale), s) if law.shape == 1.0 else None


_GENERATING_FUNCTIONS: dict[type[Law], Callable[..., float | None]] = {
    Normal: _normal,
    Exponential: _exponential,
    Gamma: _gamma,
    Laplace: _laplace,
    Logistic: _logistic,
    SymmetricWeibull: _symmetric_weibull,
    Uniform: _uniform,
}
"""``E[exp(s X)]`` for s above 0 and below the `exponential_index`."""


def _exponential_moment(law: Law, s: float) -> float | None:
    function = _GENERATING_FUNCTIONS.get(type(law))
    if function is None:
        return None
    try:
        return function(law, s)
    except OverflowError:
        raise TooLargeError(f"E[exp({s:g} X)] for the law {law} is too large.") from None
