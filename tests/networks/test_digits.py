"""The vendored digits, and files that are not what they say."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

import clt_sim.networks
from clt_sim.networks import load_digits

DATA = Path(clt_sim.networks.__file__).parent / "data"


@pytest.fixture(scope="module")
def arrays():
    with np.load(DATA / "digits.npz", allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def write(path, **arrays):
    np.savez_compressed(path, **arrays)
    return path


def member(shape, descr="|u1", body=b""):
    """Return the bytes of an array file with a header of our choice."""
    stream = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + body


def write_members(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def test_file_is_small_and_as_the_readme_says(arrays):
    assert (DATA / "digits.npz").stat().st_size < 60_000
    readme = (DATA / "README.md").read_text()
    for name, array in arrays.items():
        stated = re.search(rf"`{name}` \| `([0-9a-f]{{64}})`", readme)
        assert stated is not None
        assert hashlib.sha256(array.tobytes()).hexdigest() == stated[1]


def test_licence_has_what_attribution_needs():
    notice = (DATA / "LICENSE.txt").read_text()
    for needed in (
        "Optical Recognition of Handwritten Digits",
        "Alpaydin",
        "Kaynak",
        "https://creativecommons.org/licenses/by/4.0/",
        "10.24432/C50P49",
        "Changes:",
        "warranties",
    ):
        assert needed in notice


def test_counts_of_digits_are_those_of_the_test_set(arrays):
    counts = np.bincount(arrays["labels"])
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_dataset_has_the_stated_form():
    data = load_digits()
    assert data.train_inputs.shape == (1397, 64)
    assert data.test_inputs.shape == (400, 64)
    assert data.train_inputs.dtype == data.test_inputs.dtype == np.float32
    assert data.features == 64
    assert data.classes == 10
    assert data.train_inputs.min() == 0.0
    assert data.train_inputs.max() == 1.0
    assert not data.train_inputs.flags.writeable
    assert "16" in data.scaling


def test_split_keeps_every_row_once(arrays):
    data = load_digits()
    rows = np.concatenate([data.train_inputs, data.test_inputs])
    labels = np.concatenate([data.train_labels, data.test_labels])
    split = np.column_stack([rows * 16, labels]).astype(np.uint8)
    stored = np.column_stack([arrays["images"].reshape(1797, 64), arrays["labels"]])
    assert sorted(map(bytes, split)) == sorted(map(bytes, stored))


def test_split_is_the_documented_one_and_mixes_the_classes(arrays):
    draws = np.random.PCG64(0).random_raw(1797).tolist()
    first = min(range(1797), key=draws.__getitem__)
    data = load_digits()
    assert data.train_labels[0] == arrays["labels"][first]
    assert np.array_equal(data.train_inputs[0] * 16, arrays["images"][first].ravel())
    assert np.bincount(data.test_labels).min() > 25


def test_own_copy_gives_the_same_data(tmp_path, arrays):
    own = load_digits(write(tmp_path / "own.npz", **arrays))
    assert np.array_equal(own.train_inputs, load_digits().train_inputs)


def test_missing_file():
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_digits("nowhere.npz")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"images": None}, "no array 'images'"),
        ({"labels": None}, "no array 'labels'"),
        ({"images": np.zeros((1796, 8, 8), np.uint8)}, r"shape \(1796, 8, 8\)"),
        ({"images": np.zeros((1797, 64), np.uint8)}, r"shape \(1797, 64\)"),
        ({"images": np.zeros((1797, 8, 8))}, "float64"),
        ({"labels": np.zeros(1797, np.int64)}, "int64"),
        ({"labels": np.full(1797, 10, np.uint8)}, "from 0 to 9, not up to 10"),
        ({"images": np.full((1797, 8, 8), 17, np.uint8)}, "from 0 to 16, not up to 17"),
        ({"labels": np.full(1797, None)}, "object"),
    ],
)
def test_wrong_arrays_are_named(tmp_path, arrays, change, fault):
    merged = {name: array for name, array in {**arrays, **change}.items() if array is not None}
    path = write(tmp_path / "wrong.npz", **merged)
    with pytest.raises(ValueError, match=fault) as caught:
        load_digits(path)
    assert "wrong.npz" in str(caught.value)


def test_pickled_objects_are_never_loaded(tmp_path, arrays):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was loaded",))

    labels = np.empty(1797, object)
    labels[:] = [Trap() for _ in range(1797)]
    path = tmp_path / "trap.npz"
    with path.open("wb") as stream:
        np.savez(stream, images=arrays["images"], labels=labels)
    with pytest.raises(ValueError, match=r"trap\.npz.*labels"):
        load_digits(path)


@pytest.mark.parametrize("content", [b"", b"not a zip file", b"PK\x03\x04 truncated"])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"other\.npz is not a readable npz file"):
        load_digits(path)


def test_damaged_file_is_refused(tmp_path):
    content = bytearray((DATA / "digits.npz").read_bytes())
    content[2000:2100] = bytes(100)
    path = tmp_path / "damaged.npz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"damaged\.npz is not a readable npz file"):
        load_digits(path)


def test_large_file_is_not_read(tmp_path):
    path = tmp_path / "large.npz"
    with path.open("wb") as stream:
        stream.truncate(2**31)
    with pytest.raises(ValueError, match=r"large\.npz has 2147483648 bytes"):
        load_digits(path)


def test_absurd_sizes_are_refused_before_memory_is_taken(tmp_path):
    huge = write_members(tmp_path / "huge.npz", images=member((10**12,)), labels=b"")
    with pytest.raises(ValueError, match=r"huge\.npz.*1000000000000"):
        load_digits(huge)
    bomb = write_members(tmp_path / "bomb.npz", images=bytes(2**24), labels=b"")
    with pytest.raises(ValueError, match=r"bomb\.npz.*images claims 16777216 bytes"):
        load_digits(bomb)


def test_truncated_arrays_are_refused(tmp_path):
    short = member((1797, 8, 8), body=bytes(100))
    path = write_members(tmp_path / "short.npz", images=short, labels=member((1797,)))
    with pytest.raises(ValueError, match=r"short\.npz is not a file of digits"):
        load_digits(path)


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY\x09\x00", b"\x93NUMPY\x01\x00\x10\x00{'descr"]
)
def test_broken_array_headers_are_refused(tmp_path, content):
    path = write_members(tmp_path / "broken.npz", images=content, labels=content)
    with pytest.raises(ValueError, match=r"broken\.npz is not a file of digits"):
        load_digits(path)
