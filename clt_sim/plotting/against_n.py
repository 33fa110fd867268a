"""Logarithmic axes for numbers against the number of terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._validation import positive, shown
from clt_sim.estimate import Estimate
from clt_sim.plotting.axes import axes_or_new
from clt_sim.plotting.ticks import mark_powers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
    Numbers = Mapping[int, float | Estimate]


def logarithmic(ax: Axes | None) -> Axes:
    """Return the axes, or new ones, with both scales logarithmic."""
    ax = axes_or_new(ax)
    ax.set(xscale="log", yscale="log")
    return ax


def rising_row(argument: str, numbers: Numbers) -> Curve:
    """Return rising n and their values."""
    if not isinstance(numbers, Mapping):
        raise TypeError(f"{argument} must be a mapping from n, not {shown(numbers)}.")
    if not numbers:
        raise ValueError(f"{argument} must be at least one.")
    values = {_above_zero("each n", n): value for n, value in numbers.items()}
    heights = [_above_zero(f"each of {argument}", values[n]) for n in sorted(values)]
    return np.array(sorted(values)), np.array(heights)


def _above_zero(what: str, value: float | Estimate) -> float:
    number = value.value if isinstance(value, Estimate) else value
    try:
        return positive(what, number)
    except ValueError:
        raise ValueError(f"{what} must be finite and above 0, not {shown(number)}.") from None


def mark_few_decades(ns: Sequence[int], ax: Axes) -> None:
    """Mark powers of two where powers of ten would be too few.

    Parameters
    ----------
    ns : sequence of int
        The numbers of terms on the x axis.
    ax : matplotlib.axes.Axes
        The panel.
    """
    if max(ns) < 100 * min(ns):
        mark_powers(ax.xaxis, 2)
