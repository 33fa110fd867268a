"""Measures of binned draws from the middles of bins."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.estimate import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.gaussianity.measure import Measure
    from clt_sim.gaussianity.views.binned import BinnedDraws


def estimate_from_midpoints(measure: Measure, binned: BinnedDraws) -> Estimate:
    """Return a smooth measure with every draw at the middle of its bin.

    The error of resolution is the sum of three: the change when bins are merged in pairs; what
    atoms can add that are not in the middle of their bins, by the slope of the influence
    function; and the change when all draws of an outer bin move to either of its ends.

    Parameters
    ----------
    measure : Measure
        Its influence function is differentiable.
    binned : BinnedDraws
        The histogram.
    """
    middle = binned.midpoints()
    value, influence = measure.of_sample(middle)
    merged, _ = measure.of_sample(binned.coarser().midpoints())
    resolution = abs(merged - value) + _off_centre(binned, influence)
    resolution += _outer_change(measure, binned, value)
    return Estimate(value, math.hypot(middle.stderr(influence), resolution))


def _inside(binned: BinnedDraws) -> NDArray[np.bool_]:
    """Return which bins are not outer bins."""
    inside = np.ones(binned.mass.size, np.bool_)
    left, right = binned.outer
    inside[:left] = False
    inside[inside.size - right :] = False
    return inside


def _off_centre(binned: BinnedDraws, influence: NDArray[np.float64]) -> float:
    """Return what atoms half a bin off would add."""
    slope = np.abs(np.gradient(influence, binned.midpoints().values))
    atoms = binned.holds_atom() & _inside(binned)
    return float((0.5 * binned.mass * np.diff(binned.edges) * slope)[atoms].sum())


def _outer_change(measure: Measure, binned: BinnedDraws, value: float) -> float:
    """Return the largest change when the draws of outer bins move to their ends."""
    if not any(binned.outer):
        return 0.0
    outer = ~_inside(binned)
    middle = binned.midpoints()
    changes = []
    for outward in (False, True):
        ends = np.where((np.arange(outer.size) > 0) == outward, binned.edges[1:], binned.edges[:-1])
        moved = dataclasses.replace(middle, values=np.where(outer, ends, middle.values))
        changes.append(abs(measure.of_sample(moved)[0] - value))
    return max(changes)
