"""Names to the right of a panel, at the heights of what they name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


def write_margin_names(
    names: Iterable[tuple[float, str, str]], *, gap: float, size: float = 6.5, ax: Axes
) -> None:
    """Write names to the right of a panel, near their heights and apart from each other.

    Parameters
    ----------
    names : iterable of (float, str, str)
        The height, the text and the colour of each.
    gap : float
        The least difference of two heights, in units of the axis.
    size : float
        Font size in points.
    ax : matplotlib.axes.Axes
        The panel, whose y axis is linear.
    """
    rows = sorted(names)
    if not rows:
        return
    heights = _spread([height for height, _, _ in rows], gap)
    for (_, text, colour), height in zip(rows, heights, strict=True):
        ax.annotate(
            text,
            (1.015, height),
            xycoords=("axes fraction", "data"),
            va="center",
            color=colour,
            fontsize=size,
            annotation_clip=False,
        )


def _spread(values: Sequence[float], gap: float) -> NDArray[np.float64]:
    """Return rising heights near rising values, at least a gap apart: those too near share it."""
    merged: list[list[float]] = []  # centres and sizes of groups
    for value in values:
        merged.append([value, 1.0])
        while len(merged) > 1 and _too_near(merged[-2], merged[-1], gap):
            (low, few), (high, more) = merged[-2:]
            merged[-2:] = [[(low * few + high * more) / (few + more), few + more]]
    return np.concatenate(
        [centre + gap * (np.arange(size) - 0.5 * (size - 1.0)) for centre, size in merged]
    )


def _too_near(low: Sequence[float], high: Sequence[float], gap: float) -> bool:
    return high[0] - low[0] < 0.5 * gap * (low[1] + high[1])
