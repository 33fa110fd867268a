"""What all models have in common."""

from __future__ import annotations

from typing import Any

from clt_sim._validation import unknown_name
from clt_sim.models.random_network import RandomNetwork
from clt_sim.models.weighted_sum import WeightedSum

Model = WeightedSum | RandomNetwork
"""A specification of one random number."""

_KINDS: dict[str, type[WeightedSum] | type[RandomNetwork]] = {
    "weighted-sum": WeightedSum,
    "random-network": RandomNetwork,
}


def model_from_dict(description: dict[str, Any]) -> Model:
    """Make the model that its ``to_dict`` describes.

    Raises
    ------
    ValueError
        If there is no such model, or a part of it is wrong.
    """
    kind = description.get("model")
    if kind not in _KINDS:
        raise unknown_name("model", kind, _KINDS)
    return _KINDS[kind].from_dict(description)
