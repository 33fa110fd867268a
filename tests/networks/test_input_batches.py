"""Inputs cut into batches and thinned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clt_sim.networks.recording.input_batches import InputBatches, input_count


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.integers(1, 7), st.integers(1, 9))
def test_thinning_counts_through_all_batches(sizes, every, batch_size):
    rows = np.arange(sum(sizes))
    pieces = np.split(rows, np.cumsum(sizes)[:-1])
    for inputs in (iter(pieces), rows):
        batches = InputBatches(inputs, every=every, batch_size=batch_size)
        used = [row for batch in batches for row in batch.tolist()]
        assert used == rows[::every].tolist()
        assert batches.given == rows.size


def test_arrays_of_several_inputs_are_cut_together():
    ids, mask = np.arange(5), np.arange(10).reshape(5, 2)
    for inputs in ({"ids": ids, "mask": mask}, (ids, mask)):
        batches = list(InputBatches(inputs, every=2, batch_size=3))
        assert [type(batch) for batch in batches] == [type(inputs)] * 2
        parts = [batch.values() if isinstance(batch, dict) else batch for batch in batches]
        assert [[part.tolist() for part in batch] for batch in parts] == [
            [[0, 2], [[0, 1], [4, 5]]],
            [[4], [[8, 9]]],
        ]
        assert input_count(inputs) == 5


def test_a_list_is_rows_of_numbers_or_batches():
    rows = [[1.0, 2.0], [3.0, 4.0]]
    (batch,) = InputBatches(rows, every=1, batch_size=9)
    assert batch.tolist() == rows
    arrays = [np.ones((2, 3)), np.ones((1, 3))]
    assert [len(b) for b in InputBatches(arrays, every=1, batch_size=1)] == [2, 1]
    pairs = [(np.ones((2, 3)), np.zeros((2, 1)))]
    (batch,) = InputBatches(pairs, every=1, batch_size=1)
    assert isinstance(batch, tuple)


def test_faults_are_named():
    with pytest.raises(TypeError, match="inputs must be an array"):
        InputBatches("file", every=1, batch_size=1)
    with pytest.raises(ValueError, match=r"same number of inputs: .'a': 2, 'b': 3"):
        list(InputBatches({"a": np.ones(2), "b": np.ones(3)}, every=1, batch_size=1))
    with pytest.raises(ValueError, match="'array' has no dimension"):
        list(InputBatches(np.float64(1.0), every=1, batch_size=1))
