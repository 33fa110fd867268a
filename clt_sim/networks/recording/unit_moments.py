"""Statistics of every unit of a signal, in one pass over batches."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAR = 0.1
"""A value is near zero if its size is at most this times the root mean square of its unit."""
_CHUNK = 2**15
"""Values whose powers are made at once; they stay in the cache."""
_WIDE = 512
"""Values in a row from which on, and rows below which, NumPy's time for each row is little."""
_REALS = ("mean", "m2", "m3", "m4", "minimum", "maximum")
_COUNTS = ("count", "exact_zeros", "near_zeros", "non_finite")


@dataclass(frozen=True, slots=True, eq=False)
class UnitMoments:
    """Counts, central moments and extremes of each unit.

    The finite values alone are in all of them but `non_finite`. Sets of values are put together
    by the formulas of P. Pébay (Formulas for robust, one-pass parallel computation of
    covariances and arbitrary-order statistical moments, Sandia report SAND2008-6212, 2008,
    section 3).

    Parameters
    ----------
    count : ndarray of int64, shape (units,)
        The number of finite values.
    mean : ndarray of float64, shape (units,)
        Their mean; 0 where there is none.
    m2, m3, m4 : ndarray of float64, shape (units,)
        ``sum (x - mean)**k`` for k = 2, 3, 4.
    minimum, maximum : ndarray of float64, shape (units,)
        Infinite, of the opposite sign, where there is no value.
    exact_zeros : ndarray of int64, shape (units,)
        How many values are 0.
    near_zeros : ndarray of int64, shape (units,)
        How many values are at most 0.1 times the root mean square in size; see `extended`.
    non_finite : ndarray of int64, shape (units,)
        How many values are NaN or infinite.

    Examples
    --------
    >>> moments = UnitMoments.of(np.array([[0.0, 5.0], [1.0, np.inf], [5.0, 5.0]]))
    >>> moments.mean, moments.non_finite, moments.constant
    (array([2., 5.]), array([0, 1]), array([False,  True]))
    >>> moments.variance.round(4)
    array([4.6667, 0.    ])
    """

    count: NDArray[np.int64]
    mean: NDArray[np.float64]
    m2: NDArray[np.float64]
    m3: NDArray[np.float64]
    m4: NDArray[np.float64]
    minimum: NDArray[np.float64]
    maximum: NDArray[np.float64]
    exact_zeros: NDArray[np.int64]
    near_zeros: NDArray[np.int64]
    non_finite: NDArray[np.int64]

    @classmethod
    def empty(cls, units: int) -> UnitMoments:
        """Return the statistics of no values."""
        reals, counts = np.zeros((len(_REALS), units)), np.zeros((len(_COUNTS), units), np.int64)
        reals[_REALS.index("minimum")], reals[_REALS.index("maximum")] = np.inf, -np.inf
        return cls._of_rows(reals, counts)

    @classmethod
    def _of_rows(cls, reals: NDArray[np.float64], counts: NDArray[np.int64]) -> UnitMoments:
        named: dict[str, Any] = dict(zip(_REALS, reals, strict=True))
        return cls(**named, **dict(zip(_COUNTS, counts, strict=True)))

    @classmethod
    def of(cls, values: NDArray[np.floating]) -> UnitMoments:
        """Return the statistics of one array of shape (rows, units)."""
        return cls.empty(values.shape[1]).extended(values)

    def extended(self, values: NDArray[np.floating]) -> UnitMoments:
        """Return the statistics with more rows, shape (rows, units), after the others.

        Values are near zero against the root mean square of all rows up to the last one of
        these: for one array that is its own, and for many it soon settles.
        """
        merged = self + _without_near_zeros(values)
        bound = NEAR * merged.root_mean_square
        near = sum(_counts(np.abs(some) <= bound) for some in _chunks(values))
        return dataclasses.replace(merged, near_zeros=self.near_zeros + near)

    def __add__(self, other: UnitMoments) -> UnitMoments:
        """Put together two disjoint sets of values; the order has no part in the result."""
        a, b = self.count.astype(np.float64), other.count.astype(np.float64)
        n = np.maximum(a + b, 1.0)
        with np.errstate(over="ignore", invalid="ignore"):
            delta = (other.mean - self.mean) * ((a > 0) & (b > 0))
            fa, fb = a / n, b / n
            mean = fa * self.mean + fb * other.mean
            mean = np.where(delta == 0.0, np.where(a > 0, self.mean, other.mean), mean)
            cross = delta**2 * (a * b / n)
            m2 = self.m2 + other.m2 + cross
            slope = fa * other.m2 - fb * self.m2
            m3 = self.m3 + other.m3 + cross * delta * (fa - fb) + 3.0 * delta * slope
            bend = fa**2 * other.m2 + fb**2 * self.m2
            m4 = (
                (self.m4 + other.m4)
                + cross * delta**2 * (fa**2 - fa * fb + fb**2)
                + 6.0 * delta**2 * bend
                + 4.0 * delta * (fa * other.m3 - fb * self.m3)
            )
        return UnitMoments(
            count=self.count + other.count,
            mean=mean,
            m2=m2,
            m3=m3,
            m4=m4,
            minimum=np.minimum(self.minimum, other.minimum),
            maximum=np.maximum(self.maximum, other.maximum),
            exact_zeros=self.exact_zeros + other.exact_zeros,
            near_zeros=self.near_zeros + other.near_zeros,
            non_finite=self.non_finite + other.non_finite,
        )

    @property
    def units(self) -> int:
        """The number of units."""
        return self.count.size

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Whether all finite values of a unit are the same, so that it has no shape."""
        return np.asarray(self.minimum >= self.maximum)

    @property
    def variance(self) -> NDArray[np.float64]:
        """The variance, of divisor n; NaN where there is no value."""
        return _ratio(self.m2, self.count)

    @property
    def root_mean_square(self) -> NDArray[np.float64]:
        """The root of the mean square; NaN where there is no value."""
        with np.errstate(over="ignore"):
            return np.asarray(np.sqrt(self.mean**2 + self.variance))

    @property
    def skewness(self) -> NDArray[np.float64]:
        """``E[(x - mean)**3]/sd**3``; NaN for a constant unit."""
        return self._shape(_ratio(self.m3, self.count) / self._sd() ** 3)

    @property
    def excess_kurtosis(self) -> NDArray[np.float64]:
        """``E[(x - mean)**4]/sd**4 - 3``; NaN for a constant unit."""
        return self._shape(_ratio(self.m4, self.count) / self._sd() ** 4 - 3.0)

    def _sd(self) -> NDArray[np.float64]:
        return np.where(self.constant, 1.0, np.sqrt(self.variance))

    def _shape(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(self.constant, np.nan, values)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return what is of interest, one number a unit, by name."""
        return {
            "count": self.count,
            "mean": np.where(self.count > 0, self.mean, np.nan),
            "variance": self.variance,
            "skewness": self.skewness,
            "excess_kurtosis": self.excess_kurtosis,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "exact_zeros": self.exact_zeros,
            "near_zeros": self.near_zeros,
            "non_finite": self.non_finite,
        }

    def arrays(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the real numbers and the counts, one row each, for `from_arrays`."""
        return (
            np.array([getattr(self, name) for name in _REALS]),
            np.array([getattr(self, name) for name in _COUNTS]),
        )

    @classmethod
    def from_arrays(cls, reals: NDArray[np.float64], counts: NDArray[np.int64]) -> UnitMoments:
        """Return the statistics that `arrays` was called for.

        Raises
        ------
        ValueError
            If they could not have been computed: a shape, a dtype or a number is wrong.
        """
        if (
            reals.dtype != np.float64
            or counts.dtype != np.int64
            or reals.shape != (len(_REALS), counts.shape[-1])
            or counts.shape != (len(_COUNTS), reals.shape[-1])
        ):
            raise ValueError(
                f"statistics must be of the same units, not {reals.dtype} of shape"
                f" {reals.shape} and {counts.dtype} of shape {counts.shape}"
            )
        count, exact, near, _ = counts
        if counts.min() < 0 or (exact > count).any() or (near > count).any():
            raise ValueError("statistics have counts that are below 0 or above those of values")
        return cls._of_rows(reals, counts)


def _ratio(total: NDArray[np.float64], count: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _chunks(values: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    step = max(1, _CHUNK // max(1, values.shape[1]))
    return [values[first : first + step] for first in range(0, len(values), step)]


def _without_near_zeros(values: NDArray[np.floating]) -> UnitMoments:
    rows, units = values.shape
    with np.errstate(over="ignore", invalid="ignore"):
        mean = _sums(values) / rows
    if not np.isfinite(mean).all():
        return _of_some(values)
    sums, lows, highs, zeros = np.zeros((3, units)), [], [], np.zeros(units, np.int64)
    with np.errstate(over="ignore", invalid="ignore"):
        for some in _chunks(values):
            sums += _power_sums(some - mean)
            lows.append(_extremes(np.minimum, some))
            highs.append(_extremes(np.maximum, some))
            zeros += _counts(some == 0.0)
    return UnitMoments(
        count=np.full(units, rows),
        mean=mean,
        m2=sums[0],
        m3=sums[1],
        m4=sums[2],
        minimum=np.min(lows, axis=0).astype(np.float64),
        maximum=np.max(highs, axis=0).astype(np.float64),
        exact_zeros=zeros,
        near_zeros=np.zeros(units, np.int64),
        non_finite=np.zeros(units, np.int64),
    )


def _power_sums(deviations: NDArray[np.float64]) -> NDArray[np.float64]:
    squares = deviations * deviations
    second = _sums(squares)
    third = np.einsum("ij,ij->j", squares, deviations)
    return np.array([second, third, np.einsum("ij,ij->j", squares, squares)])


def _sums(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the sums of the columns in double precision, with the rounding of `numpy.sum`.

    Both add row to row, except in a single column.
    """
    if values.flags.c_contiguous and 1 < values.shape[1] < _WIDE // 2:
        return np.asarray(np.einsum("ij->j", values, dtype=np.float64))
    return np.asarray(values.sum(axis=0, dtype=np.float64))


def _extremes(function: np.ufunc, values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Reduce each column by `numpy.minimum` or `numpy.maximum`."""
    wide, rest = _side_by_side(values)
    if wide is values:
        return np.asarray(function.reduce(values, axis=0))
    found = function.reduce(wide, axis=0).reshape(-1, values.shape[1])
    return np.asarray(function.reduce(np.concatenate([found, rest]), axis=0))


def _counts(where: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many are true in each column."""
    wide, rest = _side_by_side(where)
    if wide is where or len(wide) > np.iinfo(np.uint8).max:
        return np.asarray(np.add.reduce(where, axis=0, dtype=np.int64))
    # No sum is too large for a byte, and bytes are not converted before they are added.
    sums = np.add.reduce(wide.view(np.uint8), axis=0, dtype=np.uint8)
    found = np.add.reduce(sums.reshape(-1, where.shape[1]), axis=0, dtype=np.int64)
    return np.asarray(found + np.add.reduce(rest, axis=0, dtype=np.int64))


def _side_by_side(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the rows, as many of them in one wide row as are narrow, and those left over.

    For what takes the values of a column in any order. Few or wide rows are returned as they are.
    """
    rows, units = values.shape
    beside = _WIDE // units if units and values.flags.c_contiguous else 1
    if beside < 2 or rows < _WIDE:
        return values, values[rows:]
    whole = rows - rows % beside
    return values[:whole].reshape(-1, beside * units), values[whole:]


def _of_some(values: NDArray[np.floating]) -> UnitMoments:
    """Return the statistics of the finite values, where there may be others."""
    finite = np.isfinite(values)
    count = np.count_nonzero(finite, axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        # Each value is divided first: sums of the largest doubles would overflow.
        shares = np.where(finite, values, 0.0).astype(np.float64) / np.maximum(count, 1)
        mean = shares.sum(axis=0)
        sums = _power_sums(np.where(finite, values - mean, 0.0))
    return UnitMoments(
        count=count,
        mean=mean,
        m2=sums[0],
        m3=sums[1],
        m4=sums[2],
        minimum=np.where(finite, values, np.inf).min(axis=0).astype(np.float64),
        maximum=np.where(finite, values, -np.inf).max(axis=0).astype(np.float64),
        exact_zeros=np.count_nonzero(values == 0.0, axis=0),
        near_zeros=np.zeros(count.size, np.int64),
        non_finite=len(values) - count,
    )
