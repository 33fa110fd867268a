"""Nonlinearities as functions that rise, fall or rest between known points."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erfinv, logit

from clt_sim.exact.branch import Branch, joined
from clt_sim.exact.gated_branches import gated
from clt_sim.exact.law import NoExactLaw
from clt_sim.nonlinearities import (
    CELU,
    ELU,
    GELU,
    SELU,
    Abs,
    Cos,
    Erf,
    Exp,
    GELUTanh,
    HardSigmoid,
    HardSwish,
    HardTanh,
    Identity,
    LeakyReLU,
    Mish,
    Nonlinearity,
    ReLU,
    Sigmoid,
    Sign,
    SiLU,
    Sin,
    Softplus,
    Softsign,
    Square,
    Step,
    Tanh,
)
from clt_sim.nonlinearities.exponential_linear import SELU_ALPHA, SELU_SCALE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Function = Callable[[Floats], Floats]

MOST_BRANCHES = 100
"""Limit on the half-waves of sine and cosine that matter."""


def branches(
    phi: Nonlinearity, interval: tuple[float, float], reach: tuple[float, float]
) -> tuple[Branch, ...]:
    """Return the monotone and the flat branches of a nonlinearity on an interval.

    Parameters
    ----------
    phi : Nonlinearity
        A registered one.
    interval : tuple of two float
        Its ends, in order.
    reach : tuple of two float
        Ends of the part of it that half-waves of sine and cosine must cover.

    Returns
    -------
    tuple of Branch
        From left to right, without gaps.

    Raises
    ------
    NoExactLaw
        If the branches are not known, or more than `MOST_BRANCHES`.

    Examples
    --------
    >>> from clt_sim.nonlinearities import get
    >>> parts = branches(get("relu"), (-1.0, 2.0), (-1.0, 2.0))
    >>> [(part.low, part.high, part.is_flat) for part in parts]
    [(-1.0, 0.0, True), (0.0, 2.0, False)]
    """
    if isinstance(phi, Sin | Cos):
        whole = _waves(phi, *reach)
    elif type(phi) in _BRANCHES:
        whole = _BRANCHES[type(phi)](phi)
    else:
        raise NoExactLaw(f"where the nonlinearity {phi} rises and falls is not known.")
    parts = (branch.cut(phi, *interval) for branch in whole)
    return tuple(part for part in parts if part is not None)


def _same(y: Floats) -> Floats:
    return y


def _constant(low: float, high: float, value: float) -> Branch:
    return Branch(low, high, value, value, _same, lambda _x, y: np.zeros_like(y))


def _rising(
    inverse: Function, slope: Callable[[Floats, Floats], Floats], start: float, end: float
) -> list[Branch]:
    return [Branch(-math.inf, math.inf, start, end, inverse, slope)]


def _leaky(slope: float) -> list[Branch]:
    """Return the line of a slope below 0 and the identity above."""
    if slope == 0.0:
        left = _constant(-math.inf, 0.0, 0.0)
    else:
        left = Branch(
            -math.inf,
            0.0,
            math.copysign(math.inf, -slope),
            0.0,
            lambda y: y / slope,
            lambda _x, y: np.full_like(y, abs(slope)),
        )
    return [left, Branch(0.0, math.inf, 0.0, math.inf, _same, lambda _x, y: np.ones_like(y))]


def _square(phi: Nonlinearity) -> list[Branch]:
    ends = (-math.inf, 0.0, math.inf), (math.inf, 0.0, math.inf)
    return joined(phi, *ends, (lambda y: -np.sqrt(y), np.sqrt), lambda _x, y: 2.0 * np.sqrt(y))


def _clipped(low: float, high: float, bottom: float, top: float) -> list[Branch]:
    """Return a line between two constants."""
    rate = (top - bottom) / (high - low)
    line = Branch(
        low,
        high,
        bottom,
        top,
        lambda y: np.where(
            y < 0.5 * (bottom + top), low + (y - bottom) / rate, high - (top - y) / rate
        ),
        lambda _x, y: np.full_like(y, rate),
    )
    return [_constant(-math.inf, low, bottom), line, _constant(high, math.inf, top)]


def _hard_swish(phi: Nonlinearity) -> list[Branch]:
    def right(y: Floats) -> Floats:
        # The larger root of x^2 + 3x = 6y, without a difference.
        return np.asarray(12.0 * y / (3.0 + np.sqrt(9.0 + 24.0 * y)))

    def slope(x: Floats, y: Floats) -> Floats:  # noqa: ARG001 - the same for all
        return np.where(y < 3.0, np.sqrt(9.0 + 24.0 * np.minimum(y, 3.0)) / 6.0, 1.0)

    curves = joined(
        phi,
        (-3.0, -1.5, 3.0, math.inf),
        (0.0, -0.375, 3.0, math.inf),
        (lambda y: -0.5 * (3.0 + np.sqrt(9.0 + 24.0 * y)), right, _same),
        slope,
    )
    return [_constant(-math.inf, -3.0, 0.0), *curves]


def _exponential_linear(rate: float, depth: float, above: float) -> list[Branch]:
    """Return ``depth*(exp(rate*x) - 1)`` below 0 and ``above*x`` above."""

    def inverse(y: Floats) -> Floats:
        # The distance from the limit is exact where it is small.
        far = np.log((y + depth) / depth)
        return np.asarray(np.where(y < -0.5 * depth, far, np.log1p(y / depth)) / rate)

    left = Branch(-math.inf, 0.0, -depth, 0.0, inverse, lambda _x, y: rate * (y + depth))
    right = Branch(
        0.0, math.inf, 0.0, math.inf, lambda y: y / above, lambda _x, y: np.full_like(y, above)
    )
    return [left, right]


def _softplus(y: Floats) -> Floats:
    return np.asarray(
        np.where(y < 0.5, np.log(np.expm1(np.minimum(y, 0.5))), y + np.log(-np.expm1(-y)))
    )


def _steps(*values: float) -> list[Branch]:
    return [_constant(-math.inf, 0.0, values[0]), _constant(0.0, math.inf, values[1])]


def _waves(phi: Nonlinearity, low: float, high: float) -> list[Branch]:
    """Return the half-waves of sine or cosine that meet an interval."""
    quarter = 0.5 if isinstance(phi, Sin) else 0.0
    if not (high - low) / math.pi + 2.0 <= MOST_BRANCHES:
        raise NoExactLaw(
            f"{phi} has more than {MOST_BRANCHES} half-waves where the inputs are, from"
            f" {low:g} to {high:g}."
        )
    first = math.floor(low / math.pi - quarter)
    last = math.ceil(high / math.pi - quarter)
    return [_wave(k, quarter) for k in range(first, last)]


def _wave(k: int, quarter: float) -> Branch:
    """Return the k-th half-wave, from ``(k + quarter)*pi`` on."""
    falls = k % 2 == 0
    start, end = (1.0, -1.0) if falls else (-1.0, 1.0)
    low, high = (k + quarter) * math.pi, (k + 1 + quarter) * math.pi
    sign = -1.0 if falls else 1.0

    def inverse(y: Floats) -> Floats:
        return np.asarray(0.5 * (low + high) + sign * np.arcsin(y))

    def slope(x: Floats, y: Floats) -> Floats:  # noqa: ARG001 - the same for all
        return np.sqrt((1.0 - y) * (1.0 + y))

    return Branch(low, high, start, end, inverse, slope)


def _selu(phi: SELU) -> list[Branch]:  # noqa: ARG001 - the same for all
    return _exponential_linear(1.0, SELU_SCALE * SELU_ALPHA, SELU_SCALE)


_BRANCHES: dict[type[Nonlinearity], Callable[..., list[Branch]]] = {
    Abs: lambda _phi: _leaky(-1.0),
    CELU: lambda phi: _exponential_linear(1.0 / phi.alpha, phi.alpha, 1.0),
    ELU: lambda phi: _exponential_linear(1.0, phi.alpha, 1.0),
    Erf: lambda phi: joined(phi, (-math.inf, math.inf), (-1.0, 1.0), (erfinv,)),
    Exp: lambda _phi: _rising(np.log, lambda _x, y: y, 0.0, math.inf),
    GELU: gated,
    GELUTanh: gated,
    HardSigmoid: lambda _phi: _clipped(-3.0, 3.0, 0.0, 1.0),
    HardSwish: _hard_swish,
    HardTanh: lambda _phi: _clipped(-1.0, 1.0, -1.0, 1.0),
    Identity: lambda _phi: _rising(_same, lambda _x, y: np.ones_like(y), -math.inf, math.inf),
    LeakyReLU: lambda phi: _leaky(phi.slope),
    Mish: gated,
    ReLU: lambda _phi: _leaky(0.0),
    SELU: _selu,
    SiLU: gated,
    Sigmoid: lambda _phi: _rising(logit, lambda _x, y: y * (1.0 - y), 0.0, 1.0),
    Sign: lambda _phi: _steps(-1.0, 1.0),
    Softplus: lambda _phi: _rising(_softplus, lambda _x, y: -np.expm1(-y), 0.0, math.inf),
    Softsign: lambda _phi: _rising(
        lambda y: y / (1.0 - np.abs(y)), lambda _x, y: (1.0 - np.abs(y)) ** 2, -1.0, 1.0
    ),
    Square: _square,
    Step: lambda _phi: _steps(0.0, 1.0),
    Tanh: lambda _phi: _rising(np.arctanh, lambda _x, y: (1.0 - y) * (1.0 + y), -1.0, 1.0),
}
