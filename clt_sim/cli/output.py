"""What commands print: JSON, tables, and lines of names and values."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from clt_sim._json_types import plain

if TYPE_CHECKING:
    from clt_sim.tables import Table, Tabular

F = TypeVar("F", bound=Callable[..., Any])
_PICTURES = (".pdf", ".png", ".svg")
"""Endings of a figure that is a file, and no folder."""
_OTHER_PICTURES = (".bmp", ".eps", ".gif", ".jpeg", ".jpg", ".ps", ".tif", ".tiff", ".webp")


def json_option(command: F) -> F:
    """Give a command the option ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, with all digits.")(
        command
    )


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(plain(value), indent=2))


def print_results(text: str, results: Iterable[Table | Tabular]) -> None:
    """Print results as tables in a terminal, and elsewhere the text that says the same."""
    from rich.console import Console

    console = Console(highlight=False)
    if console.is_terminal:
        console.print(*results, sep="\n")
    else:
        click.echo(text)


def named(rows: Mapping[str, str]) -> list[str]:
    """Return lines of names and values, aligned.

    Examples
    --------
    >>> named({"mean": "0", "variance": "1"})
    ['  mean      0', '  variance  1']
    """
    width = max(map(len, rows))
    return [f"  {name:<{width}}  {text}" for name, text in rows.items()]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return lines of cells in columns.

    Examples
    --------
    >>> aligned([("layer", "signal"), ("hidden 1", "u")])
    ['  layer     signal', '  hidden 1  u']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def figure_file(figure: Path | None) -> Path | None:
    """Return the file for a figure; None if it is a folder, or there is none.

    Raises
    ------
    click.UsageError
        If it is named as a picture of another kind.
    """
    if figure is None:
        return None
    if figure.suffix.lower() in _OTHER_PICTURES:
        raise click.UsageError(
            f"a figure is a .pdf, .png or .svg file, or a folder, not {str(figure)!r}.",
            click.get_current_context(),
        )
    return figure if figure.suffix.lower() in _PICTURES else None


def check_writable(*paths: Path | None) -> None:
    """Raise where a file could not be written, before the work that makes it.

    Raises
    ------
    OSError
        If a path is a folder or a device, or its folder is missing or cannot be written to.
    """
    for path in paths:
        if path is None:
            continue
        if path.is_dir():
            raise IsADirectoryError(f"cannot write {str(path)!r}: it is a folder.")
        if path.exists() and not path.is_file():
            # Results take the place of what is there, which a device must not suffer.
            raise OSError(f"cannot write {str(path)!r}: it is no ordinary file.")
        try:
            with tempfile.TemporaryFile(dir=path.parent):
                pass
        except OSError as error:
            raise OSError(f"cannot write {str(path)!r}: {error.strerror}.") from error
