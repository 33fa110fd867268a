"""Statistics of a block of sums, streamed into accumulators of fixed size."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import uint32, uint64

from clt_sim._kernels.compilation import (
    bits_of,
    bits_of_double,
    double_of,
    kernel,
    merged,
    prefer_wide_vectors,
    scalar,
)
from clt_sim._kernels.elementary_double import cosine, sine
from clt_sim._kernels.rows import BLOCK

int32, int64 = np.int32, np.int64
GREATEST = int64(2**63 - 1)
ORDERS = 8
"""Power sums of orders 1 to 8: the errors of the first four moments need them."""
POWER_LANES = 64
POWER_ROWS = BLOCK // POWER_LANES
COUNT_LANES = 8
"""Histograms are counted in this many copies, so that equal bins in a row do not wait."""


NEAR = 2.0**-7
"""A sum is near zero within this many scales of its grid, the width of a bin."""
SEARCHED = 256
"""Replicates among which samples are counted at once."""
FREQUENCIES = 32
FREQUENCY_STEP = 0.25
"""The characteristic function of z is sampled at this many multiples of this."""


class Grid(NamedTuple):
    """Where the statistics of each prefix are taken: of ``z = (sum - location)*inverse_scale``."""

    ns: Any
    """Int64, (prefixes,): the numbers of terms, ascending."""
    locations: Any
    """Float64, (prefixes,)."""
    inverse_scales: Any
    """Float64, (prefixes,)."""
    zeros: Any
    """Float64, (prefixes,): the sum that is 0 with its bias."""
    low: float
    bins_per_unit: float
    characteristic_function: bool
    """Whether to keep it."""


class Accumulators(NamedTuple):
    """What one call of the driver fills, and its scratch space."""

    chunk_powers: Any
    """Float64, (chunks, prefixes, ORDERS): the power sums of each chunk, overwritten."""
    chunk_waves: Any
    """Float64, (chunks, prefixes, 2, FREQUENCIES): of cos(t z) and sin(t z), overwritten."""
    extremes: Any
    """Float64, (prefixes, 2): least and greatest z so far."""
    counts: Any
    """Uint32, (prefixes, (bins + 2)*COUNT_LANES): the copies of each bin; added to."""
    zeros: Any
    """Int64, (prefixes, 2): sums that are 0, and that are nearly so; added to."""
    keep_up_to: np.uint32
    """A sum is a sample if its random word is at most this."""
    kept: Any
    """Int64, (1,): the number of samples so far."""
    kept_words: Any
    """Uint32, (most,)."""
    kept_places: Any
    """Int64, (most,): which replicates they are."""
    kept_sums: Any
    """Float64, (prefixes, most)."""
    powers: Any
    """Float64, (prefixes, ORDERS*POWER_LANES): the sums of a chunk so far."""
    waves: Any
    standardized: Any
    indices: Any
    turns: Any


@kernel
def clear(values: Any) -> None:
    """Overwrite a row with zeros."""
    prefer_wide_vectors()
    for j in range(values.size):
        values[j] = 0.0


@kernel
def start_chunk(grid: Any, accumulated: Any) -> None:
    """Clear the lanes of a chunk's power sums and waves.

    Parameters
    ----------
    grid : Grid
        Where the statistics are taken.
    accumulated : Accumulators
        Its powers and waves are cleared.
    """
    for prefix in range(grid.ns.size):
        clear(accumulated.powers[prefix])
        if grid.characteristic_function:
            for k in range(FREQUENCIES):
                clear(accumulated.waves[prefix, 0, k])
                clear(accumulated.waves[prefix, 1, k])


@scalar
def standardize(total: Any, location: Any, inverse_scale: Any) -> Any:
    """Return the place of a sum on the grid, in scales."""
    return (total - location) * inverse_scale


@scalar
def bin_index(z: Any, low: Any, per_unit: Any, overflow: Any) -> Any:
    """Return the bin that z is in, from 1 on: 0 is below them, and `overflow` is beyond."""
    t = (z - low) * per_unit + 1.0
    top = float(overflow)
    # Written so that nan becomes 0 and no index is ever outside.
    t = t if t > 0.0 else 0.0
    return int32(t if t < top else top)


@scalar
def add_each_power(z: Any, p: Any) -> Any:
    """Add the powers of z, of orders 1 to 8, to as many sums."""
    z2 = z * z
    z3, z4 = z2 * z, z2 * z2
    p1, p2, p3, p4 = p[0] + z, p[1] + z2, p[2] + z3, p[3] + z4
    return p1, p2, p3, p4, p[4] + z4 * z, p[5] + z3 * z3, p[6] + z4 * z3, p[7] + z4 * z4


@kernel
def _add_powers(z: Any, powers: Any) -> None:
    """Add a whole block of replicates to the lanes, row by row."""
    prefer_wide_vectors()
    # All places are known when this is compiled, so that the loop becomes vectors, and the sums
    # stay in registers for the block.
    lanes = POWER_LANES
    for lane in range(lanes):
        p1, p2 = powers[lane], powers[lane + lanes]
        p3, p4 = powers[lane + 2 * lanes], powers[lane + 3 * lanes]
        p5, p6 = powers[lane + 4 * lanes], powers[lane + 5 * lanes]
        p7, p8 = powers[lane + 6 * lanes], powers[lane + 7 * lanes]
        p = (p1, p2, p3, p4, p5, p6, p7, p8)
        for row in range(POWER_ROWS):
            p = add_each_power(z[lane + row * lanes], p)
        powers[lane], powers[lane + lanes] = p[0], p[1]
        powers[lane + 2 * lanes], powers[lane + 3 * lanes] = p[2], p[3]
        powers[lane + 4 * lanes], powers[lane + 5 * lanes] = p[4], p[5]
        powers[lane + 6 * lanes], powers[lane + 7 * lanes] = p[6], p[7]


@scalar
def _with_order(bits: Any) -> Any:
    """Turn the bits of a float64 into a whole number, such that both are in one order; or back."""
    return bits ^ ((bits >> int64(63)) & GREATEST)


@scalar
def _place_of(number: Any) -> Any:
    return _with_order(int64(bits_of_double(number)))


@scalar
def _number_at(place: Any) -> Any:
    return double_of(uint64(_with_order(place)))


@kernel
def _place(
    sums: Any,
    location: Any,
    inverse_scale: Any,
    zero: Any,
    low: Any,
    per_unit: Any,
    overflow: Any,
    standardized: Any,
    indices: Any,
    extremes: Any,
    zeros: Any,
) -> None:
    """Find the places and bins of sums on the grid, the extremes among them, and zeros.

    In one pass, which takes half the time of four.
    """
    prefer_wide_vectors()
    # Of whole numbers: the least of floats depends on their order if one is nan, and is not found
    # by vectors.
    least, most = _place_of(extremes[0]), _place_of(extremes[1])
    exact, near = int32(0), int32(0)
    for j in range(sums.size):
        z = standardize(sums[j], location, inverse_scale)
        standardized[j] = z
        indices[j] = bin_index(z, low, per_unit, overflow)
        place = _place_of(z)
        least = place if place < least else least
        most = place if place > most else most
        exact += int32(sums[j] == zero)
        near += int32(abs(sums[j] - zero) * inverse_scale <= NEAR)
    extremes[0], extremes[1] = _number_at(least), _number_at(most)
    zeros[0] += exact
    zeros[1] += near


@kernel
def _count(indices: Any, counts: Any) -> None:
    # Unsigned, because places from the end on would take a check.
    whole = indices.size - indices.size % COUNT_LANES
    for j in range(0, whole, COUNT_LANES):
        for lane in range(COUNT_LANES):
            counts[uint64(indices[j + lane]) * uint64(COUNT_LANES) + uint64(lane)] += 1
    for j in range(whole, indices.size):
        counts[uint64(indices[j]) * uint64(COUNT_LANES)] += 1


@kernel
def _add_waves(z_block: Any, turns: Any, waves: Any) -> None:
    """Add ``exp(i t z)`` for every t of the grid, one replicate to each lane."""
    prefer_wide_vectors()
    step_cosine, step_sine, real, imaginary = turns[0], turns[1], turns[2], turns[3]
    for lane in range(z_block.size):
        angle = FREQUENCY_STEP * z_block[lane]
        step_cosine[lane], step_sine[lane] = cosine(angle), sine(angle)
        real[lane], imaginary[lane] = 1.0, 0.0
    for k in range(FREQUENCIES):
        cosines, sines = waves[0, k], waves[1, k]
        for lane in range(z_block.size):
            x, y = real[lane], imaginary[lane]
            real[lane] = x * step_cosine[lane] - y * step_sine[lane]
            imaginary[lane] = x * step_sine[lane] + y * step_cosine[lane]
            cosines[lane] += real[lane]
            sines[lane] += imaginary[lane]


@merged
def select(words: Any, start: Any, accumulated: Any) -> None:
    """Note which replicates of a block are kept as samples.

    Parameters
    ----------
    words : ndarray of float32, shape (replicates,)
        A random word for each, as the number that has the same bits.
    start : int64
        Index of the first replicate.
    accumulated : Accumulators
        Words and places are added to it, as far as there is room; all are counted.
    """
    most = accumulated.keep_up_to
    # Few parts of a block have any; only these are searched.
    for first in range(0, words.size, SEARCHED):
        part = words[first : first + SEARCHED]
        if _count_up_to(part, most):
            place = accumulated.kept[0]
            for j in range(part.size):
                word = uint32(bits_of(part[j]))
                if word <= most:
                    if place < accumulated.kept_words.size:
                        accumulated.kept_words[place] = word
                        accumulated.kept_places[place] = start + first + j
                    place += 1
            accumulated.kept[0] = place


@kernel
def _count_up_to(words: Any, most: Any) -> Any:
    prefer_wide_vectors()
    found = np.int32(0)
    for j in range(words.size):
        found += int32(uint32(bits_of(words[j])) <= most)
    return found


@merged
def keep(sums: Any, start: Any, first: Any, prefix: Any, accumulated: Any) -> None:
    """Keep the sums of the replicates of a block that `select` noted.

    Parameters
    ----------
    sums : ndarray of float64, shape (replicates,)
        The sums of the block.
    start : int64
        Index of the first replicate.
    first : int64
        How many samples there were before this block.
    prefix : int64
        Which prefix the sums are of.
    accumulated : Accumulators
        Its `kept_sums` are added to.
    """
    last = min(accumulated.kept[0], accumulated.kept_words.size)
    for sample in range(first, last):
        accumulated.kept_sums[prefix, sample] = sums[accumulated.kept_places[sample] - start]


@merged
def flush(sums: Any, prefix: Any, grid: Any, accumulated: Any) -> None:
    """Add a block of sums to the statistics.

    Parameters
    ----------
    sums : ndarray of float64, shape (replicates,)
        The sums; at most a block, fewer in the last one.
    prefix : int64
        Which prefix they are of.
    grid : Grid
        Where the statistics are taken.
    accumulated : Accumulators
        Added to.
    """
    standardized = accumulated.standardized[: sums.size]
    indices = accumulated.indices[: sums.size]
    counts = accumulated.counts[prefix]
    _place(
        sums,
        grid.locations[prefix],
        grid.inverse_scales[prefix],
        grid.zeros[prefix],
        grid.low,
        grid.bins_per_unit,
        counts.size // COUNT_LANES - 1,
        standardized,
        indices,
        accumulated.extremes[prefix],
        accumulated.zeros[prefix],
    )
    if sums.size < BLOCK:
        clear(accumulated.standardized[sums.size :])
    _add_powers(accumulated.standardized, accumulated.powers[prefix])
    if grid.characteristic_function:
        for start in range(0, sums.size, POWER_LANES):
            z_block = standardized[start : start + POWER_LANES]
            _add_waves(z_block, accumulated.turns, accumulated.waves[prefix])
    _count(indices, counts)


@kernel
def finish_chunk(chunk: Any, grid: Any, accumulated: Any) -> None:
    """Add up the lanes of a chunk's power sums and waves.

    Parameters
    ----------
    chunk : int64
        Place of the chunk in the accumulators.
    grid : Grid
        Where the statistics are taken.
    accumulated : Accumulators
        Its chunk_powers and chunk_waves are written.
    """
    for prefix in range(grid.ns.size):
        for order in range(ORDERS):
            first = order * POWER_LANES
            lanes = accumulated.powers[prefix, first : first + POWER_LANES]
            accumulated.chunk_powers[chunk, prefix, order] = reduce_lanes(lanes)
        if grid.characteristic_function:
            for part in range(2):
                for k in range(FREQUENCIES):
                    accumulated.chunk_waves[chunk, prefix, part, k] = reduce_lanes(
                        accumulated.waves[prefix, part, k]
                    )


@kernel
def reduce_lanes(lanes: Any) -> float:
    """Return the sum over the lanes by a fixed binary tree; the lanes are overwritten."""
    width = lanes.size // 2
    while width:
        for j in range(width):
            lanes[j] += lanes[j + width]
        width //= 2
    return float(lanes[0])
