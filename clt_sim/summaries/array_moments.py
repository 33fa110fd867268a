"""Moments of an array, from one pass over it where that is enough."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_kernels.moments import PowerPass, power_pass, power_pass_about
from clt_sim.summaries.power_sums import PowerSums

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGE = 900
"""Beyond 2**900, or below its inverse, sums and inverses may leave the range of doubles."""
_LARGEST = 1023
"""The exponent of the largest power of two."""


@dataclass(frozen=True, eq=False)
class ArrayMoments:
    """Extremes and moments of an array.

    Parameters
    ----------
    values : ndarray of float64 or float32, shape (count,)
        At least one.
    """

    values: NDArray[np.floating]

    @functools.cached_property
    def _first_pass(self) -> PowerPass:
        return power_pass(np.ascontiguousarray(self.values))

    @property
    def least(self) -> float:
        """The smallest value."""
        return self._first_pass.least

    @property
    def greatest(self) -> float:
        """The largest value."""
        return self._first_pass.greatest

    @property
    def has_finite_sums(self) -> bool:
        """Whether sums of powers are finite; where they are, all values are."""
        return self._first_pass.is_finite

    @functools.cached_property
    def unit(self) -> float:
        """A power of two that values are divided by: 1, or what keeps their sums in range."""
        _, exponent = math.frexp(max(-self.least, self.greatest))
        return 2.0 ** min(exponent, _LARGEST) if abs(exponent) > _LARGE else 1.0

    @functools.cached_property
    def in_range(self) -> NDArray[np.float64]:
        """The values, contiguous, over the unit."""
        values = np.ascontiguousarray(self.values, np.float64)
        return values if self.unit == 1.0 else values / self.unit

    @functools.cached_property
    def powers(self) -> PowerPass:
        """Powers about the mean or near to it: those of the first pass, if its centre was."""
        if self.unit == 1.0 and self._first_pass.is_near:
            return self._first_pass
        mean = float(self.in_range.mean())
        reach = max(self.greatest / self.unit - mean, mean - self.least / self.unit)
        return power_pass_about(self.in_range, mean, reach)

    @functools.cached_property
    def central(self) -> tuple[float, ...]:
        """``E[(x - mean)**k]`` for k = 0, ..., 8, in units of the scale of the powers."""
        return PowerSums.of_doubles(self.values.size, [self.powers.totals()]).central_moments()

    @functools.cached_property
    def standardized(self) -> NDArray[np.float64]:
        """``E[z**k]`` of the standardised values for k = 0, ..., 8, if they vary."""
        central = np.array(self.central)
        return np.asarray(central / central[2] ** (0.5 * np.arange(central.size)))

    @property
    def mean_from_centre(self) -> float:
        """The mean less the centre of the powers, of values over the unit."""
        return self.powers.scale * (self.powers.totals()[0] / self.values.size)
