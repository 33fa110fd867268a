"""Records: merging in any order, files, data frames."""

from __future__ import annotations

import contextlib
import itertools
import json
import sys
import zipfile

import numpy as np
import pytest

from clt_sim.networks import LayerRecord
from clt_sim.networks.recording.collector import Collector, LayerBatch
from clt_sim.summaries.archive import write_archive


def made(seed, *, rows=40, units=8, calls=4, names=("first", "second"), width=12, **settings):
    rng = np.random.default_rng(seed)
    collector = Collector(rows=rows, units=units, seed=seed)
    for call in range(calls):
        for name in names:
            u = rng.normal(size=(15, width)).astype(np.float32)
            z = u @ rng.normal(size=(width, 5)).astype(np.float32)
            z[call % 3, 0] = np.nan if name == "second" else 0.0
            clusters = np.arange(15) // 3
            collector.add(name, LayerBatch(u, z, 2.0 * z, "batch norm of Wu+b", clusters))
    return collector.record("a test", inputs_given=5 * calls, **settings)


@pytest.fixture(scope="module")
def parts():
    return [made(seed, calls=calls) for seed, calls in ((3, 4), (0, 1), (7, 6))]


def saved(record, folder):
    record.save(folder / "record.npz")
    return (folder / "record.npz").read_bytes()


def test_parts_give_the_same_bytes_in_any_order(parts, tmp_path):
    contents = set()
    for a, b, c in itertools.permutations(parts):
        contents |= {saved((a + b) + c, tmp_path), saved(a + (b + c), tmp_path)}
    assert len(contents) == 1


def test_a_merged_record_is_of_all_rows(parts):
    merged = parts[0] + parts[1] + parts[2]
    assert merged.settings["seeds"] == [0, 3, 7]
    assert merged.settings["inputs_given"] == 55
    assert str(merged).splitlines()[0] == ("a test: 2 layers, 55 inputs (every=1 of 55), 3 runs")
    for name in ("first", "second"):
        layers = [part[name] for part in parts]
        layer = merged[name]
        assert layer.seen == sum(one.seen for one in layers) == 165
        assert layer.left_out == sum(one.left_out for one in layers)
        counts = np.array([one.u.statistics.count for one in layers])
        means = np.array([one.u.statistics.mean for one in layers])
        assert layer.u.statistics.mean == pytest.approx((counts * means).sum(0) / counts.sum(0))
        # The least keys of all parts.
        keys = np.concatenate([one.sample.keys for one in layers])
        assert sorted(layer.sample.keys.tolist()) == sorted(keys.tolist())[:40]
        assert np.array_equal(layer.normalized.values, 2.0 * layer.pre_activation.values)


def test_inputs_of_different_runs_are_different_clusters():
    # Both number their inputs from 0.
    merged = made(1, rows=400) + made(2, rows=400)
    assert merged["first"].u.inputs == 40


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (made(3), "different seeds; both have 3"),
        (made(1, names=("first",)), r"only one has \['second'\], only the other none"),
        (made(1, names=("second", "first")), "in the same order"),
        (made(1, rows=30), r"the same rows: \[40, 30\]"),
        (made(1, units=3), r"the same units: \[8, 3\]"),
        (made(1, width=9), "first and first differ in units"),
    ],
)
def test_records_that_do_not_go_together_are_refused(parts, other, message):
    with pytest.raises(ValueError, match=message):
        parts[0] + other
    with pytest.raises(ValueError, match="records"):
        other + parts[0]


def test_settings_are_what_runs_agree_in():
    merged = made(1, model="x", lr=0.1) + made(2, model="x", lr=0.2)
    assert merged.settings["model"] == "x"
    assert "lr" not in merged.settings
    assert [run["lr"] for run in merged.runs] == [0.1, 0.2]


def test_files_give_back_the_record(parts, tmp_path):
    merged = parts[0] + parts[1]
    content = saved(merged, tmp_path)
    loaded = LayerRecord.load(tmp_path / "record.npz")
    assert loaded.to_dict() == merged.to_dict()
    for one, two in zip(loaded.layers, merged.layers, strict=True):
        assert np.array_equal(one.u.values, two.u.values)
        assert np.array_equal(one.u.clusters, two.u.clusters)
        assert one.u.values.dtype == np.float32
    assert saved(loaded, tmp_path) == content
    assert (loaded + parts[2]).to_dict() == (merged + parts[2]).to_dict()


def test_damaged_files_are_refused(parts, tmp_path):
    content = saved(parts[0], tmp_path)
    path = tmp_path / "damaged.npz"
    rng = np.random.default_rng(0)
    damaged = [b"", b"not a file", content[: len(content) // 2], rng.bytes(3000)]
    for bytes_ in damaged:
        path.write_bytes(bytes_)
        with pytest.raises(ValueError, match="is not a layer record"):
            LayerRecord.load(path)
    for place in rng.integers(0, len(content), 60):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        # Nothing reads some bytes, such as dates in the archive.
        with contextlib.suppress(ValueError):
            assert LayerRecord.load(path).to_dict() == parts[0].to_dict()
    with pytest.raises(FileNotFoundError):
        LayerRecord.load(tmp_path / "none.npz")


def altered(path, **changes):
    """Write a file again with other arrays."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file}
    header = json.loads(bytes(arrays.pop("header")))
    for name, change in changes.items():
        arrays[name] = change(arrays.get(name))
    write_archive(path, header, arrays)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("0.u", lambda u: u * np.nan, "u of first does not fit"),
        ("0.u", lambda u: u[1:], "u of first has shape"),
        ("0.u", lambda u: np.tile(u, 9), "u of first does not fit"),
        ("0.keys", lambda keys: keys.astype(float), "keys of first does not fit"),
        ("0.keys", lambda keys: keys[:-1], "first has 39 rows"),
        ("0.u.counts", lambda counts: -counts, "below 0"),
        ("0.u.reals", lambda reals: reals[:, :, 1:], "of the same units"),
        ("0.other", lambda _: np.ones((40, 2)), "an array 'other'"),
    ],
)
def test_files_that_make_no_sense_are_refused(parts, tmp_path, name, change, message):
    path = tmp_path / "record.npz"
    parts[0].save(path)
    altered(path, **{name: change})
    with pytest.raises(ValueError, match=message):
        LayerRecord.load(path)


def test_files_of_absurd_size_are_refused_before_they_are_read(tmp_path, monkeypatch):
    path = tmp_path / "large.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.npy", bytes(10**6))
    monkeypatch.setattr("clt_sim.networks.recording.record_files.LARGEST", 10**5)
    with pytest.raises(ValueError, match="would unpack to 1000000 bytes; at most 100000"):
        LayerRecord.load(path)


def test_a_data_frame_has_a_row_for_each_unit(parts):
    pytest.importorskip("pandas")
    frame = parts[0].to_dataframe()
    assert len(frame) == 2 * (12 + 5 + 5)
    some = frame[(frame.layer == "second") & (frame.signal == "pre-activation")]
    statistics = parts[0]["second"].pre_activation.statistics
    assert some["mean"].to_numpy() == pytest.approx(statistics.mean)
    assert some["non_finite"].tolist() == statistics.non_finite.tolist()


def test_without_pandas_the_error_says_how_to_install_it(parts, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pandas"):
        parts[0].to_dataframe()


def test_layers_are_found_by_name(parts):
    assert parts[0]["second"].name == "second"
    with pytest.raises(KeyError, match="no layer 'third'"):
        parts[0]["third"]


def test_a_record_must_have_layers_of_its_runs(parts):
    with pytest.raises(ValueError, match="layers must be at least one"):
        LayerRecord((), ())
    with pytest.raises(ValueError, match=r"first must be of the runs of seeds \[5\]"):
        LayerRecord(parts[0].layers, ({"seed": 5},))


def test_what_could_not_be_read_is_told():
    lines = str(made(1, names=("first",), hidden=["Loop 3"], unread=["QLinearConv 1"])).splitlines()
    assert lines[1:] == ["  hidden: Loop 3", "  not read: QLinearConv 1"]
