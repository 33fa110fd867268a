"""Transforms of the laws of single numbers that have them in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log1p

from clt_sim.exact.jumps import NO_JUMPS, ORDER, Jumps
from clt_sim.exact.student_transform import log_near_zero
from clt_sim.exact.transform import Transform
from clt_sim.laws import (
    Cauchy,
    Exponential,
    Gamma,
    Laplace,
    Law,
    Logistic,
    Mixture,
    Normal,
    Scipy,
    Stable,
    StudentT,
    SymmetricWeibull,
    TruncatedNormal,
    Uniform,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Complex = NDArray[np.complex128]

_SYMMETRIC = (Cauchy, Laplace, Logistic, Normal, StudentT, SymmetricWeibull, Uniform)
_LEAST_DF = 2.0
_SAFE_SHARE = 0.99
"""Of an exponential rate that scipy's densities were fitted for, to three digits."""


def log_sinhc(z: Complex) -> Complex:
    """Return a logarithm of ``sinh(z)/z`` without overflow.

    Parameters
    ----------
    z : ndarray of complex128
        Any numbers.

    Returns
    -------
    ndarray of complex128
        In the shape of `z`; the relative error of its exponential is below 1e-14 beside the
        zeros.

    Examples
    --------
    >>> bool(abs(log_sinhc(np.array([800.0 + 0j]))[0] - (800 - np.log(1600.0))) < 1e-12)
    True
    """
    right = np.where(z.real < 0.0, -z, z)  # an even function
    near = np.abs(right) < 0.5
    away = np.where(near, 1.0, right)
    small = np.where(near, right, 0.0)
    square = small * small
    # sinh(z)/z - 1; the next term is below 1e-18.
    series = sum((square**k / math.factorial(2 * k + 1) for k in range(1, 7)), np.zeros_like(z))
    with np.errstate(divide="ignore"):
        far = away + np.log(-np.expm1(-2.0 * away)) - np.log(2.0 * away)
    return np.where(near, log1p(series), far)


def _normal(law: Normal, s: Complex) -> Complex:
    return s * law.mean + 0.5 * (s * law.sd) ** 2


def _uniform(law: Uniform, s: Complex) -> Complex:
    """Return the logarithm of ``exp(s centre) sinh(s half)/(s half)``."""
    return s * (0.5 * (law.low + law.high)) + log_sinhc(s * (0.5 * (law.high - law.low)))


def _exponential(law: Exponential, s: Complex) -> Complex:
    return np.asarray(-log1p(-s * law.scale))


def _gamma(law: Gamma, s: Complex) -> Complex:
    return np.asarray(-law.shape * log1p(-s * law.scale))


def _laplace(law: Laplace, s: Complex) -> Complex:
    return np.asarray(s * law.mean - log1p(-s * law.scale) - log1p(s * law.scale))


def _logistic(law: Logistic, s: Complex) -> Complex:
    """Return the logarithm of ``exp(s mean) y/sin(y)`` with ``y = pi scale s``."""
    return s * law.mean - log_sinhc(1j * math.pi * law.scale * s)


_CLOSED: dict[type[Law], Callable[..., Complex]] = {
    Normal: _normal,
    Uniform: _uniform,
    Exponential: _exponential,
    Gamma: _gamma,
    Laplace: _laplace,
    Logistic: _logistic,
}
"""Logarithms of ``E[exp(s X)]``; all but that of the uniform law decay without turning much."""


def has_closed_form(law: Law) -> bool:
    """Whether `ClosedTransform` takes the law."""
    return type(law) in _CLOSED


def is_heavy(law: Law) -> bool:
    """Whether no exponential moment is finite on one side; sums then have no tilted laws."""
    return law.exponential_index == 0.0 or math.isfinite(law.tail_index)


def strip(law: Law) -> tuple[float, float]:
    """Return an open interval of real parts of s where ``E[exp(s X)]`` is surely finite.

    Parameters
    ----------
    law : Law
        Any law.

    Returns
    -------
    low, high : float
        From the `exponential_index`, which is about the upper tail. The lower tail has the same for
        laws whose tails are known to be alike, none where the support is bounded, and otherwise
        counts as heavy. (0, 0) if one of the tails is heavy.

    Examples
    --------
    >>> from clt_sim.laws import Exponential, Laplace
    >>> strip(Laplace(scale=2.0)), strip(Exponential())
    ((-0.5, 0.5), (-inf, 1.0))
    """
    if isinstance(law, Mixture):
        lows, highs = zip(*map(strip, law.components), strict=True)
        return max(lows), min(highs)
    if is_heavy(law):
        return 0.0, 0.0
    share = _SAFE_SHARE if isinstance(law, Scipy) else 1.0
    index = law.exponential_index * share
    alike = isinstance(law, Normal | Laplace | Logistic | SymmetricWeibull | TruncatedNormal)
    low_end, high_end = law.support
    known_below = alike or (isinstance(law, Stable) and law.alpha == 2.0)
    low = -math.inf if math.isfinite(low_end) else -index if known_below else 0.0
    return low, math.inf if math.isfinite(high_end) else index


def is_even(law: Law) -> bool:
    """Whether a law is of a family of symmetric laws, and its centre is 0.

    Examples
    --------
    >>> from clt_sim.laws import Exponential, Laplace
    >>> is_even(Laplace()), is_even(Laplace(mean=1.0)), is_even(Exponential())
    (True, False, False)
    """
    return isinstance(law, _SYMMETRIC) and float(law.quantile(0.5)) == 0.0


def _powers(ratio: float) -> NDArray[np.float64]:
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(ratio ** np.arange(1.0, ORDER + 1.0))


def _jumps(*rows: tuple[float, NDArray[np.float64]]) -> Jumps | None:
    """Return jumps from coefficients of order 1 on; None if these are beyond floats."""
    places = np.array([place for place, _ in rows])
    coefficients = np.array([np.append(0.0, row) for _, row in rows])
    finite = bool(np.isfinite(coefficients).all() and np.isfinite(places).all())
    return Jumps(places, coefficients) if finite else None


@dataclass(frozen=True, slots=True)
class ClosedTransform(Transform):
    """The transform of a law that has it in closed form for complex s.

    Parameters
    ----------
    law : Law
        One for which `has_closed_form`.
    """

    law: Law

    @property
    def centre(self) -> float:
        """The mean."""
        return self.law.mean

    @property
    def scale(self) -> float:
        """The standard deviation."""
        return math.sqrt(self.law.variance)

    @property
    def support(self) -> tuple[float, float]:
        """That of the law."""
        return self.law.support

    @property
    def strip(self) -> tuple[float, float]:
        """As far as the tails of the law allow."""
        return strip(self.law)

    @property
    def even(self) -> bool:
        """Whether the law is."""
        return is_even(self.law)

    def jumps(self, unit: float) -> Jumps | None:
        """Return those of the law."""
        law = self.law
        orders = np.arange(1.0, ORDER + 1.0)
        if isinstance(law, Normal | Logistic):
            return NO_JUMPS
        if isinstance(law, Uniform):
            step = unit / (law.high - law.low) * (orders == 1.0)
            return _jumps((law.low / unit, -step), (law.high / unit, step))
        if isinstance(law, Exponential):
            return _jumps((0.0, -_powers(unit / law.scale)))
        if isinstance(law, Laplace):
            return _jumps(
                (law.mean / unit, np.where(orders % 2.0, 0.0, -_powers(unit / law.scale)))
            )
        return None

    def log(self, s: Complex) -> Complex:
        """Return the logarithm."""
        return _CLOSED[type(self.law)](self.law, s)


@dataclass(frozen=True, slots=True)
class ImaginaryTransform(Transform):
    """The characteristic function of a law with a heavy tail.

    Parameters
    ----------
    law : Law
        A law without atoms.
    """

    law: Law

    @property
    def centre(self) -> float:
        """The median."""
        return float(self.law.quantile(0.5))

    @property
    def scale(self) -> float:
        """The distance of the quartiles."""
        lower, upper = self.law.quantile([0.25, 0.75]).tolist()
        return float(upper - lower)

    @property
    def support(self) -> tuple[float, float]:
        """That of the law."""
        return self.law.support

    @property
    def strip(self) -> tuple[float, float]:
        """Nothing but 0."""
        return 0.0, 0.0

    @property
    def even(self) -> bool:
        """Whether the law is."""
        return is_even(self.law)

    def jumps(self, unit: float) -> Jumps | None:  # noqa: ARG002 - there are none in any
        """Return that there are none, of laws that are smooth; None of others."""
        return NO_JUMPS if isinstance(self.law, Stable | StudentT | Cauchy) else None

    def log(self, s: Complex) -> Complex:
        """Return the logarithm of the characteristic function; the real part of s must be 0."""
        if np.any(s.real != 0.0):
            raise ValueError(f"the real part of s must be 0 for the law {self.law}.")
        with np.errstate(divide="ignore"):
            logs = np.asarray(np.log(self.law.characteristic_function(s.imag)))
        if isinstance(self.law, StudentT) and self.law.df > _LEAST_DF:
            near = log_near_zero(self.law, s.imag)
            logs = np.where(np.isnan(near), logs, near)
        return logs
