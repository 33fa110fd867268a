"""How many values of an array are small, in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from clt_sim._kernels.compilation import cached, kernel, prefer_wide_vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LANES = 64


class SmallValues(NamedTuple):
    """Numbers of small values, and the sum of squares of those up to the middle limit."""

    up_to_lowest: int
    up_to_middle: int
    up_to_highest: int
    squares: float


def small_values(
    values: NDArray[np.float64], inverse_unit: float, limits: tuple[float, float, float]
) -> SmallValues:
    """Count the values that are at most a limit.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Contiguous, at least 0.
    inverse_unit : float
        A power of two that they are multiplied by.
    limits : tuple of float
        In that unit, ascending.
    """
    lanes = np.zeros((4, _LANES))
    _add_small_values(values, inverse_unit, *limits, lanes)
    lowest, middle, highest, squares = lanes.sum(axis=1).tolist()
    return SmallValues(int(lowest), int(middle), int(highest), squares)


@cached
def _add_small_values(
    values: Any, inverse_unit: Any, lowest: Any, middle: Any, highest: Any, lanes: Any
) -> None:
    whole = values.size - values.size % _LANES
    for first in range(0, whole, _LANES):
        _add(values[first : first + _LANES], inverse_unit, lowest, middle, highest, lanes)
    _add(values[whole:], inverse_unit, lowest, middle, highest, lanes)


@kernel
def _add(
    values: Any, inverse_unit: Any, lowest: Any, middle: Any, highest: Any, lanes: Any
) -> None:
    """Add one value to each lane."""
    prefer_wide_vectors()
    at_lowest, at_middle, at_highest, squares = lanes[0], lanes[1], lanes[2], lanes[3]
    for lane in range(values.size):
        x = values[lane] * inverse_unit
        at_lowest[lane] += 1.0 if x <= lowest else 0.0
        at_middle[lane] += 1.0 if x <= middle else 0.0
        at_highest[lane] += 1.0 if x <= highest else 0.0
        squares[lane] += x * x if x <= middle else 0.0
