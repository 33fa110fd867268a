"""Quantile functions as polynomials in many cells, for the kernels that invert by table."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clt_sim._kernels import tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim._kernels.tables import Table
    from clt_sim.laws import Law

_CHECKED = np.array([0.02, 0.3, 0.7, 0.98])
_FAR = 16.0
_MOST_PIECES = 64
_NEGLIGIBLE = 2.0**-40
"""Cells of less probability may be off."""


class QuantileTable(NamedTuple):
    """The smooth pieces of a law without atoms."""

    location: float
    scale: float
    """A power of two, about the distance of the quartiles."""
    masses: NDArray[np.float64]
    """Shape (pieces,): the probability of each piece, from the lowest quantiles upwards."""
    cells: NDArray[np.float64]
    """Shape (pieces*cells, coefficients): ``(quantile - location)/scale``."""


def quantile_table(law: Law, table: Table) -> QuantileTable:
    """Return the table of a law without atoms.

    Parameters
    ----------
    law : Law
        Its quantile function should be smooth between the probabilities of its kinks.
    table : Table
        How it will be looked up.

    Returns
    -------
    QuantileTable
        Right to the tolerance of `table` at four places of each cell that has a probability of
        2**-40 or more. A piece that is not, as beside a kink that the law does not tell of, is
        cut in two at its worst cell, again and again.

    Raises
    ------
    ValueError
        If that takes more than 64 pieces.
    """
    location, scale = _location_and_scale(law)
    ends = [0.0, *np.unique(law.cdf(np.array(law.kinks, np.float64))).tolist(), 1.0]
    # The lowest is the last, and so are pieces taken in ascending order.
    spans = [(a, b) for a, b in itertools.pairwise(ends) if a < b][::-1]
    masses, cells = [], []
    while spans:
        low, high = span = spans.pop()
        piece, error = _piece(law, span, location, scale, table)
        worst = int(np.argmax(error))
        if error[worst] <= table.tolerance:
            masses.append(high - low)
            cells.append(piece)
            continue
        cut = float(_probabilities(span, np.array([0.5]))[worst, 0])
        if len(masses) + len(spans) + 2 > _MOST_PIECES or not low < cut < high:
            raise ValueError(
                f"{law} cannot be drawn: a table of its quantile function is off by"
                f" {error[worst]:.2g}, also in {len(masses) + len(spans) + 1} pieces."
            )
        spans += [(cut, high), (low, cut)]
    return QuantileTable(location, scale, np.array(masses), np.concatenate(cells))


def _location_and_scale(law: Law) -> tuple[float, float]:
    lower, middle, upper = law.quantile([0.25, 0.5, 0.75]).tolist()
    scale = 2.0 ** round(math.log2(upper - lower)) if upper > lower else 1.0
    # Near 0, draws are relatively precise only without a location.
    return (middle if abs(middle) > _FAR * scale else 0.0), scale


@np.errstate(over="ignore", invalid="ignore")  # at the end of the tails all may be infinite
def _piece(
    law: Law, span: tuple[float, float], location: float, scale: float, table: Table
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the cells of one piece, and how far each is off."""
    degree = table.coefficients - 1
    # Chebyshev's points: the interpolation is nearly the best polynomial.
    nodes = 0.5 - 0.5 * np.cos((np.arange(degree + 1) + 0.5) * math.pi / (degree + 1))
    values = (law.quantile(_probabilities(span, nodes)) - location) / scale
    cells = np.linalg.solve(np.vander(nodes, increasing=True), values.T).T
    checked = _probabilities(span, _CHECKED)
    true = (law.quantile(checked) - location) / scale
    error = np.abs(cells @ np.vander(_CHECKED, degree + 1, increasing=True).T - true)
    # Probabilities are rounded by up to p 2^-53, quantiles far from 0 by more than this moves them,
    # and the interpolation is up to thrice as far off: no fault of the table.
    slope = np.ptp(true, axis=1) / (np.ptp(_CHECKED) * _widths() * (span[1] - span[0]))
    moved = slope[:, None] * checked * 2.0**-51 + 2.0**-50 * abs(location) / scale
    off = ((error - moved) / (1.0 + np.abs(true))).max(axis=1)
    counts = _widths() * (span[1] - span[0]) >= _NEGLIGIBLE
    # No comparison holds for nan.
    return np.asarray(cells), np.where(counts, np.where(np.isnan(off), math.inf, off), 0.0)


def _probabilities(span: tuple[float, float], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities at places in [0, 1] in every cell, shape (CELLS, places)."""
    widths = _widths()[: tables.SIDE_CELLS]
    starts = np.concatenate([[0.0], np.cumsum(widths)[:-1]]) + 2.0 ** (-tables.OCTAVES - 1)
    inside = (starts[:, None] + widths[:, None] * places) * (span[1] - span[0])
    return np.concatenate([span[0] + inside, span[1] - inside])


def _widths() -> NDArray[np.float64]:
    """Return the widths of the cells, as shares of the probability of a piece."""
    parts = 1 << tables.CELL_BITS
    octaves = 2.0 ** np.arange(-tables.OCTAVES - 1.0, -1.0)
    return np.tile(np.repeat(octaves / parts, parts), 2)
