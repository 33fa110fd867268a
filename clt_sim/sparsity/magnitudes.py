"""Sorted magnitudes of values, and the view of rows of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from clt_sim.estimate import Estimate
from clt_sim.measures import OfValues, UnavailableError, check_count

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Magnitudes:
    """Magnitudes in ascending order, with their probabilities.

    Parameters
    ----------
    values : ndarray of float64, shape (..., m)
        Magnitudes, ascending along the last axis, not all 0 in any row.
    weights : ndarray of float64, shape (m,)
        Their probabilities, the same in each row.
    mean_square : ndarray of float64, shape (...)
        Mean of the squared values.
    count : int or None
        The N of formulas for N values; None for their limit, the index of the law.
    """

    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    mean_square: NDArray[np.float64]
    count: int | None

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Magnitudes:
        """Take rows of values, shape (..., N), in units of the largest magnitude of each."""
        magnitudes = np.sort(np.abs(values), axis=-1)
        magnitudes /= magnitudes[..., -1:]  # so that squares neither overflow nor vanish
        count = magnitudes.shape[-1]
        weights = np.full(count, 1.0 / count)
        return cls(magnitudes, weights, magnitudes**2 @ weights, count)

    def mean(self) -> NDArray[np.float64]:
        """Return the mean magnitude of each row."""
        return np.asarray(self.values @ self.weights)

    def ratio(self) -> NDArray[np.float64]:
        """Return the mean over the root mean square: 1 for equal magnitudes, 0 for one spike."""
        return np.asarray(self.mean() / np.sqrt(self.mean_square))

    def ratio_influence(self) -> NDArray[np.float64]:
        """Return the influence function of `ratio` at each value of one row."""
        ratio = float(self.ratio())
        relative = self.values / math.sqrt(float(self.mean_square))
        return relative - ratio - 0.5 * ratio * (relative**2 - 1.0)


def spike_factor(count: int | None) -> float:
    """Return ``1/(1 - 1/N)``, which makes an index that is at most ``1 - 1/N`` reach 1."""
    return 1.0 if count is None else 1.0 / (1.0 - 1.0 / count)


class OfMagnitudes(OfValues, Protocol):
    """What values ask of an index, as `clt_sim.sparsity.measure.Measure` describes it."""

    of_zeros: ClassVar[float | None]

    def of_magnitudes(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the index of each row of magnitudes."""

    def influence(self, magnitudes: Magnitudes) -> NDArray[np.float64]:
        """Return the influence function of the index at each value of one row."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of values with an index each, such as the units of a layer.

    Parameters
    ----------
    magnitudes : Magnitudes
        The rows that are not all 0, at least one.
    zeros : int
        Number of rows that are all 0.
    """

    magnitudes: Magnitudes
    zeros: int

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Rows:
        """Take values of shape (rows, N), at least one of them not 0."""
        some = values.any(axis=1)
        return cls(Magnitudes.of(values[some]), int(np.count_nonzero(~some)))

    def estimate(self, measure: OfMagnitudes) -> Estimate:
        """Return the mean of an index over rows, with the standard error of that mean.

        Rows that are all 0 count where the index is defined for them.

        Raises
        ------
        UnavailableError
            If the rows are too short, or fewer than 2.
        """
        check_count(measure, self.magnitudes.values.shape[-1])
        values = measure.of_magnitudes(self.magnitudes)
        if measure.of_zeros is not None:
            values = np.append(values, np.full(self.zeros, measure.of_zeros))
        if values.size < 2:
            raise UnavailableError("the spread needs at least 2 rows that have the index")
        stderr = float(np.std(values, ddof=1)) / math.sqrt(values.size)
        return Estimate(float(np.mean(values)), stderr)
