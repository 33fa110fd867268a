"""Parameters as views of one vector, and arrays of their shapes."""

from __future__ import annotations

import numpy as np
import pytest

from clt_sim.networks.perceptron.parameters import Parameters, arrays_like, in_one_vector


def layers():
    rng = np.random.default_rng(0)
    of_u = rng.normal(size=3), rng.normal(size=3)
    return [
        Parameters(rng.normal(size=(4, 3)), rng.normal(size=3), rng.normal(size=3)),
        Parameters(rng.normal(size=(3, 2)), rng.normal(size=2), None, *of_u),
    ]


def test_the_vector_holds_all_numbers_and_the_layers_are_views():
    given = layers()
    vector, views = in_one_vector(given)
    assert np.array_equal(vector, np.concatenate([a.ravel() for one in given for a in one.arrays]))
    for one, other in zip(given, views, strict=True):
        for name, array in one._asdict().items():
            view = getattr(other, name)
            assert (array is None) == (view is None)
            if array is not None:
                assert np.array_equal(view, array)
                assert view.flags.c_contiguous
                assert np.shares_memory(view, vector)
                assert not np.shares_memory(view, array)
    before = views[1].input_beta.copy()
    vector *= 2.0
    assert np.array_equal(views[1].input_beta, 2.0 * before)
    assert np.array_equal(views[0].weights, 2.0 * given[0].weights)


def test_arrays_are_new_ones_in_the_same_shapes():
    given = [
        Parameters(*(None if a is None else a.astype(np.float32) for a in one)) for one in layers()
    ]
    for one, other in zip(given, arrays_like(given), strict=True):
        for array, like in zip(one, other, strict=True):
            assert (array is None) == (like is None)
            if array is not None:
                assert (like.shape, like.dtype) == (array.shape, np.float32)
                assert not np.shares_memory(like, array)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_vector_begins_with_a_line_of_the_cache(dtype):
    for size in (1, 5, 1000, 100_000):
        vector, _ = in_one_vector([Parameters(np.ones((size, 1), dtype), np.ones(1, dtype))])
        assert vector.ctypes.data % 64 == 0
        assert vector.dtype == dtype
        assert vector.tolist() == [1.0] * (size + 1)
