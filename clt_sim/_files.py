"""Writing of files so that a reader finds the old or the new one, never half."""

from __future__ import annotations

import contextlib
import glob
import os
import tempfile
from pathlib import Path

UNFINISHED = ".unfinished"
"""How the name of a file ends that is being written."""


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
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f"{path.name}.", suffix=UNFINISHED, delete=False
    ) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            # A temporary file is private to its owner; a result is an ordinary file.
            os.chmod(file.name, 0o644)
            os.replace(file.name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(file.name)
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
