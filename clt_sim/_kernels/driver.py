"""The driver: a range of chunks of replicates, from the seed to the statistics."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from clt_sim._kernels import blocks
from clt_sim._kernels.statistics import (
    COUNT_LANES,
    ORDERS,
    POWER_LANES,
    flush,
    reduce_lanes,
)

BLOCK = blocks.BLOCK
CHUNK_BLOCKS = 32
CHUNK = CHUNK_BLOCKS * BLOCK
"""Replicates in a chunk, the unit whose power sums are rounded together."""

_start_block, _add_terms = blocks.start_block, blocks.add_terms


class Grid(NamedTuple):
    """Where the statistics of each prefix are taken: of ``z = (sum - location)*inverse_scale``."""

    ns: Any
    """Int64, (prefixes,): the numbers of terms, ascending."""
    locations: Any
    """Float64, (prefixes,)."""
    inverse_scales: Any
    """Float64, (prefixes,)."""
    low: float
    bins_per_unit: float


class Accumulators(NamedTuple):
    """What one call of the driver fills, and its scratch space."""

    chunk_powers: Any
    """Float64, (chunks, prefixes, ORDERS): the power sums of each chunk, overwritten."""
    extremes: Any
    """Float64, (prefixes, 2, POWER_LANES): least and greatest z so far."""
    counts: Any
    """Uint32, (prefixes, COUNT_LANES, bins + 2): added to."""
    powers: Any
    standardized: Any
    indices: Any


def accumulators(chunks: int, prefixes: int, bins: int) -> Accumulators:
    """Allocate empty accumulators."""
    extremes = np.empty((prefixes, 2, POWER_LANES))
    extremes[:, 0], extremes[:, 1] = np.inf, -np.inf
    return Accumulators(
        chunk_powers=np.zeros((chunks, prefixes, ORDERS)),
        extremes=extremes,
        counts=np.zeros((prefixes, COUNT_LANES, bins + 2), np.uint32),
        powers=np.empty((prefixes, ORDERS, POWER_LANES)),
        standardized=np.empty(BLOCK),
        indices=np.empty(BLOCK, np.int32),
    )


def _source_digest() -> int:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:7])


def _compiled(source_digest: int) -> Callable[..., int]:
    """Return the driver, with the digest of all kernels in its closure.

    Numba's disk cache looks for changes in the file of the cached function alone; the closure
    enters the cache key, so that an edit of any kernel is noticed. It is returned only because a
    closure holds nothing that the function does not use.
    """

    @njit(cache=True, error_model="numpy", boundscheck=False, nogil=True)
    def sample_chunks(
        seed_low: Any,
        seed_high: Any,
        first: Any,
        last: Any,
        draws: Any,
        model: Any,
        fixed_weights: Any,
        rows: Any,
        grid: Any,
        accumulated: Any,
        samples: Any,
    ) -> int:
        for chunk in range(first, last):
            accumulated.powers[:] = 0.0
            for block in range(chunk * CHUNK_BLOCKS, (chunk + 1) * CHUNK_BLOCKS):
                start = block * BLOCK
                count = min(BLOCK, draws - start)
                if count <= 0:
                    break
                _start_block(seed_low, seed_high, block, model, rows)
                terms = np.int64(0)  # a literal would have add_terms compiled once more
                for prefix in range(grid.ns.size):
                    _add_terms(terms, grid.ns[prefix], model, fixed_weights, rows)
                    terms = grid.ns[prefix]
                    if samples.size:
                        continue
                    flush(
                        rows.prefix_sums[:count],
                        grid.locations[prefix],
                        grid.inverse_scales[prefix],
                        grid.low,
                        grid.bins_per_unit,
                        accumulated.standardized[:count],
                        accumulated.indices[:count],
                        accumulated.powers[prefix],
                        accumulated.extremes[prefix],
                        accumulated.counts[prefix],
                    )
                if samples.size:
                    # Not as a slice: the message of its shape check takes seconds to compile.
                    for j in range(count):
                        samples[start - first * CHUNK + j] = rows.prefix_sums[j]
            for prefix in range(grid.ns.size):
                for order in range(ORDERS):
                    accumulated.chunk_powers[chunk - first, prefix, order] = reduce_lanes(
                        accumulated.powers[prefix, order]
                    )
        return source_digest

    return sample_chunks


sample_chunks = _compiled(_source_digest())
"""Sample the chunks ``first <= chunk < last`` of a run of `draws` replicates.

The arguments are, in order: the two uint32 words of the seed; `first`, `last` and `draws`
(int64); a `SumParameters`; the fixed weights (float32, empty where weights have a law); a
`Workspace`; a `Grid`; `Accumulators`; and an array of float64 for the sums themselves, which is
empty when the statistics are wanted instead. The result is the digest of the kernels' source.
"""
