"""Signals: their ensembles are named and their values kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clt_sim.networks import PooledSignal, Signal
from clt_sim.networks.recording.unit_moments import UnitMoments


def test_ensembles_are_named():
    signal = Signal("u", "hidden 2", np.ones((1797, 100)))
    assert signal.ensemble == "u of hidden 2, each of 100 units over 1797 inputs"
    assert signal.pooled.ensemble == "u of hidden 2, 100 units and 1797 inputs pooled"
    single = Signal("pre-activation", "output", [[1.0]])
    assert single.ensemble == "pre-activation of output, each of 1 unit over 1 input"
    assert single.pooled.ensemble == "pre-activation of output, 1 unit and 1 input pooled"


def test_values_are_a_read_only_copy():
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    signal = Signal("u", "hidden 1", values)
    values[:] = 0.0
    assert signal.values.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert signal.values.dtype == np.float32
    for held in (signal.values, signal.pooled.values):
        with pytest.raises(ValueError, match="read-only"):
            held[0, 0] = 1.0
    assert signal.pooled.values is signal.values


def test_pooling_keeps_rows_and_units():
    values = np.random.default_rng(0).normal(size=(5, 3))
    pooled = Signal("u", "hidden 1", values).pooled
    assert isinstance(pooled, PooledSignal)
    assert (pooled.name, pooled.layer) == ("u", "hidden 1")
    assert np.array_equal(pooled.values, values)


def test_unit_is_one_column():
    values = np.random.default_rng(0).normal(size=(5, 3))
    signal = Signal("u", "hidden 1", values)
    assert (signal.inputs, signal.units) == (5, 3)
    assert np.array_equal(signal.unit(2), values[:, 2])
    signal.unit(2)[:] = 0.0  # a copy
    assert np.array_equal(signal.unit(2), values[:, 2])
    for index in (3, -1):
        with pytest.raises(ValueError, match="index must be from 0 to 2"):
            signal.unit(index)
    with pytest.raises(TypeError, match="index must be a whole number"):
        signal.unit("2")


@given(st.lists(st.booleans(), min_size=1, max_size=20), st.integers(2, 30))
def test_constant_units_are_counted(constant, inputs):
    rng = np.random.default_rng(0)
    columns = [np.full(inputs, 0.1) if c else rng.normal(size=inputs) for c in constant]
    assert Signal("u", "hidden 1", np.column_stack(columns)).constant_units == sum(constant)


def test_faults_are_named():
    with pytest.raises(ValueError, match=r"u of hidden 1\[1, 0\] is nan"):
        Signal("u", "hidden 1", [[0.0], [np.nan]])
    with pytest.raises(ValueError, match="u of hidden 1 must have 2 dimensions"):
        Signal("u", "hidden 1", [0.0, 1.0])
    with pytest.raises(TypeError, match="u of hidden 1 must be real numbers"):
        PooledSignal("u", "hidden 1", [["a"]])


def test_clusters_are_the_inputs_that_rows_are_of():
    values = np.arange(8.0).reshape(4, 2)
    signal = Signal("u", "conv 1", values, clusters=[7, 7, 3, 7])
    assert (signal.rows, signal.inputs) == (4, 2)
    assert signal.clusters.tolist() == [1, 1, 0, 1]
    assert signal.pooled.groups.tolist() == [1, 1, 0, 1]
    assert signal.ensemble == "u of conv 1, each of 2 units over 4 positions of 2 inputs"
    assert Signal("u", "hidden 1", values).pooled.groups.tolist() == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="clusters must be one label for each of the 4 values"):
        Signal("u", "conv 1", values, clusters=[1, 2])


def test_the_ensemble_counts_what_was_not_kept():
    statistics = UnitMoments.of(np.array([[0.0, 1.0, 2.0], [0.0, 3.0, np.nan]]))
    signal = Signal(
        "u",
        "hidden 1",
        [[0.0, 1.0]],
        unit_indices=np.array([0, 1]),
        statistics=statistics,
        seen=2,
        left_out=1,
    )
    assert signal.ensemble == (
        "u of hidden 1, each of 2 of 3 units over 1 of 2 inputs"
        " (1 with values that are not finite left out)"
    )
    assert signal.constant_units == 2  # one value is left of the last unit
    assert signal.non_finite == 1
    with pytest.raises(ValueError, match="unit_indices must be one for each of 2 units"):
        Signal("u", "hidden 1", [[0.0, 1.0]], unit_indices=np.array([0]))
