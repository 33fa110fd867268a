"""Loops over rows that are made of functions of numbers, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

from clt_sim._kernels.compilation import over_rows
from clt_sim._kernels.rows import BLOCK


@over_rows
def weighted(total, weight, value, factor):
    return total + factor * (weight - value)


@njit
def apply(totals, weights, values, factor):
    weighted(totals, weights, values, factor)


@pytest.mark.parametrize("blocks", [1, 2])
@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_results_overwrite_the_first_row(real, blocks):
    totals, weights, values = np.random.default_rng(1).normal(size=(3, blocks * BLOCK)).astype(real)
    expected = totals + real(2) * (weights - values)
    apply(totals, weights, values, real(2))
    np.testing.assert_array_equal(totals, expected)


def test_numbers_stand_for_rows_and_results_are_cast():
    counts, words = np.zeros(BLOCK, np.int32), np.arange(BLOCK, dtype=np.uint32)
    apply(counts, words, np.int64(1), np.int64(3))
    np.testing.assert_array_equal(counts, 3 * (np.arange(BLOCK) - 1))


def test_a_row_must_be_contiguous():
    rows = np.zeros((3, 2 * BLOCK))
    with pytest.raises(TypingError):
        apply(*rows[:, ::2], 1.0)
