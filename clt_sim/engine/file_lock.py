"""A lock on a file that ends with its process, however that ends."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

TRIES = 4
"""The first makes the file, and the second finds the same one, if nobody else comes and goes."""


@contextlib.contextmanager
def locked(path: str | os.PathLike[str]) -> Iterator[None]:
    """Keep other runs, of this process too, from writing a file.

    The lock is that of an empty SQLite database ``path + ".lock"``: the operating system's own, on
    every system, and gone with a process that is killed. The file is removed in the end; one that
    is left does no harm.

    Parameters
    ----------
    path : path
        The file; its folder must exist.

    Raises
    ------
    BlockingIOError
        If another run holds the lock.
    OSError
        If the folder cannot be written to, or its file system has no locks.
    """
    name = f"{os.fspath(path)}.lock"
    connection = _taken(path, name)
    try:
        yield
    finally:
        # Before the lock goes: a file that is not locked may be another run's by then.
        with contextlib.suppress(OSError):  # Windows keeps the names of open files
            os.unlink(name)
        connection.close()


def _taken(path: str | os.PathLike[str], name: str) -> sqlite3.Connection:
    _check_folder(path)
    failure: OSError | None = None
    for _ in range(TRIES):
        before, connection = _status(name), None
        try:
            connection = _connection(path, name)
        except BlockingIOError:
            raise
        except OSError as error:
            failure = error
        after = _status(name)
        steady = before and after and os.path.samestat(before, after)
        if connection and steady:
            return connection
        if connection:
            connection.close()
        if not steady:
            failure = None  # the file was new, or its holder has just removed it
    raise failure or _in_use(path)


def _check_folder(path: str | os.PathLike[str]) -> None:
    """Raise now what would be raised after the first draws."""
    try:
        tempfile.TemporaryFile(dir=Path(path).parent).close()
    except OSError as error:
        raise OSError(error.errno, error.strerror, os.fspath(path)) from None


def _status(name: str) -> os.stat_result | None:
    """Return what a file is, without opening it: to close it would end this process's locks."""
    try:
        return os.stat(name)
    except FileNotFoundError:
        return None


def _connection(path: str | os.PathLike[str], name: str) -> sqlite3.Connection:
    connection = None
    try:
        connection = sqlite3.connect(name, timeout=0.0, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if connection is not None:
            connection.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise _in_use(path) from None
        raise OSError(f"cannot lock {name!r}: {error}.") from error
    return connection


def _in_use(path: str | os.PathLike[str]) -> BlockingIOError:
    return BlockingIOError(errno.EWOULDBLOCK, "another run is writing this file", os.fspath(path))
