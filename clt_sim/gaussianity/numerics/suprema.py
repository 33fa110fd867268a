"""The largest value of a difference of distribution functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def supremum(
    height: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    breaks: NDArray[np.float64],
    points: int,
) -> float:
    """Return the largest value of a function on a grid between breaks, refined at its peaks.

    Parameters
    ----------
    height : callable
        Takes places of any shape; smooth between breaks, and 0 far away.
    breaks : ndarray of float64, shape (m,)
        Ascending.
    points : int
        Places in each panel.
    """
    from scipy.optimize import elementwise

    def negative(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return -height(x)

    steps = np.arange(points) / points
    grid = np.append((breaks[:-1, None] + np.diff(breaks)[:, None] * steps).ravel(), breaks[-1])
    heights = negative(grid)
    lowest = min(float(heights.min()), 0.0)
    inner = heights[1:-1]
    before, after = heights[:-2], heights[2:]
    is_peak = (inner <= before) & (inner <= after) & (inner < np.maximum(before, after))
    is_peak &= inner < 0.5 * lowest
    peaks = 1 + np.flatnonzero(is_peak)
    if not peaks.size:
        return -lowest
    brackets = (grid[peaks - 1], grid[peaks], grid[peaks + 1])
    with np.errstate(divide="ignore", invalid="ignore"):  # a parabola through equal heights
        refined = elementwise.find_minimum(negative, brackets).f_x
    return max(-lowest, -float(np.min(refined)))


def roughness(mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far a sum of masses may be from its chord beside each edge.

    A parabola rises by an eighth of its second difference. Twice that is taken, of the largest
    of nine neighbours: a lattice about as fine as the bins shows as roughness nearby.

    Parameters
    ----------
    mass : ndarray of float64, shape (bins,)
        Probability of each bin, or its excess over another law.

    Returns
    -------
    ndarray of float64, shape (bins + 1,)
    """
    second = np.pad(np.abs(np.diff(mass)), 5)
    windows: NDArray[np.float64] = np.lib.stride_tricks.sliding_window_view(second, 9)
    return 0.25 * np.asarray(windows.max(axis=1))
