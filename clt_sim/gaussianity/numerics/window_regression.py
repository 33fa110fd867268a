"""Sums over the windows of a sorted sample, for the regression of ranks on values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CACHED_ELEMENTS = 2**15
"""Arrays of so many numbers stay in the cache from one operation to the next."""


def window_sums(
    values: NDArray[np.float64], window: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return sums of squares, and of products with the rank, about the mean of each window.

    A window of ``2m + 1`` values is the end of one block of that length and the beginning of the
    next, or a whole block.
    """
    count, length = values.size, 2 * window + 1
    blocks = -(-count // length)
    after = (blocks + 1) * length - count - window
    padded = np.concatenate([np.full(window, values[0]), values, np.full(after, values[-1])])
    rows = padded.reshape(blocks + 1, length)
    squares, products = np.empty((2, blocks, length))
    step = max(_CACHED_ELEMENTS // length, 1)
    for first in range(0, blocks, step):
        some = slice(first, first + step)
        _add_parts(rows[first : first + step + 1], squares[some], products[some])
    return squares.ravel()[:count], products.ravel()[:count]


def _add_parts(
    rows: NDArray[np.float64], squares: NDArray[np.float64], products: NDArray[np.float64]
) -> None:
    """Fill in the sums of all windows that begin in each row but the last."""
    length = rows.shape[1]
    from_end = _sums_from_edge((rows[:-1, -1:] - rows[:-1])[:, ::-1])
    left_mean, squares[:], products[:] = (sums[:, ::-1] for sums in from_end)
    mean, right_squares, right_products = _sums_from_edge(rows[1:, :-1] - rows[1:, :1])
    gap = mean + (rows[1:, :1] - rows[:-1, -1:]) + left_mean[:, 1:]
    in_right = np.arange(1.0, length)
    both = (length - in_right) * in_right
    products[:, 1:] += right_products + (0.5 * both) * gap
    squares[:, 1:] += right_squares + (both / length) * gap**2


def _sums_from_edge(
    distances: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the means of the first 1, 2, ... of each row, their squares and products with rank.

    The distances are from the first of their row, and ascend: a sum of them has no digits to lose
    to values elsewhere, however far the tails are.
    """
    rank = np.arange(float(distances.shape[1]))
    total = np.cumsum(distances, axis=1)
    mean = total / (rank + 1.0)
    squares = np.cumsum(distances**2, axis=1) - total * mean
    products = np.cumsum(distances * rank, axis=1) - (0.5 * rank) * total
    return mean, squares, products
