"""Units that are truly normal, which show what sampling alone makes of a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_UNITS, _FEWEST_UNITS, _DRAWS = 400, 50, 800_000


def normal_units(rows: int) -> Iterator[NDArray[np.float64]]:
    """Yield the units of a layer in which each unit is N(0, 1), drawn with a fixed seed.

    Every floor of sampling is a median over these, so that floors of one number of rows agree,
    whatever they are of.

    Parameters
    ----------
    rows : int
        How many independent values a unit has, at least 1.

    Yields
    ------
    ndarray of float64, shape (rows,)
        One unit after the other: 400, or fewer but at least 50 where there are more than 2000
        rows.

    Examples
    --------
    >>> [len(list(normal_units(rows))) for rows in (400, 4000, 40_000)]
    [400, 200, 50]
    """
    rng = np.random.default_rng(rows)
    for _ in range(max(_FEWEST_UNITS, min(_MOST_UNITS, _DRAWS // rows))):
        yield rng.standard_normal(rows)
