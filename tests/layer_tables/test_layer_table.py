"""Tables of layers against the measures one by one, and floors against simulation."""

from __future__ import annotations

import dataclasses
import json
import sys

import numpy as np
import pytest
from scipy import stats

from clt_sim.effective_size import effective_size
from clt_sim.gaussianity import gaussianity
from clt_sim.layer_tables import layer_table, sampling_floor
from clt_sim.networks import train
from clt_sim.networks.recording.collector import Collector, LayerBatch
from clt_sim.sparsity import sparsity

ROWS = 300


def recorded(*, positions=1, normalized=True, spoil=False):
    """One layer whose u is sparse, with a constant unit; positions of one input are the same."""
    rng = np.random.default_rng(5)
    u = np.maximum(rng.normal(size=(ROWS, 6)), 0.0)
    u[:, 2] = 1.5
    u, clusters = np.repeat(u, positions, axis=0), np.repeat(np.arange(ROWS), positions)
    z = u @ rng.normal(size=(6, 8))
    if spoil:
        z[3, 0] = np.inf
    kind = "batch norm of Wu+b" if normalized else None
    collector = Collector(rows=10 * ROWS)
    collector.add(
        "conv 1",
        LayerBatch(
            u, z, 3.0 * z if normalized else None, kind, clusters if positions > 1 else None
        ),
    )
    return collector.record("a test", inputs_given=ROWS)


@pytest.fixture(scope="module")
def table():
    return layer_table(recorded())


def test_gaussianity_is_that_of_each_signal(table):
    names = ["kolmogorov", "wasserstein-1", "skewness", "excess-kurtosis"]
    for row, signal in zip(table, recorded()["conv 1"].signals, strict=True):
        unit, pooled = (gaussianity(x, measures=names) for x in (signal, signal.pooled))
        for name in names:
            assert row.unit[name] == unit[name]
            assert row.pooled[name].value == pytest.approx(pooled[name].value, rel=1e-12)
            assert row.pooled[name].stderr == pytest.approx(pooled[name].stderr, rel=1e-9)
        varying = np.ptp(signal.values, axis=0) > 0.0
        skewness = stats.skew(signal.values[:, varying])
        assert row.size["skewness"].value == pytest.approx(np.median(np.abs(skewness)))


def test_sparsity_is_of_units_over_rows_and_of_rows_over_units(table):
    row, signal = next(iter(table)), recorded()["conv 1"].u
    varying = [unit for unit in range(6) if unit != 2]
    lifetime = [sparsity(signal.unit(unit), measures="hoyer")["hoyer"].value for unit in varying]
    population = [sparsity(one, measures="hoyer")["hoyer"].value for one in signal.values]
    assert row.unit["hoyer"].value == pytest.approx(np.median(lifetime))
    assert row.population["hoyer"].value == pytest.approx(np.median(population))
    assert row.pooled["exact-zero"].value == pytest.approx(np.mean(signal.values == 0))
    near = sparsity(signal.pooled, measures="near-zero")["near-zero"]
    assert row.pooled["near-zero"].value == pytest.approx(near.value)
    assert row.pooled["near-zero"].stderr == pytest.approx(near.stderr)


@pytest.mark.parametrize("axis", ["population", "both"])
def test_rows_over_units_are_measured_like_rows_of_a_table(axis):
    record = recorded(normalized=False)
    names = ["kolmogorov", "skewness", "hoyer"]
    table, units = (
        layer_table(record, measures=names, axis=axis),
        layer_table(record, measures=names),
    )
    for row, unit, signal in zip(table, units, record["conv 1"].signals, strict=True):
        expected = gaussianity(signal.values.astype(np.float64), axis=1, measures=names[:2])
        for name in names[:2]:
            assert row.population[name] == expected[name]
            assert row.population_floor[name] == sampling_floor(name, signal.units)
        sizes = np.abs(stats.skew(signal.values, axis=1))
        sizes = sizes[np.ptp(signal.values, axis=1) > 0.0]
        assert row.population_size["skewness"].value == pytest.approx(np.median(sizes))
        assert row.pooled == unit.pooled
        assert row.population["hoyer"] == unit.population["hoyer"]
        assert row.unit == ({"hoyer": unit.unit["hoyer"]} if axis == "population" else unit.unit)
        assert row.floor == ({} if axis == "population" else unit.floor)
        assert unit.population_floor == {}


def test_errors_over_rows_count_inputs():
    names = ["kolmogorov", "hoyer"]
    tables = (layer_table(recorded(positions=n), measures=names, axis="population") for n in (1, 4))
    for one, four in zip(*tables, strict=True):
        for name in names:
            assert four.population[name].value == pytest.approx(one.population[name].value)
            assert four.population[name].stderr == pytest.approx(
                one.population[name].stderr, rel=0.3
            )


def test_the_axis_is_in_the_text():
    record = recorded()
    texts = {
        axis: str(layer_table(record, measures=["skewness", "hoyer"], axis=axis))
        for axis in ("lifetime", "population", "both")
    }
    firsts = {
        axis: [line.split()[0] for line in text.split("conv 1: ")[1].splitlines()[2:]]
        for axis, text in texts.items()
    }
    effective = ["effective", "constant"]
    assert firsts == {
        "lifetime": ["unit", "skewness", "size", "floor", "hoyer", "population", *effective],
        "population": ["row", "skewness", "size", "floor", "hoyer", "lifetime", *effective],
        "both": [
            *("unit", "skewness", "size", "floor", "population", "size", "floor", "hoyer"),
            *("population", *effective),
        ],
    }
    assert max(len(line) for text in texts.values() for line in text.splitlines()) <= 80
    first = next(iter(layer_table(record, measures="hoyer", axis="population")))
    shown = next(x for x in texts["population"].splitlines() if x.startswith("hoyer"))
    assert float(shown.split()[1].split("(")[0]) == pytest.approx(
        first.population["hoyer"].value, abs=0.01
    )


def test_constant_units_and_what_is_unavailable_are_told(table):
    u, z, _ = table
    assert (u.constant_units, z.constant_units) == (1, 0)
    assert "ties" in u.unavailable["negentropy-debiased, unit"]
    assert "negentropy-debiased" not in u.unit
    assert z.unavailable == {}


def test_positions_that_are_alike_are_worth_their_inputs():
    """Copies of each row change no value, and leave errors, effective sizes and floors alone."""
    names = ["kolmogorov", "skewness", "near-zero"]
    single = layer_table(recorded(), measures=names)
    copied = layer_table(recorded(positions=4), measures=names)
    for one, four in zip(single, copied, strict=True):
        assert (one.rows, four.rows) == (ROWS, 4 * ROWS)
        assert one.effective_rows == ROWS
        assert four.effective_rows == pytest.approx(ROWS, rel=1e-9)
        assert four.effective_values == pytest.approx(one.effective_values, rel=1e-9)
        assert four.floor == one.floor
        for name in names:
            assert four.pooled[name].value == pytest.approx(one.pooled[name].value, rel=1e-6)
            assert four.pooled[name].stderr == pytest.approx(one.pooled[name].stderr, rel=1e-6)
    # As independent draws they would be worth twice as much.
    values = np.repeat(recorded()["conv 1"].pre_activation.values.ravel(), 4)
    independent = gaussianity(values, measures="skewness")["skewness"].stderr
    assert independent < 0.7 * list(copied)[1].pooled["skewness"].stderr


def test_the_effective_size_of_pooled_values_is_that_of_clusters_by_row(table):
    for row, signal in zip(table, recorded()["conv 1"].signals, strict=True):
        assert row.effective_values == pytest.approx(effective_size(signal.values).value)


@pytest.mark.parametrize("rows", [64, 400])
def test_floors_are_medians_over_normal_units(rows):
    """Against SciPy's own distance, for other draws; of 300 units, with 4 standard errors."""
    rng = np.random.default_rng(100 + rows)
    z = stats.zscore(rng.standard_normal((rows, 300)))
    distances = [stats.kstest(unit, "norm").statistic for unit in z.T]
    floor = sampling_floor("kolmogorov", rows)
    assert abs(floor.value - np.median(distances)) < 4 * np.hypot(
        floor.stderr, 1.25 * np.std(distances) / np.sqrt(300)
    )
    skewness = sampling_floor("skewness", rows)
    assert abs(skewness.value - 0.6745 * np.sqrt(6 / rows)) < 5 * skewness.stderr
    # Not what the mean of the size would be.
    assert abs(skewness.value - 0.7979 * np.sqrt(6 / rows)) > 0.1 * skewness.value


def test_shapes_along_training_have_the_same_floors():
    shape = train(hidden=(5,), steps=1, snapshots=1).shape("hidden 1", "u")
    assert shape.floor.kolmogorov == pytest.approx(
        sampling_floor("kolmogorov", shape.rows).value, rel=1e-12
    )
    assert shape.floor.excess_kurtosis == pytest.approx(
        sampling_floor("excess-kurtosis", shape.rows).value, rel=1e-9
    )


def test_floors_are_the_same_every_time():
    first = sampling_floor("wasserstein-1", 50)
    sampling_floor.cache_clear()
    assert sampling_floor("wasserstein-1", 50) == first
    with pytest.raises(ValueError, match="Did you mean 'kolmogorov'"):
        sampling_floor("kolmogorof", 50)
    with pytest.raises(ValueError, match="rows must be from 2"):
        sampling_floor("kolmogorov", 1)


def test_the_text_fits_a_terminal_and_has_the_numbers_side_by_side(table):
    text = str(table)
    assert max(map(len, text.splitlines())) <= 80
    lines = text.splitlines()
    heading = next(line for line in lines if line.startswith("conv 1"))
    assert heading == "conv 1: 300 inputs; normalized: batch norm of Wu+b"
    columns = lines[lines.index(heading) + 1].split()
    assert columns == ["u", "Wu+b", "normalized"]
    kolmogorov = next(line for line in lines if line.startswith("kolmogorov")).split()
    values = [x for row in table for x in (row.unit["kolmogorov"], row.pooled["kolmogorov"])]
    for shown, estimate in zip(kolmogorov[1:], values, strict=True):
        assert abs(float(shown.split("(")[0]) - estimate.value) <= 0.55 * estimate.stderr
    floor = lines[lines.index(next(x for x in lines if x.startswith("kolmogorov"))) + 1].split()
    assert floor == ["floor", *[f"{sampling_floor('kolmogorov', ROWS).value:.2g}"] * 3]


def test_large_effective_sizes_are_shown_as_whole_numbers(table):
    layer = tuple(dataclasses.replace(signal, effective_values=51_970.4) for signal in table)
    shown = str(dataclasses.replace(table, layers=(layer,)))
    sizes = next(line for line in shown.splitlines() if line.startswith("effective size ")).split()
    assert sizes[3::2] == ["51970"] * 3


def test_html_and_json_and_frames_hold_the_same(table):
    page = table._repr_html_()
    assert page.count("<table>") == 1
    assert ">kolmogorov</th>" in page
    assert ">&nbsp;&nbsp;floor</th>" in page
    assert ">Wu+b<br>pooled</th>" in page
    content = json.loads(json.dumps(table.to_dict(), allow_nan=False))
    layer = content["layers"][0]
    assert layer["normalization"] == "batch norm of Wu+b"
    u = next(iter(table))
    assert layer["signals"][0]["unit"]["hoyer"]["value"] == u.unit["hoyer"].value
    pytest.importorskip("pandas")
    frame = table.to_dataframe()
    some = frame[(frame.signal == "u") & (frame.measure == "hoyer") & (frame.over == "population")]
    assert some.value.tolist() == [u.population["hoyer"].value]


def test_without_pandas_the_error_says_how_to_install_it(table, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pandas"):
        table.to_dataframe()


def test_layers_without_normalization_and_with_spoilt_rows():
    table = layer_table(recorded(normalized=False, spoil=True), measures="kolmogorov")
    u, z = table
    assert (u.non_finite, z.non_finite) == (0, 1)
    text = str(table)
    assert "299 of 300 inputs (1 with values that are not finite left out)" in text
    assert "not finite" in text.splitlines()[-1]


def test_a_layer_without_finite_rows_has_reasons():
    collector = Collector()
    collector.add("dead", LayerBatch(None, np.full((5, 4), np.nan)))
    collector.add("flat", LayerBatch(None, np.full((5, 4), 2.0)))
    collector.add("zero", LayerBatch(None, np.zeros((5, 4))))
    dead, flat, zero = layer_table(collector.record("ruins"))
    assert dead.unit == dead.pooled == {}
    assert dead.unavailable["kolmogorov, pooled"] == "needs at least 2 rows; 0 were kept"
    assert "constant" in flat.unavailable["kolmogorov, unit"]
    assert (dead.effective_rows, flat.constant_units) == (None, 4)
    assert "all values are 0" in zero.unavailable["hoyer, pooled"]
    assert str(layer_table(collector.record("ruins")))


def test_faults_are_named():
    with pytest.raises(ValueError, match="Did you mean 'kolmogorov'"):
        layer_table(recorded(), measures=["kolmogorv"])
    with pytest.raises(TypeError, match="record must be a LayerRecord, not 3"):
        layer_table(3)
    with pytest.raises(ValueError, match="unknown axis 'units'"):
        layer_table(recorded(), axis="units")


def test_a_layer_of_one_unit_has_no_rows_over_units():
    collector, rng = Collector(), np.random.default_rng(0)
    collector.add("head", LayerBatch(None, rng.normal(size=(50, 1))))
    (head,) = layer_table(collector.record("one unit"), measures="kolmogorov", axis="population")
    reason = "a row over units needs at least 2 units; there is only one"
    assert {head.unavailable[f"kolmogorov, {kind}"] for kind in head.kinds if "pop" in kind} == {
        reason
    }
