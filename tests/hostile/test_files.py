"""Files of unknown origin: they are read or refused, at once, and nothing in them is executed."""

from __future__ import annotations

import contextlib
import gzip
import importlib.util
import io
import json
import os
import pickle
import resource
import struct
import threading
import time
import tracemalloc
import zipfile
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clt_sim as clt
from clt_sim._files import open_file, read_file
from clt_sim._json_types import parsed
from clt_sim._npz_files import FREE_BYTES, NpzArrays, load_npy
from clt_sim.cli.network_inputs import read_inputs
from clt_sim.figures.output import MANIFEST, read_manifest
from clt_sim.networks import (
    Dataset,
    LayerRecord,
    TrainingHistory,
    load_data,
    load_digits,
    load_idx,
    record,
    train,
)
from clt_sim.power import PowerStudy
from clt_sim.summaries import NormalMixture, Summary

_PLACE = Path(__file__).parents[2] / "fuzzing" / "mutations.py"
_SPEC = importlib.util.spec_from_file_location("mutations", _PLACE)
mutations = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(mutations)

MODEL = clt.WeightedSum(3, "laplace(scale=2)", "relu", [1.0, -2.0, 0.5], dropout=0.25)
RUN = {
    "hidden": (3,),
    "nonlinearity": "tanh",
    "normalization": "batch",
    "steps": 2,
    "batch_size": 5,
    "snapshots": 1,
}


def small_data():
    rng = np.random.default_rng(2)
    inputs, labels = rng.normal(size=(12, 3)), np.arange(12) % 2
    return Dataset(inputs, labels, inputs[:4], labels[:4], name="small", scaling="none")


def small_study():
    return PowerStudy(("energy",), ("normal",), ("normal",), (20, 30), (((1, 2),),), 0.05, 10, 0)


def small_record():
    rng = np.random.default_rng(0)
    network = [
        (rng.normal(size=(3, 4)), np.zeros(4), "relu"),
        (rng.normal(size=(4, 2)), np.ones(2), None),
    ]
    return record(network, rng.normal(size=(30, 3)), rows=10, units=3)


def resumed(path):
    return str(train(data=small_data(), **RUN, checkpoint=path))


def used(load):
    """Return a reader that also does with a result what users do."""

    def read(path):
        result = load(path)
        return str(result), json.dumps(result.to_dict())

    return read


def read_as_inputs(path):
    return list(read_inputs(str(path)).batches(100, lambda *_: None))


def manifest_of(path):
    folder = path.parent / "figures"
    folder.mkdir(exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        (folder / MANIFEST).unlink()
    (folder / MANIFEST).symlink_to(path)
    return read_manifest(folder)


def save_data(path):
    data = small_data()
    names = ("train_inputs", "train_labels", "test_inputs", "test_labels")
    with path.open("wb") as file:
        np.savez_compressed(file, **{name: getattr(data, name) for name in names})


def save_array(path):
    with path.open("wb") as file:
        np.save(file, np.arange(6.0).reshape(2, 3))


def save_digits(path):
    with path.open("wb") as file:
        images, labels = np.ones((1797, 8, 8), np.uint8), np.arange(1797) % 10
        np.savez_compressed(file, images=images, labels=labels.astype(np.uint8))


IDX = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2, 3, 4) + bytes(range(24))

# For each kind of file what reads it, and what writes a valid one.
READERS = {
    "summary": (
        used(Summary.load),
        lambda path: clt.simulate(MODEL, 60, seed=3).save(path),
    ),
    "normal mixture": (
        used(NormalMixture.load),
        lambda path: clt.simulate_conditional(clt.RandomNetwork([4]), 90).save(path),
    ),
    "layer record": (used(LayerRecord.load), lambda path: small_record().save(path)),
    "training history": (
        used(TrainingHistory.load),
        lambda path: train(data=small_data(), **RUN).save(path),
    ),
    "training checkpoint": (resumed, resumed),
    "simulation checkpoint": (
        lambda path: clt.simulate(MODEL, 60, seed=3, checkpoint=path),
        lambda path: clt.simulate(MODEL, 60, seed=3, checkpoint=path),
    ),
    "power study": (used(PowerStudy.load), lambda path: small_study().save(path)),
    "manifest": (manifest_of, lambda path: path.write_text('{"tails": {"seed": 0}}')),
    "IDX": (load_idx, lambda path: path.write_bytes(IDX)),
    "IDX, gzipped": (load_idx, lambda path: path.write_bytes(gzip.compress(IDX, mtime=0))),
    "npz data": (load_data, save_data),
    "digits": (load_digits, save_digits),
    "npy inputs": (read_as_inputs, save_array),
}
DOCUMENTED = (ValueError, TypeError, OSError, FloatingPointError)
"""TypeError is of labels that are no whole numbers, the last of parameters that are not finite."""
SECONDS = 5.0


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """Return the bytes of a valid file of each kind."""
    folder = tmp_path_factory.mktemp("valid")
    found = {}
    for kind, (read, write) in READERS.items():
        path = folder / f"{len(found)}.npz"
        write(path)
        found[kind] = path.read_bytes()
        read(path)
    return found


def read_or_refused(read, path):
    """Return whether a file is read; anything but a documented error, or 5 seconds, is a fault."""
    start = time.process_time()
    try:
        read(path)
    except DOCUMENTED:
        return False
    finally:
        assert time.process_time() - start < SECONDS
    return True


@pytest.mark.parametrize("kind", READERS)
def test_changed_files_are_read_or_refused(kind, contents, tmp_path):
    read, path = READERS[kind][0], tmp_path / "file.npz"
    outcomes = []

    @settings(max_examples=50, derandomize=True, deadline=None, database=None)
    @given(st.integers(0, 2**32))
    def check(seed):
        rng = Random(seed)  # noqa: S311
        changed = mutations.changed_file(contents[kind], rng)
        path.write_bytes(changed or mutations.flipped(contents[kind], rng))
        outcomes.append(read_or_refused(read, path))

    check()
    assert not all(outcomes)


@pytest.mark.parametrize("kind", READERS)
def test_any_bytes_are_read_or_refused(kind, tmp_path):
    read, path = READERS[kind][0], tmp_path / "file.npz"
    starts = st.sampled_from(
        [b"", b"PK\x03\x04", b"PK\x05\x06", b"\x93NUMPY\x01\x00", b"\x1f\x8b\x08"]
    )
    starts |= st.sampled_from([b"{", b"[", b"\x00\x00\x08\x01", b"\x00\x00\x0d\xff", b"\xff\xfe"])

    @settings(max_examples=30, derandomize=True, deadline=None, database=None)
    @given(starts, st.binary(max_size=200))
    def check(start, rest):
        path.write_bytes(start + rest)
        read_or_refused(read, path)

    check()


@pytest.mark.parametrize("kind", READERS)
def test_every_truncation_is_refused(kind, contents, tmp_path):
    """At every byte of the small ones, and at 150 places of the others."""
    read, path = READERS[kind][0], tmp_path / "file.npz"
    content = contents[kind]
    for length in range(0, len(content), max(len(content) // 150, 1)):
        path.write_bytes(content[:length])
        # The last byte of a JSON file ends its last line.
        assert not read_or_refused(read, path) or content[length:] == b"\n", length


@pytest.mark.parametrize("kind", READERS)
def test_flipped_bits_are_read_or_refused(kind, contents, tmp_path):
    read, path = READERS[kind][0], tmp_path / "file.npz"
    rng = np.random.default_rng(1)
    for _ in range(40):
        damaged = bytearray(contents[kind])
        damaged[rng.integers(len(damaged))] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        read_or_refused(read, path)


@pytest.mark.parametrize("kind", READERS)
def test_devices_pipes_and_folders_are_refused_without_being_read(kind, tmp_path):
    read, pipe = READERS[kind][0], tmp_path / "pipe.npz"
    os.mkfifo(pipe)
    (tmp_path / "zero.npz").symlink_to("/dev/zero")
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "loop.npz").symlink_to(tmp_path / "loop.npz")
    for name in (
        "pipe.npz",
        "zero.npz",
        "folder.npz",
        "loop.npz",
        "a\x00b.npz",
        "x" * 5000 + ".npz",
    ):
        thread = threading.Thread(target=_expect_refusal, args=(read, tmp_path / name), daemon=True)
        thread.start()
        thread.join(SECONDS)
        assert not thread.is_alive(), name
        # A link to itself is no file, and a checkpoint or a manifest may be made in its place.
        assert thread.refused or name == "loop.npz", name


def _expect_refusal(read, path):
    try:
        read(path)
    except (ValueError, OSError):
        threading.current_thread().refused = True
    else:
        threading.current_thread().refused = False


def test_a_link_to_a_file_is_followed(contents, tmp_path):
    (tmp_path / "file").write_bytes(contents["summary"])
    (tmp_path / "link").symlink_to("file")
    assert Summary.load(tmp_path / "link").count == 60


class Trap:
    """Unpickling this writes a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


@pytest.mark.parametrize("kind", READERS)
def test_nothing_is_unpickled(kind, contents, tmp_path):
    read, path, sprung = READERS[kind][0], tmp_path / "file.npz", tmp_path / "sprung"
    trap = np.array([Trap(sprung)], object)
    array = io.BytesIO()
    np.save(array, trap)
    files = [pickle.dumps(Trap(sprung)), array.getvalue(), gzip.compress(array.getvalue(), mtime=0)]
    if contents[kind].startswith(b"PK"):
        with np.load(io.BytesIO(contents[kind])) as arrays:
            valid = dict(arrays)
        for name in valid:
            file = io.BytesIO()
            np.savez(file, **{**valid, name: trap})
            files.append(file.getvalue())
    for content in files:
        path.write_bytes(content)
        assert not read_or_refused(read, path)
        assert not sprung.exists()
    np.load(io.BytesIO(array.getvalue()), allow_pickle=True)
    assert sprung.exists()  # the trap works where pickles are loaded


def peak_bytes(call):
    """Return the most memory of Python and NumPy that a call took, and how it ended."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1], None
    except (ValueError, OSError) as error:
        return tracemalloc.get_traced_memory()[1], error
    finally:
        tracemalloc.stop()


ARCHIVES = [
    kind for kind in READERS if kind not in {"manifest", "power study", "IDX", "IDX, gzipped"}
]
ARCHIVES.remove("npy inputs")


@pytest.mark.parametrize("kind", [*ARCHIVES, "npy inputs"])
@pytest.mark.parametrize("shape", [(2**40,), (2**20, 2**20), (2**63, 2**63), (-1, -8), (0, 2**40)])
def test_absurd_shapes_are_refused_before_memory_is_taken(kind, shape, contents, tmp_path):
    read, path = READERS[kind][0], tmp_path / "file.npz"
    with (
        contextlib.suppress(zipfile.BadZipFile),
        zipfile.ZipFile(io.BytesIO(contents[kind])) as valid,
    ):
        members = [(name, valid.read(name)) for name in valid.namelist()]
    absurd = mutations.npy("<f8", shape, bytes(64))
    if kind == "npy inputs":
        files = [absurd, mutations.packed([("x.npy", absurd)])]
    else:
        files = [
            mutations.packed([*members[:i], (members[i][0], absurd), *members[i + 1 :]])
            for i in (0, 1, len(members) - 1)
        ]
    for content in files:
        path.write_bytes(content)
        peak, error = peak_bytes(lambda: read(path))
        assert isinstance(error, ValueError)
        assert peak < 2**23


class Zeros(io.RawIOBase):
    """So many zeros, which take no memory."""

    def __init__(self, size):
        self.left = size

    def readable(self):
        return True

    def readinto(self, buffer):
        count = min(len(buffer), self.left)
        buffer[:count] = bytes(count)
        self.left -= count
        return count


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    """An archive of 1 MB that unpacks to 1 GiB: each array is a thousandth of what it states."""
    path = tmp_path_factory.mktemp("bomb") / "bomb.npz"
    size, names = 2**28 - 128, ("header", "counts", "x_train", "images")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        member = zipfile.ZipInfo("first.npy")
        member.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(member, "w") as stream:
            stream.write(mutations.npy("|u1", (size,), b""))
            zeros = Zeros(size)
            while some := zeros.read(2**20):
                stream.write(some)
    # The other arrays are copies of its bytes: to deflate them again would take a second each.
    with zipfile.ZipFile(path) as archive:
        (info,) = archive.infolist()
        content = path.read_bytes()
        start = info.header_offset + 30 + len(info.filename)
        packed = content[start : start + info.compress_size]
    return _repeated(path, names, packed, info)


def _repeated(path, names, packed, info):
    """Write an archive with the same packed bytes under several names, by the ZIP format."""
    body, directory = b"", b""
    for name in names:
        encoded = f"{name}.npy".encode()
        facts = struct.pack(
            "<HHHHHIIIHH", 20, 0, 8, 0, 33, info.CRC, len(packed), info.file_size, len(encoded), 0
        )
        place = struct.pack("<HHHII", 0, 0, 0, 0, len(body))
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + facts + place + encoded
        body += b"PK\x03\x04" + facts + encoded + packed
    count = len(names)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)
    path.write_bytes(body + directory + b"PK\x05\x06" + end)
    return path


def test_the_bomb_is_a_valid_archive(bomb):
    with zipfile.ZipFile(bomb) as archive:
        assert sum(member.file_size for member in archive.infolist()) == 2**30
        with archive.open("counts.npy") as stream:
            assert np.lib.format.read_magic(stream) == (1, 0)
    assert bomb.stat().st_size < 5 * 2**20


@pytest.mark.parametrize("kind", [*ARCHIVES, "npy inputs"])
def test_a_bomb_is_refused_by_its_size(kind, bomb):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak, error = peak_bytes(lambda: READERS[kind][0](bomb))
    assert isinstance(error, ValueError)
    assert peak < 2**23
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**16


def test_a_gzip_bomb_is_refused_by_its_size(tmp_path):
    path = tmp_path / "bomb"
    header = bytes([0, 0, 8, 1]) + struct.pack(">I", 2**29)
    path.write_bytes(gzip.compress(header + bytes(2**20), mtime=0))
    peak, error = peak_bytes(lambda: load_idx(path))
    assert "states shape" in str(error)
    assert peak < 2**22


def test_zeros_after_an_idx_file_are_not_unpacked(tmp_path):
    path = tmp_path / "trailing"
    path.write_bytes(gzip.compress(IDX + bytes(2**26), 1, mtime=0))
    peak, error = peak_bytes(lambda: load_idx(path))
    assert "more than its shape" in str(error)
    assert peak < 2**22


@pytest.mark.parametrize("extents", [(2**32 - 1,) * 3, (2**31, 2), (2**32 - 1, 0), (2**16,) * 4])
def test_absurd_idx_shapes_are_refused(extents, tmp_path):
    path = tmp_path / "file"
    for code in (8, 13, 14):
        header = bytes([0, 0, code, len(extents)]) + struct.pack(f">{len(extents)}I", *extents)
        for content in (header + b"abc", gzip.compress(header + b"abc", mtime=0)):
            path.write_bytes(content)
            peak, error = peak_bytes(lambda: load_idx(path))
            assert isinstance(error, ValueError)
            assert peak < 2**22


def test_an_idx_file_of_255_dimensions_is_refused(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes([0, 0, 8, 255]) + struct.pack(">I", 1) * 255 + b"a")
    with pytest.raises(ValueError, match="not a whole IDX file"):
        load_idx(path)


TEXTS = {
    "nested lists": b"[" * 100_000 + b"]" * 100_000,
    "nested mappings": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "digits": b'{"format": ' + b"9" * 10**6 + b"}",
    "fraction": b'{"format": 0.' + b"1" * 10**6 + b"}",
    "NaN": b'{"format": NaN}',
    "null": b"null",
    "text": b'"PK"',
    "surrogate": b'{"format": "\\ud800"}',
    "not UTF-8": b'{"format": "\xff"}',
    "the same name twice": b'{"format": 1, "format": 2}',
    "nothing": b"",
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("kind", [kind for kind in ARCHIVES if kind not in {"npz data", "digits"}])
def test_hostile_json_in_archives_is_refused(name, kind, contents, tmp_path):
    path = tmp_path / "file.npz"
    with np.load(io.BytesIO(contents[kind])) as arrays:
        valid = {**arrays, "header": np.frombuffer(TEXTS[name], np.uint8)}
    np.savez_compressed(path, **valid)
    assert not read_or_refused(READERS[kind][0], path)


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_json_files_are_refused(name, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(TEXTS[name])
    assert not read_or_refused(READERS["power study"][0], path)
    read_or_refused(manifest_of, path)


def test_json_that_is_nested_deeply_is_no_fault():
    with pytest.raises(ValueError, match="nested too deeply"):
        parsed(TEXTS["nested lists"])


def test_long_headers_are_refused_when_read_and_when_written(contents, tmp_path, monkeypatch):
    monkeypatch.setattr("clt_sim.summaries.archive.LONGEST_HEADER", 5000)
    path = tmp_path / "file.npz"
    many = clt.WeightedSum(1000, np.arange(1000.0))
    with pytest.raises(ValueError, match="at most 5000 are read back"):
        clt.simulate(many, 10).save(path)
    assert not path.exists()
    monkeypatch.undo()
    clt.simulate(many, 10).save(path)
    assert Summary.load(path).model == many
    monkeypatch.setattr("clt_sim.summaries.archive.LONGEST_HEADER", 5000)
    with pytest.raises(ValueError, match=r"its header has .* at most 5000"):
        Summary.load(path)


TRICKS = ("../counts.npy", "/counts.npy", "counts.npy/../x.npy", "C:\\counts.npy", "x/counts.npy")


@pytest.mark.parametrize("trick", TRICKS)
def test_names_in_archives_are_names_and_no_paths(trick, contents, tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    with zipfile.ZipFile(io.BytesIO(contents["summary"])) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    renamed = [(trick if name == "counts.npy" else name, body) for name, body in members]
    (inside / "file.npz").write_bytes(mutations.packed(renamed))
    with pytest.raises(ValueError, match="is not a summary"):
        Summary.load(inside / "file.npz")
    (inside / "file.npz").write_bytes(mutations.packed([*members, (trick, members[0][1])]))
    read_or_refused(used(Summary.load), inside / "file.npz")
    assert [path.name for path in tmp_path.rglob("*")] == ["inside", "file.npz"]


def test_two_arrays_of_one_name_are_refused(contents, tmp_path):
    with zipfile.ZipFile(io.BytesIO(contents["summary"])) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    (tmp_path / "file").write_bytes(mutations.packed([*members, members[0]]))
    with pytest.raises(ValueError, match="two arrays of one name"):
        Summary.load(tmp_path / "file")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(compression, tmp_path):
    """What they unpack to is known only when it is unpacked."""
    path = tmp_path / "file"
    path.write_bytes(mutations.packed([("header.npy", bytes(100))], compression))
    with pytest.raises(ValueError, match="compressed by other means"):
        Summary.load(path)


def test_overlapping_arrays_are_refused(contents, tmp_path):
    """The bytes of one member serve for all: so archives of any size fit into few bytes."""
    with zipfile.ZipFile(io.BytesIO(contents["summary"])) as archive:
        info = archive.getinfo("counts.npy")
        packed = contents["summary"][info.header_offset :][: info.compress_size]
    path = _repeated(tmp_path / "file", ["a", "b", "c"], packed, info)
    content = path.read_bytes()
    directory = content.index(b"PK\x01\x02")
    entries = content[directory : content.rindex(b"PK\x05\x06")]
    first = entries[: len(entries) // 3]
    end = struct.pack("<HHHHIIH", 0, 0, 300, 300, 300 * len(first), directory // 3, 0)
    names = [first[:-5] + f"{i:05d}".encode() for i in range(300)]
    path.write_bytes(content[: directory // 3] + b"".join(names) + b"PK\x05\x06" + end)
    with zipfile.ZipFile(path) as archive:
        assert len(archive.infolist()) == 300
    with path.open("rb") as file, pytest.raises(ValueError, match="overlap"):
        NpzArrays(file)


def test_an_archive_of_very_many_arrays_is_refused_before_they_are_listed(tmp_path):
    entry = b"PK\x01\x02" + struct.pack("<H", 20)
    entry += struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, 0, 0, 0, 0, 0)
    entry += struct.pack("<HHHII", 0, 0, 0, 0, 0)
    count = 2**23 // len(entry) + 1
    end = struct.pack("<HHHHIIH", 0, 0, 2**16 - 1, 2**16 - 1, count * len(entry), 0, 0)
    path = tmp_path / "file"
    path.write_bytes(entry * count + b"PK\x05\x06" + end)
    peak, error = peak_bytes(lambda: Summary.load(path))
    assert "list of arrays has" in str(error)
    assert peak < 2**20


def test_an_archive_with_the_long_end_of_the_format_is_read(tmp_path):
    """Archives of more than 65535 members or 4 GiB end like this (APPNOTE, 4.3.14)."""
    path = tmp_path / "file"
    file = io.BytesIO()
    np.savez(file, x=np.arange(3))
    content = file.getvalue()
    place = content.rindex(b"PK\x05\x06")
    *_, size, start, _ = struct.unpack_from("<HHHHIIH", content, place + 4)
    end = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, size, start)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, place, 1)
    path.write_bytes(content[:place] + end + locator + content[place:])
    with path.open("rb") as file:
        assert NpzArrays(file)["x"].tolist() == [0, 1, 2]
    absurd = end[:40] + struct.pack("<Q", 2**40) + end[48:]
    path.write_bytes(content[:place] + absurd + locator + content[place:])
    with path.open("rb") as file, pytest.raises(ValueError, match="1099511627776 bytes"):
        NpzArrays(file)


def test_a_summary_of_very_many_runs_is_refused(contents, tmp_path):
    with np.load(io.BytesIO(contents["summary"])) as arrays:
        valid = dict(arrays)
    header = json.loads(bytes(valid["header"]))
    header["runs"] = [[0, 0, 0]] * (2**17 + 1)
    valid["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(tmp_path / "file.npz", **valid)
    with pytest.raises(ValueError, match="no list of at most 131072"):
        Summary.load(tmp_path / "file.npz")


def with_changes(content, header=None, **arrays):
    """Return an archive with other entries in its header, and other arrays."""
    with np.load(io.BytesIO(content)) as found:
        valid = {**found, **arrays}
    text = json.loads(bytes(valid["header"]))
    for path, value in (header or {}).items():
        holder, keys = text, path.split(".")
        for key in keys[:-1]:
            holder = holder[int(key) if key.isdigit() else key]
        holder[int(keys[-1]) if keys[-1].isdigit() else keys[-1]] = value
    file = io.BytesIO()
    np.savez(file, **{**valid, "header": np.frombuffer(json.dumps(text).encode(), np.uint8)})
    return file.getvalue()


DAMAGED = [
    ("training checkpoint", {"header": {"run": []}}),
    ("training checkpoint", {"header": {"descent": None}}),
    ("training checkpoint", {"header": {"descent.step": 3}}),
    ("training checkpoint", {"header": {"descent.step": -1}}),
    ("training checkpoint", {"header": {"descent.step": 0.5}}),
    ("training checkpoint", {"header": {"descent.batches.state.state": -1}}),
    ("training checkpoint", {"header": {"descent.batches.state": []}}),
    ("training checkpoint", {"header": {"descent.noise": "x"}}),
    ("training checkpoint", {"waiting": np.array([12])}),
    ("training checkpoint", {"waiting": np.array([-1])}),
    ("training checkpoint", {"waiting": np.zeros(17, np.int64)}),
    ("training checkpoint", {"waiting": np.zeros(3)}),
    ("training checkpoint", {"recorded: loss": np.zeros((3, 2))}),
    ("training checkpoint", {"recorded: loss": np.zeros(2)}),
    ("training checkpoint", {"recorded: percentiles": np.zeros((3, 3, 2))}),
    ("training checkpoint", {"recorded: x": np.zeros(3)}),
    ("training history", {"header": {"settings": None}}),
    ("training history", {"header": {"layers": 1}}),
    ("training history", {"header": {"layers": 10**9}}),
    ("training history", {"header": {"shapes.0.rows": 10**12}}),
    ("training history", {"header": {"shapes.0.width": 10**30}}),
    ("training history", {"header": {"shapes.0.layer": []}}),
    ("training history", {"units": np.array([2, 1, 0])}),
    ("training history", {"steps": np.zeros(0, np.int64)}),
    ("training history", {"loss": np.zeros(2)}),
    ("training history", {"percentiles": np.zeros((3, 2, 3))}),
    ("training history", {"shape 0 kolmogorov": np.zeros((2, 1))}),
    ("layer record", {"header": {"runs": []}}),
    ("layer record", {"header": {"runs": [1]}}),
    ("layer record", {"header": {"runs.0.seed": "x"}}),
    ("layer record", {"header": {"runs.0.every": 0}}),
    ("layer record", {"header": {"runs.0.unread": [1, "a"]}}),
    ("layer record", {"header": {"layers": []}}),
    ("layer record", {"header": {"layers.0.name": {}}}),
    ("layer record", {"header": {"layers.0.size": 10.5}}),
    ("layer record", {"header": {"layers.0.parts": []}}),
    ("layer record", {"header": {"layers.0.parts.0": [0, -1, -11]}}),
    ("layer record", {"0.u": np.zeros((10, 0))}),
    ("summary", {"header": {"versions": "abc"}}),
    ("summary", {"header": {"versions": [1, "a"]}}),
    ("normal mixture", {"header": {"versions": [[]]}}),
]


@pytest.mark.parametrize(
    ("kind", "changes"), DAMAGED, ids=[f"{i} {kind}" for i, (kind, _) in enumerate(DAMAGED)]
)
def test_contents_that_make_no_sense_are_refused(kind, changes, contents, tmp_path):
    path = tmp_path / "file.npz"
    path.write_bytes(with_changes(contents[kind], **changes))
    with pytest.raises(ValueError, match=r"file\.npz' is not a"):
        READERS[kind][0](path)


STUDIES = [
    {"level": "x"},
    {"level": 2.0},
    {"level": None},
    {"repetitions": 0},
    {"repetitions": 1e300},
    {"seed": -1},
    {"n": [30, 20]},
    {"n": ["a", "b"]},
    {"n": 20},
    {"alternatives": [[]]},
    {"sources": "normal"},
    {"version": 3},
    {"tests": {"a": 1}},
]


@pytest.mark.parametrize("changes", STUDIES, ids=range(len(STUDIES)))
def test_studies_that_make_no_sense_are_refused(changes, tmp_path):
    path = tmp_path / "study.json"
    path.write_text(json.dumps({**small_study().to_dict(), **changes}))
    with pytest.raises(ValueError, match=r"study\.json' is not a study of power"):
        PowerStudy.load(path)


def test_files_that_are_too_large_are_not_read(tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(2**40)
    for kind in ("power study", "manifest", "digits"):
        peak, error = peak_bytes(lambda kind=kind: READERS[kind][0](path))
        assert "1099511627776 bytes" in str(error)
        assert peak < 2**22
    with pytest.raises(ValueError, match="at most 10 are read"):
        read_file(path, 10)


def test_what_python_2_wrote_is_read_without_a_warning():
    header = b"{'descr': '<i8', 'fortran_order': False, 'shape': (2L,), }\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(16)
    assert load_npy(io.BytesIO(content), "x").tolist() == [0, 0]


def test_arrays_of_the_size_that_is_free_are_read():
    assert FREE_BYTES == 2**26
    file = io.BytesIO()
    np.savez_compressed(file, x=np.zeros(2**20))
    assert len(file.getvalue()) * 128 < 2**23
    assert NpzArrays(file)["x"].size == 2**20


def test_only_ordinary_files_are_opened(tmp_path):
    with pytest.raises(ValueError, match="is not an ordinary file"):
        open_file("/dev/null")
    with pytest.raises(IsADirectoryError):
        open_file(tmp_path)
    with pytest.raises(FileNotFoundError):
        open_file(tmp_path / "nothing")


def with_functions(bodies):
    """Return an ONNX model that calls the first of local functions, which call what they name."""
    helper = pytest.importorskip("onnx").helper
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    functions = []
    for name, called in bodies.items():
        names = ["x", *(f"t{i}" for i in range(1, len(called))), "y"]
        nodes = [
            helper.make_node(
                each, [names[i]], [names[i + 1]], domain="own" if each in bodies else ""
            )
            for i, each in enumerate(called)
        ]
        functions.append(helper.make_function("own", name, ["x"], ["y"], nodes, opsets))
    ends = [helper.make_tensor_value_info(name, 1, ["n", 3]) for name in ("x", "y")]
    calls = [helper.make_node(next(iter(bodies)), ["x"], ["y"], domain="own")]
    graph = helper.make_graph(calls, "g", ends[:1], ends[1:])
    return helper.make_model(graph, opset_imports=opsets, functions=functions)


FUNCTIONS = {
    "30 that each call the next one twice": (
        {f"f{i}": [f"f{i + 1}"] * 2 for i in range(30)} | {"f30": ["Relu"]},
        "would be written out as",
    ),
    "one that calls itself": ({"f": ["f"]}, "call themselves"),
    "two that call each other": ({"f": ["g"], "g": ["Relu", "f"]}, "call themselves"),
    "a chain of 5000": (
        {f"f{i}": [f"f{i + 1}"] for i in range(5000)} | {"f5000": ["Relu"]},
        "others deeply",
    ),
}


@pytest.mark.parametrize("what", FUNCTIONS)
def test_onnx_functions_that_would_fill_memory_are_refused(what):
    from clt_sim.networks.onnx_files.model import load_model

    bodies, message = FUNCTIONS[what]
    start = time.process_time()
    with pytest.raises(ValueError, match=message):
        load_model(with_functions(bodies))
    assert time.process_time() - start < SECONDS


def test_onnx_functions_are_written_out():
    from clt_sim.networks.onnx_files.model import load_model

    _, model = load_model(with_functions({"f": ["g", "g"], "g": ["Relu", "Neg"]}))
    assert [node.op_type for node in model.graph.node] == ["Relu", "Neg"] * 2


def test_a_name_in_an_onnx_function_that_is_no_text_is_refused(tmp_path):
    from clt_sim.networks.onnx_files.model import load_model

    path = tmp_path / "damaged.onnx"
    content = with_functions({"f": ["Relu"]}).SerializeToString()
    path.write_bytes(content.replace(b"Relu", b"Re\xffu"))
    with pytest.raises(ValueError, match=r"no text|not an ONNX model|cannot be written out"):
        load_model(path)


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "link", "pipe", "."])
def test_onnx_weights_from_elsewhere_are_refused(location, tmp_path):
    onnx = pytest.importorskip("onnx")
    from clt_sim.networks.onnx_files.model import load_model

    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(36))
    (folder / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "pipe")
    model = with_functions({"f": ["Relu"]})
    tensor = model.graph.initializer.add(name="w", dims=[3, 3], data_type=1, data_location=1)
    for key, value in {"location": location, "offset": "0", "length": "36"}.items():
        tensor.external_data.add(key=key, value=value)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    assert onnx.load_model(folder / "model.onnx", load_external_data=False)
    with pytest.raises(ValueError, match="weights 'w'"):
        load_model(folder / "model.onnx")


@pytest.mark.parametrize("number", [1e308, np.nan, np.inf])
def test_data_that_are_not_finite_in_single_precision_are_refused(number, tmp_path):
    inputs, labels = np.array([[0.0], [number]]), np.array([0, 1])
    path = tmp_path / "data.npz"
    np.savez(path, x_train=inputs, y_train=labels, x_test=inputs, y_test=labels)
    with pytest.raises(ValueError, match="finite"):
        load_data(path)
