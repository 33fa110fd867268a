"""Statistics of sums, a block of threads for each chunk, and the selection of samples."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba import float64, uint32

from clt_sim._cuda.compilation import cuda, device, kernel
from clt_sim._kernels.driver import CHUNK
from clt_sim._kernels.statistics import (
    NEAR,
    ORDERS,
    POWER_LANES,
    add_each_power,
    bin_index,
    standardize,
)

int32 = np.int32
NO_POWERS = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
SELECTORS = 256
"""Threads in a block of `select`."""


@functools.cache
def statistics_kernel(bins: int) -> Any:
    """Return the kernel that takes the statistics of chunks, for a histogram of so many bins.

    Its blocks are a chunk times a prefix, of `POWER_LANES` threads. The arguments are, in order:
    the number of replicates (int64); the sums (float64, shape ``(prefixes, replicates)``); the
    locations, inverse scales and zeros of the prefixes (float64); where the histogram begins and
    its bins per unit (float); and what is overwritten, power sums (float64, ``(chunks, prefixes,
    ORDERS)``), extremes (float64, ``(chunks, prefixes, 2, POWER_LANES)``) and zeros (int32, of the
    same shape); the counts (uint32, ``(prefixes, bins + 2)``) are added to. All are those of
    ``clt_sim._kernels.statistics``.
    """
    cells = bins + 2

    @kernel
    def take_statistics(
        replicates: Any,
        sums: Any,
        locations: Any,
        inverse_scales: Any,
        zeros: Any,
        low: Any,
        per_unit: Any,
        chunk_powers: Any,
        extremes: Any,
        zero_counts: Any,
        counts: Any,
    ) -> None:
        histogram = cuda.shared.array(cells, uint32)
        lanes = cuda.shared.array((ORDERS, POWER_LANES), float64)
        lane, chunk, prefix = cuda.threadIdx.x, cuda.blockIdx.x, cuda.blockIdx.y
        for cell in range(lane, cells, POWER_LANES):
            histogram[cell] = 0
        cuda.syncthreads()
        location, inverse_scale = locations[prefix], inverse_scales[prefix]
        zero = zeros[prefix]
        powers, least, most = NO_POWERS, np.inf, -np.inf
        exact, near = int32(0), int32(0)
        for place in range(chunk * CHUNK + lane, chunk_end(chunk, replicates), POWER_LANES):
            total = sums[prefix, place]
            z = standardized(total, location, inverse_scale)
            powers = _with_powers(powers, z)
            least, most = _lesser(z, least), _greater(z, most)
            cuda.atomic.add(histogram, _bin_index(z, low, per_unit, cells - 1), 1)
            exact += int32(total == zero)
            near += int32(abs(total - zero) * inverse_scale <= NEAR)
        extremes[chunk, prefix, 0, lane], extremes[chunk, prefix, 1, lane] = least, most
        zero_counts[chunk, prefix, 0, lane], zero_counts[chunk, prefix, 1, lane] = exact, near
        for order in range(ORDERS):
            lanes[order, lane] = powers[order]
        cuda.syncthreads()
        for cell in range(lane, cells, POWER_LANES):
            if histogram[cell]:
                cuda.atomic.add(counts, (prefix, cell), histogram[cell])
        width = POWER_LANES // 2
        while width:
            if lane < width:
                for order in range(ORDERS):
                    lanes[order, lane] += lanes[order, lane + width]
            cuda.syncthreads()
            width //= 2
        if lane < ORDERS:
            chunk_powers[chunk, prefix, lane] = lanes[lane, 0]

    return take_statistics


@device
def chunk_end(chunk: Any, replicates: Any) -> Any:
    """Return the end of a chunk; the last one may be shorter."""
    return min((chunk + 1) * CHUNK, replicates)


@device
def standardized(total: Any, location: Any, inverse_scale: Any) -> Any:
    """Return the place of a sum on the grid, in scales."""
    return standardize(total, location, inverse_scale)


@device
def _with_powers(powers: Any, z: Any) -> Any:
    return add_each_power(z, powers)


@device
def _lesser(z: Any, least: Any) -> Any:
    return least if least < z else z


@device
def _greater(z: Any, most: Any) -> Any:
    return most if most > z else z


@device
def _bin_index(z: Any, low: Any, per_unit: Any, overflow: Any) -> Any:
    return bin_index(z, low, per_unit, overflow)


@kernel
def select(
    replicates: Any,
    start: Any,
    keep_up_to: Any,
    words: Any,
    sums: Any,
    kept: Any,
    kept_words: Any,
    kept_places: Any,
    kept_sums: Any,
) -> None:
    """Keep the replicates whose words are at most `keep_up_to`, in any order.

    A thread is a replicate. The arguments are those of ``clt_sim._kernels.statistics``: `start` is
    the index of the first replicate; `kept` and what follows are as in `Accumulators`.
    """
    replicate = cuda.blockIdx.x * SELECTORS + cuda.threadIdx.x
    if replicate < replicates and words[replicate] <= keep_up_to:
        sample = cuda.atomic.add(kept, 0, 1)
        if sample < kept_words.size:
            kept_words[sample] = words[replicate]
            kept_places[sample] = start + replicate
            for prefix in range(kept_sums.shape[0]):
                kept_sums[prefix, sample] = sums[prefix, replicate]
