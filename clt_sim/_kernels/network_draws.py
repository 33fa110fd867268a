"""A draw of a random network: with every weight, or of Gaussian weights by their variances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from clt_sim._kernels.blocks import BIAS, FOLD, WEIGHTS, constant_row
from clt_sim._kernels.compilation import fma, kernel, prefer_wide_vectors
from clt_sim._kernels.laws import draw
from clt_sim._kernels.networks import (
    UNNORMALIZED,
    draw_input,
    finish_layer,
)
from clt_sim._kernels.statistics import clear
from clt_sim._kernels.sums import fold


@kernel
def draw_directly(fill: Any, add_term: Any, laws: Any, network: Any, rows: Any) -> None:
    """Draw every weight and every bias, or take those that are fixed; put the draws in outputs.

    Parameters
    ----------
    fill, add_term : Fill, function
        As ``clt_sim._kernels.laws.fill`` and ``clt_sim._kernels.sums.add_term`` return them.
    laws : Laws
        The laws of the streams.
    network : NetworkParameters
        The network.
    rows : NetworkWorkspace
        Continued.
    """
    examples = network.examples
    for unit in range(network.widths[0]):
        for example in range(examples):
            values = rows.activations[unit * examples + example]
            draw_input(unit, example, fill, laws, network, rows, values)
    weight, bias = np.int64(0), np.int64(0)
    layers = network.gains.size
    for layer in range(layers - 1):
        units, gain = network.widths[layer + 1], network.gains[layer]
        for unit in range(units):
            _sum_inputs(layer, weight, examples, fill, laws, network, rows)
            _draw_bias(bias, fill, laws, network, rows)
            for example in range(examples):
                values = rows.pre_activations[unit * examples + example]
                _settle(rows.totals[example], rows.sums[example], gain, rows.biases, values)
            weight += network.widths[layer]
            bias += 1
        finish_layer(units, add_term, network, rows)
    # The draw is that of the first example.
    first = np.int64(1)
    _sum_inputs(layers - 1, weight, first, fill, laws, network, rows)
    _draw_bias(bias, fill, laws, network, rows)
    gain = network.gains[layers - 1]
    _settle(rows.totals[0], rows.sums[0], gain, rows.biases, rows.outputs)


@kernel
def _sum_inputs(
    layer: Any, weight: Any, examples: Any, fill: Any, laws: Any, network: Any, rows: Any
) -> None:
    """Add what goes into one unit, for some examples; its fixed weights begin at `weight`."""
    for unit in range(network.widths[layer]):
        if not network.fixed_weights.size:
            draw(fill, laws, WEIGHTS, rows.weights, rows.words, rows.choices, rows.states[WEIGHTS])
        for example in range(examples):
            inputs = rows.activations[unit * network.examples + example]
            if network.fixed_weights.size:
                _add_multiple(rows.sums[example], network.fixed_weights[weight + unit], inputs)
            else:
                _add_product(rows.sums[example], rows.weights, inputs)
            if (unit + 1) % FOLD == 0:
                fold(rows.totals[example], rows.sums[example])


@kernel
def _draw_bias(place: Any, fill: Any, laws: Any, network: Any, rows: Any) -> None:
    """Draw the bias of a unit, or take the fixed one; the row of biases starts with zeros."""
    if network.fixed_biases.size:
        constant_row(rows.biases, network.fixed_biases[place])
    elif network.random_bias:
        draw(fill, laws, BIAS, rows.biases, rows.words, rows.choices, rows.states[BIAS])


@kernel
def _add_product(sums: Any, weights: Any, inputs: Any) -> None:
    prefer_wide_vectors()
    for j in range(sums.size):
        sums[j] = fma(weights[j], inputs[j], sums[j])


@kernel
def _add_multiple(sums: Any, weight: Any, inputs: Any) -> None:
    prefer_wide_vectors()
    for j in range(sums.size):
        sums[j] = fma(weight, inputs[j], sums[j])


@kernel
def _settle(totals: Any, sums: Any, gain: Any, biases: Any, values: Any) -> None:
    """Write the pre-activation of a unit, and clear its sums."""
    prefer_wide_vectors()
    for j in range(values.size):
        values[j] = gain * (totals[j] + sums[j]) + biases[j]
        totals[j] = 0.0
        sums[j] = 0.0


@kernel
def draw_variances(fill: Any, add_term: Any, laws: Any, network: Any, rows: Any) -> None:
    """Draw the variance of the output given all layers but the last weights.

    Given one layer, the next pre-activations are independent N(0, K), with K the bias variance
    plus the squared gain times the sum of squared activations. So a normal number for each unit
    stands for all its weights. The law of the weights is that of these numbers: N(0, 1).

    Parameters
    ----------
    fill, add_term, laws, network, rows
        As for `draw_directly`; the variances of the workspace are written.
    """
    inputs, first = network.widths[0], np.int64(0)
    outputs, squares = rows.activations[0], rows.sums[0]
    clear(rows.variances)
    for unit in range(inputs):
        draw_input(unit, first, fill, laws, network, rows, rows.weights)
        if network.activated_inputs:
            clear(outputs)
            add_term(network.nonlinearity, network.parameter, outputs, rows.ones, rows.weights)
            _add_squares(unit, inputs, squares, outputs, rows.variances)
        else:
            _add_squares(unit, inputs, squares, rows.weights, rows.variances)
    _scale(rows.variances, network.gains[0], network.bias_variance)
    for layer in range(1, network.gains.size):
        _take_roots(rows.variances, rows.roots)
        clear(rows.variances)
        if network.normalization == UNNORMALIZED:
            _sum_squares(network.widths[layer], fill, add_term, laws, network, rows)
        else:
            _sum_normalized_squares(network.widths[layer], fill, add_term, laws, network, rows)
        _scale(rows.variances, network.gains[layer], network.bias_variance)


@kernel
def _sum_squares(units: Any, fill: Any, add_term: Any, laws: Any, network: Any, rows: Any) -> None:
    """Draw the units of a layer one by one, and add their squared activations."""
    outputs = rows.activations[0]
    for unit in range(units):
        draw(fill, laws, WEIGHTS, rows.weights, rows.words, rows.choices, rows.states[WEIGHTS])
        _multiply(rows.weights, rows.roots, outputs)
        add_term(network.nonlinearity, network.parameter, outputs, rows.ones, rows.weights)
        _add_squares(unit, units, rows.sums[0], outputs, rows.variances)


@kernel
def _sum_normalized_squares(
    units: Any, fill: Any, add_term: Any, laws: Any, network: Any, rows: Any
) -> None:
    """Draw all units of a layer, normalise them, and add their squared activations."""
    for unit in range(units):
        values = rows.pre_activations[unit]
        draw(fill, laws, WEIGHTS, values, rows.words, rows.choices, rows.states[WEIGHTS])
        _multiply(values, rows.roots, rows.activations[unit])
    finish_layer(units, add_term, network, rows)
    for unit in range(units):
        _add_squares(unit, units, rows.sums[0], rows.activations[unit], rows.variances)


@kernel
def draw_given_variances(fill: Any, laws: Any, rows: Any) -> None:
    """Put draws of N(0, K) in outputs, with K the variances of the workspace."""
    draw(fill, laws, WEIGHTS, rows.weights, rows.words, rows.choices, rows.states[WEIGHTS])
    _multiply_by_roots(rows.weights, rows.variances, rows.outputs)


@kernel
def _add_squares(unit: Any, units: Any, sums: Any, values: Any, totals: Any) -> None:
    """Add the squares of the values of a unit; fold them into the totals now and then."""
    _square(sums, values)
    if (unit + 1) % FOLD == 0 or unit + 1 == units:
        fold(totals, sums)


@kernel
def _square(sums: Any, values: Any) -> None:
    prefer_wide_vectors()
    for j in range(sums.size):
        sums[j] = fma(values[j], values[j], sums[j])


@kernel
def _scale(variances: Any, gain: Any, bias_variance: Any) -> None:
    prefer_wide_vectors()
    for j in range(variances.size):
        variances[j] = gain * gain * variances[j] + bias_variance


@kernel
def _take_roots(variances: Any, roots: Any) -> None:
    prefer_wide_vectors()
    for j in range(variances.size):
        roots[j] = math.sqrt(variances[j])


@kernel
def _multiply(values: Any, factors: Any, cleared: Any) -> None:
    """Multiply values by factors, and clear another row at the same time."""
    prefer_wide_vectors()
    for j in range(values.size):
        values[j] *= factors[j]
        cleared[j] = 0.0


@kernel
def _multiply_by_roots(values: Any, variances: Any, products: Any) -> None:
    prefer_wide_vectors()
    for j in range(values.size):
        products[j] = values[j] * math.sqrt(variances[j])
