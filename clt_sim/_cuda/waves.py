"""The empirical characteristic function, a block of threads for each chunk."""

from __future__ import annotations

from typing import Any

from numba import float64

from clt_sim._cuda.compilation import cuda, device, kernel
from clt_sim._cuda.statistics import chunk_end, standardized
from clt_sim._kernels.driver import CHUNK
from clt_sim._kernels.elementary_double import cosine, sine
from clt_sim._kernels.statistics import FREQUENCIES, FREQUENCY_STEP, POWER_LANES

ROWS = 2 * FREQUENCIES
"""Cosines of all frequencies, then sines."""


@kernel
def take_waves(
    replicates: Any, sums: Any, locations: Any, inverse_scales: Any, chunk_waves: Any
) -> None:
    """Add ``exp(i t z)`` for every t of the grid, in the order of the processor's kernels.

    The blocks are a chunk times a prefix, of `POWER_LANES` threads. The arguments are those of
    ``clt_sim._cuda.statistics`` but for the last, float64 of shape ``(chunks, prefixes, 2,
    FREQUENCIES)``, which is overwritten.
    """
    waves = cuda.shared.array((ROWS, POWER_LANES), float64)
    lane, chunk, prefix = cuda.threadIdx.x, cuda.blockIdx.x, cuda.blockIdx.y
    location, inverse_scale = locations[prefix], inverse_scales[prefix]
    for row in range(ROWS):
        waves[row, lane] = 0.0
    for place in range(chunk * CHUNK + lane, chunk_end(chunk, replicates), POWER_LANES):
        turn = _turn(standardized(sums[prefix, place], location, inverse_scale))
        point = 1.0, 0.0
        for k in range(FREQUENCIES):
            point = _turned(point, turn)
            waves[k, lane] += point[0]
            waves[FREQUENCIES + k, lane] += point[1]
    cuda.syncthreads()
    width = POWER_LANES // 2
    while width:
        if lane < width:
            for row in range(ROWS):
                waves[row, lane] += waves[row, lane + width]
        cuda.syncthreads()
        width //= 2
    # There are as many threads as rows.
    chunk_waves[chunk, prefix, lane // FREQUENCIES, lane % FREQUENCIES] = waves[lane, 0]


@device
def _turn(z: Any) -> Any:
    angle = FREQUENCY_STEP * z
    return cosine(angle), sine(angle)


@device
def _turned(point: Any, turn: Any) -> Any:
    """Multiply two complex numbers."""
    return point[0] * turn[0] - point[1] * turn[1], point[0] * turn[1] + point[1] * turn[0]
