"""Draws as they were given, and what is made of them once for all measures."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_kernels.maxent import maxent_means
from clt_sim._array_kernels.moments import power_sums
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
    def _in_range(self) -> NDArray[np.float64]:
        """The draws, times a power of two where they are so large or small that sums would not do.

        No shape depends on that.
        """
        _, exponent = math.frexp(max(-self.values.min(), self.values.max()))
        return np.ldexp(self.values, -exponent) if abs(exponent) > _LARGE else self.values

    @functools.cached_property
    def central_moments(self) -> tuple[float, ...]:
        """``E[(x - mean)**k]`` for k = 0, ..., 8, in units of a power of the range of the draws."""
        values = self._in_range
        mean = float(values.mean())
        scale = max(float(values.max()) - mean, mean - float(values.min()))
        return PowerSums.of_doubles(self.count, power_sums(values, mean, scale)).central_moments()

    @functools.cached_property
    def standardized_moments(self) -> NDArray[np.float64]:
        """``E[z**k]`` of the standardised draws for k = 0, ..., 8."""
        central = np.array(self.central_moments)
        return np.asarray(central / central[2] ** (0.5 * np.arange(central.size)))

    @functools.cached_property
    def maxent_means(self) -> NDArray[np.float64]:
        """Means over the standardised draws, listed in `clt_sim._array_kernels.maxent`."""
        values = self._in_range
        return maxent_means(values, float(values.mean()), 1.0 / float(values.std()))

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
