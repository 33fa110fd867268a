"""Ticks at numbers that can be read, on logarithmic and other scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.ticker import LogLocator, NullLocator

if TYPE_CHECKING:
    from matplotlib.axis import Axis


def mark_powers(
    axis: Axis,
    base: float,
    *,
    digits: Sequence[float] = (1.0,),
    most: int | None = None,
    plain: bool = True,
) -> None:
    """Put the ticks of a logarithmic axis at powers of a number, without minor ones.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
        Of a logarithmic scale.
    base : float
        Above 1.
    digits : sequence of float
        Multiples of each power that have a tick.
    most : int, optional
        The most ticks; by default as many as there is room for.
    plain : bool
        Whether numbers are written as they are, and not as powers of ten.
    """
    axis.set_major_locator(LogLocator(base, subs=digits, numticks=most))
    if plain:
        axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())


def mark_numbers(axis: Axis, numbers: Sequence[float], limits: tuple[float, float]) -> None:
    """Put ticks at those of some numbers that are between two limits, and nowhere else.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
        Of any scale.
    numbers : sequence of float
        Round numbers.
    limits : (float, float)
        The least and the greatest that has a tick.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> mark_numbers(ax.yaxis, (-1, 0, 1, 10), (-2.0, 4.0))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['−1', '0', '1']
    """
    low, high = limits
    inside = [number for number in numbers if low <= number <= high]
    axis.set_ticks(inside, [f"{number:g}".replace("-", "−") for number in inside])
    axis.set_ticks([], minor=True)
