"""From a model to what the kernels take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._kernels import driver
from clt_sim._kernels.blocks import FIXED, SumParameters
from clt_sim.models import FixedWeights, WeightedSum
from clt_sim.models.expectation import variance
from clt_sim.summaries import terms_grid
from clt_sim.summaries.histogram import BINS, HALF_RANGE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Law

LEAST_MAGNITUDE, MOST_MAGNITUDE = 1e-30, 1e30
"""Numbers inside leave single precision room for the products and the tails of every law."""
MOST_OFFSET = 1e3
"""The sum of 32 draws this many scales from 0 is rounded to within a thousandth of its sd."""
MOST_BIAS = 1e10
"""A double this many standard deviations from 0 resolves a millionth of one."""


def sum_parameters(model: WeightedSum) -> tuple[SumParameters, NDArray[np.float32]]:
    """Return the ids and numbers of a weighted sum, and its fixed weights (or none)."""
    if isinstance(model.weights, FixedWeights):
        law, shape, location, scale = FIXED, 0.0, 0.0, 1.0
        values = model.weights.values
    else:
        law, shape, values = model.weights.kernel, model.weights.kernel_shape, np.empty(0)
        location, scale = model.weights.standard_form
    input_location, input_scale = model.inputs.standard_form
    parameters = SumParameters(
        input_law=model.inputs.kernel,
        input_shape=np.float32(model.inputs.kernel_shape),
        input_location=np.float32(input_location),
        input_scale=np.float32(input_scale),
        nonlinearity=model.nonlinearity.kernel,
        parameter=np.float32(model.nonlinearity.kernel_parameter),
        weight_law=law,
        weight_shape=np.float32(shape),
        weight_location=np.float32(location),
        weight_scale=np.float32(scale),
    )
    return parameters, values.astype(np.float32)


def check_single_precision(model: WeightedSum) -> None:
    """Raise if the numbers of a model are too large or too small for single precision.

    Raises
    ------
    ValueError
        If a parameter of a law, or the size of the sum itself, does not fit, or if a law makes
        the variance of the sum infinite.
    """
    if isinstance(model.weights, FixedWeights):
        numbers = {"the largest weight": float(np.abs(model.weights.values).max())}
    else:
        numbers = _named_numbers("weights", model.weights)
    numbers |= _named_numbers("inputs", model.inputs)
    numbers["the parameter of the nonlinearity"] = model.nonlinearity.kernel_parameter
    for name, number in numbers.items():
        _check_magnitude(name, number)
    # Only now: the variance of a law with a parameter beyond these may overflow.
    _check_finite_variance(model)
    _check_magnitude("the standard deviation of the sum", math.sqrt(model.variance))
    _check_bias(model)
    for argument, law in (("inputs", model.inputs), ("weights", model.weights)):
        if not isinstance(law, FixedWeights):
            _check_resolution(argument, law)


def _check_magnitude(name: str, number: float) -> None:
    if number != 0.0 and not LEAST_MAGNITUDE <= abs(number) <= MOST_MAGNITUDE:
        raise ValueError(
            f"{name} must be 0 or from {LEAST_MAGNITUDE:g} to {MOST_MAGNITUDE:g} in size,"
            f" not {number:g}: draws are in single precision. Rescale the model."
        )


def _check_finite_variance(model: WeightedSum) -> None:
    """Raise if a law has no finite variance, without which the sum has no grid to count on."""
    of_inputs = f"through {model.nonlinearity}, the law of inputs"
    variances = {of_inputs: (model.inputs, variance(model.inputs, model.nonlinearity))}
    if not isinstance(model.weights, FixedWeights):
        variances["the law of weights"] = (model.weights, model.weights.variance)
    for name, (law, number) in variances.items():
        if not math.isfinite(number):
            raise ValueError(
                f"{name} must have a finite variance; that of {law} is {number}. Statistics are"
                " counted on a grid around the mean of the sum, as wide as its standard deviation."
            )


def _check_bias(model: WeightedSum) -> None:
    """Raise if the bias leaves too few digits to tell one bin from the next."""
    sd = math.sqrt(model.variance)
    if sd > 0.0 and abs(model.bias) > MOST_BIAS * sd:
        raise ValueError(
            f"bias must be at most {MOST_BIAS:g} standard deviations of the sum, of {sd:g} each,"
            f" from 0, not {model.bias:g}. Simulate without it and add it to the results."
        )


def _check_resolution(argument: str, law: Law) -> None:
    """Raise if draws of a law would be rounded to much less than its own scale."""
    location, scale = law.standard_form
    if abs(location) > MOST_OFFSET * abs(scale):
        raise ValueError(
            f"the location of {argument}, {location:g}, must be at most {MOST_OFFSET:g} scales,"
            f" of {scale:g} each, from 0: draws are in single precision. Move the location to"
            " the bias."
        )


def _named_numbers(argument: str, law: Law) -> dict[str, float]:
    location, scale = law.standard_form
    return {
        f"the location of {argument}": location,
        f"the scale of {argument}": scale,
        f"the shape of the kernel for {argument}": law.kernel_shape,
    }


def kernel_grid(models: Sequence[WeightedSum]) -> driver.Grid:
    """Return the grids of the prefixes of a sum, in the terms of the kernels: without the bias.

    The bias is added to what comes back, so that it takes no digits from the sums.
    """
    grids = [terms_grid(model) for model in models]
    return driver.Grid(
        ns=np.array([model.n for model in models], np.int64),
        locations=np.array([grid.location for grid in grids]),
        inverse_scales=np.array([1.0 / grid.scale for grid in grids]),
        low=-HALF_RANGE,
        bins_per_unit=BINS / (2.0 * HALF_RANGE),
    )


def seed_words(seed: int) -> tuple[np.uint32, np.uint32]:
    """Split a seed of 64 bits into its lower and upper half."""
    return np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32)
