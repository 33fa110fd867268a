"""The drivers of random networks: a range of chunks of replicates, from the seed on."""

from __future__ import annotations

from typing import Any

from clt_sim._kernels import network_draws, networks, variances
from clt_sim._kernels.compilation import cached, source_digest
from clt_sim._kernels.driver import CHUNK, CHUNK_BLOCKS
from clt_sim._kernels.rows import BLOCK
from clt_sim._kernels.statistics import finish_chunk, flush, keep, select, start_chunk

_start_block = networks.start_network_block
_draw_directly = network_draws.draw_directly
_draw_variances = network_draws.draw_variances
_draw_given_variances = network_draws.draw_given_variances
_flush_variances = variances.flush_variances
_finish_variance_chunk = variances.finish_variance_chunk


def _compiled(digest: int) -> Any:
    @cached
    def sample_networks(
        seed_low: Any,
        seed_high: Any,
        first: Any,
        last: Any,
        draws: Any,
        fill: Any,
        add_term: Any,
        laws: Any,
        network: Any,
        conditional: Any,
        rows: Any,
        grid: Any,
        accumulated: Any,
        samples: Any,
    ) -> int:
        prefix = 0
        for chunk in range(first, last):
            start_chunk(grid, accumulated)
            for block in range(chunk * CHUNK_BLOCKS, (chunk + 1) * CHUNK_BLOCKS):
                start = block * BLOCK
                count = min(BLOCK, draws - start)
                if count <= 0:
                    break
                _start_block(seed_low, seed_high, block, network, rows)
                kept = accumulated.kept[0]
                select(rows.words[:count], start, accumulated)
                if conditional:
                    _draw_variances(fill, add_term, laws, network, rows)
                    _draw_given_variances(fill, laws, rows)
                else:
                    _draw_directly(fill, add_term, laws, network, rows)
                if samples.size:
                    for j in range(count):
                        samples[start - first * CHUNK + j] = rows.outputs[j]
                else:
                    flush(rows.outputs[:count], prefix, grid, accumulated)
                    keep(rows.outputs, start, kept, prefix, accumulated)
            finish_chunk(chunk - first, grid, accumulated)
        return digest

    return sample_networks


def _compiled_variances(digest: int) -> Any:
    @cached
    def sample_variances(
        seed_low: Any,
        seed_high: Any,
        first: Any,
        last: Any,
        draws: Any,
        fill: Any,
        add_term: Any,
        laws: Any,
        network: Any,
        rows: Any,
        accumulated: Any,
    ) -> int:
        for chunk in range(first, last):
            for block in range(chunk * CHUNK_BLOCKS, (chunk + 1) * CHUNK_BLOCKS):
                count = min(BLOCK, draws - block * BLOCK)
                if count <= 0:
                    break
                _start_block(seed_low, seed_high, block, network, rows)
                _draw_variances(fill, add_term, laws, network, rows)
                _flush_variances(rows.variances[:count], accumulated)
            _finish_variance_chunk(chunk - first, accumulated)
        return digest

    return sample_variances


sample_networks = _compiled(source_digest())
"""Sample the chunks ``first <= chunk < last`` of a run of `draws` replicates.

The arguments are, in order: the two uint32 words of the seed; `first`, `last` and `draws`
(int64); the functions ``laws.fill()`` and ``sums.add_term()``; the `Laws` of the streams; a
`NetworkParameters`; whether to sample conditionally (bool); a `NetworkWorkspace`; a `Grid` of one
prefix; `Accumulators`; and an array of float64 for the draws themselves, which is empty when the
statistics are wanted instead. The result is the digest of the kernels' source.
"""

sample_variances = _compiled_variances(source_digest())
"""Sample conditional variances in place of draws; `VarianceAccumulators` take them."""
