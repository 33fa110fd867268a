"""From laws to what the kernels take."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from clt_sim._kernels.laws import Laws
from clt_sim.engine.alias_table import AliasTable, alias_table
from clt_sim.engine.quantile_table import quantile_table
from clt_sim.laws.base import TABLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.engine.precision import Precision
    from clt_sim.laws import Law


class LawProgram(NamedTuple):
    """How one law is drawn: a choice among pieces and atoms, and the kernel of the pieces."""

    kind: int
    shape: float
    location: float
    scale: float
    pieces: int
    cells: NDArray[np.float64]
    choice: AliasTable | None
    atoms: NDArray[np.float64]


_NO_ATOMS = np.empty(0)


@functools.lru_cache(maxsize=64)
def law_program(law: Law, precision: Precision) -> LawProgram:
    """Return how a law is drawn.

    Raises
    ------
    ValueError
        If its quantile function does not fit a table.
    """
    no_cells = np.empty((0, precision.table.coefficients))
    if law.kernel != TABLE:
        location, scale = law.standard_form
        kernel = law.kernel, law.kernel_shape, location, scale
        return LawProgram(*kernel, 1, no_cells, None, _NO_ATOMS)
    atoms = np.array(list(law.atoms), np.float64)
    masses = np.array(list(law.atoms.values()), np.float64)
    smooth = law.without_atoms
    if smooth is None:
        return LawProgram(TABLE, 0.0, 0.0, 1.0, 0, no_cells, alias_table(masses), atoms)
    if smooth.kernel != TABLE:
        base = law_program(smooth, precision)
        piece_masses = np.ones(1)
    else:
        table = quantile_table(smooth, precision.table)
        piece_masses = table.masses
        base = LawProgram(
            TABLE, 0.0, table.location, table.scale, table.masses.size, table.cells, None, atoms
        )
    if piece_masses.size + masses.size == 1:
        return base
    rest = max(1.0 - masses.sum(), 0.0)
    probabilities = np.concatenate([rest * piece_masses, masses])
    return base._replace(choice=alias_table(probabilities / probabilities.sum()), atoms=atoms)


def kernel_laws(laws: Sequence[Law | None], precision: Precision) -> Laws:
    """Return the laws of the streams, in order, as the kernels take them; None is not drawn."""
    programs = [None if law is None else law_program(law, precision) for law in laws]
    used = [program for program in programs if program is not None]
    choices = [program.choice for program in used if program.choice is not None]
    no_cells = np.empty((0, precision.table.coefficients))
    kinds = np.zeros(len(laws), np.int64)
    numbers = np.zeros((len(laws), 3), precision.real)
    spans = np.zeros((len(laws), 6), np.int64)
    firsts = [0, 0, 0]
    for stream, program in enumerate(programs):
        if program is None:
            continue
        columns = 0 if program.choice is None else program.choice.partners.size
        if np.max(np.abs(program.cells), initial=0.0) > np.finfo(precision.real).max:
            raise ValueError(
                f"{laws[stream]} cannot be drawn in {precision.name} precision: some of its"
                " quantiles are that much farther apart than its quartiles."
            )
        counts = len(program.cells), columns, program.atoms.size
        kinds[stream] = program.kind
        numbers[stream] = program.shape, program.location, program.scale
        spans[stream] = firsts[0], program.pieces, firsts[1], columns, firsts[2], counts[2]
        firsts = [first + count for first, count in zip(firsts, counts, strict=True)]
    return Laws(
        kinds=kinds,
        numbers=numbers,
        spans=spans,
        cells=_joined([program.cells for program in used], no_cells, precision.real),
        thresholds=_joined([choice.thresholds for choice in choices], _NO_ATOMS, np.uint32),
        partners=_joined([choice.partners for choice in choices], _NO_ATOMS, np.int32),
        atoms=_joined([program.atoms for program in used], _NO_ATOMS, precision.real),
    )


def _joined(parts: Sequence[NDArray[np.generic]], none: NDArray[np.generic], dtype: type) -> Any:
    return np.concatenate([none, *parts]).astype(dtype)
