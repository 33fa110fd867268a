"""Draws as they were given, and what is made of them once for all measures."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from clt_sim._array_kernels.maxent import maxent_means
from clt_sim.gaussianity.views.raw_values import check_raw_size
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.gaussianity.views.traits import Traits
from clt_sim.measures import check_count
from clt_sim.summaries.array_moments import ArrayMoments

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clt_sim.estimate import Estimate

_FAR = 1e3
"""A mean this many standard deviations from 0 is rounded by less than 1e-12 of one."""


class OfDraws(Traits, Protocol):
    """What draws ask of a measure."""

    def of_draws(self, draws: Draws) -> Estimate:
        """Return the plug-in value and its standard error."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws in any order.

    Measures of averages take them as they are, in one pass; the others sort them, once.

    Parameters
    ----------
    values : ndarray of float64 or float32, shape (count,)
        The draws, not all the same.
    standardized : bool
        Whether they are to be measured with the mean 0 and the sd 1.
    clusters : ndarray of intp, shape (count,), or None
        Draws of different clusters are independent; None where all are.
    """

    values: NDArray[np.floating]
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
    def moments(self) -> ArrayMoments:
        """Extremes and moments."""
        return ArrayMoments(self.values)

    @functools.cached_property
    def maxent_means(self) -> NDArray[np.float64]:
        """Means over the standardised draws, listed in `clt_sim._array_kernels.maxent`."""
        centre, shift = self.moments.powers.centre, self.moments.mean_from_centre
        sd = self.moments.powers.scale * math.sqrt(self.moments.central[2])
        values = self.moments.in_range
        if abs(centre) <= _FAR * sd:
            return maxent_means(values, centre + shift, 1.0 / sd)
        return maxent_means(values - centre, shift, 1.0 / sd)

    def estimate(self, measure: OfDraws) -> Estimate:
        """Return the plug-in value of a measure and its standard error.

        Raises
        ------
        UnavailableError
            If there are too few draws, raw ones are out of range, or the measure needs more
            than draws.
        """
        check_count(measure, self.count)
        if not (self.standardized or measure.of_shape):
            check_raw_size(max(-self.moments.least, self.moments.greatest))
        return measure.of_draws(self)
