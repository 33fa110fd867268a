"""The optimal transport of a law on the line to the standard normal one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from clt_sim._quadrature import gauss_legendre, integrate_adaptively, integrate_tail
from clt_sim.estimate import Estimate
from clt_sim.exact.law import ExactLaw
from clt_sim.gaussianity.normal import density
from clt_sim.gaussianity.numerics.upper_tail import RELATIVE_ERROR, UpperTail

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.distribution import Distribution

_EPS = float(np.finfo(np.float64).eps)
_PRECISION = 1e-13
"""Relative precision of the square of the distance."""
_FLOOR = 1e-13
"""A distance that is as good as 0."""
FARTHEST = 40.0
"""Beyond it the normal density is 0 in doubles."""


@dataclass(frozen=True, slots=True, eq=False)
class Transport:
    """The optimal transport T of a law to N(0, 1), from the nearer tail at each place.

    Parameters
    ----------
    distribution : Distribution
        The law, standardised or not.
    upper : UpperTail or None
        Its upper tail where it has only a distribution function, if that can be integrated.
    """

    distribution: Distribution
    upper: UpperTail | None

    @classmethod
    def of(cls, distribution: Distribution) -> Transport:
        """Integrate the upper tail of a law that has only a distribution function."""
        law = distribution.law
        return cls(distribution, None if isinstance(law, ExactLaw) else UpperTail.of(law))

    @property
    def unresolved(self) -> float:
        """Roundings of the cost where the tails of an exact law are below what it resolves."""
        law = self.distribution.law
        if isinstance(law, ExactLaw) and law.smallest > _FLOOR**2:
            return 8.0 * max(law.error, law.smallest)
        return 0.0

    def tails(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the probabilities below and above x."""
        law = self.distribution.law
        below = law.cdf(x)
        if isinstance(law, ExactLaw):
            return below, law.sf(x)
        above = 1.0 - below
        if self.upper is not None:
            far = x >= self.upper.start
            above[far] = self.upper(x[far])
        return below, above

    def square(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``2 B``, whose integral over z is the square of the distance."""
        return 2.0 * transport_cost(self.distribution.z(x), *self.tails(x))

    def sensitivity(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far ``2 B`` may be off by errors of the tails."""
        below, above = self.tails(x)
        number = np.clip(normal_number(below, above), -FARTHEST, FARTHEST)
        error = self.tail_error(x, below, above)
        return 2.0 * np.abs(number - self.distribution.z(x)) * error

    def tail_error(
        self, x: NDArray[np.float64], below: NDArray[np.float64], above: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return a bound on the error of the nearer tail."""
        nearer = np.minimum(below, above)
        law = self.distribution.law
        if isinstance(law, ExactLaw):
            absolute = max(law.error, _EPS)
            relative = np.minimum(max(law.relative_error, 4.0 * _EPS) * nearer, absolute)
            error = np.where(nearer > law.smallest, relative, absolute)
            return np.where((x < law.support[0]) | (x > law.support[1]), 0.0, error)
        rounded = np.where(below < above, 4.0 * _EPS * nearer, 2.0 * _EPS)
        if self.upper is None:
            return rounded
        return np.where(x >= self.upper.start, RELATIVE_ERROR * nearer, rounded)


def squared_distance(distribution: Distribution) -> tuple[float, float]:
    """Return the square of the Wasserstein-2 distance and its error.

    Parameters
    ----------
    distribution : Distribution
        With a finite variance and not discrete.

    Returns
    -------
    tuple of float
        The square, and a bound on the error of quadrature and what errors of the distribution
        function do to it.
    """
    transport, breaks = Transport.of(distribution), distribution.breaks()
    low, high = breaks[:-1], breaks[1:]
    nodes, weights = gauss_legendre(low, high)
    scale, precision = distribution.scale, max(distribution.precision, _PRECISION)
    # Roundings of T move the square in proportion to its root: no panel is split for them.
    rough = max(float(np.sum(weights * transport.square(nodes))) / scale, 0.0)
    noise = 16.0 * distribution.precision * math.sqrt(rough) + _FLOOR**2 + transport.unresolved
    body = integrate_adaptively(transport.square, low, high, precision=precision, noise=noise)
    parts = [body, *_tails(transport, breaks, max(precision * body.value, noise * scale))]
    value = math.fsum(part.value for part in parts)
    error = math.fsum(part.stderr for part in parts)
    error += float(np.sum(weights * transport.sensitivity(nodes)))
    return max(value, 0.0) / scale, error / scale


def _tails(transport: Transport, breaks: NDArray[np.float64], allowed: float) -> list[Estimate]:
    """Return the integrals over x beyond the outermost breaks."""
    law = transport.distribution.law
    median = float(law.quantile(0.5))
    parts = []
    for start, end in zip(breaks[[0, -1]].tolist(), law.support, strict=True):
        # A tail that is not resolved has nothing to integrate; one that falls so fast
        # is that of a light law, and less than its first octave.
        ends = np.array([start, 2.0 * start - median])
        first = float(np.max(transport.square(ends))) * abs(start - median)
        first -= (
            transport.unresolved
            * abs(start - median)
            * float(np.max(np.abs(transport.distribution.z(ends))))
        )
        if math.isfinite(end) or first <= allowed:
            parts.append(Estimate(0.0, 0.0 if math.isfinite(end) else allowed))
            continue
        tail = integrate_tail(
            transport.square, median, start, precision=_PRECISION, allowed=allowed
        )
        parts.append(tail)
    return parts


def normal_number(below: NDArray[np.float64], above: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the normal quantile at a level, from the nearer tail; infinite at 0 and 1."""
    lower = below < above
    number = ndtri(np.clip(np.where(lower, below, above), 0.0, 1.0))
    return np.where(lower, number, -number)


def transport_cost(
    z: NDArray[np.float64], below: NDArray[np.float64], above: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return B, the integral from z to T of ``(t - z) phi(t)``.

    It is ``phi(z) - phi(T) - z (F(z) - Phi(z))``, and where these terms nearly cancel a 20-point
    rule.

    Parameters
    ----------
    z : ndarray of float64
        Places.
    below, above : ndarray of float64, in the shape of z
        Both tails of the law there.

    Returns
    -------
    ndarray of float64, in the shape of z
        The cost, never below 0.
    """
    number = normal_number(below, above)
    lead = np.where(number < 0.0, below - ndtr(z), ndtr(-z) - above)
    cost = density_at(z) - density_at(number) - z * lead
    close = np.abs(number - z) < 1.0
    start, step = z[close, None], (number - z)[close, None]
    nodes, weights = gauss_legendre(np.zeros(1), np.ones(1))
    cost[close] = np.sum(weights * nodes * step**2 * density(start + step * nodes), axis=1)
    return np.maximum(cost, 0.0)


def density_at(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the normal density, 0 at infinity."""
    return density(np.clip(z, -FARTHEST, FARTHEST))
