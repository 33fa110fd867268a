"""Negentropy of a sample, without the bias that it would have for a normal law."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import betainc, betaincinv, expit, log_expit, ndtr, ndtri, psi

from clt_sim._quadrature import gauss_legendre
from clt_sim._validation import whole
from clt_sim.gaussianity.measures.spacings import NegentropyVasicek, window_length
from clt_sim.gaussianity.normal import LOG_ROOT_TWO_PI, density

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.sample import Sample

_LEFT_OUT = 1e-18
"""Probability beyond either end of a grid."""
_FARTHEST = -14.0
"""N(0, 1) has 1e-44 below it."""
_POINTS, _PANELS = 128, 6


class NegentropyDebiased(NegentropyVasicek):
    """Vasicek's negentropy less its mean for normal samples of the same size.

    Its mean is 0 for every normal law and every number of values, so that a normal sample may
    well be below 0. For other laws the bias is what Vasicek's differs from that for a normal
    law, still of order ``n^(-1/2)``: for 1000 and 10,000 values 0.020 and 0.010 of a uniform law,
    -0.014 and -0.004 of a Laplace law. The mean is a number from quadrature; its error, below
    1e-9, is lost in that of sampling.
    """

    name: ClassVar[str] = "negentropy-debiased"

    def of_sample(self, sample: Sample) -> tuple[float, NDArray[np.float64]]:
        """Return the estimate, and the influence function of Vasicek's.

        Raises
        ------
        UnavailableError
            If a spacing is 0, or spacings or squares are no doubles.
        """
        value, influence = super().of_sample(sample)
        return value - normal_mean(sample.count, standardized=sample.standardized), influence


@functools.lru_cache(maxsize=256)
def normal_mean(count: int, *, standardized: bool = True) -> float:
    """Return the mean of Vasicek's negentropy for normal samples.

    The logarithms of spacings have their mean as two integrals over pairs of places; ln of the
    sd, of divisor n, has the mean ``(psi((n - 1)/2) - ln(n/2))/2`` for N(0, 1).

    Parameters
    ----------
    count : int
        Number n of values, at least 5.
    standardized : bool
        Whether the values are standardised by their own mean and sd, or else are raw values of
        N(0, 1); of another normal law raw values have the same bias.

    Returns
    -------
    float
        In nats, with an error below 1e-9.

    Examples
    --------
    >>> round(normal_mean(1000), 7)
    0.0077999
    >>> round(normal_mean(10_000), 7)
    -0.002232
    """
    count = whole("count", count, least=NegentropyVasicek.least)
    return _normal_mean(count, _POINTS) + (_mean_log_sd(count) if standardized else 0.0)


def _normal_mean(count: int, points: int) -> float:
    window = window_length(count)
    logs = _inner_logs(count, 2 * window, points) + 2.0 * _end_logs(count, window, points)
    entropy = logs / count + math.log(count / (2.0 * window))
    return LOG_ROOT_TWO_PI + 0.5 - entropy


def _mean_log_sd(count: int) -> float:
    return 0.5 * (float(psi(0.5 * (count - 1))) - math.log(0.5 * count))


def _inner_logs(count: int, steps: int, points: int) -> float:
    """Return the expectation of ``sum ln(X_(i+k) - X_(i))`` over i from 1 to n - k.

    By the binomial theorem the densities of these pairs add up to n times that of p, which is
    Beta(k, n - k), and of the place u of the lower value among ``0 < u < 1 - p``, for ``p =
    Phi(y) - Phi(x)`` and ``u = Phi(x)``. By symmetry, twice the pairs with their middle below 0.
    """
    logit, weights = _beta_rule(steps, count - steps, points)
    left_out = expit(-logit)
    cuts = np.linspace(np.full(points, _FARTHEST), ndtri(0.5 * left_out), _PANELS + 1)
    nodes, lengths = gauss_legendre(cuts[:-1].ravel(), cuts[1:].ravel())
    gaps = -ndtri(np.tile(left_out, _PANELS)[:, None] - ndtr(nodes)) - nodes
    over_panels = np.sum(lengths * density(nodes) * np.log(gaps), axis=1)
    return 2.0 * count * float(np.tile(weights, _PANELS) @ over_panels)


def _end_logs(count: int, window: int, points: int) -> float:
    """Return the expectation of ``sum ln(X_(j) - X_(1))`` over j from m + 1 to 2m.

    ``Phi(X_(1))`` is Beta(1, n). Given that, the share r of the rest up to ``X_(j)`` is
    Beta(j - 1, n - j + 1), and the sum of these densities that of a number of binomial draws.
    """
    logit, weights = _beta_rule(1, count, points)
    longest = 2 * window - 1
    shares = _grid((window, count - window), (longest, count - longest), 2 * points)
    share, rest = expit(shares), expit(-shares)
    fewest, most = window - 1, longest - 1  # of the n - 2 others, below X_(j)
    of_share = betainc(fewest, count - 1 - fewest, share)
    of_share -= betainc(most + 1, count - 2 - most, share)
    of_share *= share * rest
    of_share /= of_share.sum()
    gaps = -ndtri(expit(-logit)[:, None] * rest) - ndtri(expit(logit))[:, None]
    return window * float(weights @ np.log(gaps) @ of_share)


def _beta_rule(a: float, b: float, points: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return logits and weights that sum to 1, for expectations over Beta(a, b).

    The density of a logit is smooth and falls off exponentially: the trapezoidal rule converges
    faster than any power of the number of points.
    """
    logit = _grid((a, b), (a, b), points)
    log_density = a * log_expit(logit) + b * log_expit(-logit)
    weights = np.exp(log_density - log_density.max())
    return logit, weights / weights.sum()


def _grid(low: tuple[float, float], high: tuple[float, float], points: int) -> NDArray[np.float64]:
    """Return even logits from the bottom of one beta law to the top of another."""
    bottom, top = betaincinv(*low, _LEFT_OUT), betaincinv(*high[::-1], _LEFT_OUT)
    return np.linspace(
        math.log(bottom) - math.log1p(-bottom), math.log1p(-top) - math.log(top), points
    )
