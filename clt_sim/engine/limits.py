"""Whether draws of a model fit the precision they are in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.engine.law_program import law_program
from clt_sim.laws import Law
from clt_sim.models import RandomNetwork, RandomScale, WeightedSum, sum_moments
from clt_sim.models.fixed import FixedNumbers

if TYPE_CHECKING:
    from clt_sim.engine.precision import Precision
    from clt_sim.models import Model

MOST_BIAS = 1e10
"""A double this many standard deviations from 0 resolves a millionth of one."""
RAREST = 2.0**-32
"""About the least probability that a draw can stand for."""
MOST_SQUARED = math.sqrt(float(np.finfo(np.float64).max))
"""A double beyond this has no square, and a sum of its size no variance."""


def check_precision(model: Model, precision: Precision) -> None:
    """Raise if the numbers of a model are too large or too small for a precision.

    Raises
    ------
    ValueError
        If a parameter of a law, the largest draws, or the size of the sum itself, do not fit, or
        if a law cannot be drawn.
    """
    laws = _drawn_laws(model)
    numbers = {"the parameter of the nonlinearity": model.nonlinearity.kernel_parameter}
    for argument in ("weights", "inputs"):
        part = getattr(model, argument)
        if isinstance(part, FixedNumbers):
            numbers[f"the largest of {argument}"] = float(np.abs(part.values).max())
    for argument, law in laws.items():
        numbers |= _named_numbers(argument, law)
    for name, number in numbers.items():
        _check_magnitude(name, number, precision)
    for argument, law in laws.items():
        _check_resolution(argument, law, precision)
    if isinstance(model, RandomNetwork):
        _check_magnitude("weight_variance", model.weight_variance, precision)
        _check_magnitude("bias_variance", model.bias_variance, precision)
    else:
        _check_largest_term(model, precision)
    # Only now: the variance of a law with a parameter beyond these may overflow.
    sd = _standard_deviation(model, precision)
    if sd == 0.0 and isinstance(model, WeightedSum):
        # A constant, or a variance that is rounded to 0.
        for size in _largest_sizes(model):
            _check_magnitude("the largest term", size, precision)
    if math.isfinite(sd):
        _check_magnitude("the standard deviation of the sum", sd, precision)
        _check_bias(model.constant_bias, sd)
        if isinstance(model, WeightedSum):
            _check_offset(model, sd, precision)
    if isinstance(model, RandomNetwork):
        _check_layers(model, precision)


def check_squares(model: WeightedSum, precision: Precision) -> None:
    """Raise if the squares of outputs, of which conditional variances are made, do not fit.

    Raises
    ------
    ValueError
        If they do not.
    """
    largest, _ = _largest_sizes(model)
    squares = sum_moments.mean_square_of_outputs(model)
    least, most = precision.magnitudes[0], float(np.finfo(precision.real).max)
    if largest and not (least <= squares and largest * largest * model.n < most):
        raise ValueError(
            f"the squares of {model.nonlinearity}(x), {squares:.3g} on average and up to"
            f" {largest * largest:.2g}, do not fit {precision.name} precision: x ~ {model.inputs}."
            " Rescale the inputs."
        )


def _drawn_laws(model: Model) -> dict[str, Law]:
    parts: dict[str, object] = {"weights": model.weights, "inputs": model.inputs}
    if isinstance(model, WeightedSum):
        parts["bias"] = model.bias
        if isinstance(model.dependence, RandomScale):
            parts["the factor"] = model.dependence.factor
    return {argument: part for argument, part in parts.items() if isinstance(part, Law)}


def _named_numbers(argument: str, law: Law) -> dict[str, float]:
    location, scale = law.standard_form
    return {
        f"the location of {argument}": location,
        f"the scale of {argument}": scale,
        f"the shape of the kernel for {argument}": law.kernel_shape,
    }


def _check_magnitude(name: str, number: float, precision: Precision) -> None:
    least, most = precision.magnitudes
    if number != 0.0 and not least <= abs(number) <= most:
        raise ValueError(
            f"{name} must be 0 or from {least:g} to {most:g} in size, not {number:g}: draws are"
            f" in {precision.name} precision. Rescale the model."
        )


def _check_layers(network: RandomNetwork, precision: Precision) -> None:
    """Raise if the squares of a layer leave the precision, judged by the layers of wide networks.

    Where a nonlinearity grows so fast that wide layers tell nothing of narrow ones, there is
    nothing to judge.
    """
    phi, square = network.nonlinearity, _mean_square(network.inputs)
    drawn = network.bias_variance or network.weight_variance * square
    if math.isinf(max(phi.growth)) or not drawn:
        return
    for layer in range(1, len(network.fan_ins) + 1):
        variance = network.weight_variance * square + network.bias_variance
        least, most = precision.magnitudes
        if not least <= variance <= most:
            raise ValueError(
                f"draws do not fit {precision.name} precision: the variance of the pre-activations"
                f" of layer {layer}, of {variance:.3g} if layers are wide, must be from {least:g}"
                f" to {most:g}. Rescale the inputs, the weights or the biases."
            )
        square = phi.gaussian_moment(2, 1.0 if network.normalization else variance)


def _mean_square(inputs: Law | FixedNumbers) -> float:
    """Return that of all inputs; 1 where it is infinite, which nothing can be judged by."""
    if isinstance(inputs, FixedNumbers):
        return float(np.mean(np.square(inputs.values)))
    square = inputs.variance + inputs.mean**2
    return square if math.isfinite(square) else 1.0


def _check_resolution(argument: str, law: Law, precision: Precision) -> None:
    """Raise if draws of a law would be rounded to much less than its own scale."""
    program = law_program(law, precision)
    if program.pieces and abs(program.location) > precision.most_offset * abs(program.scale):
        raise ValueError(
            f"the location of {argument}, {program.location:g}, must be at most"
            f" {precision.most_offset:g} scales, of {program.scale:g} each, from 0: draws are in"
            f" {precision.name} precision. Move the location to the bias."
        )


def _standard_deviation(model: Model, precision: Precision) -> float:
    try:
        return math.sqrt(model.variance)
    except OverflowError as error:
        raise ValueError(
            f"the standard deviation of the sum does not fit {precision.name} precision: {error}"
        ) from error


def _check_largest_term(model: WeightedSum, precision: Precision) -> None:
    """Raise if the largest draws that occur would make a term infinite."""
    _, largest = _largest_sizes(model)
    most = min(float(np.finfo(precision.real).max), MOST_SQUARED)
    if not largest / (1.0 - model.dropout) * model.n < most:
        raise ValueError(
            f"the largest terms, of size {largest:.2g}, do not fit {precision.name}"
            f" precision: x ~ {model.inputs} through {model.nonlinearity}, w ~ {model.weights}."
        )


def _largest_sizes(model: WeightedSum) -> tuple[float, float]:
    """Return how large ``phi(x)`` and ``w*phi(x)`` are for the largest draws that occur."""
    inputs = _extremes(model.inputs)
    if isinstance(model.dependence, RandomScale):
        inputs = np.multiply.outer(inputs, _extremes(model.dependence.factor)).ravel()
    with np.errstate(over="ignore", under="ignore"):
        output = np.abs(np.asarray(model.nonlinearity(inputs), np.float64)).max()
        return float(output), float(output * np.abs(_extremes(model.weights)).max())


def _extremes(part: Law | FixedNumbers) -> np.ndarray:
    """Return numbers that draws are hardly ever outside of."""
    if isinstance(part, FixedNumbers):
        return np.array([part.values.min(), part.values.max()])
    return np.asarray(part.quantile([RAREST, 1.0 - RAREST]), np.float64)


def _check_offset(model: WeightedSum, sd: float, precision: Precision) -> None:
    """Raise if rounding of the terms would hide how little their sum varies."""
    size = sum_moments.size_of_terms(model)
    if isinstance(model.bias, Law):
        size = math.hypot(size, model.bias.mean)
    # Terms whose own laws are at the limit of their offsets are let through, up to rounding.
    most = (1.0 + 1e-12) * math.hypot(precision.most_offset, 1.0) * sd
    if sd > 0.0 and size > most and not _is_certain(model):
        other = ", or take precision='double'" if precision.name == "single" else ""
        raise ValueError(
            f"the terms, of size {size:.3g} together (root of the sum of mean squares), must be at"
            f" most {precision.most_offset:g} standard deviations of the sum, of {sd:.3g} each:"
            f" draws are in {precision.name} precision. Move what does not vary to the bias{other}."
        )


def _is_certain(model: WeightedSum) -> bool:
    """Whether no draw changes a term, as a step of positive inputs: its variance is rounding."""
    if isinstance(model.weights, Law) or not isinstance(model.inputs, Law):
        return False
    inputs = model.inputs.quantile([RAREST, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0 - RAREST])
    return not isinstance(model.bias, Law) and not np.ptp(model.nonlinearity(inputs))


def _check_bias(bias: float, sd: float) -> None:
    """Raise if the bias leaves too few digits to tell one bin from the next."""
    if sd > 0.0 and abs(bias) > MOST_BIAS * sd:
        raise ValueError(
            f"bias must be at most {MOST_BIAS:g} standard deviations of the sum, of {sd:g} each,"
            f" from 0, not {bias:g}. Simulate without it and add it to the results."
        )
