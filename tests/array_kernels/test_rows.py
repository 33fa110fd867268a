"""Gathered rows against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from clt_sim._array_kernels.rows import take_rows


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (7, 15), (9, 16), (200, 784), (5, 33)])
def test_rows_are_those_of_numpy(shape, dtype):
    rng = np.random.default_rng(3)
    values = rng.normal(size=shape).astype(dtype)
    values.setflags(write=False)
    for count in (0, 1, 2, 60):
        rows = rng.integers(0, len(values), count)
        out = np.full((count, shape[1]), np.nan, dtype)
        assert take_rows(values, rows, out) is out
        assert np.array_equal(out, values[rows])


def test_rows_of_a_part_of_the_order_and_twice():
    values = np.arange(12.0).reshape(4, 3)
    rows = np.array([0, 3, 3, 0, 1])[1:4]
    found = take_rows(values, rows, np.empty((3, 3)))
    assert found.tolist() == [[9.0, 10.0, 11.0], [9.0, 10.0, 11.0], [0.0, 1.0, 2.0]]
