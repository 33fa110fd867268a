"""Draws as they were given, and what is made of them once for all measures."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from clt_sim._array_kernels.maxent import maxent_means
from clt_sim._array_kernels.moments import PowerPass, power_pass, power_pass_about
from clt_sim.gaussianity.views.raw_values import check_raw_size
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.gaussianity.views.traits import Traits
from clt_sim.measures import check_count
from clt_sim.summaries.power_sums import PowerSums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.estimate import Estimate

_LARGE = 900
"""Beyond 2**900, or below its inverse, sums and inverses may leave the range of doubles."""
_FAR = 1e3
"""A mean this many standard deviations from 0 is rounded by less than 1e-12 of one."""
_LARGEST = 1023
"""The exponent of the largest power of two."""


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
    def _first_pass(self) -> PowerPass:
        return power_pass(np.ascontiguousarray(self.values))

    @property
    def least(self) -> float:
        """The smallest draw."""
        return self._first_pass.least

    @property
    def greatest(self) -> float:
        """The largest draw."""
        return self._first_pass.greatest

    @property
    def has_finite_sums(self) -> bool:
        """Whether sums of powers are finite; where they are, all draws are."""
        return self._first_pass.is_finite

    @functools.cached_property
    def _unit(self) -> float:
        """A power of two that the draws are divided by: 1, or what keeps their sums in range."""
        _, exponent = math.frexp(max(-self.least, self.greatest))
        return 2.0 ** min(exponent, _LARGEST) if abs(exponent) > _LARGE else 1.0

    @functools.cached_property
    def _in_range(self) -> NDArray[np.float64]:
        values = np.ascontiguousarray(self.values, np.float64)
        return values if self._unit == 1.0 else values / self._unit

    @functools.cached_property
    def _powers(self) -> PowerPass:
        """Powers about the mean or near to it: those of the first pass, if its centre was."""
        if self._unit == 1.0 and self._first_pass.is_near:
            return self._first_pass
        mean = float(self._in_range.mean())
        reach = max(self.greatest / self._unit - mean, mean - self.least / self._unit)
        return power_pass_about(self._in_range, mean, reach)

    @functools.cached_property
    def central_moments(self) -> tuple[float, ...]:
        """``E[(x - mean)**k]`` for k = 0, ..., 8, in units that make the largest moderate."""
        return PowerSums.of_doubles(self.count, [self._powers.totals()]).central_moments()

    @functools.cached_property
    def standardized_moments(self) -> NDArray[np.float64]:
        """``E[z**k]`` of the standardised draws for k = 0, ..., 8."""
        central = np.array(self.central_moments)
        return np.asarray(central / central[2] ** (0.5 * np.arange(central.size)))

    @functools.cached_property
    def maxent_means(self) -> NDArray[np.float64]:
        """Means over the standardised draws, listed in `clt_sim._array_kernels.maxent`."""
        powers, values = self._powers, self._in_range
        shift = powers.scale * (powers.totals()[0] / self.count)
        sd = powers.scale * math.sqrt(self.central_moments[2])
        if abs(powers.centre) <= _FAR * sd:
            return maxent_means(values, powers.centre + shift, 1.0 / sd)
        return maxent_means(values - powers.centre, shift, 1.0 / sd)

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
            check_raw_size(max(-self.least, self.greatest))
        return measure.of_draws(self)
