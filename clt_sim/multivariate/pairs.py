"""Means over all pairs of draws, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.measures import UnavailableError

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 2**20
"""Pairs in a block: 8 MiB for each array of them."""
Kernel = Callable[["NDArray[np.float64]"], tuple["NDArray[np.float64]", "NDArray[np.float64]"]]
"""From squared distances s to ``f(s)`` and ``2 f'(s)``, both finite where s is 0."""


def refuse_work(formula: str, work: float, budget: float | None) -> None:
    """Raise if a measure takes more multiplications than allowed.

    Raises
    ------
    UnavailableError
        With the work, the budget and what to do.
    """
    if budget is not None and work > budget:
        raise UnavailableError(
            f"{formula} = {work:.2g} is more than pair_budget = {budget:.2g}: raise pair_budget,"
            " or pass None for no limit"
        )


def blocks(draws: int) -> Iterator[slice]:
    """Yield slices of rows that have at most `BLOCK` pairs with all draws, or are one row.

    Examples
    --------
    >>> list(blocks(1500))
    [slice(0, 699, None), slice(699, 1398, None), slice(1398, 1500, None)]
    """
    rows = max(1, BLOCK // draws)
    for start in range(0, draws, rows):
        yield slice(start, min(start + rows, draws))


def pair_means(
    z: NDArray[np.float64], kernel: Kernel
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``mean_j f(|z_i - z_j|^2)`` and its gradient in z_i, for all i.

    Each pair is computed once, from exact differences: near pairs keep their digits.

    Parameters
    ----------
    z : ndarray of float64, shape (n, d)
        The draws; j runs over all of them, i included.
    kernel : callable
        The function f with its derivative.

    Returns
    -------
    means : ndarray of float64, shape (n,)
    gradients : ndarray of float64, shape (n, d)

    Examples
    --------
    >>> means, gradients = pair_means(np.array([[0.0], [2.0]]), lambda s: (s, 2.0 + 0.0 * s))
    >>> means.tolist(), gradients.tolist()
    ([2.0, 2.0], [[-2.0], [2.0]])
    """
    from scipy.spatial.distance import cdist  # slow to import

    means, gradients = np.zeros(len(z)), np.zeros(z.shape)
    for rows in blocks(len(z)):
        rest = slice(rows.stop, None)
        values, slopes = kernel(cdist(z[rows], z[rows.start :], "sqeuclidean"))
        later = slopes[:, rows.stop - rows.start :]
        means[rows] += values.sum(axis=1)
        means[rest] += values[:, rows.stop - rows.start :].sum(axis=0)
        gradients[rows] += slopes.sum(axis=1)[:, None] * z[rows] - slopes @ z[rows.start :]
        gradients[rest] += later.sum(axis=0)[:, None] * z[rest] - later.T @ z[rows]
    return means / len(z), gradients / len(z)
