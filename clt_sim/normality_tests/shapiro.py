"""Tests from the correlation of a sorted sample with normal scores."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from clt_sim._kernels import normality
from clt_sim.normality_tests.statistic import Statistic

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Polynomials in n**-0.5 without constant term, highest power first.
_LAST = np.array([-2.706056, 4.434685, -2.071190, -0.147981, 0.221157, 0.0])
_LAST_BUT_ONE = np.array([-3.582633, 5.682633, -1.752461, -0.293762, 0.042981, 0.0])


def blom_scores(n: int) -> NDArray[np.float64]:
    """Return the scores ``Phi^-1((i - 3/8)/(n + 1/4))`` of Blom, i = 1, ..., n, antisymmetric.

    They approximate the expectations of n sorted normal variables.

    Examples
    --------
    >>> blom_scores(3).round(4).tolist()
    [-0.8694, 0.0, 0.8694]
    """
    scores = np.zeros(n)
    lower = ndtri((np.arange(1, n // 2 + 1) - 0.375) / (n + 0.25))
    scores[: n // 2] = lower
    scores[n - n // 2 :] = -lower[::-1]
    return scores


def shapiro_francia_weights(n: int) -> NDArray[np.float64]:
    """Return Blom's scores over the root of their square sum.

    Parameters
    ----------
    n : int
        The number of values, at least 2.

    Returns
    -------
    ndarray of float64, shape (n,)
        Ascending, antisymmetric, of square sum 1.
    """
    scores = blom_scores(n)
    return scores / math.sqrt(scores @ scores)


def shapiro_wilk_weights(n: int) -> NDArray[np.float64]:
    """Return the weights of Royston (1995), those of the algorithm AS R94.

    The two outer weights at either end are those of `shapiro_francia_weights` plus polynomials in
    ``n**-0.5``, which vanish in the limit; the others are proportional to Blom's scores. Up to
    five values only the outermost are corrected; for three the weights are exact. The algorithm
    stops at n = 5000; nothing in the weights does.

    Parameters
    ----------
    n : int
        The number of values, at least 3.

    Returns
    -------
    ndarray of float64, shape (n,)
        Ascending, antisymmetric, of square sum 1.

    Examples
    --------
    >>> shapiro_wilk_weights(10).round(4).tolist()[:5]
    [-0.5737, -0.329, -0.2143, -0.1228, -0.0401]
    """
    if n == 3:
        return np.array([-math.sqrt(0.5), 0.0, math.sqrt(0.5)])
    weights = shapiro_francia_weights(n)
    given = [weights[-1] + np.polyval(_LAST, n**-0.5)]
    if n > 5:
        given.append(weights[-2] + np.polyval(_LAST_BUT_ONE, n**-0.5))
    inner = weights[len(given) : n - len(given)]
    rest = 1.0 - 2.0 * math.fsum(weight**2 for weight in given)
    inner *= math.sqrt(rest / (inner @ inner))
    weights[n - len(given) :] = given[::-1]
    weights[: len(given)] = np.negative(given)
    return weights


def _complement(departure: float) -> float:
    return 1.0 - departure


_OfScores = functools.partial(
    Statistic,
    least=3,
    kernel=normality.score_correlation,
    rejects="small",
    conventional=_complement,
    typical=lambda n: 1.0 / n,
)

SHAPIRO_WILK = _OfScores("shapiro-wilk", "W", coefficients=shapiro_wilk_weights)
"""Shapiro & Wilk (1965) with the weights of Royston (1995); the departure is ``1 - W``.

The departure is computed by itself, not from W: it has all its digits where W is near 1.
"""
SHAPIRO_FRANCIA = _OfScores("shapiro-francia", "W'", coefficients=shapiro_francia_weights)
"""Shapiro & Francia (1972) with the scores of Blom (1958), as Royston (1993) takes them.

W' is the squared correlation of the normal quantile plot; the departure is ``1 - W'``.
"""
