"""Counts of small values against NumPy's."""

import numpy as np
import pytest

from clt_sim._array_kernels.small_values import small_values


@pytest.mark.parametrize("size", [1, 63, 64, 65, 1000, 100_001])
def test_counts_and_squares_are_those_of_the_definition(size):
    values = np.abs(np.random.default_rng(size).normal(size=size))
    values[::5] = 0.0
    values[::7] = 0.5  # at a limit
    found = small_values(values, 0.25, (0.05, 0.125, 0.3))
    z = 0.25 * values
    assert found[:3] == tuple(np.count_nonzero(z <= limit) for limit in (0.05, 0.125, 0.3))
    assert found.squares == pytest.approx(float(np.sum(z[z <= 0.125] ** 2)), rel=1e-13)
