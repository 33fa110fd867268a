"""Statistics of conditional variances, streamed into accumulators of fixed size.

All but the power sums are whole numbers: a bin is made of the leading bits of a double, and the
bits after them, added up, tell the mean in the bin.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import uint64

from clt_sim._kernels.compilation import bits_of_double, kernel, prefer_wide_vectors
from clt_sim._kernels.statistics import POWER_LANES, reduce_lanes

int64 = np.int64
VARIANCE_ORDERS = 4
"""Power sums of orders 1 to 4: the errors of the variance and of the kurtosis need them."""
BIN_BITS = 8
"""An octave has 2^8 bins of equal width."""
OFFSET_BITS = 20
"""A place in a bin is one of 2^20: its mean is that of numbers cut after 28 bits."""
OCTAVES_BELOW, OCTAVES_ABOVE = 96, 32
"""From 2^-96 to 2^32 units."""
VARIANCE_BINS = (OCTAVES_BELOW + OCTAVES_ABOVE) << BIN_BITS
MANTISSA_BITS = 52
OFFSET_SHIFT = np.uint64(MANTISSA_BITS - BIN_BITS - OFFSET_BITS)
BIN_SHIFT = np.uint64(MANTISSA_BITS - BIN_BITS)
OFFSET_MASK = np.uint64((1 << OFFSET_BITS) - 1)
FIRST_BIN = int64((1023 - OCTAVES_BELOW) << BIN_BITS)


class VarianceAccumulators(NamedTuple):
    """What one call of the driver fills, and its scratch space."""

    inverse_unit: float
    """A power of two: the statistics are those of ``variance*inverse_unit``."""
    chunk_powers: Any
    """Float64, (chunks, VARIANCE_ORDERS): the power sums of each chunk, overwritten."""
    counts: Any
    """Int64, (VARIANCE_BINS,): added to."""
    offsets: Any
    """Int64, (VARIANCE_BINS,): sums of places in the bins, in units of 2^-20 bins; added to."""
    outside: Any
    """Int64, (3,): variances that are 0, below all bins and above them; added to."""
    powers: Any


def variance_accumulators(chunks: int, unit: float) -> VarianceAccumulators:
    """Allocate empty accumulators for a number of chunks, on bins in a unit."""
    return VarianceAccumulators(
        inverse_unit=1.0 / unit,
        chunk_powers=np.zeros((chunks, VARIANCE_ORDERS)),
        counts=np.zeros(VARIANCE_BINS, np.int64),
        offsets=np.zeros(VARIANCE_BINS, np.int64),
        outside=np.zeros(3, np.int64),
        powers=np.zeros((VARIANCE_ORDERS, POWER_LANES)),
    )


@kernel
def flush_variances(variances: Any, accumulated: Any) -> None:
    """Add a block of variances to the statistics.

    Parameters
    ----------
    variances : ndarray of float64, shape (replicates,)
        At least 0; multiplied by the inverse unit.
    accumulated : VarianceAccumulators
        Added to.
    """
    _to_units(variances, accumulated.inverse_unit)
    for start in range(0, variances.size, POWER_LANES):
        _add_powers(variances[start : start + POWER_LANES], accumulated.powers)
    _count_variances(variances, accumulated.counts, accumulated.offsets, accumulated.outside)


@kernel
def _to_units(variances: Any, inverse_unit: Any) -> None:
    prefer_wide_vectors()
    for j in range(variances.size):
        variances[j] *= inverse_unit


@kernel
def _add_powers(variances: Any, powers: Any) -> None:
    """Add one replicate to each lane."""
    prefer_wide_vectors()
    p1, p2, p3, p4 = powers[0], powers[1], powers[2], powers[3]
    for lane in range(variances.size):
        v = variances[lane]
        v2 = v * v
        p1[lane] += v
        p2[lane] += v2
        p3[lane] += v2 * v
        p4[lane] += v2 * v2


@kernel
def _count_variances(variances: Any, counts: Any, offsets: Any, outside: Any) -> None:
    for j in range(variances.size):
        bits = bits_of_double(variances[j])
        place = int64(bits >> BIN_SHIFT) - FIRST_BIN
        if variances[j] == 0.0:
            outside[0] += 1
        elif place < 0:
            outside[1] += 1
        elif place >= VARIANCE_BINS:
            outside[2] += 1
        else:
            counts[place] += 1
            offsets[place] += int64(uint64(bits >> OFFSET_SHIFT) & OFFSET_MASK)


@kernel
def finish_variance_chunk(chunk: Any, accumulated: Any) -> None:
    """Add up the lanes of a chunk's power sums, and clear them."""
    for order in range(VARIANCE_ORDERS):
        lanes = accumulated.powers[order]
        accumulated.chunk_powers[chunk, order] = reduce_lanes(lanes)
        lanes[:] = 0.0
