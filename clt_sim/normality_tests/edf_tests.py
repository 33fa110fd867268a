"""Tests from the distance between the empirical and the fitted normal distribution function.

As in the literature, the sd that is fitted has the divisor n - 1.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._kernels import empirical_distribution
from clt_sim.normality_tests.statistic import Statistic

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _scale(n: int) -> NDArray[np.float64]:
    """Return what turns values of mean square 1 into those with a sample variance of 1."""
    return np.array([math.sqrt((n - 1) / n)])


_OfDistances = functools.partial(Statistic, least=3, coefficients=_scale)

ANDERSON_DARLING = _OfDistances(
    "anderson-darling", "A^2", kernel=empirical_distribution.anderson_darling
)
"""Anderson & Darling (1954) with fitted mean and sd, case 3 of Stephens (1974)."""
CRAMER_VON_MISES = _OfDistances(
    "cramer-von-mises", "W^2", kernel=empirical_distribution.cramer_von_mises
)
"""Cramér & von Mises with fitted mean and sd, case 3 of Stephens (1974)."""
LILLIEFORS = _OfDistances(
    "lilliefors",
    "D",
    kernel=empirical_distribution.lilliefors,
    typical=lambda n: 1.0 / math.sqrt(n),
)
"""Lilliefors (1967): the distance of Kolmogorov with fitted mean and sd."""
