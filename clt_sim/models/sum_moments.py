"""Mean and variance of a weighted sum, where there is a formula."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._validation import TooLargeError
from clt_sim.models.expectation import expectation, variance
from clt_sim.models.fixed import DataRows, FixedInputs, FixedWeights
from clt_sim.nonlinearities import Identity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.laws import Law
    from clt_sim.models.weighted_sum import WeightedSum
    from clt_sim.nonlinearities import Nonlinearity


@np.errstate(over="ignore")
def size_of_terms(model: WeightedSum) -> float:
    """Return the root of ``sum_i E[w_i^2] E[phi(x_i)^2]``; nan where there is no formula.

    It is far above the standard deviation of the sum where terms hardly vary around means far from
    0, or cancel.
    """
    first, spread = _weight_moments(model)
    squares, inputs, phi = first**2 + spread, model.inputs, model.nonlinearity
    if isinstance(inputs, FixedInputs | DataRows):
        values, used = _outputs(inputs, phi)
        return math.sqrt(float(squares[used] @ (values**2).mean(0)))
    if model.dependence is None or model.dependence.keeps_law(inputs):
        return math.sqrt(_product(float(squares.sum()), expectation(inputs, phi, 2)))
    if isinstance(phi, Identity):
        return math.sqrt(float(squares.sum()) * model.dependence.second_moment(inputs))
    return math.nan


def mean_square_of_outputs(model: WeightedSum) -> float:
    """Return the mean of ``phi(x_i)^2`` over all terms, for independent inputs or rows of data."""
    if isinstance(model.inputs, FixedInputs | DataRows):
        outputs = np.asarray(model.nonlinearity(model.inputs.values), np.float64)
        return float(np.mean(outputs**2))
    return expectation(model.inputs, model.nonlinearity, 2)


def mean_of_terms(model: WeightedSum) -> float:
    """Return ``sum_i E[w_i] E[phi(x_i)]``; nan where the law of x_i has no formula.

    Raises
    ------
    TooLargeError
        If it is finite, but beyond the range of doubles.
    """
    return _in_range(model, "mean", 1, _mean_of_terms(model))


def variance_of_terms(model: WeightedSum) -> float:
    """Return the variance of the sum without its bias; nan where there is no formula.

    Raises
    ------
    TooLargeError
        If it is finite, but beyond the range of doubles.
    """
    return _in_range(model, "variance", 2, _variance_of_terms(model))


def _in_range(model: WeightedSum, name: str, order: int, moment: float) -> float:
    if math.isinf(moment) and tail_index(model) > order:
        raise TooLargeError(f"the {name} of {model} is too large.")
    return moment


# Infinite moments of both signs, or times 0, have no sum: it is nan, as it should be.
@np.errstate(invalid="ignore", over="ignore")
def _mean_of_terms(model: WeightedSum) -> float:
    first, spread = _weight_moments(model)
    inputs, phi = model.inputs, model.nonlinearity
    if isinstance(inputs, FixedInputs | DataRows):
        values, used = _outputs(inputs, phi)
        return float(first[used] @ values.mean(0))
    if model.dependence is None or model.dependence.keeps_law(inputs):
        return _mean_of_products(first, spread, expectation(inputs, phi, 1))
    if isinstance(phi, Identity):
        return _mean_of_products(first, spread, model.dependence.first_moment(inputs))
    return math.nan


@np.errstate(invalid="ignore", over="ignore")
def _variance_of_terms(model: WeightedSum) -> float:
    first, spread = _weight_moments(model)
    # A mask that is 0 or 1/keep has the second moment 1/keep.
    extra = 1.0 / (1.0 - model.dropout) - 1.0
    noise = spread + extra * (spread + first**2) if extra else spread
    inputs, phi = model.inputs, model.nonlinearity
    if isinstance(inputs, FixedInputs | DataRows):
        values, used = _outputs(inputs, phi)
        between = (values @ first[used]).var() if len(values) > 1 else 0.0
        return float(noise[used] @ (values**2).mean(0) + between)
    if model.dependence is None:
        own = _product(float(first @ first), variance(inputs, phi))
        return _product(float(noise.sum()), expectation(inputs, phi, 2)) + own
    if isinstance(phi, Identity):
        own = _product(float(noise.sum()), model.dependence.second_moment(inputs))
        return own + (model.dependence.variance(first, inputs) if first.any() else 0.0)
    return math.nan


def _weight_moments(model: WeightedSum) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and variance of each weight, shape (n,)."""
    weights = model.weights
    if isinstance(weights, FixedWeights):
        return weights.values, np.zeros(model.n)
    return np.full(model.n, weights.mean), np.full(model.n, weights.variance)


def _outputs(
    inputs: FixedInputs | DataRows, phi: Nonlinearity
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return phi of the inputs, a row for each example, of the terms that are not always 0."""
    values = np.atleast_2d(np.asarray(phi(inputs.values), np.float64))
    used = np.any(values != 0.0, axis=0)
    return values[:, used], used


def _mean_of_products(
    first: NDArray[np.float64], spread: NDArray[np.float64], moment: float
) -> float:
    """Return ``sum_i E[w_i] moment``; weights that are always 0 count nothing."""
    if math.isfinite(moment):
        return float(first.sum()) * moment
    used = (first != 0.0) | (spread != 0.0)
    return float((first[used] * moment).sum())


def _product(factor: float, moment: float) -> float:
    """Return the product; 0 times a moment that is infinite is 0."""
    return factor * moment if factor != 0.0 else 0.0


def tail_index(model: WeightedSum) -> float:
    """Return the supremum of the orders k for which ``E|S|**k`` is finite, from its parts."""
    parts = [model.weights, model.bias]
    indices = [part.tail_index for part in parts if hasattr(part, "tail_index")]
    inputs, phi = model.inputs, model.nonlinearity
    if not isinstance(inputs, FixedInputs | DataRows):
        indices.append(_tail_index_through(inputs, phi))
    factor = getattr(model.dependence, "factor", None)
    if factor is not None:
        indices.append(_tail_index_through(factor, phi))
    return min(indices, default=math.inf)


def _tail_index_through(law: Law, phi: Nonlinearity) -> float:
    """Return the tail index of phi(X), from the tails of X that phi does not bound."""
    index = math.inf
    for growth, end in zip(phi.growth, law.support, strict=True):
        if growth > 0.0 and math.isinf(end):
            own = law.exponential_index if math.isinf(growth) else law.tail_index / growth
            index = min(index, own)
    return index
