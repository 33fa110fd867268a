"""Departures of many samples of one size: of normal samples, or of rows of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.normality_tests.statistic import Statistic

BATCH = 1 << 20
"""Numbers in a batch of samples, about: a unit of work and of the streams of random numbers."""
_SIZE_BITS, _BATCH_BITS = 20, 24
"""A seed of 64 bits holds that of the study, the number of values and that of the batch."""


def standardized_rows(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sort each row of a matrix in place and give it mean 0 and mean square 1.

    Parameters
    ----------
    rows : ndarray of float64, shape (samples, n)
        Finite, in row order, and no row constant.

    Returns
    -------
    ndarray
        `rows`.
    """
    rows.sort(axis=1)
    for _ in range(2):  # the second time for what rounding left of an offset
        rows -= rows.mean(axis=1, keepdims=True)
    # Ascending and of mean 0, so that an end is the largest: squares neither overflow nor vanish.
    rows /= np.maximum(-rows[:, :1], rows[:, -1:])
    rows /= np.sqrt(np.einsum("ij,ij->i", rows, rows) / rows.shape[1])[:, np.newaxis]
    return rows


def departures(statistic: Statistic, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the departure of each row, sorted and standardised; shape (samples,)."""
    from clt_sim._kernels.sorted_samples import evaluate

    values = np.empty(len(rows))
    evaluate(statistic.kernel(), rows, statistic.coefficients(rows.shape[1]), values)
    return values


def normal_batches(n: int, replicates: int, *, seed: int) -> Iterator[tuple[int, int]]:
    """Yield the seed and the number of samples of each batch."""
    most = max(1, BATCH // n)
    for batch, start in enumerate(range(0, replicates, most)):
        yield (((seed << _SIZE_BITS) + n) << _BATCH_BITS) + batch, min(most, replicates - start)


def normal_samples(n: int, replicates: int, *, seed: int) -> NDArray[np.float64]:
    """Return sorted, standardised normal samples of one batch; shape (replicates, n)."""
    from clt_sim.engine import sample
    from clt_sim.models import WeightedSum

    normal = WeightedSum(n=1, inputs="normal", weights=1.0)
    draws = sample(normal, replicates * n, seed=seed, precision="double")
    return standardized_rows(np.array(draws).reshape(replicates, n))


def null_departures(
    statistics: Sequence[Statistic], n: int, replicates: int, *, seed: int
) -> NDArray[np.float64]:
    """Return the departures of normal samples, the same samples for all statistics.

    Parameters
    ----------
    statistics : sequence of Statistic
        All of them for n values.
    n, replicates : int
        Values in a sample, below 2**20, and how many samples.
    seed : int
        Seed of the samples, below 2**20; each batch of them has a stream of its own, so
        that no result depends on who draws which batch.

    Returns
    -------
    ndarray of float64, shape (len(statistics), replicates)
    """
    parts = []
    for batch_seed, samples in normal_batches(n, replicates, seed=seed):
        rows = normal_samples(n, samples, seed=batch_seed)
        parts.append([departures(statistic, rows) for statistic in statistics])
    return np.concatenate(parts, axis=1)
