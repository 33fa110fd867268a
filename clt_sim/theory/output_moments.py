"""Moments of the output of a random network, layer by layer.

Exactly where ``E[phi(z)^2]`` and ``E[phi(z)^4]`` are multiples of ``E[z^2]`` and ``E[z^4]``, and
otherwise as an expansion in 1/width.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from clt_sim import laws
from clt_sim._quadrature import graded_panels, integrate
from clt_sim.models import FixedInputs, RandomNetwork
from clt_sim.models.model import checked_network
from clt_sim.nonlinearities import Abs, Identity, LeakyReLU, Nonlinearity, ReLU, Sign, Step

if TYPE_CHECKING:
    from numpy.typing import NDArray


class OutputMoments(NamedTuple):
    """Moments of two units z and z' of a layer, which share the layer before."""

    square: float  # E[z^2]
    product: float  # E[z^2 z'^2]
    fourth: float  # E[z^4]
    exact: bool


def output_moments(network: RandomNetwork) -> OutputMoments:
    """Return moments of the output layer of a network.

    Parameters
    ----------
    network : RandomNetwork
        With random weights and without normalisation.

    Returns
    -------
    OutputMoments
        Over the same ensemble as the network.

    Raises
    ------
    ValueError
        If a part of the network has no formula, the fourth moment is not known to be finite, or
        the output is always 0.

    Examples
    --------
    >>> import clt_sim as clt
    >>> output_moments(clt.RandomNetwork([1], "identity", weight_variance=1.0))
    OutputMoments(square=1.0, product=3.0, fourth=9.0, exact=True)
    """
    network = checked_network(network)
    if network.weight_seed is not None:
        raise _refusal("fixed weights")
    if network.normalization is not None:
        raise _refusal(f"{network.normalization} normalization")
    if network.tail_index <= 4.0:
        raise ValueError(f"the fourth moment of {network} is not known to be finite.")
    linear = isinstance(network.nonlinearity, Abs | Identity | LeakyReLU | ReLU)
    output = _of_linear_sides(network) if linear else _of_expansion(network)
    if output.square == 0.0:
        raise ValueError(f"the output of {network} is always 0.")
    return output


def _of_linear_sides(network: RandomNetwork) -> OutputMoments:
    """Propagate the moments of symmetric units through a phi that is linear on either side."""
    if math.isnan(network.variance):
        raise _refusal(f"weights {network.weights}, which are not known to be symmetric")
    phi, weights = network.nonlinearity, network.weights
    second, fourth = phi.gaussian_moment(2), phi.gaussian_moment(4) / 3.0
    gain, bias = network.weight_variance * weights.variance, network.bias_variance
    excess = weights.moment(4) / weights.variance**2 - 3.0
    # Averages over the layer before: E mean(h^2), E mean(h^2)^2, E mean(h^4).
    mean, square, power = _averages_of_inputs(network)
    output = OutputMoments(0.0, 0.0, 0.0, exact=True)
    for fan_in, units in zip(network.fan_ins, (*network.widths, 1), strict=True):
        product = bias**2 + 2.0 * bias * gain * mean + gain**2 * square
        own = 3.0 * product + gain**2 * excess * power / fan_in
        output = OutputMoments(bias + gain * mean, product, own, exact=True)
        mean, power = second * output.square, fourth * own
        square = (power + (units - 1) * second**2 * product) / units
    return output


def _averages_of_inputs(network: RandomNetwork) -> tuple[float, float, float]:
    """Return ``E mean(x^2)``, ``E mean(x^2)^2`` and ``E mean(x^4)``."""
    inputs, width = network.inputs, network.input_width
    if isinstance(inputs, laws.Law):
        mean, power = inputs.moment(2), inputs.moment(4)
        return mean, (power + (width - 1) * mean**2) / width, power
    squares = np.atleast_2d(inputs.values) ** 2
    rows = squares.mean(axis=1)
    return float(rows.mean()), float(np.mean(rows**2)), float(np.mean(squares**2))


def _of_expansion(network: RandomNetwork) -> OutputMoments:
    """Propagate mean and variance of K, to order 1/width, through any phi."""
    phi = network.nonlinearity
    if not isinstance(network.weights, laws.Normal):
        raise _refusal(f"weights {network.weights}, which are not normal, with {phi}")
    if not isinstance(network.inputs, FixedInputs):
        raise _refusal(f"random inputs, {network.inputs}, with {phi}")
    gain, bias = network.weight_variance * network.weights.variance, network.bias_variance
    # The limit of great width, the correction to the mean, the variance.
    kernel, shift, spread = bias + gain * float(np.mean(network.inputs.values**2)), 0.0, 0.0
    for units in network.widths:
        mean, slope, curvature = _square_average(phi, kernel)
        noise = (phi.gaussian_moment(4, kernel) - mean**2) / units
        shift = gain * (slope * shift + 0.5 * curvature * spread)
        spread = gain**2 * (noise + slope**2 * spread)
        kernel = bias + gain * mean
    total = kernel + shift
    product = total**2 + spread
    # What the sign and the step return does not depend on K, unless K is 0.
    exact = (
        len(network.widths) == 1 or isinstance(phi, Sign) or (isinstance(phi, Step) and bias > 0.0)
    )
    return OutputMoments(total, product, 3.0 * product, exact)


def _square_average(phi: Nonlinearity, kernel: float) -> tuple[float, float, float]:
    """Return ``f(K) = E[phi(sqrt(K) Z)^2]`` and its first two derivatives.

    By parts, ``2 f'(K) = E[phi^2 He2(Z)]/K`` and ``4 f''(K) = E[phi^2 He4(Z)]/K^2``.
    """
    value = phi.gaussian_moment(2, kernel)
    # Only the first K can be 0; it is a constant, so that its derivatives count nothing.
    if kernel == 0.0 or isinstance(phi, Sign | Step):
        return value, 0.0, 0.0
    second = _normal_average(phi, kernel, lambda z: z**2 - 1.0)
    fourth = _normal_average(phi, kernel, lambda z: z**4 - 6.0 * z**2 + 3.0)
    return value, 0.5 * second / kernel, 0.25 * fourth / kernel / kernel


def _normal_average(
    phi: Nonlinearity,
    kernel: float,
    polynomial: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> float:
    """Return ``E[phi(sqrt(K) Z)^2 p(Z)]``."""
    sd = math.sqrt(kernel)

    def integrand(z: NDArray[np.float64]) -> NDArray[np.float64]:
        density = np.exp(-0.5 * z * z) / math.sqrt(math.tau)
        return np.asarray(density * polynomial(z) * phi(sd * z) ** 2, np.float64)

    kinks = [kink / sd for kink in phi.kinks]
    ends = [*graded_panels(0.0, 1.0), *graded_panels(0.0, 1.0 / sd), *kinks]
    return integrate(integrand, ends, -39.0, 39.0)


def _refusal(part: str) -> ValueError:
    return ValueError(f"there is no formula of finite width for {part}.")
