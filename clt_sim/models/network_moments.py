"""Mean and variance of a random network, where there is a formula."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from clt_sim import laws, nonlinearities

if TYPE_CHECKING:
    from clt_sim.models.random_network import RandomNetwork

_SYMMETRIC = (
    laws.Laplace,
    laws.Logistic,
    laws.Normal,
    laws.Rademacher,
    laws.StudentT,
    laws.SymmetricWeibull,
    laws.Uniform,
)
"""Laws that are symmetric about their mean, which for weights is 0."""


def mean(network: RandomNetwork) -> float:
    """Return 0 where the last weights are random and the sum has an expectation; nan elsewhere."""
    if network.weight_seed is not None or tail_index(network) <= 1.0:
        return math.nan
    return 0.0


def variance(network: RandomNetwork) -> float:
    """Return ``v' = bias_variance + weight_variance var(w) c v`` of the layers in turn, or nan.

    The factor c is ``E phi(z)^2/E z^2``, and 1 for the inputs.
    """
    factor = _square_factor(network)
    if network.weight_seed is not None or network.normalization is not None or factor is None:
        return math.nan
    second = _input_second_moment(network)
    gain = network.weight_variance * network.weights.variance
    for _ in network.widths:
        second = factor * (network.bias_variance + gain * second)
    return network.bias_variance + gain * second


def _square_factor(network: RandomNetwork) -> float | None:
    """Return ``E phi(z)^2/E z^2`` where it does not depend on the law of z, or None."""
    phi = network.nonlinearity
    if isinstance(phi, nonlinearities.Identity | nonlinearities.Abs):
        return 1.0
    slopes = {nonlinearities.ReLU: 0.0, nonlinearities.LeakyReLU: phi.kernel_parameter}
    if type(phi) in slopes and isinstance(network.weights, _SYMMETRIC):
        return 0.5 * (1.0 + slopes[type(phi)] ** 2)
    return None


def _input_second_moment(network: RandomNetwork) -> float:
    if isinstance(network.inputs, laws.Law):
        return network.inputs.moment(2)
    return float(np.mean(network.inputs.values**2))


def tail_index(network: RandomNetwork) -> float:
    """Return the supremum of the orders k for which ``E|z|**k`` is known to be finite.

    Weights, inputs and biases are independent: a product has the lesser index of its factors. What
    is normalised is bounded. A function that grows like the exponential has moments of normal
    arguments, as they are in the first layer, but not of products.
    """
    own, index, drawn = network.weights.tail_index, math.inf, False
    if isinstance(network.inputs, laws.Law):
        index, drawn = network.inputs.tail_index, True
    index = min(own, index)
    for layer in range(len(network.widths)):
        growth = max(network.nonlinearity.growth)
        if network.normalization is not None or growth == 0.0:
            index = own
        elif math.isinf(growth):
            normal = isinstance(network.weights, laws.Normal) and not drawn and layer == 0
            index = own if normal else 0.0
        else:
            index = min(own, index / growth)
    return index
