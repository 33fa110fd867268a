"""Draws as they were given, and what is made of them once for all measures."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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
    def central_moments(self) -> tuple[float, ...]:
        """``E[(x - mean)**k]`` for k = 0, ..., 8, in units of a power of the range of the draws."""
        values = self.values
        _, exponent = math.frexp(max(-values.min(), values.max()))
        if abs(exponent) > _LARGE:
            values = np.ldexp(values, -exponent)
        mean = float(values.mean())
        scale = max(float(values.max()) - mean, mean - float(values.min()))
        return PowerSums.of_doubles(self.count, power_sums(values, mean, scale)).central_moments()

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
