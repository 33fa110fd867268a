"""What all models have in common."""

from __future__ import annotations

from typing import Any

from clt_sim._validation import check_name, shown
from clt_sim.models.description import as_mapping
from clt_sim.models.random_network import RandomNetwork
from clt_sim.models.weighted_sum import WeightedSum

Model = WeightedSum | RandomNetwork
"""A specification of one random number."""

_KINDS: dict[str, type[WeightedSum] | type[RandomNetwork]] = {
    "weighted-sum": WeightedSum,
    "random-network": RandomNetwork,
}


def checked_sum(model: object) -> WeightedSum:
    """Return `model`, or raise if it is not a weighted sum."""
    if not isinstance(model, WeightedSum):
        raise TypeError(f"model must be a WeightedSum, not {shown(model)}.")
    return model


def checked_network(network: object) -> RandomNetwork:
    """Return `network`, or raise if it is not a random network."""
    if not isinstance(network, RandomNetwork):
        raise TypeError(f"network must be a RandomNetwork, not {shown(network)}.")
    return network


def model_from_dict(description: dict[str, Any]) -> Model:
    """Make the model that its ``to_dict`` describes.

    Raises
    ------
    ValueError
        If there is no such model, or a part of it is wrong.
    """
    kind: Any = as_mapping(description).get("model")
    check_name("model", kind, _KINDS)
    return _KINDS[kind].from_dict(description)
