"""Files of results: a JSON header and arrays in one .npz, without pickled objects."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from clt_sim._files import replace_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

R = TypeVar("R")


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
    """
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    file, members = io.BytesIO(), dict(arrays)
    np.savez_compressed(file, header=text, **members)  # type: ignore[arg-type] # no other keyword
    replace_file(path, file.getvalue())


def read_archive(
    path: str | os.PathLike[str],
    form: str,
    kind: str,
    make: Callable[[dict[str, Any], Mapping[str, NDArray[Any]]], R],
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

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is of another format, or is damaged.
    """
    with open(path, "rb") as file:
        content = file.read()
    try:
        if not content.startswith(b"PK"):
            # NumPy would take it for pickled objects and offer to load them unsafely.
            raise ValueError("it is not an .npz file")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            header = json.loads(bytes(arrays["header"]))
            if header.get("format") != form:
                raise ValueError(f"its format is {header.get('format')!r}, not {form!r}")
            return make(header, arrays)
    # What zipfile, zlib, NumPy and json raise for damaged bytes has no common base.
    except Exception as error:
        raise ValueError(f"{os.fspath(path)!r} is not {kind}: {error}") from error
