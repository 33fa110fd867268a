"""Sources of every kind, turned into views."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import check_nan_policy, finite_array, is_axis, rectangular
from clt_sim._validation import check_name, shown
from clt_sim.exact.law import ExactLaw
from clt_sim.laws import Law
from clt_sim.measures import check_resolution
from clt_sim.networks.recording.signal import PooledSignal, Signal
from clt_sim.sparsity.binned import BinnedMagnitudes
from clt_sim.sparsity.distribution import MagnitudeLaw
from clt_sim.sparsity.draws import Draws
from clt_sim.sparsity.magnitudes import Rows
from clt_sim.summaries import Summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.measures import View
    from clt_sim.sparsity.measure import Measure

_SOURCES = "an array of real numbers, a Summary, an ExactLaw, a Law, a Signal or a PooledSignal"
_TWO_AXES = (
    "lifetime sparseness, of one unit over inputs, and population sparseness, of all units for"
    " one input, are different questions (Willmore & Tolhurst 2001)"
)
SIGNED = ("magnitude", "rectified")
"""What is made of negative values: their magnitude, or 0."""
Reading = tuple["View[Measure]", str, str]
"""A view, the ensemble and the route."""


def read(
    x: object, axis: int | str | None, *, nan_policy: str = "raise", signed: str = "magnitude"
) -> Reading:
    """Return the view of a source, what it ranges over and how it will be measured.

    Raises
    ------
    TypeError
        If `x` is not a source.
    ValueError
        If `signed` or `nan_policy` is unknown, `axis` does not fit the source, or its values are
        all 0 or not finite.
    """
    check_name("policy for signed values", signed, SIGNED)
    rectified = signed == "rectified"
    view, ensemble, route = _read(x, axis, nan_policy, rectified)
    return view, ensemble, f"{route}, negative values as 0" if rectified else route


def _read(x: object, axis: int | str | None, nan_policy: str, rectified: bool) -> Reading:
    if isinstance(x, Signal):
        return _read_signal(x, axis, rectified)
    if isinstance(x, Summary | ExactLaw | Law | PooledSignal):
        if axis is not None:
            raise ValueError(f"axis must be None for a {type(x).__name__}, not {axis!r}.")
        if isinstance(x, ExactLaw | Law):
            return _read_law(x, rectified)
        return _read_draws(x, rectified)
    return _read_array(x, axis, nan_policy, rectified)


def _read_law(law: ExactLaw | Law, rectified: bool) -> Reading:
    if law.atoms.get(0.0, 0.0) == 1.0:
        raise _all_zero()
    if len(law.atoms) != 1 or law.variance > 0.0:
        check_resolution(law)
    if rectified and (law.support[1] <= 0.0 or float(law.cdf(0.0)) == 1.0):
        raise _none_positive()
    view = MagnitudeLaw(law, rectified)
    if isinstance(law, ExactLaw):
        return view, str(law), f"quadrature of the exact law ({law.method})"
    return view, f"the law {law}", "quadrature of the law"


def _read_draws(source: Summary | PooledSignal, rectified: bool) -> Reading:
    if isinstance(source, Summary):
        if source.minimum == source.maximum == 0.0:
            raise _all_zero()
        if rectified and source.maximum <= 0.0:
            raise _none_positive()
        bins = source.histogram.counts.size
        route = f"histogram of {bins} bins and moments of {source.count} draws"
        return BinnedMagnitudes.of(source, rectified=rectified), source.ensemble, route
    inputs = np.unique(source.groups).size
    if inputs < 2:
        raise ValueError("x must have at least 2 inputs to pool: its errors rest on their spread.")
    values = _checked(source.values.astype(np.float64).ravel(), rectified)
    draws = Draws.of(values, np.repeat(source.groups, source.values.shape[1]))
    return draws, source.ensemble, f"magnitudes of {values.size} in {inputs} clusters"


def _read_signal(signal: Signal, axis: int | str | None, rectified: bool) -> Reading:
    if not isinstance(axis, str) or axis not in ("lifetime", "population"):
        raise ValueError(
            f"axis must be 'lifetime' or 'population' for a Signal, not {shown(axis)}: {_TWO_AXES}."
            " For all values together pass its .pooled."
        )
    values = _checked(signal.values.astype(np.float64), rectified)
    if axis == "lifetime":
        return _read_rows(values.T, f"{signal.ensemble}; lifetime, mean over units", "unit")
    return _read_rows(values, f"{signal.ensemble}; population, mean over inputs", "input")


def _read_array(x: object, axis: int | str | None, nan_policy: str, rectified: bool) -> Reading:
    array = rectangular("x", x)
    if array.dtype.kind not in "biuf":
        kind = f"an array of {array.dtype}" if array.ndim else f"{type(x).__name__} {shown(x)}"
        raise TypeError(f"x must be {_SOURCES}, not {kind}.")
    if array.ndim not in (1, 2):
        raise ValueError(f"x must have 1 or 2 dimensions; its shape is {array.shape}.")
    if array.ndim == 1 and axis is not None:
        raise ValueError(f"axis must be None for a row of numbers, not {shown(axis)}.")
    if array.ndim == 2 and not is_axis(axis):
        raise ValueError(
            f"axis must be 0 or 1 for an array of shape {array.shape}, not {shown(axis)}: the axis"
            f" to summarise over. With inputs in rows and units in columns, 0 is lifetime and 1 is"
            f" population; {_TWO_AXES}."
        )
    kept, left_out = _without_nan(array, nan_policy)
    if axis is None:
        ensemble = f"{kept.size} values" + f" ({left_out} NaN left out)" * (left_out > 0)
        return _row_of_draws(kept, rectified), ensemble, f"magnitudes of {kept.size}"
    values = _checked(finite_array("x", kept, ndim=2).astype(np.float64), rectified)
    rows = values.T if axis == 0 else values
    return _read_rows(rows, f"array of shape {array.shape} over axis {axis}", "row")


def _row_of_draws(row: NDArray[np.generic], rectified: bool) -> Draws:
    """Return a row as independent draws, which their sums of powers tell to be finite."""
    if rectified or not row.size:
        return Draws.of(_checked(finite_array("x", row, ndim=1).astype(np.float64), rectified))
    with np.errstate(over="ignore"):  # what is infinite then is refused with its place
        draws = Draws.of(row.astype(np.float64, copy=False))
    if not draws.moments.has_finite_sums:
        finite_array("x", row, ndim=1)
    if draws.moments.greatest == 0.0:
        raise _all_zero()
    return draws


def _without_nan(array: NDArray[np.generic], nan_policy: str) -> tuple[NDArray[np.generic], int]:
    """Return a row without its NaN where the policy is to omit them, and how many there were."""
    check_nan_policy(nan_policy)
    if nan_policy == "raise":
        return array, 0
    if array.ndim == 2:
        raise ValueError("nan_policy must be 'raise' for a table: its rows are of one length.")
    missing = np.isnan(array.astype(np.float64))
    if missing.all():
        raise ValueError(f"x must have numbers; all its {missing.size} values are NaN.")
    return array[~missing], int(missing.sum())


def _read_rows(values: NDArray[np.float64], ensemble: str, noun: str) -> Reading:
    rows = Rows.of(values)
    if rows.zeros:
        ensemble += (
            f" ({rows.zeros} that are all 0 count in near-zero and exact-zero,"
            " and are left out of the others)"
        )
    return rows, ensemble, f"magnitudes of {values.shape[1]} for each {noun}"


def _checked(values: NDArray[np.float64], rectified: bool) -> NDArray[np.float64]:
    """Return the values, at least one of them not 0, negative ones as 0 if rectified."""
    if not values.any():
        raise _all_zero()
    if not rectified:
        return values
    if values.max() <= 0.0:
        raise _none_positive()
    return np.maximum(values, 0.0)


def _none_positive() -> ValueError:
    return ValueError("x must have values above 0: with signed='rectified' all others count as 0.")


def _all_zero() -> ValueError:
    return ValueError("x must not be all 0: sparsity is of the relative size of values.")
