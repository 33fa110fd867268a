"""Sums of dependent inputs as sums of the independent draws that these are made of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.laws import Law, Normal, Stable
from clt_sim.models import Autoregressive, Equicorrelated, FixedWeights, WeightedSum
from clt_sim.nonlinearities import Identity

if TYPE_CHECKING:
    from numpy.typing import NDArray


def independent_factors(
    weights: NDArray[np.float64], dependence: Equicorrelated | Autoregressive
) -> NDArray[np.float64]:
    """Return by what the independent draws are multiplied in a sum of dependent inputs.

    With deviations from their mean these are, for equicorrelated inputs, ``sqrt(1 - r) w_i`` and
    ``sqrt(r) sum w``; for autoregressive ones ``u_1`` and ``sqrt(1 - r^2) u_j``, with
    ``u_j = w_j + r u_(j+1)``. Their squares add up to the variance and cannot cancel.

    Parameters
    ----------
    weights : ndarray of float64, shape (n,)
        The weights w.
    dependence : Equicorrelated or Autoregressive
        How inputs depend on each other.

    Returns
    -------
    ndarray of float64, shape (m,)
        The factors that are not 0.

    Examples
    --------
    >>> independent_factors(np.array([3.0, 4.0]), Equicorrelated(1.0))
    array([7.])
    """
    r = dependence.correlation
    if isinstance(dependence, Equicorrelated):
        common = math.sqrt(r) * math.fsum(weights)
        factors = np.append(math.sqrt(1.0 - r) * weights, common)
    else:
        carried, factors = 0.0, np.empty(weights.size)
        for i in reversed(range(weights.size)):
            carried = factors[i] = weights[i] + r * carried
        factors[1:] *= math.sqrt((1.0 - r) * (1.0 + r))
    return np.asarray(factors[factors != 0.0])


def in_independent_draws(model: WeightedSum) -> WeightedSum:
    """Return a sum of independent terms with the same law, or the model where there is none.

    There is one for equicorrelated and autoregressive inputs with fixed weights, without a
    nonlinearity and without dropout. Normal and stable inputs are left to their families. Whatever
    the model, inputs with the correlation 0 are independent, and with fixed weights inputs that
    are all one number are one term.

    Parameters
    ----------
    model : WeightedSum
        Any.

    Returns
    -------
    WeightedSum
        Without a dependence, or `model`.

    Examples
    --------
    >>> import clt_sim as clt
    >>> dependence = "equicorrelated(correlation=0.36)"
    >>> model = clt.WeightedSum(2, "uniform", weights=[1.0, 2.0], dependence=dependence)
    >>> in_independent_draws(model).weights.values
    array([0.8, 1.6, 1.8])
    """
    simple = _without_dependence(model)
    if simple is not None:
        return simple
    inputs, weights, dependence = model.inputs, model.weights, model.dependence
    if not (
        isinstance(dependence, Equicorrelated | Autoregressive)
        and isinstance(inputs, Law)
        and isinstance(weights, FixedWeights)
        and isinstance(model.nonlinearity, Identity)
        and not model.dropout
        and not isinstance(inputs, Normal | Stable)
    ):
        return model
    factors = independent_factors(weights.values, dependence)
    shift = inputs.mean * math.fsum([*weights.values, *(-factors)])
    if not factors.size or (shift and isinstance(model.bias, Law)):
        return model
    bias = model.bias if isinstance(model.bias, Law) else model.bias + shift
    return WeightedSum(factors.size, inputs, model.nonlinearity, factors, bias)


def _without_dependence(model: WeightedSum) -> WeightedSum | None:
    """Return the sum where the correlation is 0, or all inputs are one number; None elsewhere."""
    dependence, weights = model.dependence, model.weights
    if not isinstance(dependence, Equicorrelated | Autoregressive):
        return None
    if dependence.correlation == 0.0:
        return WeightedSum(
            model.n,
            model.inputs,
            model.nonlinearity,
            weights,
            model.bias,
            dropout=model.dropout,
        )
    if (
        isinstance(dependence, Equicorrelated)
        and dependence.correlation == 1.0
        and isinstance(weights, FixedWeights)
        and not model.dropout
    ):
        total = math.fsum(weights.values)
        return WeightedSum(1, model.inputs, model.nonlinearity, total, model.bias)
    return None
