"""Arrays as sources: rows of numbers, tables of them, and draws that depend on each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_kernels.moments import extremes_and_total
from clt_sim._array_validation import (
    check_nan_policy,
    cluster_indices,
    finite_array,
    is_axis,
    rectangular,
)
from clt_sim._validation import shown
from clt_sim.effective_size import effective_size
from clt_sim.gaussianity.views.draws import Draws
from clt_sim.gaussianity.views.units import Units

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from clt_sim.gaussianity.measure import Measure
    from clt_sim.measures import View

_SOURCES = (
    "a 1-D array of real numbers, a Summary, a NormalMixture, an ExactLaw, a Law, a Signal or a"
    " PooledSignal"
)
_MOST_WHOLE = 2**53
Reading = tuple["View[Measure]", str, str]
"""A view, the ensemble and the route."""


def read_array(
    x: object, *, standardize: bool, axis: int | None, clusters: ArrayLike | None, nan_policy: str
) -> Reading:
    """Return the view of an array, what it ranges over and how it will be measured.

    Raises
    ------
    TypeError
        If `x` is not an array of real numbers.
    ValueError
        If its values are constant or not finite, or its shape does not fit the other arguments.
    """
    check_nan_policy(nan_policy)
    array = _real_array(x)
    if array.ndim == 2 and axis is not None:
        if clusters is not None:
            raise ValueError("clusters must be None with an axis: units are measured one by one.")
        return _read_table(array, axis, nan_policy, standardize=standardize)
    if array.ndim != 1:
        raise ValueError(
            f"x must be a row of numbers, not of shape {array.shape}: nothing is pooled silently."
            " Give axis=0 to measure each column of a table, or axis=1 to measure each row."
        )
    if axis is not None:
        raise ValueError(f"axis must be None for a row of numbers, not {shown(axis)}.")
    return _read_row(array, clusters, nan_policy, standardize=standardize)


def _real_array(x: object) -> NDArray[np.generic]:
    array = rectangular("x", x)
    if array.dtype.kind not in "biuf":
        kind = f"an array of {array.dtype}" if array.ndim else f"{type(x).__name__} {shown(x)}"
        raise TypeError(f"x must be {_SOURCES}, not {kind}.")
    if array.dtype.kind in "iu" and array.size:
        least, greatest = int(array.min()), int(array.max())
        if max(-least, greatest) > _MOST_WHOLE:
            raise ValueError(
                f"x must be from -2**53 to 2**53 where it is of {array.dtype}, not from {least} to"
                f" {greatest}: other whole numbers are not exact in double precision. Subtract"
                " their offset first."
            )
    if array.dtype == np.longdouble:
        with np.errstate(over="ignore"):  # what is infinite then is refused with its place
            return array.astype(np.float64)
    return array


def _read_row(
    array: NDArray[np.generic], clusters: ArrayLike | None, nan_policy: str, *, standardize: bool
) -> Reading:
    single = array.dtype == np.float32 and clusters is None
    values: NDArray[np.floating] = np.ascontiguousarray(array, None if single else np.float64)
    if nan_policy == "omit" or not values.size:
        values = _checked(array, nan_policy)
    groups = None if clusters is None else cluster_indices("clusters", clusters, size=array.size)
    if nan_policy == "omit":
        kept = ~np.isnan(values)
        values, groups = values[kept], None if groups is None else groups[kept]
    ensemble = f"{values.size} values" + _left_out(array.size - values.size)
    if groups is None:
        return draws_of(values, standardize=standardize), ensemble, "sample"
    if np.ptp(groups) == 0:
        raise ValueError("clusters must be at least 2: the errors rest on their spread.")
    doubles = values.astype(np.float64, copy=False)
    draws = draws_of(doubles, groups, standardize=standardize)
    return draws, f"{ensemble} in {worth(doubles, groups)}", "sample of clusters"


def _read_table(
    array: NDArray[np.generic], axis: int, nan_policy: str, *, standardize: bool
) -> Reading:
    if not is_axis(axis):
        raise ValueError(
            f"axis must be 0 or 1 for an array of shape {array.shape}, not {shown(axis)}."
        )
    checked = _checked(array, nan_policy)
    rows = checked.T if axis == 0 else checked
    units, phrase = units_of([row[~np.isnan(row)] for row in rows], standardize=standardize)
    ensemble = f"array of shape {array.shape}, each {'column' if axis == 0 else 'row'}; {phrase}"
    return units, ensemble + _left_out(int(np.isnan(checked).sum())), "sample for each"


def _checked(array: NDArray[np.generic], nan_policy: str) -> NDArray[np.float64]:
    """Return the array in double precision, with NaN only where the policy is to omit it.

    It is not copied if it has that precision.
    """
    numbers = np.ascontiguousarray(array, np.float64)
    if nan_policy == "raise":
        if not (numbers.size and math.isfinite(extremes_and_total(numbers.ravel())[2])):
            finite_array("x", array, ndim=array.ndim)
        return numbers
    missing = np.isnan(numbers)
    if missing.all():
        raise ValueError(f"x must have numbers; all its {missing.size} values are NaN.")
    finite_array("x", np.where(missing, 0.0, numbers), ndim=array.ndim)
    return numbers


def _left_out(count: int) -> str:
    return f" ({count} NaN left out)" if count else ""


def worth(values: NDArray[np.float64], clusters: NDArray[np.intp]) -> str:
    """Return how many clusters there are, and how many independent draws their mean is worth."""
    size = effective_size(values, clusters=clusters).value
    return f"{np.unique(clusters).size} clusters, for the mean worth {size:.4g} independent draws"


def draws_of(
    values: NDArray[np.floating], clusters: NDArray[np.intp] | None = None, *, standardize: bool
) -> Draws:
    """Return draws that are finite and not all the same.

    Raises
    ------
    ValueError
        If they are not.
    """
    draws = Draws(values, standardize, clusters)
    if not draws.moments.has_finite_sums:
        finite_array("x", values, ndim=1)
    if draws.moments.least == draws.moments.greatest:
        raise ValueError(f"x must not be constant; all {values.size} values are {values[0]}.")
    return draws


def units_of(rows: list[NDArray[np.float64]], *, standardize: bool) -> tuple[Units, str]:
    """Return the rows that vary as units, and a phrase that counts them.

    Raises
    ------
    ValueError
        If none does.
    """
    varying = [row for row in rows if row.size and row.min() < row.max()]
    if not varying:
        raise ValueError(f"x must not be constant; all {len(rows)} units are.")
    phrase = f"median over {len(varying)} units"
    constant = len(rows) - len(varying)
    phrase += f" ({constant} constant units left out)" * (constant > 0)
    return Units(tuple(Draws(row, standardize) for row in varying)), phrase
