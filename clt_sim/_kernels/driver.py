"""The driver: a range of chunks of replicates, from the seed to the statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from clt_sim._kernels import blocks
from clt_sim._kernels.compilation import cached, source_digest
from clt_sim._kernels.rows import BLOCK, aligned
from clt_sim._kernels.statistics import (
    COUNT_LANES,
    FREQUENCIES,
    ORDERS,
    POWER_LANES,
    Accumulators,
    finish_chunk,
    flush,
    keep,
    select,
    start_chunk,
)

CHUNK_BLOCKS = 64
CHUNK = CHUNK_BLOCKS * BLOCK
"""Replicates in a chunk, the unit whose power sums are rounded together."""

_start_block, _add_terms = blocks.start_block, blocks.add_terms


def accumulators(
    chunks: int, prefixes: int, bins: int, *, keep_up_to: int = 0, most_kept: int = 0
) -> Accumulators:
    """Allocate empty accumulators.

    Parameters
    ----------
    chunks, prefixes, bins : int
        What they are for.
    keep_up_to : int
        Sums are samples whose random words are at most this, below 2**32.
    most_kept : int
        Room for so many of them.
    """
    extremes = np.empty((prefixes, 2))
    extremes[:, 0], extremes[:, 1] = np.inf, -np.inf
    return Accumulators(
        chunk_powers=np.zeros((chunks, prefixes, ORDERS)),
        chunk_waves=np.zeros((chunks, prefixes, 2, FREQUENCIES)),
        extremes=extremes,
        counts=np.zeros((prefixes, (bins + 2) * COUNT_LANES), np.uint32),
        zeros=np.zeros((prefixes, 2), np.int64),
        keep_up_to=np.uint32(keep_up_to),
        kept=np.zeros(1, np.int64),
        kept_words=np.empty(most_kept, np.uint32),
        kept_places=np.empty(most_kept, np.int64),
        kept_sums=np.empty((prefixes, most_kept)),
        powers=aligned((prefixes, ORDERS * POWER_LANES)),
        waves=aligned((prefixes, 2, FREQUENCIES, POWER_LANES)),
        standardized=aligned(BLOCK),
        indices=aligned(BLOCK, np.int32),
        turns=aligned((4, POWER_LANES)),
    )


def _compiled(digest: int) -> Any:
    @cached
    def sample_chunks(
        seed_low: Any,
        seed_high: Any,
        first: Any,
        last: Any,
        draws: Any,
        fill: Any,
        add_term: Any,
        laws: Any,
        model: Any,
        rows: Any,
        grid: Any,
        accumulated: Any,
        samples: Any,
    ) -> int:
        for chunk in range(first, last):
            start_chunk(grid, accumulated)
            for block in range(chunk * CHUNK_BLOCKS, (chunk + 1) * CHUNK_BLOCKS):
                start = block * BLOCK
                count = min(BLOCK, draws - start)
                if count <= 0:
                    break
                _start_block(seed_low, seed_high, block, fill, laws, model, rows)
                kept = accumulated.kept[0]
                select(rows.words[:count], start, accumulated)
                terms = np.int64(0)  # a literal would have add_terms compiled once more
                for prefix in range(grid.ns.size):
                    _add_terms(terms, grid.ns[prefix], fill, add_term, laws, model, rows)
                    terms = grid.ns[prefix]
                    if not samples.size:
                        flush(rows.prefix_sums[:count], prefix, grid, accumulated)
                        keep(rows.prefix_sums, start, kept, prefix, accumulated)
                if samples.size:
                    # Not as a slice: the message of its shape check takes seconds to compile.
                    for j in range(count):
                        samples[start - first * CHUNK + j] = rows.prefix_sums[j]
            finish_chunk(chunk - first, grid, accumulated)
        return digest

    return sample_chunks


sample_chunks = _compiled(source_digest())
"""Sample the chunks ``first <= chunk < last`` of a run of `draws` replicates.

The arguments are, in order: the two uint32 words of the seed; `first`, `last` and `draws`
(int64); the functions ``laws.fill()`` and ``sums.add_term()``; the `Laws` of the streams; a
`SumParameters`; a `Workspace`; a `Grid`; `Accumulators`; and an array of float64 for the sums
themselves, which is empty when the statistics are wanted instead. The result is the digest of
the kernels' source.
"""
