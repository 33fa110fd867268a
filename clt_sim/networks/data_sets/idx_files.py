"""IDX files, the format of MNIST (Y. LeCun, C. Cortes & C. Burges, "The MNIST database")."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from clt_sim._files import open_file
from clt_sim._npz_files import FREE_BYTES, MOST_BYTES, PLAUSIBLE_RATIO

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"


def load_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read an IDX file, also a gzipped one.

    The size that the header states is held against the size of the file before any memory is
    taken for it.

    Parameters
    ----------
    path : path
        The file; whether it is gzipped is seen from its content.

    Returns
    -------
    ndarray
        Of the stored type and shape, in the byte order of the machine.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not an IDX file, its size is not what its header says, or it would unpack to more
        than 64 MiB and 128 times its own size.
    """
    name = os.fspath(path)
    with open_file(path) as raw:
        size = os.fstat(raw.fileno()).st_size
        zipped = raw.read(2) == _GZIP
        raw.seek(0)
        try:
            if not zipped:
                return _array(raw, size, exact=True)
            with gzip.GzipFile(fileobj=raw) as stream:
                available = max(FREE_BYTES, PLAUSIBLE_RATIO * size)
                return _array(stream, available, exact=False)  # type: ignore[arg-type]
        except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{name!r} is not a whole IDX file: {error}.") from error


def _array(stream: BinaryIO, available: int, *, exact: bool) -> NDArray[Any]:
    """Read the header, compare it with the bytes that there can be, then read the numbers."""
    start = _exactly(stream, 4)
    dtype, ndim = _TYPES.get(start[2]), start[3]
    if start[:2] != b"\0\0" or dtype is None or ndim == 0:
        raise ValueError(f"it begins with {start!r}")
    shape = struct.unpack(f">{ndim}I", _exactly(stream, 4 * ndim))
    stated = math.prod(shape) * np.dtype(dtype).itemsize
    held = available - 4 - 4 * ndim
    if stated > held or stated > MOST_BYTES or (exact and stated < held):
        least = "" if exact else "at most "
        raise ValueError(f"it states shape {shape}, {stated} bytes, and has {least}{held}")
    numbers = np.frombuffer(_exactly(stream, stated), dtype)
    if stream.read(1):
        raise ValueError(f"there is more than its shape {shape}")
    return numbers.astype(np.dtype(dtype).newbyteorder("=")).reshape(shape)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise ValueError(f"it ends after {len(content)} of {size} bytes")
    return content
