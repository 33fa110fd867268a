"""Arrays from npz files of unknown origin."""

from __future__ import annotations

import io
import math
import os
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.networks.data_sets.idx_files import DEFLATE_RATIO, MOST_BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONGEST_HEADER = 65536


def npz_names(path: str | os.PathLike[str]) -> list[str]:
    """Return the names of the arrays of an npz file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return [Path(name).stem for name in archive.namelist()]
    except zipfile.BadZipFile as error:
        raise ValueError(f"{os.fspath(path)!r} is not a readable npz file: {error}.") from error


def load_npz(path: str | os.PathLike[str], names: Collection[str]) -> dict[str, NDArray[Any]]:
    """Read arrays of numbers; nothing is unpickled.

    The size that the header of an array states is held against the size of the file before any
    memory is taken for it.

    Parameters
    ----------
    path : path
        The file.
    names : collection of str
        What to read.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is something else, is damaged, lacks an array or has objects in it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = {Path(member.filename).stem: member for member in archive.infolist()}
            for name in names:
                if name not in members:
                    raise ValueError(f"there is no array {name!r}, only {sorted(members)}")
            return {name: _array(name, archive, members[name]) for name in names}
    # RuntimeError and NotImplementedError: encrypted members and other compressions
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        RuntimeError,
        NotImplementedError,
        ValueError,
    ) as error:
        raise ValueError(f"{os.fspath(path)!r} is not a readable npz file: {error}.") from error


def _array(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(member) as stream:
        start = io.BytesIO(stream.read(_LONGEST_HEADER))
    version = np.lib.format.read_magic(start)
    read_header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read_header is None:
        raise ValueError(f"{name} has format version {version}")
    shape, _, dtype = read_header(start)
    if dtype.kind not in "uifb":
        raise ValueError(f"{name} must be numbers, not {dtype}")
    stated = start.tell() + math.prod(shape) * dtype.itemsize
    most = min(member.file_size, DEFLATE_RATIO * member.compress_size, MOST_BYTES)
    if stated != member.file_size or stated > most:
        raise ValueError(
            f"{name} states shape {shape}, {stated} bytes, and has {member.file_size} in"
            f" {member.compress_size}"
        )
    with archive.open(member) as stream:
        array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    return array
