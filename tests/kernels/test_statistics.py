"""The statistics of one block, full or not, against NumPy in the order of the kernels."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from clt_sim._kernels import driver, statistics
from clt_sim._kernels.rows import BLOCK

BINS, LOW, PER_UNIT = 16, -2.0, 4.0
LOCATION, INVERSE_SCALE, ZERO = 0.5, 0.25, 3.0
LANES, COPIES = statistics.POWER_LANES, statistics.COUNT_LANES


@njit
def flush(sums, grid, accumulated):
    statistics.flush(sums, 0, grid, accumulated)


def flushed(*blocks):
    grid = statistics.Grid(
        *map(np.array, ([1], [LOCATION], [INVERSE_SCALE], [ZERO])), LOW, PER_UNIT, False
    )
    accumulated = driver.accumulators(1, 1, BINS)
    for sums in blocks:
        flush(sums, grid, accumulated)
    return accumulated


def lanes_of_powers(z):
    """Add rows of lanes one by one, each power by the products of the kernel."""
    z = np.concatenate([z, np.zeros(-len(z) % LANES)]).reshape(-1, LANES)
    z2 = z * z
    z3, z4 = z2 * z, z2 * z2
    powers = z, z2, z3, z4, z4 * z, z3 * z3, z4 * z3, z4 * z4
    # Sums along the last axis would be pairwise.
    return np.array([np.add.accumulate(power)[-1] for power in powers])


@pytest.fixture
def sums():
    """Both ends of the histogram are left, and some sums are zero or nearly."""
    x = 3.0 * np.random.default_rng(3).standard_normal(BLOCK) + 6.0
    x[::7], x[3::11] = ZERO, ZERO + 0.02
    return x


@pytest.mark.parametrize("count", [1, 7, 8, 63, 64, 65, 1000, BLOCK])
def test_a_block_gives_the_statistics_of_numpy(count, sums):
    x = sums[:count]
    z = (x - LOCATION) * INVERSE_SCALE
    found = flushed(x)
    assert np.array_equal(found.powers[0].reshape(-1, LANES), lanes_of_powers(z))
    assert found.extremes[0].tolist() == [z.min(), z.max()]
    edges = LOW + np.arange(BINS + 1) / PER_UNIT
    bins = found.counts[0].reshape(BINS + 2, COPIES).sum(1)
    assert np.array_equal(bins, np.bincount(np.searchsorted(edges, z, "right"), minlength=BINS + 2))
    near = np.count_nonzero(np.abs(x - ZERO) * INVERSE_SCALE <= statistics.NEAR)
    assert found.zeros[0].tolist() == [np.count_nonzero(x == ZERO), near]


def test_blocks_add_up(sums):
    found, part = flushed(sums, sums[:100]), flushed(sums[:100])
    assert found.extremes[0].tolist() == flushed(sums).extremes[0].tolist()
    assert np.array_equal(found.counts, flushed(sums).counts + part.counts)
    assert np.array_equal(found.zeros, flushed(sums).zeros + part.zeros)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_unused_part_of_a_block_is_no_extreme(sign):
    found = flushed(LOCATION + sign * np.array([4.0, 8.0]))
    assert sorted(found.extremes[0] * sign) == [1.0, 2.0]


def test_extremes_may_be_infinite_and_signed_zeros():
    found = flushed(np.array([np.inf, LOCATION, -np.inf]))
    assert found.extremes[0].tolist() == [-np.inf, np.inf]
    found = flushed(np.array([LOCATION]))
    assert found.extremes[0].tolist() == [0.0, 0.0]
