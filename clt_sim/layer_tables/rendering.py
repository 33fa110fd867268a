"""What tables of layers show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clt_sim.gaussianity.registry import MEASURES as GAUSSIANITY
from clt_sim.tables import WIDTH, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clt_sim.estimate import Estimate
    from clt_sim.layer_tables.signal_measures import SignalMeasures

_HEADINGS = {"u": "u", "pre-activation": "Wu+b", "normalized": "normalized"}
_LEGENDS = {
    "lifetime": (
        "unit: median over units that vary; size: of its absolute value; floor: the same\n"
        "for normal units; pooled: all units together; population: median over rows;\n"
        "effective size: so many independent draws tell the mean as well. Errors of the\n"
        "last digit are in parentheses."
    ),
    "population": (
        "row: median over inputs or positions, each over all units; size: of its\n"
        "absolute value; floor: the same for normal rows; pooled: all values; lifetime:\n"
        "median over units; effective size: so many independent draws tell the mean as\n"
        "well. Errors of the last digit are in parentheses."
    ),
    "both": (
        "unit: median over units that vary; population: median over rows, each over all\n"
        "units; size: of the absolute value; floor: the same for normal units or rows;\n"
        "pooled: all values; effective size: so many independent draws tell the mean as\n"
        "well. Errors of the last digit are in parentheses."
    ),
}
_MISSING = "-"
_LARGE = 1e5
_WHOLE = 1e3
"""Effective sizes above are shown without decimals."""


@dataclass(frozen=True, slots=True)
class Block:
    """What is shown of one layer: its heading, and its rows, of a name and two cells a signal."""

    heading: str
    rows: list[list[str]]


def layer_block(
    layer: tuple[SignalMeasures, ...], normalization: str | None, measures: Iterable[str], axis: str
) -> Block:
    """Return what is shown of the signals of a layer.

    Parameters
    ----------
    layer : tuple of SignalMeasures
        The signals.
    normalization : str or None
        What the normalised one is.
    measures : iterable of str
        The measures in order.
    axis : {"lifetime", "population", "both"}
        As for `layer_table`.
    """
    return Block(_heading(normalization, layer), _rows(layer, measures, axis))


def as_text(title: str, axis: str, blocks: Iterable[Block]) -> str:
    """Return the blocks under each other, the signals of a layer side by side."""
    texts = ["\n".join([block.heading, *_aligned(block.rows)]) for block in blocks]
    return "\n\n".join([title, _LEGENDS[axis], *texts])


def as_tables(title: str, axis: str, blocks: Iterable[Block]) -> list[Table]:
    """Return a table for each layer, for terminals and notebooks, under one with the legend."""
    tables = [Table(title, (), (), (_LEGENDS[axis].replace("\n", " "),))]
    for block in blocks:
        (_, *signals), (_, *kinds), *rows = block.rows
        # A heading stands over the two columns of a signal, of which the second is empty.
        above = [signals[i - i % 2] for i in range(len(signals))]
        columns = ("", *map("\n".join, zip(above, kinds, strict=True)))
        align = "l" + "r" * len(above)
        tables.append(Table(block.heading, columns, tuple(map(tuple, rows)), align=align))
    return tables


def _heading(kind: str | None, layer: tuple[SignalMeasures, ...]) -> str:
    first = layer[0]
    # What follows the units is the same for all signals of a layer.
    rows = first.ensemble.split(" over ", 1)[1]
    text = f"{first.layer}: {rows}"
    return text if kind is None else f"{text}; normalized: {kind}"


def _rows(layer: tuple[SignalMeasures, ...], measures: Iterable[str], axis: str) -> list[list[str]]:
    """Return the rows of one layer, of which two are headings."""
    rows = [["", *(cell for s in layer for cell in (_HEADINGS[s.signal], ""))]]
    kind = "population" if axis == "population" else "unit"
    heading = "row" if kind == "population" else "unit"
    rows.append(["", *(heading, "pooled") * len(layer)])
    for name in measures:
        cells = [(_short(getattr(s, kind).get(name)), _short(s.pooled.get(name))) for s in layer]
        rows.append([name, *(cell for pair in cells for cell in pair)])
        rows += _below(axis, layer, name)
    effective = [(_size(s.effective_rows), _size(s.effective_values)) for s in layer]
    rows.append(["effective size", *(cell for pair in effective for cell in pair)])
    rows.append(["constant units", *(c for s in layer for c in (str(s.constant_units), ""))])
    if any(s.non_finite for s in layer):
        rows.append(["not finite", *(c for s in layer for c in ("", str(s.non_finite)))])
    return rows


def _below(axis: str, layer: tuple[SignalMeasures, ...], name: str) -> list[list[str]]:
    """Return the rows under that of a measure: its size and floor, or the other axis."""
    if name not in GAUSSIANITY:
        label, kind = ("lifetime", "unit") if axis == "population" else ("population",) * 2
        return [_row(label, [_short(getattr(s, kind).get(name)) for s in layer])]
    if axis == "population":
        return _sizes(layer, name, "population", "population_")
    lifetime = _sizes(layer, name, "unit", "")
    if axis == "lifetime":
        return lifetime
    population = _row("population", [_short(s.population.get(name)) for s in layer])
    inner = _sizes(layer, name, "population", "population_")
    return [*lifetime, population, *([f"  {label}", *cells] for label, *cells in inner)]


def _sizes(layer: tuple[SignalMeasures, ...], name: str, kind: str, prefix: str) -> list[list[str]]:
    """Return the rows of the size, if it is another number, and of the floor."""
    size, floor = f"{prefix}size", f"{prefix}floor"
    floors = [getattr(s, floor).get(name) for s in layer]
    last = _row("floor", [_MISSING if f is None else f"{f.value:.2g}" for f in floors])
    if all(_value(getattr(s, size), name) == _value(getattr(s, kind), name) for s in layer):
        return [last]
    return [_row("size", [_short(getattr(s, size).get(name)) for s in layer]), last]


def _value(estimates: Mapping[str, Estimate], name: str) -> float | None:
    estimate = estimates.get(name)
    return None if estimate is None else estimate.value


def _row(name: str, cells: list[str]) -> list[str]:
    return [f"  {name}", *(cell for value in cells for cell in (value, ""))]


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    signals = len(widths) // 2
    gap = "  " if sum(widths) + len(widths) - 1 + signals <= WIDTH else " "
    lines = []
    for name, *cells in rows:
        padded = [f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True)]
        pairs = (" ".join(padded[i : i + 2]) for i in range(0, len(padded), 2))
        lines.append(gap.join([f"{name:<{widths[0]}}", *pairs]).rstrip())
    return lines


def _size(value: float | None) -> str:
    return _MISSING if value is None else f"{value:.4g}" if value < _WHOLE else f"{value:.0f}"


def _short(estimate: Estimate | None) -> str:
    """Return a value with the error of its last digit: 0.0135(6)."""
    if estimate is None:
        return _MISSING
    value, error = estimate.value, estimate.stderr
    if not (math.isfinite(value) and math.isfinite(error)) or abs(value) >= _LARGE:
        return f"{value:.3g}"
    if error <= 0.0:
        return f"{value:.3g}"
    decimals = min(6, max(0, -math.floor(math.log10(float(f"{error:.0e}")))))
    last = round(error * 10**decimals)
    return f"{value:.{decimals}f}({last})" if last else f"{value:.3g}"
