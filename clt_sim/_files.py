"""Writing of files so that a reader finds the old or the new one, never half."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


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
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
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
