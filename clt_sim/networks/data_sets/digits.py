"""The 8x8 handwritten digits that come with the package."""

from __future__ import annotations

import importlib.resources
import io
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from clt_sim._files import read_file
from clt_sim.networks.data_sets.dataset import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROWS = 1797
_TRAIN_ROWS = 1397
_SHAPES = {"images": (_ROWS, 8, 8), "labels": (_ROWS,)}
_LARGEST = {"images": 16, "labels": 9}
_MOST_BYTES = 2**20
"""No file or array of these digits comes near this size; a larger one is not read."""


def load_digits(path: str | os.PathLike[str] | None = None) -> Dataset:
    """Return the 8x8 digits, split into 1397 for training and 400 for testing.

    The 1797 digits are the test set of "Optical Recognition of Handwritten Digits" (Alpaydin &
    Kaynak 1998, doi 10.24432/C50P49, CC BY 4.0), by 13 writers. Pixels count the black ones of
    4x4 dots, 0 to 16, and are divided by 16. The split is random but always the same: the rows
    in the order of the first 1797 raw 64-bit numbers of ``numpy.random.PCG64(0)``, a stream
    that NumPy does not change; training rows come first. Writers are in both parts.

    Parameters
    ----------
    path : path-like or None
        An npz file with the same arrays, ``images`` of shape (1797, 8, 8) with values from 0 to
        16 and ``labels`` of shape (1797,) with values from 0 to 9, both uint8; None for the
        file of the package.

    Returns
    -------
    Dataset
        Inputs of 64 float32 numbers in [0, 1].

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not what it should be; the message names the file and the fault.

    Examples
    --------
    >>> data = load_digits()
    >>> data.train_inputs.shape, data.test_inputs.shape
    ((1397, 64), (400, 64))
    """
    if path is None:
        packaged = importlib.resources.files("clt_sim.networks") / "data" / "digits.npz"
        content, name = packaged.read_bytes(), "digits.npz of clt_sim"
    else:
        content, name = read_file(path, _MOST_BYTES), os.fspath(path)
    try:
        arrays = _arrays(content)
    except ValueError as error:
        raise ValueError(f"{name} is not a file of digits: {error}") from error
    # What zipfile, zlib and NumPy raise for damaged bytes has no common base.
    except Exception as error:
        raise ValueError(f"{name} is not a readable npz file: {error}.") from error
    return _split(arrays["images"], arrays["labels"])


def _arrays(content: bytes) -> dict[str, NDArray[np.uint8]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = {Path(member.filename).stem: member for member in archive.infolist()}
        for name in _SHAPES:
            if name not in found:
                raise ValueError(f"there is no array {name!r}, only {sorted(found)}.")
            if found[name].file_size > _MOST_BYTES:
                raise ValueError(f"{name} claims {found[name].file_size} bytes.")
        return {name: _array(name, archive.read(found[name])) for name in _SHAPES}


def _array(name: str, content: bytes) -> NDArray[np.uint8]:
    """Read one array, but only after its header has shown that it is the expected one."""
    stream = io.BytesIO(content)
    shape, dtype = _header(stream)
    if shape != _SHAPES[name] or dtype != np.uint8:
        raise ValueError(
            f"{name} must be uint8 of shape {_SHAPES[name]}, not {dtype} of shape {shape}."
        )
    stream.seek(0)
    array: NDArray[np.uint8] = np.lib.format.read_array(stream, allow_pickle=False)
    if array.max() > _LARGEST[name]:
        raise ValueError(f"{name} must be from 0 to {_LARGEST[name]}, not up to {array.max()}.")
    return array


def _header(stream: BinaryIO) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        raise ValueError(f"the array has format version {version}, not (1, 0).")
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    return shape, dtype


def _split(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Dataset:
    order = np.argsort(np.random.PCG64(0).random_raw(_ROWS), kind="stable")
    inputs = (images.reshape(_ROWS, 64)[order] / np.float32(16)).astype(np.float32)
    classes = labels[order].astype(np.int64)
    return Dataset(
        train_inputs=inputs[:_TRAIN_ROWS],
        train_labels=classes[:_TRAIN_ROWS],
        test_inputs=inputs[_TRAIN_ROWS:],
        test_labels=classes[_TRAIN_ROWS:],
        name="8x8 handwritten digits (Alpaydin & Kaynak 1998, test set)",
        scaling="pixels 0 to 16 divided by 16",
    )
