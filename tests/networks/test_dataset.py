"""Validation of labelled inputs."""

from __future__ import annotations

import numpy as np
import pytest

from clt_sim.networks import Dataset

GOOD = {
    "train_inputs": np.eye(3),
    "train_labels": [0, 1, 2],
    "test_inputs": np.ones((2, 3)),
    "test_labels": [2, 0],
    "name": "toy",
    "scaling": "none",
}


def test_arrays_are_read_only_copies():
    inputs = np.eye(3, dtype=np.float32)
    data = Dataset(**{**GOOD, "train_inputs": inputs})
    inputs[0, 0] = 7.0
    assert data.train_inputs[0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        data.train_labels[0] = 1


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"train_inputs": [[1.0, np.nan, 0.0]] * 3}, ValueError, r"train_inputs\[0, 1\] is nan"),
        ({"test_inputs": [[1e39, 0, 0]] * 2}, ValueError, r"test_inputs\[0, 0\] is inf"),
        ({"train_inputs": np.ones(3)}, ValueError, "2 dimensions"),
        ({"train_inputs": np.ones((0, 3))}, ValueError, r"shape is \(0, 3\)"),
        ({"train_inputs": [[1.0], [1.0, 2.0]]}, ValueError, "train_inputs must be a rectangular"),
        ({"train_inputs": [["a"]]}, TypeError, "train_inputs must be real numbers"),
        ({"train_inputs": [[1j]]}, TypeError, "complex128"),
        ({"test_inputs": np.ones((2, 4))}, ValueError, "test_inputs must have 3 features"),
        ({"train_labels": [0, 1]}, ValueError, "each of the 3 inputs"),
        ({"train_labels": [0.0, 1.0, 2.0]}, TypeError, "train_labels must be whole numbers"),
        ({"train_labels": [0, 1, 3]}, ValueError, "none missing"),
        ({"train_labels": [0, 1, 10**12]}, ValueError, "to 1000000000000"),
        ({"train_labels": [0, 1, -1]}, ValueError, "from -1 to 1"),
        ({"test_labels": [0, 3]}, ValueError, "test_labels must be from 0 to 2, not from 0 to 3"),
        ({"test_labels": [[0, 1]]}, ValueError, r"test_labels must be .* \(1, 2\)"),
    ],
)
def test_faults_are_named(change, error, message):
    with pytest.raises(error, match=message):
        Dataset(**{**GOOD, **change})
