"""One block of replicates of a weighted sum."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from clt_sim._kernels.bits import seed_lanes
from clt_sim._kernels.compilation import kernel
from clt_sim._kernels.laws import fill
from clt_sim._kernels.sums import add_term, fold, settle

BLOCK = 1024
"""Replicates in a block: the rows that a term needs fit the first-level cache."""
LANES = BLOCK // 4
FOLD = 32
"""Terms that are summed in single precision before they go into the double-precision total."""
WEIGHT_STREAM, INPUT_STREAM = np.uint32(0), np.uint32(1)
FIXED = -1
"""In place of the id of a law: the weights are numbers."""


class SumParameters(NamedTuple):
    """What the kernels need to know of a weighted sum: ids, and numbers in single precision."""

    input_law: int
    input_shape: np.float32
    input_location: np.float32
    input_scale: np.float32
    nonlinearity: int
    parameter: np.float32
    weight_law: int
    weight_shape: np.float32
    weight_location: np.float32
    weight_scale: np.float32


class Workspace(NamedTuple):
    """The rows of a block, written anew for each one."""

    weight_state: Any
    input_state: Any
    weights: Any
    inputs: Any
    sums: Any
    totals: Any
    prefix_sums: Any


def workspace() -> Workspace:
    """Allocate the rows of a block."""
    return Workspace(
        weight_state=np.empty((4, LANES), np.uint32),
        input_state=np.empty((4, LANES), np.uint32),
        weights=np.empty(BLOCK, np.float32),
        inputs=np.empty(BLOCK, np.float32),
        sums=np.empty(BLOCK, np.float32),
        totals=np.empty(BLOCK, np.float64),
        prefix_sums=np.empty(BLOCK, np.float64),
    )


@kernel
def start_block(seed_low: Any, seed_high: Any, block: Any, model: Any, rows: Any) -> None:
    """Key the lanes of one block and set its sums to those of no terms.

    Parameters
    ----------
    seed_low, seed_high : uint32
        The seed.
    block : int64
        Index of the block, which with the seed decides every draw in it.
    model : SumParameters
        The sum.
    rows : Workspace
        Overwritten.
    """
    seed_lanes(rows.input_state, seed_low, seed_high, INPUT_STREAM, block)
    if model.weight_law != FIXED:
        seed_lanes(rows.weight_state, seed_low, seed_high, WEIGHT_STREAM, block)
    rows.totals[:] = 0.0
    rows.sums[:] = 0


@kernel
def add_terms(first: Any, last: Any, model: Any, fixed_weights: Any, rows: Any) -> None:
    """Add the terms ``first <= i < last``, and put the sums of all terms so far in prefix_sums.

    Parameters
    ----------
    first, last : int64
        Which terms; all before `first` have been added.
    model : SumParameters
        The sum.
    fixed_weights : ndarray of float32, shape (n,)
        The weights where ``model.weight_law`` is FIXED.
    rows : Workspace
        Continued.
    """
    for term in range(first, last):
        if model.weight_law == FIXED:
            rows.weights[:] = fixed_weights[term]
        else:
            fill(
                model.weight_law,
                model.weight_shape,
                model.weight_location,
                model.weight_scale,
                rows.weights,
                rows.weight_state,
            )
        fill(
            model.input_law,
            model.input_shape,
            model.input_location,
            model.input_scale,
            rows.inputs,
            rows.input_state,
        )
        add_term(model.nonlinearity, model.parameter, rows.sums, rows.weights, rows.inputs)
        if (term + 1) % FOLD == 0:
            fold(rows.totals, rows.sums)
    # Totals and sums stay as they are, so that a prefix leaves no trace in what follows.
    settle(rows.totals, rows.sums, rows.prefix_sums)
