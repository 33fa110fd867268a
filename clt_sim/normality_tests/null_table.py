"""Null tables: quantiles of a statistic over normal samples, from which p-values are read."""

from __future__ import annotations

import functools
import importlib.resources
import io
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

FORMAT = "clt_sim null tables 1"
PER_DECADE = 5
"""Levels per decade of probability, at either end."""
LEAST_BEYOND = 20
"""A quantile is estimated where this many of the simulated samples are beyond it."""


@dataclass(frozen=True, slots=True, eq=False)
class NullTable:
    """Quantiles of the logarithm of a departure, over its typical size, for normal samples.

    A p-value is interpolated on the scale of ``log(-log p)``, in which a Weibull tail is a
    straight line; beyond either end it goes on as one, with the slope of the last decade.

    Parameters
    ----------
    ns : ndarray of int64, shape (m,)
        Numbers of values, ascending.
    levels : ndarray of float64, shape (k,)
        Probabilities that a normal sample departs more, descending.
    quantiles : ndarray of float64, shape (m, k)
        What it then departs by; ascending rows.
    replicates : ndarray of int64, shape (m,)
        Samples behind each row.
    """

    ns: NDArray[np.int64]
    levels: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    replicates: NDArray[np.int64]

    def row(self, n: int) -> NDArray[np.float64]:
        """Return the quantiles for n values: interpolated in log n, constant beyond the table."""
        after = int(np.searchsorted(self.ns, n))
        if after == len(self.ns) or self.ns[after] == n:
            return np.asarray(self.quantiles[min(after, len(self.ns) - 1)])
        from scipy.interpolate import PchipInterpolator

        near = slice(max(after - 3, 0), after + 3)
        row = PchipInterpolator(np.log(self.ns[near]), self.quantiles[near])(math.log(n))
        return np.asarray(np.maximum.accumulate(row))

    def samples(self, n: int) -> int:
        """Return how many samples are at least behind the quantiles for n values."""
        after = int(np.searchsorted(self.ns, n))
        return int(self.replicates[max(after - 1, 0) : after + 1].min())

    def pvalue(self, departure: float, n: int) -> tuple[float, float]:
        """Return the probability that n normal values depart more, and its standard error.

        Parameters
        ----------
        departure : float
            The logarithm of the departure over its typical size; it may be infinite.
        n : int
            The number of values.
        """
        if math.isinf(departure):
            return (0.0, 0.0) if departure > 0.0 else (1.0, 0.0)
        x, y = _strictly_ascending(self.row(n), np.log(-np.log(self.levels)))
        height = _interpolated(x, y, departure)
        p = math.exp(-math.exp(min(height, 700.0)))
        return p, _stderr(p, self.samples(n))


def _strictly_ascending(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Leave out points that do not rise: a bounded statistic has next to none above others."""
    rises = np.append(np.diff(x) > 1e-13, True)
    return x[rises], y[rises]


def _interpolated(x: NDArray[np.float64], y: NDArray[np.float64], at: float) -> float:
    """Return a monotone function through points, straight beyond them."""
    if x[0] <= at <= x[-1]:
        from scipy.interpolate import PchipInterpolator

        middle = int(np.searchsorted(x, at))
        near = slice(max(middle - 4, 0), middle + 4)
        return float(PchipInterpolator(x[near], y[near])(at))
    end, inner = (0, PER_DECADE) if at < x[0] else (-1, -1 - PER_DECADE)
    slope = (y[end] - y[inner]) / (x[end] - x[inner])
    return float(y[end] + slope * (at - x[end]))


def _stderr(p: float, replicates: int) -> float:
    """Return the standard error of a p-value that was read off this many samples.

    It is binomial as far as the samples reach. Beyond, it is that of a straight line in
    ``log(-log p)`` whose slope rests on the last decade: the error of ``log(-log p)`` at the end,
    ``1/sqrt(least)`` over ``-log p``, grows with the distance.
    """
    reach = min(LEAST_BEYOND / replicates, 0.05)
    if p >= reach:
        return math.sqrt(p * (1.0 - p) / replicates)
    if p == 0.0:
        return 0.0
    size = -math.log(p)
    at_end = 1.0 / (math.sqrt(LEAST_BEYOND) * -math.log(reach))
    decade = math.log(math.log(reach) / math.log(10.0 * reach))
    decades = math.log(size / -math.log(reach)) / decade
    return p * size * at_end * (1.0 + math.sqrt(2.0) * decades)


@functools.cache
def null_tables() -> Mapping[str, NullTable]:
    """Return the tables of the package, by the name of the test."""
    packaged = importlib.resources.files("clt_sim.normality_tests") / "data" / "null_tables.npz"
    return read_tables(packaged.read_bytes())


def read_tables(content: bytes) -> dict[str, NullTable]:
    """Return the tables in the contents of a file."""
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        header: dict[str, Any] = json.loads(bytes(arrays["header"]))
        levels = arrays["levels"]
        return {
            name: NullTable(
                arrays[f"{name} ns"], levels, arrays[f"{name} quantiles"], arrays[f"{name} samples"]
            )
            for name in header["tests"]
        }
