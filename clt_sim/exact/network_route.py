"""The random-network route: normal weights at a fixed input."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from clt_sim.exact.law import ExactLaw, NoExactLaw
from clt_sim.exact.network_law import NetworkLaw
from clt_sim.exact.network_layer import NetworkLayer
from clt_sim.laws import Law, Normal
from clt_sim.models import FixedInputs, RandomNetwork, WeightedSum
from clt_sim.nonlinearities import Abs, Identity, LeakyReLU, Nonlinearity, ReLU

LEAST_SLOPE = 1e-4
"""With a slope closer to 0, but for 0, densities of leaky ReLU cancel between two scales."""


def random_network_law(
    network: RandomNetwork, law_of_sum: Callable[[WeightedSum], ExactLaw]
) -> ExactLaw:
    """Return the exact law of a network with normal weights at a fixed input.

    The pre-activations of the first hidden layer are independent normal numbers. With the
    identity, the absolute value, ReLU and leaky ReLU, any number of layers has the law of a
    `NetworkLaw`. With another nonlinearity one hidden layer does: it is a weighted sum with normal
    inputs and normal weights.

    Parameters
    ----------
    network : RandomNetwork
        With fixed inputs and weights of a normal law, without normalisation.
    law_of_sum : callable
        Returns the exact law of a `WeightedSum`, or raises NoExactLaw.

    Returns
    -------
    ExactLaw
        The law of the network.

    Raises
    ------
    NoExactLaw
        If a part of the network is of another kind, the slope of a leaky ReLU is nearly 0 or
        infinite, or there is too much to compute.
    """
    gain, first = _gain_and_first_variance(network)
    phi = network.nonlinearity
    slopes = _slopes(phi)
    if slopes is not None:
        below, above = slopes
        layers = tuple(NetworkLayer(width, below / above) for width in network.widths)
        return NetworkLaw(layers, first, gain * above**2, network.bias_variance)
    if len(network.widths) > 1:
        raise NoExactLaw(
            f"the nonlinearity {phi} has a route for one hidden layer only, not for"
            f" {len(network.widths)}."
        )
    try:
        return law_of_sum(_one_layer(network, gain, first))
    except NoExactLaw as refusal:
        raise NoExactLaw(f"one hidden layer makes it a weighted sum, but {refusal}") from refusal


def _gain_and_first_variance(network: RandomNetwork) -> tuple[float, float]:
    """Return the variance of weights times the fan-in, and that of the first pre-activations."""
    if network.weight_seed is not None:
        raise NoExactLaw("the weights are fixed by their seed.")
    if isinstance(network.inputs, Law):
        raise NoExactLaw(f"the inputs have the law {network.inputs}; they must be fixed.")
    if not isinstance(network.inputs, FixedInputs):
        raise NoExactLaw("the inputs are rows of data; they must be one fixed row.")
    if not isinstance(network.weights, Normal):
        raise NoExactLaw(f"the weights have the law {network.weights}, which is not normal.")
    if network.normalization is not None:
        raise NoExactLaw(f"there is {network.normalization} normalization.")
    gain = network.weight_variance * network.weights.variance
    with np.errstate(over="ignore"):
        first = network.bias_variance + gain * float(np.mean(network.inputs.values**2))
    if first == 0.0:
        raise NoExactLaw("the inputs are 0, and so are all pre-activations of the first layer.")
    if not (math.isfinite(first) and gain > 0.0):
        raise NoExactLaw("the variance of pre-activations is outside the range of floats.")
    return gain, first


def _slopes(phi: Nonlinearity) -> tuple[float, float] | None:
    """Return the absolute slopes on the two sides of 0, the smaller first, if phi has them.

    A centred normal number does not tell the sides apart.
    """
    if isinstance(phi, ReLU):
        return 0.0, 1.0
    if isinstance(phi, Identity | Abs):
        return 1.0, 1.0
    if not isinstance(phi, LeakyReLU):
        return None
    slope = abs(phi.slope)
    if 0.0 < slope < LEAST_SLOPE or slope > 1.0 / LEAST_SLOPE:
        raise NoExactLaw(
            f"the slope of {phi} is of size {slope:g}; it must be 0, or from {LEAST_SLOPE:g} to"
            f" {1.0 / LEAST_SLOPE:g}."
        )
    return min(slope, 1.0), max(slope, 1.0)


def _one_layer(network: RandomNetwork, gain: float, first: float) -> WeightedSum:
    """Return the same quantity as a weighted sum over the units of one hidden layer."""
    bias = network.bias_variance
    return WeightedSum(
        network.n,
        Normal(sd=math.sqrt(first)),
        network.nonlinearity,
        Normal(sd=math.sqrt(gain / network.n)),
        Normal(sd=math.sqrt(bias)) if bias else 0.0,
    )
