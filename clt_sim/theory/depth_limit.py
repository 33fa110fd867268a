"""Deep and wide together: networks whose depth grows in proportion to their width."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from clt_sim.laws import Lognormal, Normal
from clt_sim.models import FixedInputs, RandomNetwork
from clt_sim.models.model import checked_network
from clt_sim.nonlinearities import Abs, Identity, LeakyReLU, ReLU
from clt_sim.tables import Facts

_HOMOGENEOUS = Abs | Identity | LeakyReLU | ReLU


@dataclass(frozen=True, slots=True)
class DepthLimit(Facts):
    """The limit of a network without biases as widths and depth grow together.

    The variance K of the output, given all but the last weights, is a product of one independent
    average for each hidden layer: ``K = E[K] prod_l mean(phi(Z)^2)/E[phi(Z)^2]``. Each factor has
    the relative variance c/n, so that log K becomes normal with mean ``log E[K] - c t/2`` and
    variance ``c t`` as all widths n go to infinity with the sum ``t = sum_l 1/n_l`` held fixed.
    For t = 0, which is great width at fixed depth, the output becomes normal; for any other t it
    does not.

    Parameters
    ----------
    inverse_width : float
        The sum t of 1/n over the hidden layers: how deep the network is for its width.
    rate : float
        The relative variance ``c = E[phi(Z)^4]/E[phi(Z)^2]^2 - 1``: 5 for ReLU, 2 for the identity
        and the absolute value.
    kernel : Lognormal
        The limit law of K. The output is a normal number times its root.
    """

    inverse_width: float
    rate: float
    kernel: Lognormal

    @property
    def kurtosis(self) -> float:
        """The kurtosis ``3 exp(c t)`` of the output; the product of 1 + c/n is always less."""
        return 3.0 * math.exp(self.rate * self.inverse_width)


def depth_limit(network: RandomNetwork) -> DepthLimit:
    """Return the limit of depth in proportion to width for one network.

    Source: Hanin & Nica, "Products of many large random matrices and gradients in deep neural
    networks", Communications in Mathematical Physics 376, 2020; Noci et al., "Precise
    characterization of the prior predictive distribution of deep ReLU networks", 2021.

    Parameters
    ----------
    network : RandomNetwork
        With ReLU, leaky ReLU, the identity or the absolute value, normal weights, no biases and
        a fixed input.

    Returns
    -------
    DepthLimit
        For the widths of this network, as if they were large. The mean of K is that of the
        network itself. A ReLU layer of width n is dead, and K is 0, with the probability 2**-n,
        of which the limit has nothing.

    Raises
    ------
    ValueError
        If a part of the network is of another kind.

    Examples
    --------
    >>> import clt_sim as clt
    >>> limit = depth_limit(clt.RandomNetwork([100] * 20, "relu"))
    >>> round(limit.inverse_width, 12), round(limit.rate, 12)
    (0.2, 5.0)
    >>> print(round(limit.kernel.mean, 12), round(limit.kurtosis, 3))  # exactly, 3*1.05**20 = 7.96
    2.0 8.155
    """
    _check(network)
    phi = network.nonlinearity
    rate = phi.gaussian_moment(4) / phi.gaussian_moment(2) ** 2 - 1.0
    inverse_width = math.fsum(1.0 / n for n in network.widths)
    spread = rate * inverse_width
    kernel = Lognormal(math.log(network.variance) - 0.5 * spread, math.sqrt(spread))
    return DepthLimit(inverse_width, rate, kernel)


def _check(network: RandomNetwork) -> None:
    network = checked_network(network)
    if not isinstance(network.nonlinearity, _HOMOGENEOUS):
        raise _refusal(f"{network.nonlinearity}, which is not linear on either side of 0")
    if not isinstance(network.weights, Normal):
        raise _refusal(f"weights {network.weights}, which are not normal")
    if network.bias_variance:
        raise _refusal(f"biases, here of variance {network.bias_variance:g}")
    if network.normalization is not None:
        raise _refusal(f"{network.normalization} normalization")
    if not isinstance(network.inputs, FixedInputs):
        raise _refusal(f"random inputs, {network.inputs}")
    if not np.any(network.inputs.values):
        raise _refusal("an input that is 0")


def _refusal(part: str) -> ValueError:
    return ValueError(f"the limit of depth in proportion to width is not for {part}.")
