"""Tests next to a boundary: how Feldman & Cousins divide the false refutations between both sides.

A distance is not below 0. Next to that boundary a sample may well be too far from the normal law
for a hypothesis, but hardly too near to it, for samples of the normal law are as near as any. A
test that keeps half of alpha for either side would refute falsely in alpha/2 of cases only.
"""

from __future__ import annotations

from scipy.special import ndtr, ndtri

_STEPS = 50
"""Of a bisection, down to the last digit."""


def lower_share(separation: float, alpha: float) -> float:
    """Return the probability of refuting falsely because a sample is too near to the boundary.

    It is that of the intervals for a normal mean that is not below 0, from one draw x with sd 1: a
    mean m is kept for the x at which m is likeliest in comparison with the likeliest mean there,
    ``max(x, 0)`` (Feldman & Cousins, "Unified approach to the classical statistical analysis of
    small signals", Physical Review D 57, 1998, 3873-3889, section IV B). These go from
    ``(m^2 - u^2)/(2m)``, or from ``m - u`` where m is above u, to ``m + u``, with the u that gives
    all others the probability alpha. With m = 0 all of it is above.

    Parameters
    ----------
    separation : float
        Of the hypothesis from the boundary: the mean m, at least 0.
    alpha : float
        The probability of refuting falsely, on both sides together.

    Examples
    --------
    >>> [round(lower_share(m, 0.05), 4) for m in (0.0, 0.5, 1.0, 2.0)]
    [0.0, 0.0014, 0.0156, 0.025]
    """
    low, high = max(0.0, -float(ndtri(alpha))), -float(ndtri(0.5 * alpha))
    if separation >= high:
        return 0.5 * alpha
    if separation <= 0.0:
        return max(0.0, alpha - 0.5)
    for _ in range(_STEPS):
        u = 0.5 * (low + high)
        below = float(ndtr(-0.5 * (separation + u**2 / separation)))
        if float(ndtr(-u)) + below > alpha:
            low = u
        else:
            high = u
    return alpha - float(ndtr(-u))
