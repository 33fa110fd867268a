"""Arrays of numbers in .npz and .npy files of unknown origin.

What a file says of its sizes is compared with its bytes before any memory is taken for them, and
nothing in it is executed.
"""

from __future__ import annotations

import io
import math
import os
import struct
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BYTES = 2**32
"""Files that unpack to more are refused."""
FREE_BYTES, PLAUSIBLE_RATIO = 2**26, 128
"""Files may unpack to so many bytes, and beyond that to so many times their own size."""
_MOST_DIRECTORY = 2**23
"""A list of all members of so many bytes has tens of thousands of them."""
_LONGEST_HEADER = 1000
"""The most characters of the header of an array; those of numbers have about 100."""
_LONGEST_EMPTY = 2**20
"""An empty array may have so many rows: they take no memory, but time."""
_END, _END_64, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_END_SIZE, _END_64_SIZE, _LOCATOR_64_SIZE = 22, 56, 20
_LONGEST_COMMENT = 2**16
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class NpzArrays(Mapping[str, "NDArray[Any]"]):
    """The arrays of an .npz file, by name; each is read when it is asked for.

    Parameters
    ----------
    file : binary file
        The file, which can be sought in.
    most : int
        Files that unpack to more bytes are refused.

    Raises
    ------
    ValueError
        If it is not an .npz file, or would unpack to more than its size makes plausible. So do
        `sizes` and the reading of an array that is damaged or has no numbers.
    """

    def __init__(self, file: BinaryIO, most: int = MOST_BYTES) -> None:
        size = file.seek(0, os.SEEK_END)
        _check_directory(file, size)
        try:
            self._archive = zipfile.ZipFile(file)
        # What zipfile raises for damaged bytes has no common base.
        except Exception as error:
            raise ValueError(f"it is not an .npz file: {error}") from error
        members = self._archive.infolist()
        self._members = {member.filename.removesuffix(".npy"): member for member in members}
        if len(self._members) < len(members):
            raise ValueError("it has two arrays of one name")
        _check_sizes(members, size, most)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return an array.

        Raises
        ------
        KeyError
            If there is none of that name.
        ValueError
            If it is damaged, or has other things in it than real numbers.
        """
        member = self._members[name]
        try:
            with warnings.catch_warnings(), self._archive.open(member) as stream:
                warnings.simplefilter("ignore")  # of NumPy, about headers of Python 2
                _check_header(name, stream, member.file_size)
                stream.seek(0)
                array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
        except Exception as error:
            raise ValueError(f"{name} cannot be read: {error}") from error
        return array

    def __contains__(self, name: object) -> bool:
        """Return whether there is an array of that name, without reading it."""
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._members)

    def __len__(self) -> int:
        """Return the number of arrays."""
        return len(self._members)

    def sizes(self, name: str) -> tuple[int, int]:
        """Return how many bytes an array has with its header, and how many as it is stored."""
        member = self._members[name]
        return member.file_size, member.compress_size


def load_npy(file: BinaryIO, name: str) -> NDArray[Any]:
    """Return the array of numbers in an .npy file.

    Parameters
    ----------
    file : binary file
        The file.
    name : str
        What to call it.

    Raises
    ------
    ValueError
        If it is damaged, or has other things in it than real numbers.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _check_header(name, file, size)
            file.seek(0)
            array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    except Exception as error:
        raise ValueError(f"{name} cannot be read: {error}") from error
    return array


def _check_directory(file: BinaryIO, size: int) -> None:
    """Raise if the list of members, all of which zipfile reads, is too long.

    The layout is that of the ZIP format (PKWARE, APPNOTE 6.3.10, sections 4.3.14 to 4.3.16).
    """
    length = min(size, _END_SIZE + _LONGEST_COMMENT + _LOCATOR_64_SIZE + _END_64_SIZE)
    file.seek(size - length)
    tail = file.read(length)
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _END_SIZE:
        raise ValueError("it is not an .npz file")
    (directory,) = struct.unpack_from("<I", tail, place + 12)
    locator = place - _LOCATOR_64_SIZE
    if locator >= 0 and tail.startswith(_LOCATOR_64, locator):
        end_64 = locator - _END_64_SIZE
        if end_64 < 0 or not tail.startswith(_END_64, end_64):
            raise ValueError("it is not an .npz file: its list of arrays is not at its end")
        (directory,) = struct.unpack_from("<Q", tail, end_64 + 40)
    if directory > _MOST_DIRECTORY:
        raise ValueError(f"its list of arrays has {directory} bytes, at most {_MOST_DIRECTORY}")


def _check_sizes(members: list[zipfile.ZipInfo], size: int, most: int) -> None:
    """Raise if the members are of another kind than NumPy writes, or unpack to too much."""
    for member in members:
        if member.flag_bits & 1 or member.compress_type not in _COMPRESSIONS:
            raise ValueError(f"{member.filename!r} is encrypted, or compressed by other means")
    if sum(member.compress_size for member in members) > size:
        raise ValueError("its arrays overlap, or it is cut off")
    total = sum(member.file_size for member in members)
    if total > min(most, max(FREE_BYTES, PLAUSIBLE_RATIO * size)):
        raise ValueError(
            f"it has {size} bytes and would unpack to {total} bytes; at most {most} are read, and"
            f" beyond {FREE_BYTES} at most {PLAUSIBLE_RATIO} times its own size"
        )


def _check_header(name: str, stream: Any, size: int) -> None:
    """Raise if an array is not of numbers, or not of the size that its header states."""
    start = io.BytesIO(stream.read(2 * _LONGEST_HEADER))
    version = np.lib.format.read_magic(start)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(start, _LONGEST_HEADER)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(start, _LONGEST_HEADER)
    else:
        raise ValueError(f"{name} has format version {version}")
    if dtype.hasobject:
        raise ValueError(f"{name} must be numbers, not {dtype}; read with allow_pickle=False")
    if dtype.kind not in "uifb":
        raise ValueError(f"{name} must be numbers, not {dtype}")
    count = math.prod(shape)
    if any(extent < 0 or extent > max(count, _LONGEST_EMPTY) for extent in shape):
        raise ValueError(f"{name} states shape {shape}")
    stated = start.tell() + count * dtype.itemsize
    if stated != size:
        raise ValueError(f"{name} states shape {shape}, {stated} bytes, and has {size}")
