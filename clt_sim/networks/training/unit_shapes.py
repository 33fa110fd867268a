"""Shapes of the units of a signal, apart from their means and scales, along training."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import ndtr

from clt_sim._json_types import plain
from clt_sim.networks.normal_units import normal_units

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = (np.arange(101) + 0.5) / 101
"""Levels of the quantile functions: a mean over them is a midpoint rule."""
MOST_UNITS, FEW_UNITS = 256, 8
"""The most units that are measured, and that keep a quantile function of their own."""
SHAPE_ROWS = 1000
"""The most test inputs over which shapes are taken: the first ones."""


class Floor(NamedTuple):
    """What the median unit would show if all were normal, because inputs are finitely many."""

    kolmogorov: float
    """Median of the Kolmogorov distance to the fitted normal law."""
    excess_kurtosis: float
    """Median of the size of the excess kurtosis."""


@dataclass(frozen=True, slots=True, eq=False)
class UnitShapes:
    """The shapes of one signal of one layer, over the same inputs at several steps.

    All is of standardised values: each unit less its mean, over its standard deviation; *pooled*
    is of the values of all measured units together, standardised as a whole. Numbers of a unit
    that is constant are nan, and medians are over the others.

    Parameters
    ----------
    layer : str
        Such as ``"hidden 2"``.
    signal : str
        ``"u"`` or ``"pre-activation"``.
    rows : int
        The number of inputs.
    steps : ndarray of int64, shape (steps,)
        When.
    units : ndarray of int64, shape (units,)
        Which units were measured: all, or 256 that are evenly spaced.
    few : ndarray of int64, shape (few,)
        Which of them have quantile functions of their own.
    kolmogorov, excess_kurtosis : ndarray of float64, shape (steps, units)
        Distance to the normal law with the mean and the standard deviation of the unit;
        ``m4 / m2**2 - 3``.
    quantiles : ndarray of float64, shape (steps, 101)
        For each level the median over the units, at `LEVELS`.
    few_quantiles : ndarray of float64, shape (steps, few, 101)
        Those of single units.
    pooled_kolmogorov, pooled_excess_kurtosis : ndarray of float64, shape (steps,)
        Of all values together.
    pooled_quantiles : ndarray of float64, shape (steps, 101)
        Of all values together.
    """

    layer: str
    signal: str
    rows: int
    steps: NDArray[np.int64] = field(repr=False)
    units: NDArray[np.int64] = field(repr=False)
    few: NDArray[np.int64] = field(repr=False)
    kolmogorov: NDArray[np.float64] = field(repr=False)
    excess_kurtosis: NDArray[np.float64] = field(repr=False)
    quantiles: NDArray[np.float64] = field(repr=False)
    few_quantiles: NDArray[np.float64] = field(repr=False)
    pooled_kolmogorov: NDArray[np.float64] = field(repr=False)
    pooled_excess_kurtosis: NDArray[np.float64] = field(repr=False)
    pooled_quantiles: NDArray[np.float64] = field(repr=False)

    @property
    def constant_units(self) -> NDArray[np.int64]:
        """How many of the measured units are constant, at each step."""
        return np.asarray(np.isnan(self.kolmogorov).sum(axis=1))

    @property
    def drift(self) -> NDArray[np.float64]:
        """How far the shapes of the few units moved since the step before.

        The Wasserstein-1 distance between standardised quantile functions, shape
        (steps - 1, few).
        """
        moved = np.abs(np.diff(self.few_quantiles, axis=0))
        return np.asarray(moved.mean(axis=-1))

    @property
    def median_drift(self) -> NDArray[np.float64]:
        """The median of `drift` over the few units, those left out that are constant.

        Shape (steps - 1,); nan where all are.
        """
        return np.array([_median(drifts) for drifts in self.drift])

    @property
    def whole_drift(self) -> float:
        """The same from the first step to the last."""
        first, last = self.few_quantiles[[0, -1]]
        return _median(np.abs(last - first).mean(axis=-1))

    @property
    def floor(self) -> Floor:
        """What the median unit would show if all were normal, by simulation.

        The values of `clt_sim.sampling_floor` for as many rows.
        """
        return _floor(self.rows)

    def to_dict(self) -> dict[str, object]:
        """Return everything as JSON types; nan, of constant units, as text."""
        return {
            "layer": self.layer,
            "signal": self.signal,
            "rows": self.rows,
            "floor": self.floor._asdict(),
            **{name: plain(getattr(self, name)) for name in self.__slots__[3:]},
        }


def measured_units(width: int, most: int = MOST_UNITS) -> NDArray[np.int64]:
    """Return all units of a layer, or `most` that are evenly spaced."""
    return np.linspace(0, width - 1, min(width, most)).round().astype(np.int64)


def shape_numbers(values: NDArray[np.floating]) -> dict[str, NDArray[np.float64]]:
    """Return what `UnitShapes` has of one step.

    Parameters
    ----------
    values : ndarray of floats, shape (rows, units)
        The values of the measured units.

    Returns
    -------
    dict of str to ndarray of float64
        The arrays of `UnitShapes` without their first axis.
    """
    ordered, pooled = _sorted_shapes(values)
    few = measured_units(len(ordered), FEW_UNITS)
    quantiles = sorted_quantiles(ordered)
    varying = quantiles[~np.isnan(quantiles[:, 0])]
    middle = np.median(varying, axis=0) if len(varying) else np.full(len(LEVELS), np.nan)
    return {
        "kolmogorov": _kolmogorov(ordered),
        "excess_kurtosis": _excess_kurtosis(ordered),
        "quantiles": middle,
        "few_quantiles": quantiles[few],
        "pooled_kolmogorov": _kolmogorov(pooled)[0],
        "pooled_excess_kurtosis": _excess_kurtosis(pooled)[0],
        "pooled_quantiles": sorted_quantiles(pooled)[0],
    }


def kolmogorov_distances(values: NDArray[np.floating]) -> tuple[NDArray[np.float64], float]:
    """Return the distances of `shape_numbers` alone, which is quicker.

    Parameters
    ----------
    values : ndarray of floats, shape (rows, units)
        The values of the units.

    Returns
    -------
    units : ndarray of float64, shape (units,)
        Of each unit; nan for one that is constant.
    pooled : float
        Of the values of all units together.
    """
    ordered, pooled = _sorted_shapes(values)
    return _kolmogorov(ordered), float(_kolmogorov(pooled)[0])


def unit_shapes(
    layer: str, signal: str, rows: int, width: int, arrays: Mapping[str, NDArray[np.generic]]
) -> UnitShapes:
    """Return the shapes of a signal of `width` units from their arrays along the steps."""
    units = measured_units(width)
    few = units[measured_units(len(units), FEW_UNITS)]
    return UnitShapes(layer, signal, rows, units=units, few=few, **arrays)  # type: ignore[arg-type]


@functools.lru_cache(maxsize=32)
def _floor(rows: int) -> Floor:
    """Return the medians over normal units of `rows` values."""
    ordered = [_standardised(np.sort(unit)[None]) for unit in normal_units(rows)]
    distances = [_kolmogorov(unit) for unit in ordered]
    sizes = [np.abs(_excess_kurtosis(unit)) for unit in ordered]
    return Floor(float(np.median(distances)), float(np.median(sizes)))


def _median(drifts: NDArray[np.float64]) -> float:
    """Return the median over units that are not constant at either step."""
    moved = drifts[~np.isnan(drifts)]
    return float(np.median(moved)) if len(moved) else math.nan


def _sorted_shapes(
    values: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the standardised values of each unit, and of all together, as sorted rows."""
    columns = np.ascontiguousarray(values.T)  # sorted in their own precision, which is quicker
    units, pooled = np.sort(columns, axis=1), np.sort(columns, axis=None)[None]
    return _standardised(units.astype(np.float64)), _standardised(pooled.astype(np.float64))


def _standardised(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standardise each row; rows of one value become nan."""
    constant = ordered[:, 0] == ordered[:, -1]
    centred = ordered - ordered.mean(axis=1, keepdims=True)
    sd = np.sqrt((centred * centred).mean(axis=1, keepdims=True))
    sd[constant] = np.nan
    centred /= sd
    return np.asarray(centred)


def _kolmogorov(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest distance of each row's distribution function from the normal one."""
    count = ordered.shape[1]
    below = ndtr(ordered)
    below -= np.arange(count) / count
    # At each value the step is 1 / count high.
    return np.asarray(np.maximum(below.max(axis=1), 1.0 / count - below.min(axis=1)))


def _excess_kurtosis(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    squares = ordered * ordered
    return np.asarray((squares * squares).mean(axis=1) - 3.0)


def sorted_quantiles(
    ordered: NDArray[np.floating], levels: NDArray[np.float64] = LEVELS
) -> NDArray[np.float64]:
    """Return the quantiles of each sorted row, linear between its values.

    Parameters
    ----------
    ordered : ndarray of floats, shape (units, rows)
        Each row ascending.
    levels : ndarray of float64, shape (levels,)
        In [0, 1].

    Returns
    -------
    ndarray of float64, shape (units, levels)
        Where neighbours are equal, exactly their value.
    """
    places = levels * (ordered.shape[1] - 1)
    left = np.minimum(places.astype(np.int64), max(ordered.shape[1] - 2, 0))
    right = np.minimum(left + 1, ordered.shape[1] - 1)
    share = places - left
    low, high = (ordered[:, which].astype(np.float64) for which in (left, right))
    return np.asarray(low + (high - low) * share)
