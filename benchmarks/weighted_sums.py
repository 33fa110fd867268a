"""Weighted sums as `simulate` draws them and as NumPy does: what benchmarks compare.

- ours: `clt_sim.simulate` with all its statistics (power sums to order 8, histogram, extremes,
  zeros, a reservoir of samples);
- textbook: ``(w*phi(x)).sum(1)`` on float64 normals from ``numpy.random.default_rng``;
- tuned: SFC64, arrays that stay in the second-level cache, everything in place, the product and
  sum by ``einsum``;
- textbook with statistics: power sums to order 8, ``np.histogram`` with as many bins as ours,
  extremes, zeros; no reservoir.

The first two NumPy versions only make the sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

import clt_sim as clt
from clt_sim.summaries.histogram import BINS, HALF_RANGE
from pairing import Case

if TYPE_CHECKING:
    from numpy.typing import NDArray

CACHE_BYTES = 2**18
TEXTBOOK_ROWS = 512
TEXTBOOK_NUMBERS = 2**14
"""Arrays of more than 128 KiB are new pages each time, which costs more than the calls."""
ORDERS = 8
NEAR_ZERO = 2.0**-7

AS_WRITTEN: dict[str, Callable[[Any], Any]] = {
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
}
IN_PLACE: dict[str, Callable[[Any], Any]] = {
    "identity": lambda x: x,
    "relu": lambda x: np.maximum(x, 0, out=x),
    "tanh": lambda x: np.tanh(x, out=x),
}


def ours(model: clt.WeightedSum, *, threads: int = 1, precision: str = "single") -> Case:
    """Return `simulate` as a case."""

    def run(draws: int) -> None:
        clt.simulate(model, draws, threads=threads, precision=precision)

    return Case("clt_sim", run)


def textbook(model: clt.WeightedSum) -> Case:
    """Return the line that everybody writes."""

    def run(draws: int) -> None:
        for _ in _textbook_sums(model, draws):
            pass

    return Case("NumPy textbook float64", run)


def tuned(model: clt.WeightedSum, dtype: type[np.floating]) -> Case:
    """Return the best that NumPy can do."""
    apply = IN_PLACE.get(model.nonlinearity.name, model.nonlinearity)
    rows = max(CACHE_BYTES // (model.n * np.dtype(dtype).itemsize), 1)
    w, x, sums = np.empty((rows, model.n), dtype), np.empty((rows, model.n), dtype), np.empty(rows)

    def run(draws: int) -> None:
        rng = np.random.Generator(np.random.SFC64(0))
        for _ in range(-(-draws // rows)):
            rng.standard_normal(out=w, dtype=dtype)
            rng.standard_normal(out=x, dtype=dtype)
            np.einsum("ij,ij->i", w, apply(x), out=sums)

    return Case(f"NumPy tuned {np.dtype(dtype).name}", run)


def textbook_with_statistics(model: clt.WeightedSum) -> Case:
    """Return textbook NumPy that takes statistics of the sums."""

    def run(draws: int) -> None:
        scale = model.variance**0.5
        powers, counts = np.zeros(ORDERS), np.zeros(BINS, np.int64)
        least, most, zeros = np.inf, -np.inf, np.zeros(2, np.int64)
        for sums in _textbook_sums(model, draws):
            z = (sums - model.mean) / scale
            counts += np.histogram(z, BINS, (-HALF_RANGE, HALF_RANGE))[0]
            least, most = min(least, z.min()), max(most, z.max())
            zeros += np.count_nonzero(sums == 0), np.count_nonzero(abs(sums) <= NEAR_ZERO * scale)
            power = np.ones_like(z)
            for order in range(ORDERS):
                power *= z
                powers[order] += power.sum()

    return Case("NumPy textbook with statistics", run)


def _textbook_sums(model: clt.WeightedSum, draws: int) -> Iterator[NDArray[np.float64]]:
    rng = np.random.default_rng(0)
    phi = AS_WRITTEN.get(model.nonlinearity.name, model.nonlinearity)
    rows = max(TEXTBOOK_ROWS, TEXTBOOK_NUMBERS // model.n)
    for _ in range(-(-draws // rows)):
        w = rng.standard_normal((rows, model.n))
        x = rng.standard_normal((rows, model.n))
        yield (w * phi(x)).sum(1)
