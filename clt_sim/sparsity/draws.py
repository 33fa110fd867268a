"""Values that are draws from one law, and what is made of them once for all indices."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from clt_sim._array_kernels.small_values import SmallValues, small_values
from clt_sim.estimate import Estimate
from clt_sim.measures import OfValues, check_count
from clt_sim.sparsity.magnitudes import Magnitudes, OfMagnitudes
from clt_sim.sparsity.relative_moments import RelativeMoments
from clt_sim.summaries.array_moments import ArrayMoments

if TYPE_CHECKING:
    from numpy.typing import NDArray


class OfDraws(OfValues, Protocol):
    """What draws ask of an index, as `clt_sim.sparsity.measure.Measure` describes it."""

    def of_draws(self, draws: Draws) -> Estimate:
        """Return the index and its standard error."""


@dataclass(frozen=True, eq=False)  # no slots: what is costly is kept
class Draws:
    """Values of which all are draws from one law, some dependent.

    Where they are independent, shares and indices made of averages of powers take them as they
    are, in one pass or two. The others sort them, once.

    Parameters
    ----------
    values : ndarray of float64, shape (N,)
        Their magnitudes, at least one of them above 0.
    cluster : ndarray of intp or None, shape (N,)
        Cluster of each; draws of different clusters are independent. None where all are.
    """

    values: NDArray[np.float64]
    cluster: NDArray[np.intp] | None

    @classmethod
    def of(cls, values: NDArray[np.float64], cluster: NDArray[np.intp] | None = None) -> Draws:
        """Take one row of values and their clusters."""
        return cls(np.abs(values), cluster)

    @functools.cached_property
    def magnitudes(self) -> Magnitudes:
        """The sorted magnitudes."""
        return Magnitudes.of(self.values)

    @functools.cached_property
    def moments(self) -> ArrayMoments:
        """Extremes and moments of the magnitudes."""
        return ArrayMoments(self.values)

    @functools.cached_property
    def relative_moments(self) -> RelativeMoments:
        """Moments in units of the root mean square."""
        return RelativeMoments.of(self.moments)

    def small_values(self, lowest: float, middle: float, highest: float) -> SmallValues:
        """Count the values up to three shares of the root mean square, which ascend.

        The sum of squares is in units of the mean square.
        """
        size, unit = self.relative_moments.root_mean_square, self.relative_moments.unit
        limits = lowest * size, middle * size, highest * size
        found = small_values(self.moments.in_range, 1.0 / unit, limits)
        return found._replace(squares=found.squares / size**2)

    @functools.cached_property
    def _cluster_of_sorted(self) -> NDArray[np.intp] | None:
        return None if self.cluster is None else self.cluster[np.argsort(self.values)]

    def estimate(self, measure: OfDraws) -> Estimate:
        """Return an index and its standard error.

        Raises
        ------
        UnavailableError
            If there are too few values.
        """
        check_count(measure, self.values.size)
        return measure.of_draws(self)

    def estimate_sorted(self, measure: OfMagnitudes) -> Estimate:
        """Return an index of sorted magnitudes with the error ``sqrt(sum of squared influence)/N``.

        Influence is summed within clusters first: the cluster-robust ("sandwich") error. One value
        tells nothing of its error, which is nan.
        """
        count, cluster = self.values.size, self._cluster_of_sorted
        value = float(measure.of_magnitudes(self.magnitudes))
        influence = measure.influence(self.magnitudes)
        sums = influence if cluster is None else np.bincount(cluster, influence)
        return Estimate(value, math.sqrt(float(sums @ sums)) / count if count > 1 else math.nan)
