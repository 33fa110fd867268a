"""One block of replicates of a random network: inputs, and what all layers have in common.

A lane is a network. Each unit of a layer is a row of values, one for each lane; where a batch of
examples goes through the same network, each unit has a row for every example, one after the other.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import uint32

from clt_sim._kernels.bits import seed_lanes
from clt_sim._kernels.blocks import (
    BIAS,
    COMMON,
    INPUTS,
    WEIGHTS,
    choose_rows,
    constant_row,
    take,
)
from clt_sim._kernels.compilation import kernel, prefer_wide_vectors
from clt_sim._kernels.laws import draw, fill_words
from clt_sim._kernels.rows import BLOCK, LANES, aligned
from clt_sim._kernels.statistics import clear

UNNORMALIZED, LAYER, ROOT_MEAN_SQUARE, BATCH = range(4)
"""What the pre-activations of hidden layers are normalised over, if at all."""
STREAMS = 4
ROUNDING = 2.0**-100
"""Deviations whose squares are below this share of the squared mean are rounding errors."""


class NetworkParameters(NamedTuple):
    """What the kernels need to know of a random network, besides its laws.

    Real numbers are float32 or float64, as the draws are, where nothing else is said.
    """

    nonlinearity: int
    parameter: np.floating[Any]
    widths: Any
    """Int64, (layers,): the number of inputs, then that of units of each hidden layer."""
    gains: Any
    """Float64, (layers,): what the weights to the next layer are multiplied by."""
    bias_variance: float
    """Of the biases; taken by the conditional sampler, the direct one draws them of their law."""
    normalization: int
    examples: int
    """The size of a batch; 1 where nothing is normalised over a batch."""
    activated_inputs: bool
    """Whether the inputs go through the nonlinearity; only in the conditional sampler."""
    fixed_inputs: Any
    """Real, (inputs,); empty where inputs are drawn."""
    data: Any
    """Real, (inputs, rows): the inputs to choose from; empty where there are none."""
    fixed_weights: Any
    """Real, (all,): by layer, unit and input of the unit; empty where weights are drawn."""
    fixed_biases: Any
    """Real, (all units,): the same; empty where biases are drawn or 0."""
    random_bias: bool


class NetworkWorkspace(NamedTuple):
    """The rows of a block, written anew for each one."""

    states: Any
    words: Any
    choices: Any
    data_rows: Any
    """Int32, (examples, block): which row of data each example is."""
    weights: Any
    biases: Any
    ones: Any
    sums: Any
    """Real, (examples, block)."""
    totals: Any
    """Float64, (examples, block)."""
    pre_activations: Any
    activations: Any
    """Real, (units*examples, block)."""
    means: Any
    scales: Any
    """Float64, (block,): what pre-activations are normalised by."""
    roots: Any
    """Real, (block,): of the variances."""
    variances: Any
    """Float64, (block,): of the output, given all layers but the last weights."""
    outputs: Any
    """Float64, (block,): the draws."""


def workspace(network: NetworkParameters) -> NetworkWorkspace:
    """Allocate the rows of a block."""
    real, examples = network.parameter.dtype, network.examples
    units = int(network.widths.max()) * examples
    return NetworkWorkspace(
        states=aligned((STREAMS, 4 * LANES), np.uint32),
        words=aligned(BLOCK, np.float32),
        choices=aligned(BLOCK, np.int32),
        data_rows=aligned((examples, BLOCK), np.int32),
        weights=aligned(BLOCK, real),
        biases=aligned(BLOCK, real),
        ones=aligned(BLOCK, real, 1),
        sums=aligned((examples, BLOCK), real),
        totals=aligned((examples, BLOCK)),
        pre_activations=aligned((units, BLOCK), real),
        activations=aligned((units, BLOCK), real),
        means=aligned(BLOCK),
        scales=aligned(BLOCK),
        roots=aligned(BLOCK, real),
        variances=aligned(BLOCK),
        outputs=aligned(BLOCK),
    )


@kernel
def start_network_block(seed_low: Any, seed_high: Any, block: Any, network: Any, rows: Any) -> None:
    """Key the lanes of one block, and draw what decides which replicates are kept as samples.

    Parameters
    ----------
    seed_low, seed_high : uint32
        The seed.
    block : int64
        Index of the block, which with the seed decides every draw in it.
    network : NetworkParameters
        The network.
    rows : NetworkWorkspace
        Overwritten: `words` hold a random word for each replicate.
    """
    for stream in range(STREAMS):
        used = (
            stream == INPUTS
            or (stream == WEIGHTS and not network.fixed_weights.size)
            or (stream == BIAS and network.random_bias)
            or (stream == COMMON and network.data.size)
        )
        if used:
            seed_lanes(rows.states[stream], seed_low, seed_high, uint32(stream), block)
    if network.data.size:
        for example in range(network.examples):
            fill_words(rows.words, rows.states[COMMON])
            choose_rows(rows.data_rows[example], rows.words, network.data.shape[1])
    fill_words(rows.words, rows.states[INPUTS])


@kernel
def draw_input(
    unit: Any, example: Any, fill: Any, laws: Any, network: Any, rows: Any, values: Any
) -> None:
    """Overwrite a row with one input of every replicate."""
    if network.fixed_inputs.size:
        constant_row(values, network.fixed_inputs[unit])
    elif network.data.size:
        take(network.data[unit], rows.data_rows[example], values)
    else:
        draw(fill, laws, INPUTS, values, rows.words, rows.choices, rows.states[INPUTS])


@kernel
def finish_layer(units: Any, add_term: Any, network: Any, rows: Any) -> None:
    """Turn the pre-activations of a hidden layer into its activations.

    Parameters
    ----------
    units : int64
        How many there are.
    add_term : function
        As ``clt_sim._kernels.sums.add_term`` returns it.
    network : NetworkParameters
        The network.
    rows : NetworkWorkspace
        Its pre-activations are normalised if the network does so; its activations are written.
    """
    first = np.int64(0)
    if network.normalization == BATCH:
        for unit in range(units):
            first = unit * network.examples
            _normalize(first, first + network.examples, network, rows)
    elif network.normalization != UNNORMALIZED:
        _normalize(first, units, network, rows)
    for row in range(units * network.examples):
        clear(rows.activations[row])
        add_term(
            network.nonlinearity,
            network.parameter,
            rows.activations[row],
            rows.ones,
            rows.pre_activations[row],
        )


@kernel
def _normalize(first: Any, last: Any, network: Any, rows: Any) -> None:
    """Normalise over some rows of pre-activations: to mean 0 and mean square 1, or the second."""
    clear(rows.means)
    if network.normalization != ROOT_MEAN_SQUARE:
        for row in range(first, last):
            _add(rows.means, rows.pre_activations[row])
        _divide(rows.means, last - first)
    clear(rows.scales)
    for row in range(first, last):
        _add_squared_deviations(rows.scales, rows.pre_activations[row], rows.means)
    _invert_roots(rows.scales, rows.means, last - first)
    for row in range(first, last):
        _standardize(rows.pre_activations[row], rows.means, rows.scales)


@kernel
def _add(totals: Any, values: Any) -> None:
    prefer_wide_vectors()
    for j in range(totals.size):
        totals[j] += values[j]


@kernel
def _divide(totals: Any, count: Any) -> None:
    prefer_wide_vectors()
    for j in range(totals.size):
        totals[j] /= count


@kernel
def _add_squared_deviations(totals: Any, values: Any, means: Any) -> None:
    prefer_wide_vectors()
    for j in range(totals.size):
        deviation = values[j] - means[j]
        totals[j] += deviation * deviation


@kernel
def _invert_roots(squares: Any, means: Any, count: Any) -> None:
    """Turn sums of squared deviations into 1 over the root of their mean; 0 where all are 0."""
    prefer_wide_vectors()
    for j in range(squares.size):
        mean_square = squares[j] / count
        varies = mean_square > ROUNDING * means[j] * means[j]
        squares[j] = 1.0 / math.sqrt(mean_square if varies else 1.0) if varies else 0.0


@kernel
def _standardize(values: Any, means: Any, scales: Any) -> None:
    prefer_wide_vectors()
    for j in range(values.size):
        values[j] = (values[j] - means[j]) * scales[j]
