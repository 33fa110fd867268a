"""Tests from the skewness and the kurtosis: also of draws of which only moments were kept."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._kernels import empirical_distribution
from clt_sim.normality_tests.statistic import Statistic

if TYPE_CHECKING:
    from numpy.typing import NDArray


def jarque_bera(skewness: float, excess: float, n: int) -> float:
    """Return ``n (g1^2/6 + g2^2/24)`` (Jarque & Bera 1980)."""
    return n * (skewness**2 / 6.0 + excess**2 / 24.0)


def dagostino_coefficients(n: int) -> NDArray[np.float64]:
    """Return what turns skewness and kurtosis of n normal values into normal scores.

    Parameters
    ----------
    n : int
        The number of values, at least 8.

    Returns
    -------
    ndarray of float64, shape (6,)
        Of the skewness g1, with the score ``d asinh(a |g1|)``: a and d. Of the excess kurtosis
        g2, with ``(1 - h - ((1 - 9h)/(1 + b (g2 - m)))**(1/3))/sqrt(h)``: m, b, ``log(1 - 9h)``
        and h. The root keeps the sign of its denominator, which a law of two values, whose
        kurtosis is near its least, makes negative.

    Notes
    -----
    D'Agostino, Belanger & D'Agostino, "A suggestion for using powerful and informative tests of
    normality" (1990), with the transformations of D'Agostino (1970) and of Anscombe & Glynn
    (1983). Differences of numbers near 1 are taken of whole numbers, so that n may be as large
    as 1e15.
    """
    skewness_scale = math.sqrt((n + 1) * (n + 3) / (6 * (n - 2)))
    fourth = Fraction(
        3 * (n * n + 27 * n - 70) * (n + 1) * (n + 3), (n - 2) * (n + 5) * (n + 7) * (n + 9)
    )
    half_excess = float((fourth - 3) / 2)
    growth = 2.0 * half_excess / (1.0 + math.sqrt(1.0 + half_excess))  # W^2 - 1
    delta = 1.0 / math.sqrt(0.5 * math.log1p(growth))
    alpha = math.sqrt(2.0 / growth)
    mean = -6.0 / (n + 1)  # of g2
    variance = float(Fraction(24 * n * (n - 2) * (n - 3), (n + 1) ** 2 * (n + 3) * (n + 5)))
    root_beta = float(Fraction(6 * (n * n - 5 * n + 2), (n + 7) * (n + 9))) * math.sqrt(
        6 * (n + 3) * (n + 5) / (n * (n - 2) * (n - 3))
    )
    degrees = 6.0 + 8.0 / root_beta * (2.0 / root_beta + math.sqrt(1.0 + 4.0 / root_beta**2))
    slope = math.sqrt(2.0 / (degrees - 4.0) / variance)
    share = 2.0 / degrees
    return np.array([skewness_scale / alpha, delta, mean, slope, math.log1p(-share), share / 9.0])


def dagostino(skewness: float, excess: float, n: int) -> float:
    """Return K^2, the sum of the squared normal scores of skewness and kurtosis."""
    scale, delta, mean, slope, log_rest, share = map(float, dagostino_coefficients(n))
    first = delta * math.asinh(scale * abs(skewness))
    denominator = 1.0 + (excess - mean) * slope
    if denominator > 0.0:
        ratio = log_rest - math.log1p((excess - mean) * slope)
        second = -share - math.expm1(ratio / 3.0)
    else:
        ratio = log_rest - math.log(max(-denominator, sys.float_info.min))
        second = 1.0 - share + math.exp(ratio / 3.0)
    return first**2 + second**2 / share


JARQUE_BERA = Statistic("jarque-bera", "JB", least=4, kernel=empirical_distribution.jarque_bera)
DAGOSTINO_K2 = Statistic(
    "dagostino-k2",
    "K^2",
    least=8,
    kernel=empirical_distribution.dagostino,
    coefficients=dagostino_coefficients,
)
OF_MOMENTS = {"jarque-bera": jarque_bera, "dagostino-k2": dagostino}
"""The tests that need skewness, excess kurtosis and n alone."""
