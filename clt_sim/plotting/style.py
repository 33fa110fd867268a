"""The look of the figures, without touching matplotlib's global settings."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.resources import as_file, files

import matplotlib.style

COLUMN_WIDTH = 3.35
"""Width of one column of a two-column paper, in inches."""
PAGE_WIDTH = 7.0
"""Width of the text of a page, in inches."""

HISTOGRAM = "#b9cde5"
EXACT = "#bd1f01"
NORMAL = "#222222"
UNIT = "#3f90da"
GREY = "#717581"


def style() -> AbstractContextManager[None]:
    """Return a context in which figures are made and saved in the style of this package.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> with style():
    ...     figure = Figure(figsize=(COLUMN_WIDTH, 2.0), layout="constrained")
    """
    with as_file(files("clt_sim.plotting") / "clt_sim.mplstyle") as path:
        return matplotlib.style.context(path)
