"""Sources of every kind, turned into views."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from clt_sim.exact.law import ExactLaw
from clt_sim.gaussianity.views.arrays import Reading, draws_of, read_array, units_of, worth
from clt_sim.gaussianity.views.binned import BinnedDraws
from clt_sim.gaussianity.views.distribution import Distribution
from clt_sim.gaussianity.views.scale_mixture import ScaleMixture
from clt_sim.laws import Law
from clt_sim.networks.recording.signal import PooledSignal, Signal
from clt_sim.summaries import NormalMixture, Summary

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_KNOWN = (Summary, NormalMixture, ExactLaw, Law, Signal, PooledSignal)


def read(
    x: object,
    *,
    standardize: bool,
    axis: int | None = None,
    clusters: ArrayLike | None = None,
    nan_policy: str = "raise",
) -> Reading:
    """Return the view of a source, what it ranges over and how it will be measured.

    Raises
    ------
    TypeError
        If `x` is not a source.
    ValueError
        If its values are constant or not finite, or do not fit the other arguments.
    """
    if not isinstance(x, _KNOWN):
        return read_array(
            x, standardize=standardize, axis=axis, clusters=clusters, nan_policy=nan_policy
        )
    for name, argument in (("axis", axis), ("clusters", clusters)):
        if argument is not None:
            raise ValueError(f"{name} must be None for a {type(x).__name__}, not {argument!r}.")
    if isinstance(x, Summary):
        return _read_summary(x, standardize=standardize)
    if isinstance(x, NormalMixture):
        return _read_mixture(x, standardize=standardize)
    if isinstance(x, ExactLaw | Law):
        return _read_law(x, standardize=standardize)
    if isinstance(x, Signal):
        return _read_signal(x, standardize=standardize)
    return _read_pooled(x, standardize=standardize)


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
    units, phrase = units_of([*signal.values.T.astype(np.float64)], standardize=standardize)
    return units, f"{signal.ensemble}; {phrase}", f"sample of {signal.inputs} inputs for each unit"


def _read_pooled(signal: PooledSignal, *, standardize: bool) -> Reading:
    values = signal.values.astype(np.float64)
    if np.unique(signal.groups).size < 2:
        raise ValueError("x must have at least 2 inputs to pool: its errors rest on their spread.")
    rows = np.repeat(signal.groups, values.shape[1])
    draws = draws_of(values.ravel(), rows, standardize=standardize)
    return draws, signal.ensemble, f"{values.size} values in {worth(values.ravel(), rows)}"
