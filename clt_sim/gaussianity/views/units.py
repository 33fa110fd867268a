"""Units of a layer: many rows of draws, summarised by their median."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import bdtr

from clt_sim.estimate import Estimate
from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.views.draws import Draws, OfDraws

_ONE_SIGMA = 0.6826894921370859
"""Probability of a normal draw within one sd of the mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """The values of each unit over the inputs.

    Parameters
    ----------
    units : tuple of Draws
        One for each unit, as many draws in each.
    """

    units: tuple[Draws, ...]

    def estimate(self, measure: OfDraws) -> Estimate:
        """Return the median of a measure over units, with an error from their spread.

        Raises
        ------
        UnavailableError
            If the draws cannot give the measure, or there are fewer than 3 units.
        """
        estimates = [draws.estimate(measure) for draws in self.units]
        middle = median([estimate.value for estimate in estimates])
        # Where all units give one value, such as -1 for a tail that none has reached, the spread
        # says nothing; the median is no better than if all had the smallest of their errors.
        least = min(estimate.stderr for estimate in estimates) / math.sqrt(len(estimates))
        return Estimate(middle.value, max(middle.stderr, least))


def median(values: list[float]) -> Estimate:
    """Return the median and its distribution-free standard error.

    The interval between the k-th smallest and the k-th largest of m values covers the median
    with probability ``1 - 2 P(Bin(m, 1/2) < k)`` whatever their law (David & Nagaraja, Order
    Statistics, 3rd ed., section 7.1); the error is half the shortest such interval that covers
    at least 68.3 %.

    Raises
    ------
    UnavailableError
        If there are fewer than 3 values, of which no interval covers so much.

    Examples
    --------
    >>> median([3.0, 1.0, 2.0])
    Estimate(value=2.0, stderr=1.0)
    """
    ordered: NDArray[np.float64] = np.sort(values)
    m = ordered.size
    ranks = np.arange(1, m // 2 + 1)
    wide = np.flatnonzero(1.0 - 2.0 * bdtr(ranks - 1, m, 0.5) >= _ONE_SIGMA)
    if wide.size == 0:
        raise UnavailableError(f"the spread between units needs at least 3 units; there are {m}")
    k = int(ranks[wide[-1]])
    half = 0.5 * float(ordered[m - k] - ordered[k - 1])
    return Estimate(float(np.median(ordered)), half)
