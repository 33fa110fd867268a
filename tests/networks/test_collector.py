"""The collector: a uniform sample of rows, the same for all signals, in memory of fixed size."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy import stats

from clt_sim.networks.recording.collector import Collector, LayerBatch
from clt_sim.networks.recording.row_sample import kept_units, row_keys


def numbered(first, rows, units=3):
    """A batch that says in its values which rows they are of."""
    number = np.arange(first, first + rows, dtype=float)[:, None]
    unit = np.arange(units) / 1024
    return LayerBatch(number + unit, 10.0 * number + unit, 100.0 * number + unit, "batch norm")


def collected(rows_of_calls, **options):
    collector, first = Collector(**options), 0
    for rows in rows_of_calls:
        collector.add("a", numbered(first, rows))
        first += rows
    return collector.record("numbers")["a"]


def kept_rows(layer):
    return np.rint(layer.u.values[:, 0]).astype(int)


def test_all_rows_are_kept_in_order_where_there_is_room():
    layer = collected([5, 0, 1, 7], rows=13)
    assert kept_rows(layer).tolist() == list(range(13))
    assert layer.u.ensemble == "u of a, each of 3 units over 13 inputs"


def test_the_same_rows_of_all_signals_are_kept():
    layer = collected([100] * 20, rows=64)
    rows = kept_rows(layer)
    assert len(set(rows.tolist())) == 64
    assert np.all(np.diff(rows) > 0)
    unit = np.arange(3) / 1024
    assert np.array_equal(layer.pre_activation.values, 10.0 * rows[:, None] + unit)
    assert np.array_equal(layer.normalized.values, 100.0 * rows[:, None] + unit)


def test_rows_kept_are_a_uniform_sample():
    counts = np.zeros(10)
    for seed in range(200):
        layer = collected([37, 3, 60, 100], rows=20, seed=seed)
        counts += np.bincount(kept_rows(layer) // 20, minlength=10)
    assert stats.chisquare(counts).pvalue > 1e-3
    # The first rows alone would be found out.
    assert stats.chisquare(np.repeat([2000.0, 0.0], [2, 8]) + 1e-9).pvalue < 1e-100


def test_the_sample_is_that_of_the_least_keys():
    layer = collected([50, 70, 30], rows=25, seed=9)
    keys = np.concatenate([row_keys(9, "a", call, rows) for call, rows in enumerate((50, 70, 30))])
    assert kept_rows(layer).tolist() == sorted(np.argsort(keys)[:25].tolist())


def test_keys_depend_on_seed_layer_call_and_row():
    keys = [
        row_keys(*where, 1000) for where in ((0, "a", 0), (1, "a", 0), (0, "b", 0), (0, "a", 1))
    ]
    assert np.unique(np.concatenate(keys)).size == 4000
    uniform = keys[0].astype(float) / 2.0**64
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3


def test_units_are_the_same_in_all_runs_and_statistics_are_of_all():
    collector = Collector(units=4)
    collector.add("a", numbered(0, 10, units=9))
    layer = collector.record("numbers")["a"]
    expected = kept_units(9, 4)
    assert np.array_equal(layer.u.unit_indices, expected)
    assert np.array_equal(layer.u.values[0], expected / 1024)
    assert layer.u.statistics.units == layer.u.all_units == 9
    assert layer.u.statistics.mean == pytest.approx(4.5 + np.arange(9) / 1024)


def test_arrays_may_be_overwritten_after_they_were_added():
    batch = numbered(0, 10)
    collector = Collector()
    collector.add("a", batch)
    for array in batch.signals.values():
        array[:] = -1.0
    layer = collector.record("numbers")["a"]
    assert kept_rows(layer).tolist() == list(range(10))


def test_a_record_is_not_changed_by_what_comes_later():
    collector = Collector(rows=5)
    collector.add("a", numbered(0, 20))
    first = collector.record("numbers")["a"]
    rows, mean = kept_rows(first).tolist(), first.u.statistics.mean.copy()
    collector.add("a", numbered(20, 1000))
    assert kept_rows(first).tolist() == rows
    assert np.array_equal(first.u.statistics.mean, mean)
    assert first.seen == 20
    assert collector.record("numbers")["a"].seen == 1020


def test_rows_with_values_that_are_not_finite_are_reported():
    u, z = np.zeros((6, 2)), np.ones((6, 3))
    u[1, 0], z[4, 2], z[1, 0] = np.nan, np.inf, np.nan
    collector = Collector()
    collector.add("a", LayerBatch(u, z))
    collector.add("b", LayerBatch(None, np.full((2, 2), np.nan)))
    record = collector.record("broken")
    layer = record["a"]
    assert (layer.seen, layer.left_out, layer.u.rows) == (6, 2, 4)
    assert (layer.u.non_finite, layer.pre_activation.non_finite) == (1, 2)
    assert "4 of 6 inputs (2 with values that are not finite left out)" in layer.u.ensemble
    assert record["b"].pre_activation.values.shape == (0, 2)
    assert record["b"].u is None
    assert str(record).splitlines()[1:] == [
        "  u of a: 1 values are not finite",
        "  pre-activation of a: 2 values are not finite",
        "  pre-activation of b: 4 values are not finite",
    ]


def test_positions_of_one_input_of_a_call_are_a_cluster():
    collector = Collector()
    for clusters in ([0, 0, 1], [1, 2, 2]):
        batch = LayerBatch(None, np.ones((3, 1)), clusters=np.array(clusters))
        collector.add("a", batch)
    signal = collector.record("positions")["a"].pre_activation
    assert signal.clusters.tolist() == [0, 0, 1, 2, 3, 3]
    assert signal.ensemble == "pre-activation of a, each of 1 unit over 6 positions of 4 inputs"


def test_half_precision_is_kept_in_single():
    collector = Collector()
    collector.add("a", LayerBatch(None, np.ones((3, 1), np.float16)))
    assert collector.record("half")["a"].pre_activation.values.dtype == np.float32


def test_memory_does_not_grow_with_the_number_of_calls():
    rng = np.random.default_rng(0)
    batch = LayerBatch(*(rng.normal(size=(50, 40)) for _ in range(2)))
    collector = Collector(rows=100)

    def held():
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        for _ in range(20):
            collector.add("a", batch)
        early = held()
        for _ in range(400):
            collector.add("a", batch)
        assert held() < early + 100 * 80 * 8 + 20_000
    finally:
        tracemalloc.stop()
    assert collector.record("many")["a"].seen == 420 * 50


ONE = np.ones((2, 1))


@pytest.mark.parametrize(
    ("batch", "error", "message"),
    [
        (LayerBatch(ONE, [[1.0]]), TypeError, "pre_activation of a must be an array of floats"),
        (LayerBatch(ONE, np.ones((2, 1), int)), TypeError, "array of floats, not int64"),
        (LayerBatch(ONE, np.ones(2)), ValueError, r"of shape \(samples, units\), not \(2,\)"),
        (LayerBatch(ONE, np.ones((3, 1))), ValueError, "for the same samples: {'u': 2"),
        (LayerBatch(ONE, ONE, ONE), ValueError, "normalization of a must say"),
        (LayerBatch(ONE, ONE, None, "layer norm"), ValueError, "normalization of a must say"),
        (LayerBatch(ONE, ONE, clusters=np.ones(2)), TypeError, "clusters of a must be a row"),
        (LayerBatch(ONE, ONE, clusters=np.array([1])), ValueError, "'clusters': 1"),
        (LayerBatch(None, ONE), ValueError, "every call of a must have the same signals"),
        (LayerBatch(np.ones((2, 2)), ONE), ValueError, "this one has {'u': 2"),
    ],
)
def test_faults_are_named_and_leave_what_was_there(batch, error, message):
    collector = Collector()
    collector.add("a", LayerBatch(ONE, ONE))
    with pytest.raises(error, match=message):
        collector.add("a", batch)
    assert collector.record("ones")["a"].seen == 2


def test_nothing_seen_is_an_error():
    with pytest.raises(ValueError, match="no layer of a network was seen"):
        Collector().record("a network")
