"""The test from an estimate of the entropy by spacings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._kernels import normality
from clt_sim.gaussianity.measures.debiased import normal_mean
from clt_sim.normality_tests.statistic import Statistic

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGEST_K = math.sqrt(2.0 * math.pi * math.e)
"""K of a normal law, 4.13: no law has a larger one, though samples of thousands may."""


def half_width(n: int) -> int:
    """Return how many places up and down a spacing reaches: ``floor(n**0.5 + 0.5)``.

    Examples
    --------
    >>> [half_width(n) for n in (5, 6, 7, 100, 1_000_000)]
    [2, 2, 3, 10, 1000]
    """
    root = math.isqrt(n)
    return root + (n - root * root > root)


def _coefficients(n: int) -> NDArray[np.float64]:
    return np.array([float(half_width(n))])


def _k_of(departure: float) -> float:
    return _LARGEST_K / departure


def spread(n: int) -> tuple[float, float]:
    """Return location and scale of the logarithm of the departure of n normal values.

    The logarithm is Vasicek's estimate of the negentropy, whose mean for normal values is known. It
    follows the steps of the half-width, across which tables could not be interpolated. So does the
    scale, which is within a third of the standard deviation.

    Parameters
    ----------
    n : int
        The number of values, at least 5.
    """
    root = math.sqrt(n)
    return normal_mean(n), 0.25 * (half_width(n) / root) ** 0.7 / root


VASICEK = Statistic(
    "vasicek",
    "K",
    least=5,
    kernel=normality.vasicek,
    coefficients=_coefficients,
    rejects="small",
    conventional=_k_of,
    spread=spread,
)
"""Vasicek (1976): ``K = n/(2 m s) (prod_i (x_(i+m) - x_(i-m)))**(1/n)``, with the sd s.

Places below the first and above the last value are those; the half-width m is ``floor(n**0.5 +
0.5)``, which needs five values to be below n/2. K is the exponential of an estimate of the
entropy, and that of a normal law is ``sqrt(2 pi e)``, the largest of all laws. The departure is
``sqrt(2 pi e)/K``. Where 2m + 1 sorted values in a row are equal, or m + 1 at an end, a spacing is
0: K is then 0 and the departure infinite, the strongest evidence against a normal law. Ties of
fewer values count as they are.
"""
