"""How results show themselves: as text, in terminals by rich, in notebooks, and as data frames."""

from __future__ import annotations

import html
import importlib
import re
import textwrap
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from clt_sim._json_types import plain

if TYPE_CHECKING:
    from rich.console import Group

WIDTH = 80
"""Terminals have so many columns."""
_INDENT = 2
_GAP = 2
_NARROWEST = 12
"""No column of text is made narrower so that a table fits."""
_SIDES = {"l": "left", "r": "right"}
_STYLES = {"holds": "green", "refuted": "bold red", "undecided": "yellow"}
"""Colours, in a terminal, of cells that are just this word."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells of text under a title.

    Parameters
    ----------
    title : str
        What is shown; may be empty.
    columns : tuple of str
        The headings, all of them empty for a table without; no columns make a table of just title
        and notes. Lines of a heading or a cell are separated by line feeds.
    rows : tuple of tuple of str
        The cells; the first one of a row is its name.
    notes : tuple of str
        What stands below.
    align : str
        ``"l"`` or ``"r"`` for each column; by default all are ``"l"``.

    Raises
    ------
    ValueError
        If a row or the alignment is not of as many columns.

    Examples
    --------
    >>> print(Table("moments", ("", "value"), (("mean", "0.5"),), ("10 draws",)))
    moments
            value
      mean  0.5
    10 draws
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    align: str = ""

    def __post_init__(self) -> None:
        """Check the shape."""
        count = len(self.columns)
        object.__setattr__(self, "align", self.align or "l" * count)
        if len(self.align) != count or not set(self.align) <= _SIDES.keys():
            raise ValueError(f"align must be l or r for each of {count} columns: {self.align!r}.")
        for row in self.rows:
            if len(row) != count:
                raise ValueError(f"each row must be of {count} cells, not {row!r}.")

    def __str__(self) -> str:
        """Return aligned text, in which columns of words wrap where lines were over 80 long."""
        grid = [row for row in (self.columns, *self.rows) if any(row)]
        widths = self._widths(grid)
        lines = chain.from_iterable(self._aligned(row, widths) for row in grid)
        notes = chain.from_iterable(_wrapped(note, WIDTH) for note in self.notes)
        return "\n".join([*(_wrapped(self.title, WIDTH) if self.title else ()), *lines, *notes])

    def _widths(self, grid: Sequence[tuple[str, ...]]) -> list[int]:
        """Return the widths of the columns: the widest of words give way."""
        widths = [
            max(len(line) for cell in column for line in cell.split("\n"))
            for column in zip(*grid, strict=True)
        ]
        for place in sorted(range(len(widths)), key=widths.__getitem__, reverse=True):
            over = _INDENT + sum(widths) + _GAP * (len(widths) - 1) - WIDTH
            if over > 0 and self.align[place] == "l" and widths[place] > _NARROWEST:
                widths[place] = max(widths[place] - over, _NARROWEST)
        return widths

    def _aligned(self, row: tuple[str, ...], widths: list[int]) -> list[str]:
        """Return the lines of one row."""
        cells = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
        lines = []
        for parts in zip_longest(*cells, fillvalue=""):
            padded = (
                part.rjust(width) if side == "r" else part.ljust(width)
                for part, width, side in zip(parts, widths, self.align, strict=True)
            )
            lines.append((" " * _INDENT + (" " * _GAP).join(padded)).rstrip())
        return lines

    def __rich__(self) -> Group:
        """Return what rich prints."""
        from rich import box
        from rich.console import Group
        from rich.table import Table as RichTable
        from rich.text import Text

        # A Text is printed as it is: brackets in strings would be taken for markup.
        parts: list[Text | RichTable] = [Text(self.title, "bold")] if self.title else []
        if self.columns:
            grid = RichTable(
                box=box.SIMPLE_HEAD, pad_edge=False, show_header=any(self.columns), header_style=""
            )
            for name, side in zip(self.columns, self.align, strict=True):
                justify: Any = _SIDES[side]
                grid.add_column(Text(name), justify=justify, overflow="fold")
            for row in self.rows:
                grid.add_row(*(Text(cell, _STYLES.get(cell, "")) for cell in row))
            parts.append(grid)
        return Group(*parts, *(Text(note, "dim") for note in self.notes))

    def _repr_html_(self) -> str:
        """Return the table for notebooks."""
        if not self.columns:
            return "".join(f"<p>{_escaped(text)}</p>" for text in (self.title, *self.notes) if text)
        head = "".join(self._cell("th", i, name) for i, name in enumerate(self.columns))
        body = "".join(
            f"<tr>{''.join(self._cell('td' if i else 'th', i, cell) for i, cell in enumerate(row))}"
            "</tr>"
            for row in self.rows
        )
        return (
            f'<table><caption style="caption-side: top; text-align: left">{_escaped(self.title)}'
            "</caption>"
            + (f"<thead><tr>{head}</tr></thead>" if any(self.columns) else "")
            + f"<tbody>{body}</tbody>{self._foot()}</table>"
        )

    def _cell(self, tag: str, place: int, text: str) -> str:
        side = _SIDES[self.align[place]]
        return f'<{tag} style="text-align: {side}">{_escaped(text)}</{tag}>'

    def _foot(self) -> str:
        if not self.notes:
            return ""
        notes = "<br>".join(map(_escaped, self.notes))
        span = f'colspan="{len(self.columns)}" style="text-align: left"'
        return f"<tfoot><tr><td {span}>{notes}</td></tr></tfoot>"


class Tabular(ABC):
    """A result that shows itself as tables, in terminals by ``rich.print`` and in notebooks."""

    __slots__ = ()

    @abstractmethod
    def _as_tables(self) -> Sequence[Table]:
        """Return what is shown."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types; numbers that are not finite as text."""

    @abstractmethod
    def to_dataframe(self) -> Any:
        """Return the numbers as a pandas data frame."""

    def __rich__(self) -> Group:
        """Return what rich prints."""
        from rich.console import Group

        return Group(*self._as_tables())

    def _repr_html_(self) -> str:
        """Return the tables for notebooks."""
        return "".join(table._repr_html_() for table in self._as_tables())


@dataclass(frozen=True, slots=True)
class Facts(Tabular):
    """A result of a few named values: a frozen dataclass."""

    def _as_tables(self) -> Sequence[Table]:
        rows = ((field.name, getattr(self, field.name)) for field in fields(self))
        return [facts_table(self._title(), rows)]

    def _title(self) -> str:
        """Return the text of the result, or the words of its class where it has none."""
        if type(self).__str__ is not object.__str__:
            return str(self)
        return re.sub("(?<=[a-z])(?=[A-Z])", " ", type(self).__name__).lower()

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON types; numbers that are not finite as text."""
        return {field.name: plain(getattr(self, field.name)) for field in fields(self)}

    def to_dataframe(self) -> Any:
        """Return a pandas data frame of one row, with a column for each value.

        An interval has the columns ``low`` and ``high``; what is no number is text.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed; the message says how to.
        """
        values: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "interval":
                values["low"], values["high"] = value
            else:
                values[field.name] = value if _is_scalar(value) else str(value)
        return data_frame(list(values), [list(values.values())])


def facts_table(
    title: str, facts: Iterable[tuple[str, object]], notes: tuple[str, ...] = ()
) -> Table:
    """Return a table of names and values, without headings; None is left out.

    Examples
    --------
    >>> print(facts_table("a law", [("relative_error", 2.0**-40), ("support", (0.0, 1.0))]))
    a law
      relative error  9.09495e-13
      support         0, 1
    """
    rows = tuple(
        (name.replace("_", " "), _shown(value)) for name, value in facts if value is not None
    )
    return Table(title, ("", ""), rows, notes)


def data_frame(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Any:
    """Return a pandas data frame.

    Raises
    ------
    ModuleNotFoundError
        If pandas is not installed; the message says how to.
    """
    return import_pandas().DataFrame(list(rows), columns=list(columns))


def import_pandas() -> Any:
    """Return the module pandas.

    Raises
    ------
    ModuleNotFoundError
        If it is not installed; the message says how to install it.
    """
    try:
        return importlib.import_module("pandas")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("a data frame needs pandas: pip install pandas") from error


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value)) or "none"
    return str(value)


def _wrapped(text: str, width: int) -> list[str]:
    lines = (textwrap.wrap(line, width) or [""] for line in text.split("\n"))
    return list(chain.from_iterable(lines))


def _escaped(text: str) -> str:
    # Names of rows are indented by two blanks, which HTML would drop.
    return html.escape(text).replace("  ", "&nbsp;&nbsp;").replace("\n", "<br>")
