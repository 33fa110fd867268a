"""The density of a sum of squares of leaky rectified normal numbers, by a contour integral."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log1p

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Complex = NDArray[np.complex128]

_BISECTIONS = 56
_SINE = math.sqrt(0.5)
"""Of the angle that the hyperbola opens by, beyond a line parallel to the imaginary axis."""
_WIDEST_STEP = 0.06
"""The integrand is analytic to a distance of pi/4; so the sum is right to 1e-17."""
_STEP = 0.4
"""In standard deviations of the integrand: a normal one is summed to 1e-50."""
_FALLEN = 42.0
"""Where the logarithm of the integrand has fallen by this, it is cut off."""
_LARGE = 30.0


def log_density_of_squares(log_q: Floats, n: int, ratio: float) -> Floats:
    """Return the logarithm of the density of ``log Q``, for ``Q = sum_j phi(Z_j)^2``.

    Of n standard normal Z, and ``phi(z)^2`` equal to ``z^2`` above 0 and `ratio` times that below.
    With ``ratio = 0``, of ReLU, it is the density of the part where Q is not 0.

    Parameters
    ----------
    log_q : ndarray of float64, shape (m,)
        Points.
    n : int
        The number of terms, at least 1.
    ratio : float
        From 0 to 1.

    Returns
    -------
    ndarray of float64, shape (m,)
        Right to a few roundings of n, wherever the density is, in the bulk or in the tails.

    Notes
    -----
    The transform ``E exp(sQ)`` is ``((1 - 2s)^(-1/2) + (1 - 2 ratio s)^(-1/2))^n / 2^n``, less
    ``2^-n`` for ReLU. It is analytic but for a cut from 1/2 on. The inverse is integrated along the
    hyperbola ``s = 1/2 - d g(u)``, ``g(u) = (1 - sin(a) cosh(u) + i cos(a) sinh(u))/(1 - sin(a))``,
    around the cut, through the saddlepoint ``1/2 - d`` of the integrand on the real axis: nothing
    there is larger, so that nothing cancels. The sum over equal steps of u converges
    geometrically (Weideman & Trefethen, Parabolic and Hyperbolic Contours for Computing the
    Bromwich Integral, 2007).

    Examples
    --------
    With equal slopes it is the chi-square law, for two terms at Q = 2 ``2 exp(-1)/2``:

    >>> value = log_density_of_squares(np.log([2.0]), 2, 1.0)
    >>> bool(abs(value[0] + 1.0) < 1e-14)
    True
    """
    log_depth = _saddlepoints(log_q, n, ratio)
    scale = np.exp(log_depth + log_q)
    u, step = _nodes(scale, _deviations(log_depth, scale, n, ratio))
    cosh, sinh = np.cosh(u), np.sinh(u)
    place = (1.0 - _SINE * cosh + 1j * _SINE * sinh) / (1.0 - _SINE)
    slope = (_SINE * cosh + 1j * _SINE * sinh) / (1.0 - _SINE)
    logs = _log_transform(log_depth[:, None], place, n, ratio) + scale[:, None] * place
    top = logs[:, 0].real.copy()
    terms = np.real(slope * np.exp(logs - top[:, None]))
    total = step / math.pi * (0.5 * terms[:, 0] + terms[:, 1:].sum(axis=1))
    return np.asarray(top - 0.5 * np.exp(log_q) + log_q + log_depth + np.log(total))


def _saddlepoints(log_q: Floats, n: int, ratio: float) -> Floats:
    """Return ``log d`` at which the tilted mean of Q is q; it falls with d."""
    low, high = -12.0 - log_q, 12.0 + math.log(n) - log_q
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        above = _log_mean(middle, n, ratio) > log_q
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(0.5 * (low + high))


def _log_mean(log_depth: Floats, n: int, ratio: float) -> Floats:
    """Return the logarithm of the mean of Q, tilted by ``1/2 - d``."""
    first = np.exp(-0.5 * (log_depth + math.log(2.0)))
    if ratio == 0.0:
        present = -np.expm1(-n * np.log1p(first))
        return np.asarray(np.log(n * first / (1.0 + first) / present) + 2.0 * np.log(first))
    depth = 2.0 * np.exp(log_depth)
    relative = np.sqrt(depth / (1.0 - ratio + ratio * depth))  # the second power beside the first
    share = (1.0 + ratio * relative**3) / (1.0 + relative)
    return np.asarray(math.log(n) + np.log(share) + 2.0 * np.log(first))


def _deviations(log_depth: Floats, scale: Floats, n: int, ratio: float) -> Floats:
    """Return the standard deviation in u of the integrand near u = 0."""
    nearby = 1e-4
    fall = _log_mean(log_depth - nearby, n, ratio) - _log_mean(log_depth + nearby, n, ratio)
    of_place = np.sqrt(2.0 * nearby / (scale * fall))
    return np.asarray(of_place * (1.0 - _SINE) / _SINE)


def _nodes(scale: Floats, sd: Floats) -> tuple[Floats, Floats]:
    """Return nodes u from 0 on, shape (m, nodes), and the steps between them.

    The factor ``exp(d q Re g)`` of the integrand bounds where it ends.
    """
    step = np.minimum(_WIDEST_STEP, _STEP * sd)
    last = np.arccosh(1.0 + _FALLEN / scale * (1.0 - _SINE) / _SINE)
    count = int(np.max(np.ceil(last / step))) + 1
    return step[:, None] * np.arange(count), step


def _log_transform(log_depth: Floats, place: Complex, n: int, ratio: float) -> Complex:
    """Return the logarithm of the transform at ``1/2 - d g``."""
    first = np.exp(-0.5 * (log_depth + math.log(2.0))) * place**-0.5
    if ratio > 0.0:
        second = (1.0 - ratio + 2.0 * ratio * np.exp(log_depth) * place) ** -0.5
        return np.asarray(n * np.log(0.5 * (first + second)))
    power = n * log1p(first)
    large = power.real > _LARGE  # and the atom is less than a rounding of it
    rest = np.log(np.expm1(np.where(large, 1.0, power)))
    return np.asarray(np.where(large, power, rest) - n * math.log(2.0))
