"""Statistics of a block of sums, streamed into accumulators of fixed size."""

from __future__ import annotations

from typing import Any

import numpy as np

from clt_sim._kernels.compilation import kernel, prefer_wide_vectors

int32 = np.int32
ORDERS = 8
"""Power sums of orders 1 to 8: the errors of the first four moments need them."""
POWER_LANES = 64
COUNT_LANES = 4
"""Histograms are counted in this many copies, so that equal bins in a row do not wait."""


@kernel
def _standardize(totals: Any, location: Any, inverse_scale: Any, standardized: Any) -> None:
    prefer_wide_vectors()
    for j in range(totals.size):
        standardized[j] = (totals[j] - location) * inverse_scale


@kernel
def _add_powers(z_block: Any, powers: Any, extremes: Any) -> None:
    """Add one replicate to each lane."""
    prefer_wide_vectors()
    p1, p2, p3, p4 = powers[0], powers[1], powers[2], powers[3]
    p5, p6, p7, p8 = powers[4], powers[5], powers[6], powers[7]
    least, most = extremes[0], extremes[1]
    for lane in range(z_block.size):
        z = z_block[lane]
        z2 = z * z
        z3 = z2 * z
        z4 = z2 * z2
        p1[lane] += z
        p2[lane] += z2
        p3[lane] += z3
        p4[lane] += z4
        p5[lane] += z4 * z
        p6[lane] += z3 * z3
        p7[lane] += z4 * z3
        p8[lane] += z4 * z4
        least[lane] = min(z, least[lane])
        most[lane] = max(z, most[lane])


@kernel
def _bin_indices(standardized: Any, low: Any, per_unit: Any, indices: Any, overflow: Any) -> None:
    prefer_wide_vectors()
    top = float(overflow)
    for j in range(standardized.size):
        t = (standardized[j] - low) * per_unit + 1.0
        # Written so that nan becomes 0 and no index is ever outside.
        t = t if t > 0.0 else 0.0
        t = t if t < top else top
        indices[j] = int32(t)


@kernel
def _count(indices: Any, counts: Any) -> None:
    c0, c1, c2, c3 = counts[0], counts[1], counts[2], counts[3]
    whole = indices.size - indices.size % COUNT_LANES
    for j in range(0, whole, COUNT_LANES):
        c0[indices[j]] += 1
        c1[indices[j + 1]] += 1
        c2[indices[j + 2]] += 1
        c3[indices[j + 3]] += 1
    for j in range(whole, indices.size):
        c0[indices[j]] += 1


@kernel
def flush(
    totals: Any,
    location: Any,
    inverse_scale: Any,
    low: Any,
    per_unit: Any,
    standardized: Any,
    indices: Any,
    powers: Any,
    extremes: Any,
    counts: Any,
) -> None:
    """Add a block of sums to the statistics.

    Parameters
    ----------
    totals : ndarray of float64, shape (replicates,)
        The sums; at most a block, fewer in the last one.
    location, inverse_scale : float64
        The statistics are of ``z = (total - location)*inverse_scale``.
    low, per_unit : float64
        The lower end of the histogram and the number of bins per unit of z.
    standardized, indices : ndarray of float64, int32, shape (replicates,)
        Scratch space.
    powers : ndarray of float64, shape (ORDERS, POWER_LANES)
        Sums of powers of z, added to.
    extremes : ndarray of float64, shape (2, POWER_LANES)
        Least and greatest z.
    counts : ndarray of uint32, shape (COUNT_LANES, bins + 2)
        Counts of z below the histogram, in [edge, next edge) for each bin, and above.
    """
    _standardize(totals, location, inverse_scale, standardized)
    for start in range(0, standardized.size, POWER_LANES):
        _add_powers(standardized[start : start + POWER_LANES], powers, extremes)
    _bin_indices(standardized, low, per_unit, indices, counts.shape[1] - 1)
    _count(indices, counts)


@kernel
def reduce_lanes(lanes: Any) -> float:
    """Return the sum over the lanes by a fixed binary tree; the lanes are overwritten."""
    width = lanes.size // 2
    while width:
        for j in range(width):
            lanes[j] += lanes[j + width]
        width //= 2
    return float(lanes[0])
