"""Figures of several panels: their letters, their outer labels, and one legend for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import FigureBase
    from numpy.typing import NDArray


def letter_panels(panels: Iterable[Axes]) -> None:
    """Write a letter above the left corner of each panel: a, b, c and so on.

    Parameters
    ----------
    panels : iterable of matplotlib.axes.Axes
        The panels, of which at most 26 get a letter.
    """
    for letter, ax in zip(ascii_lowercase, panels, strict=False):
        ax.set_title(letter, loc="left", fontweight="bold")


def label_grid(grid: NDArray[Any], used: int, *, xlabel: str, ylabel: str) -> None:
    """Label the axes of a grid at its left and below its columns, and hide panels without use.

    Parameters
    ----------
    grid : ndarray of Axes, shape (rows, columns)
        The panels.
    used : int
        How many have something drawn in them, row by row.
    xlabel, ylabel : str
        The label below the last panel that is used in each column, and that of each row.
    """
    panels, columns = list(grid.flat), grid.shape[1]
    for ax in panels[used:]:
        ax.set_visible(False)
    for ax in grid[:, 0]:
        ax.set_ylabel(ylabel)
    for ax in panels[used - columns : used]:
        ax.set_xlabel(xlabel)
        ax.tick_params(labelbottom=True)


def legend_entries(panels: Iterable[Axes]) -> dict[str, Artist]:
    """Return what occurs in any panel, each label once.

    Parameters
    ----------
    panels : iterable of matplotlib.axes.Axes
        The panels.

    Returns
    -------
    dict of str to Artist
        The first artist with each label, in the order of drawing.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> first, second = Figure().subplots(1, 2)
    >>> lines = first.plot([1.0], label="exact"), second.plot([2.0], label="exact")
    >>> list(legend_entries([first, second]))
    ['exact']
    """
    entries: dict[str, Artist] = {}
    for ax in panels:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    return entries


def legend_below(
    figure: FigureBase, entries: Mapping[str, Artist], *, columns: int | None = None, **options: Any
) -> None:
    """Put one legend for all panels below them.

    Parameters
    ----------
    figure : matplotlib.figure.Figure or SubFigure
        With the constrained layout.
    entries : mapping of str to Artist
        What is explained, such as `legend_entries` returns it.
    columns : int, optional
        Number of columns; by default one row.
    **options
        Of ``legend`` of matplotlib.
    """
    figure.legend(
        entries.values(),
        entries.keys(),
        loc="outside lower center",
        ncols=len(entries) if columns is None else columns,
        **options,
    )
