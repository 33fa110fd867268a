"""Sources of every kind, turned into views."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clt_sim._array_validation import finite_array, refuse_mask
from clt_sim.exact.law import ExactLaw
from clt_sim.gaussianity.binned import BinnedDraws
from clt_sim.gaussianity.distribution import Distribution
from clt_sim.gaussianity.sample import Sample
from clt_sim.gaussianity.scale_mixture import ScaleMixture
from clt_sim.gaussianity.units import Units
from clt_sim.laws import Law
from clt_sim.networks.signal import PooledSignal, Signal
from clt_sim.summaries import NormalMixture, Summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.measure import Measure
    from clt_sim.measures import View

_SOURCES = (
    "a 1-D array of real numbers, a Summary, a NormalMixture, an ExactLaw, a Law, a Signal or a"
    " PooledSignal"
)
Reading = tuple["View[Measure]", str, str]
"""A view, the ensemble and the route."""


def read(x: object, *, standardize: bool) -> Reading:
    """Return the view of a source, what it ranges over and how it will be measured.

    Raises
    ------
    TypeError
        If `x` is not a source.
    ValueError
        If its values are constant, not finite or not a row.
    """
    if isinstance(x, Summary):
        return _read_summary(x, standardize=standardize)
    if isinstance(x, NormalMixture):
        return _read_mixture(x, standardize=standardize)
    if isinstance(x, ExactLaw | Law):
        return _read_law(x, standardize=standardize)
    if isinstance(x, Signal):
        return _read_signal(x, standardize=standardize)
    if isinstance(x, PooledSignal):
        return _read_pooled(x, standardize=standardize)
    return _read_array(x, standardize=standardize)


def _read_summary(summary: Summary, *, standardize: bool) -> Reading:
    if summary.minimum == summary.maximum:
        raise ValueError(
            f"x must not be constant; all {summary.count} draws are {summary.minimum}."
        )
    bins = summary.histogram.counts.size
    route = f"histogram of {bins} bins and moments of {summary.count} draws"
    return BinnedDraws.of(summary, standardize=standardize), summary.ensemble, route


def _read_mixture(mixture: NormalMixture, *, standardize: bool) -> Reading:
    if mixture.zeros == mixture.count:
        raise ValueError(
            f"x must not be constant; all {mixture.count} draws of its variance are 0."
        )
    route = f"normal laws with {mixture.count} draws of their variance"
    return ScaleMixture.of(mixture, standardize=standardize), mixture.ensemble, route


def _read_law(law: ExactLaw | Law, *, standardize: bool) -> Reading:
    view = Distribution.of(law, standardize=standardize)
    if isinstance(law, ExactLaw):
        return view, str(law), f"quadrature of the exact law ({law.method})"
    return view, f"the law {law}", "quadrature of the law"


def _read_signal(signal: Signal, *, standardize: bool) -> Reading:
    values = signal.values.astype(np.float64)
    inputs, units = values.shape
    varies = np.ptp(values, axis=0) > 0.0
    if not varies.any():
        raise ValueError(f"x must not be constant; all {units} units of the signal are.")
    samples = tuple(_sample(column, standardize=standardize) for column in values.T[varies])
    constant = units - len(samples)
    ensemble = f"{signal.ensemble}; median over {len(samples)} units"
    if constant:
        ensemble += f" ({constant} constant units left out)"
    return Units(samples), ensemble, f"sorted sample of {inputs} inputs for each unit"


def _read_pooled(signal: PooledSignal, *, standardize: bool) -> Reading:
    values = signal.values.astype(np.float64)
    inputs, units = values.shape
    if inputs < 2:
        raise ValueError("x must have at least 2 inputs to pool: its errors rest on their spread.")
    rows = np.repeat(np.arange(inputs), units)
    sample = _sample(values.ravel(), rows, standardize=standardize)
    return sample, signal.ensemble, f"sorted sample of {values.size} in {inputs} clusters"


def _read_array(x: object, *, standardize: bool) -> Reading:
    refuse_mask("x", x)
    array = np.asarray(x)
    if array.dtype.kind not in "biuf":
        kind = f"an array of {array.dtype}" if array.ndim else f"{type(x).__name__} {x!r}"
        raise TypeError(f"x must be {_SOURCES}, not {kind}.")
    if array.ndim != 1:
        raise ValueError(
            f"x must be a row of numbers, not of shape {array.shape}: nothing is pooled silently."
            " Pass its columns one by one, or a recorded Signal, which is measured by unit."
        )
    values = finite_array("x", array, ndim=1).astype(np.float64)
    sample = _sample(values, standardize=standardize)
    return sample, f"{values.size} values", f"sorted sample of {values.size}"


def _sample(
    values: NDArray[np.float64], rows: NDArray[np.intp] | None = None, *, standardize: bool
) -> Sample:
    sample = Sample.of(values, rows)
    if sample.values.size == 1:
        raise ValueError(f"x must not be constant; all {values.size} values are {values[0]}.")
    return sample.standardize() if standardize else sample
