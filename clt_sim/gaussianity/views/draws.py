"""Draws as they were given, and what is made of them once for all measures."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_kernels.maxent import maxent_means
from clt_sim._array_kernels.moments import extremes_and_total, power_sums
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.measures import UnavailableError
from clt_sim.summaries.power_sums import PowerSums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.estimate import Estimate
    from clt_sim.gaussianity.measure import Measure

_LARGE = 900
"""Beyond 2**900, or below its inverse, sums and inverses may leave the range of doubles."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws in any order.

    Measures of averages take them as they are, in one pass; the others sort them, once.

    Parameters
    ----------
    values : ndarray of float64, shape (count,)
        The draws, not all the same.
    standardized : bool
        Whether they are to be measured with the mean 0 and the sd 1.
    clusters : ndarray of intp, shape (count,), or None
        Draws of different clusters are independent; None where all are.
    """

    values: NDArray[np.float64]
    standardized: bool
    clusters: NDArray[np.intp] | None = None

    @property
    def count(self) -> int:
        """The number of draws."""
        return self.values.size

    @functools.cached_property
    def sample(self) -> Sample:
        """The sorted sample."""
        sample = Sample.of(self.values, self.clusters)
        return sample.standardize() if self.standardized else sample

    @functools.cached_property
    def _first_pass(self) -> tuple[float, float, float]:
        return extremes_and_total(self.values)

    @property
    def least(self) -> float:
        """The smallest draw."""
        return self._first_pass[0]

    @property
    def greatest(self) -> float:
        """The largest draw."""
        return self._first_pass[1]

    @property
    def has_finite_sum(self) -> bool:
        """Whether the sum is finite; where it is, all draws are."""
        return math.isfinite(self._first_pass[2])

    @functools.cached_property
    def _unit(self) -> float:
        """A power of two that the draws are divided by: 1, or what keeps their sums in range."""
        _, exponent = math.frexp(max(-self.least, self.greatest))
        return 2.0**exponent if abs(exponent) > _LARGE else 1.0

    @functools.cached_property
    def _in_range(self) -> NDArray[np.float64]:
        return self.values if self._unit == 1.0 else self.values / self._unit

    @functools.cached_property
    def _mean(self) -> float:
        """The mean, in units of `_unit`."""
        if self._unit == 1.0 and self.has_finite_sum:
            return self._first_pass[2] / self.count
        return float(self._in_range.mean())

    @property
    def _reach(self) -> float:
        """The largest distance from the mean, in units of `_unit`."""
        return max(self.greatest / self._unit - self._mean, self._mean - self.least / self._unit)

    @functools.cached_property
    def central_moments(self) -> tuple[float, ...]:
        """``E[(x - mean)**k]`` for k = 0, ..., 8, in units of the largest distance from it."""
        return PowerSums.of_doubles(
            self.count, power_sums(self._in_range, self._mean, self._reach)
        ).central_moments()

    @functools.cached_property
    def standardized_moments(self) -> NDArray[np.float64]:
        """``E[z**k]`` of the standardised draws for k = 0, ..., 8."""
        central = np.array(self.central_moments)
        return np.asarray(central / central[2] ** (0.5 * np.arange(central.size)))

    @functools.cached_property
    def maxent_means(self) -> NDArray[np.float64]:
        """Means over the standardised draws, listed in `clt_sim._array_kernels.maxent`."""
        sd = self._reach * math.sqrt(self.central_moments[2])
        return maxent_means(self._in_range, self._mean, 1.0 / sd)

    def estimate(self, measure: Measure) -> Estimate:
        """Return the plug-in value of a measure and its standard error.

        Raises
        ------
        UnavailableError
            If there are too few draws, or the measure needs more than draws.
        """
        if self.count < measure.least:
            raise UnavailableError(f"needs at least {measure.least} values; there are {self.count}")
        return measure.of_draws(self)
