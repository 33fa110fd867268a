"""Files: read if they are ordinary ones, written so that a reader never finds half of one."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO

UNFINISHED = ".unfinished"
"""How the name of a file ends that is being written."""


def open_file(path: str | os.PathLike[str]) -> BinaryIO:
    """Open an ordinary file to be read.

    What is read from a device or a pipe may never come, or never end: neither is opened.

    Parameters
    ----------
    path : path
        The file.

    Raises
    ------
    TypeError
        If it is no path; a number would be taken for that of an open file.
    ValueError
        If it is a device, a pipe or a socket, or no system can have such a path.
    OSError
        If it is missing, a folder, or cannot be read.
    """
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"path must be text or a path, not an object of type {type(path).__name__}."
        )
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(mode):
        raise ValueError(f"{os.fspath(path)!r} is not an ordinary file.")
    return open(path, "rb")


def read_file(path: str | os.PathLike[str], most: int) -> bytes:
    """Return what is in an ordinary file, or raise before it is read if that is too much.

    Parameters
    ----------
    path : path
        The file.
    most : int
        Larger files are refused.

    Raises
    ------
    ValueError
        If it has more than `most` bytes, or as `open_file` does.
    OSError
        If it cannot be read.
    """
    with open_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most:
            raise ValueError(f"{os.fspath(path)} has {size} bytes; at most {most} are read.")
        return file.read(size)


def replace_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file beside `path`, to the disk, and give it that name.

    Parameters
    ----------
    path : path
        The file; its folder must exist.
    content : bytes
        What it will hold.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is left as it was.
    """
    path = Path(path)
    if path.is_dir():  # the empty path is the current folder
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    descriptor, unfinished = tempfile.mkstemp(UNFINISHED, f"{path.name}.", path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        # A temporary file is private to its owner; a result is an ordinary file.
        os.chmod(unfinished, 0o644)
        os.replace(unfinished, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(unfinished)
        raise
    _sync_folder(path.parent)


def remove_unfinished(path: str | os.PathLike[str]) -> None:
    """Remove what a process left that was killed within `replace_file` of `path`.

    Nothing else may be writing `path`.
    """
    path = Path(path)
    for left in path.parent.glob(f"{glob.escape(path.name)}.*{UNFINISHED}"):
        left.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk, where the system can: Windows cannot."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
