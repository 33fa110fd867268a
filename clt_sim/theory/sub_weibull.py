"""How heavy the tails are that layers with random weights make."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from clt_sim import laws
from clt_sim.models.model import checked_network

if TYPE_CHECKING:
    from clt_sim.models import RandomNetwork


def sub_weibull_index(network: RandomNetwork) -> float:
    """Return the sub-Weibull index of the output: how heavy the tail is that layers give it.

    A variable of index t has tails like ``exp(-x**(1/t))``, and ``E[|z|^k]**(1/k)`` grows like
    ``k**t``: 1/2 for a normal law, 1 for a Laplace law, more for tails that are heavier than any
    exponential. Units of the layer l have the index l/2 where phi grows like ``|x|``, on one side
    at least (Vladimirova, Verbeek, Mesejo & Arbel, "Understanding priors in Bayesian neural
    networks at the unit level", 2019), so that the output after L hidden layers has
    ``(L + 1)/2``. Where phi grows like ``|x|**p``, each layer makes ``1/2 + p t`` of an index t; a
    phi that is bounded, or has bounded arguments by normalisation, leaves 1/2.

    It is the tail far out, at any width. How far that is grows with the width: near the centre
    a wide network looks normal.

    Parameters
    ----------
    network : RandomNetwork
        With normal, random weights and bounded inputs.

    Returns
    -------
    float
        The index, at least 1/2.

    Raises
    ------
    ValueError
        If weights are not normal or not random, inputs have a law without bounds, or phi grows
        like the exponential.

    Examples
    --------
    >>> import clt_sim as clt
    >>> sub_weibull_index(clt.RandomNetwork([2], "identity"))  # for width 2 a Laplace law
    1.0
    >>> sub_weibull_index(clt.RandomNetwork([10, 10, 10], "tanh"))
    0.5
    """
    network = checked_network(network)
    if network.weight_seed is not None:
        raise _refusal("fixed weights")
    if not isinstance(network.weights, laws.Normal):
        raise _refusal(f"weights {network.weights}, which are not normal")
    inputs = network.inputs
    if isinstance(inputs, laws.Law) and not all(map(math.isfinite, inputs.support)):
        raise _refusal(f"inputs of the law {inputs}, which has no bounds")
    growth = max(network.nonlinearity.growth)
    if network.normalization is not None:
        growth = 0.0
    if math.isinf(growth):
        raise _refusal(f"{network.nonlinearity}, which grows like the exponential")
    index = 0.5
    for _ in network.widths:
        index = 0.5 + growth * index
    return index


def _refusal(part: str) -> ValueError:
    return ValueError(f"there is no sub-Weibull index for {part}.")
