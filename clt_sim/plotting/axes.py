"""Axes to draw on when the caller gives none, and words and numbers in a panel's corner."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from clt_sim._validation import check_name, check_text, checked_row, finite, positive
from clt_sim.plotting.style import COLUMN_WIDTH, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def axes_or_new(ax: Axes | None) -> Axes:
    """Return `ax`, or the axes of a new figure one column wide."""
    if ax is not None:
        return ax
    with style():
        return Figure(figsize=(COLUMN_WIDTH, 2.4), layout="constrained").subplots()


def check_label(argument: str, label: object) -> None:
    """Raise if an entry in the legend is neither text nor None.

    Matplotlib takes a row for the entries of several lines, and its versions differ in what they
    do if there is but one line.
    """
    if label is not None:
        check_text(argument, label)


def own_style(ax: Axes | None) -> AbstractContextManager[None]:
    """Return the style for a figure of our own; one that is given has its own."""
    return style() if ax is None else nullcontext()


def legend_above(ax: Axes, *, columns: int) -> None:
    """Put the legend above the panel, where nothing is under it."""
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=columns,
        borderpad=0.1,
        columnspacing=0.8,
        handlelength=2.2,
        handletextpad=0.5,
        labelspacing=0.25,
    )


def note(
    lines: Sequence[str],
    *,
    x: float = 0.985,
    size: float = 6.5,
    align: str = "right",
    ax: Axes,
) -> None:
    """Write lines into an upper corner of a panel, by default the right one.

    Parameters
    ----------
    lines : sequence of str
        What to write, from the top.
    x : float
        Where the lines end, or begin if they are to the left, as a share of the width of the panel.
    size : float
        Font size in points.
    align : str
        ``"right"`` or ``"left"``.
    ax : matplotlib.axes.Axes
        The panel.
    """
    rows = checked_row("lines", lines)
    for index, row in enumerate(rows):
        check_text(f"lines[{index}]", row)
    size = positive("size", size)
    check_name("side", align, ("left", "right"))
    ax.text(
        finite("x", x),
        0.98,
        "\n".join(rows),
        transform=ax.transAxes,
        ha=align,
        va="top",
        fontsize=size,
        linespacing=1.25,
        zorder=5,
    )


def corner_table(columns: Sequence[Sequence[str]], *, size: float = 5.0, ax: Axes) -> None:
    """Write a small table into the upper right corner of a panel.

    Parameters
    ----------
    columns : sequence of columns of str
        The columns, each from the top; equally many lines in each.
    size : float
        Font size in points.
    ax : matplotlib.axes.Axes
        The panel.
    """
    column_width = 0.155
    for index, column in enumerate(reversed(checked_row("columns", columns))):
        note(column, x=0.985 - column_width * index, size=size, ax=ax)
