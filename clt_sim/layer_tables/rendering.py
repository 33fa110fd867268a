"""What tables of layers show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clt_sim.gaussianity.registry import MEASURES as GAUSSIANITY
from clt_sim.tables import WIDTH, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clt_sim.estimate import Estimate
    from clt_sim.layer_tables.signal_measures import SignalMeasures
    from clt_sim.layer_tables.table import LayerTable

_HEADINGS = {"u": "u", "pre-activation": "Wu+b", "normalized": "normalized"}
_LEGENDS = {
    "lifetime": (
        "unit: median over units that vary; size: of its absolute value; floor: the same\n"
        "for normal units; pooled: all units together; population: median over rows.\n"
        "Errors of the last digit are in parentheses."
    ),
    "population": (
        "row: median over inputs or positions, each over all units; size: of its\n"
        "absolute value; floor: the same for normal rows; pooled: all values; lifetime:\n"
        "median over units. Errors of the last digit are in parentheses."
    ),
    "both": (
        "unit: median over units that vary; population: median over rows, each over all\n"
        "units; size: of the absolute value; floor: the same for normal units or rows;\n"
        "pooled: all values. Errors of the last digit are in parentheses."
    ),
}
_MISSING = "-"
_LARGE = 1e5


def as_text(table: LayerTable) -> str:
    """Return the table with the signals of a layer side by side."""
    blocks = [table.title, _LEGENDS[table.axis]]
    for kind, layer in zip(table.normalizations, table.layers, strict=True):
        blocks.append("\n".join([_heading(kind, layer), *_aligned(_grid(table, layer))]))
    return "\n\n".join(blocks)


def as_tables(table: LayerTable) -> list[Table]:
    """Return a table for each layer, for terminals and notebooks, under one with the legend."""
    tables = [Table(table.title, (), (), (_LEGENDS[table.axis].replace("\n", " "),))]
    for kind, layer in zip(table.normalizations, table.layers, strict=True):
        (_, *signals), (_, *kinds), *rows = _grid(table, layer)
        # A heading stands over the two columns of a signal, of which the second is empty.
        above = [signals[i - i % 2] for i in range(len(signals))]
        columns = ("", *map("\n".join, zip(above, kinds, strict=True)))
        align = "l" + "r" * len(above)
        tables.append(Table(_heading(kind, layer), columns, tuple(map(tuple, rows)), align=align))
    return tables


def _heading(kind: str | None, layer: tuple[SignalMeasures, ...]) -> str:
    first = layer[0]
    # What follows the units is the same for all signals of a layer.
    rows = first.ensemble.split(" over ", 1)[1]
    text = f"{first.layer}: {rows}"
    return text if kind is None else f"{text}; normalized: {kind}"


def _grid(table: LayerTable, layer: tuple[SignalMeasures, ...]) -> list[list[str]]:
    """Return the rows of one layer: a name, and two cells a signal."""
    grid = [["", *(cell for s in layer for cell in (_HEADINGS[s.signal], ""))]]
    kind = "population" if table.axis == "population" else "unit"
    heading = "row" if kind == "population" else "unit"
    grid.append(["", *(heading, "pooled") * len(layer)])
    for name in table.measures:
        cells = [(_short(getattr(s, kind).get(name)), _short(s.pooled.get(name))) for s in layer]
        grid.append([name, *(cell for pair in cells for cell in pair)])
        grid += _below(table.axis, layer, name)
    effective = [(_size(s.effective_rows), _size(s.effective_values)) for s in layer]
    grid.append(["effective size", *(cell for pair in effective for cell in pair)])
    grid.append(["constant units", *(c for s in layer for c in (str(s.constant_units), ""))])
    if any(s.non_finite for s in layer):
        grid.append(["not finite", *(c for s in layer for c in ("", str(s.non_finite)))])
    return grid


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


def _aligned(grid: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in grid) for i in range(len(grid[0]))]
    signals = len(widths) // 2
    gap = "  " if sum(widths) + len(widths) - 1 + signals <= WIDTH else " "
    lines = []
    for name, *cells in grid:
        padded = [f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True)]
        pairs = (" ".join(padded[i : i + 2]) for i in range(0, len(padded), 2))
        lines.append(gap.join([f"{name:<{widths[0]}}", *pairs]).rstrip())
    return lines


def _size(value: float | None) -> str:
    return _MISSING if value is None else f"{value:.4g}" if value < _LARGE else f"{value:.0f}"


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
