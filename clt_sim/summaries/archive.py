"""Files of results: a JSON header and arrays in one .npz, without pickled objects."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from clt_sim._files import open_file, replace_file
from clt_sim._json_types import parsed
from clt_sim._npz_files import MOST_BYTES, NpzArrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

R = TypeVar("R")

LONGEST_HEADER = 2**25
"""The most bytes of a header; a million numbers in it have about 20 million."""


def write_archive(
    path: str | os.PathLike[str], header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write a file in place of what is there; equal contents give equal bytes.

    Parameters
    ----------
    path : path
        The file; its folder must exist.
    header : mapping
        JSON types; ``"format"`` names the kind of file and its version.
    arrays : mapping of str to ndarray
        Arrays of numbers.

    Raises
    ------
    ValueError
        If the header is longer than what is read back.
    OSError
        If the file cannot be written.
    """
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    if text.size > LONGEST_HEADER:
        raise ValueError(
            f"{os.fspath(path)!r} cannot be written: the description of what it is of has"
            f" {text.size} bytes, at most {LONGEST_HEADER} are read back."
        )
    file, members = io.BytesIO(), dict(arrays)
    np.savez_compressed(file, header=text, **members)  # type: ignore[arg-type] # no other keyword
    replace_file(path, file.getvalue())


def read_archive(
    path: str | os.PathLike[str],
    form: str,
    kind: str,
    make: Callable[[dict[str, Any], Mapping[str, NDArray[Any]]], R],
    most: int = MOST_BYTES,
) -> R:
    """Return what `make` makes of the header and the arrays of a file.

    Parameters
    ----------
    path : path
        The file.
    form : str
        What its header must have for ``"format"``.
    kind : str
        What it should be, for the message: ``"a summary"``.
    make : callable
        May raise anything for contents that make no sense.
    most : int
        Files that unpack to more bytes are refused.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is of another format, is damaged, or unpacks to too much.
    OSError
        If it cannot be read.
    """
    with open_file(path) as file:
        try:
            arrays = NpzArrays(file, most)
            return make(_header(arrays, form), arrays)
        # What NumPy and `make` raise for contents that make no sense has no common base.
        except Exception as error:
            raise ValueError(f"{os.fspath(path)!r} is not {kind}: {error}") from error


def _header(arrays: NpzArrays, form: str) -> dict[str, Any]:
    size, _ = arrays.sizes("header")
    if size > LONGEST_HEADER + 1000:
        raise ValueError(f"its header has {size} bytes, at most {LONGEST_HEADER} are read")
    header = parsed(arrays["header"].tobytes())
    if not isinstance(header, dict):
        raise ValueError("its header is no mapping")
    if header.get("format") != form:
        raise ValueError(f"its format is {header.get('format')!r}, not {form!r}")
    return header
