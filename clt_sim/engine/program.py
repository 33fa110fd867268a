"""From a model to what the kernels take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._kernels import driver
from clt_sim._kernels.blocks import FIXED, SumParameters
from clt_sim.models import FixedWeights, WeightedSum
from clt_sim.summaries import Grid
from clt_sim.summaries.histogram import BINS, HALF_RANGE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Law

LEAST_MAGNITUDE, MOST_MAGNITUDE = 1e-30, 1e30
"""Numbers inside leave single precision room for the products and the tails of every law."""
MOST_OFFSET = 1e4
"""A draw this many scales from 0 is rounded to within a thousandth of a scale."""


def sum_parameters(model: WeightedSum) -> tuple[SumParameters, NDArray[np.float32]]:
    """Return the ids and numbers of a weighted sum, and its fixed weights (or none)."""
    if isinstance(model.weights, FixedWeights):
        law, location, scale, values = FIXED, 0.0, 1.0, model.weights.values
    else:
        law, values = model.weights.kernel, np.empty(0)
        location, scale = model.weights.standard_form
    input_location, input_scale = model.inputs.standard_form
    parameters = SumParameters(
        n=model.n,
        input_law=model.inputs.kernel,
        input_location=np.float32(input_location),
        input_scale=np.float32(input_scale),
        nonlinearity=model.nonlinearity.kernel,
        parameter=np.float32(model.nonlinearity.kernel_parameter),
        weight_law=law,
        weight_location=np.float32(location),
        weight_scale=np.float32(scale),
        bias=model.bias,
    )
    return parameters, values.astype(np.float32)


def check_single_precision(model: WeightedSum) -> None:
    """Raise if the numbers of a model are too large or too small for single precision.

    Raises
    ------
    ValueError
        If a parameter of a law, or the size of the sum itself, does not fit.
    """
    if isinstance(model.weights, FixedWeights):
        numbers = {"the largest weight": float(np.abs(model.weights.values).max())}
    else:
        numbers = _named_numbers("weights", model.weights)
    numbers |= _named_numbers("inputs", model.inputs)
    numbers["the parameter of the nonlinearity"] = model.nonlinearity.kernel_parameter
    numbers["the standard deviation of the sum"] = math.sqrt(model.variance)
    for name, number in numbers.items():
        if number != 0.0 and not LEAST_MAGNITUDE <= abs(number) <= MOST_MAGNITUDE:
            raise ValueError(
                f"{name} must be 0 or from {LEAST_MAGNITUDE:g} to {MOST_MAGNITUDE:g} in size,"
                f" not {number:g}: draws are in single precision. Rescale the model."
            )
    for argument, law in (("inputs", model.inputs), ("weights", model.weights)):
        if not isinstance(law, FixedWeights):
            _check_resolution(argument, law)


def _check_resolution(argument: str, law: Law) -> None:
    """Raise if draws of a law would be rounded to much less than its own scale."""
    location, scale = law.standard_form
    if abs(location) > MOST_OFFSET * scale:
        raise ValueError(
            f"the location of {argument}, {location:g}, must be at most {MOST_OFFSET:g} scales,"
            f" of {scale:g} each, from 0: draws are in single precision. Move the location to"
            " the bias."
        )


def _named_numbers(argument: str, law: Law) -> dict[str, float]:
    location, scale = law.standard_form
    return {f"the location of {argument}": location, f"the scale of {argument}": scale}


def model_grid(model: WeightedSum) -> Grid:
    """Return the grid of a model's statistics, from its own mean and variance."""
    return Grid.around(model.mean, math.sqrt(model.variance))


def kernel_grid(grid: Grid) -> driver.Grid:
    """Return the grid in the terms of the kernels."""
    return driver.Grid(grid.location, 1.0 / grid.scale, -HALF_RANGE, BINS / (2.0 * HALF_RANGE))


def seed_words(seed: int) -> tuple[np.uint32, np.uint32]:
    """Split a seed of 64 bits into its lower and upper half."""
    return np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32)
