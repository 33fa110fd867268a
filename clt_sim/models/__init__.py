"""Models: specifications of a random sum, with no computation in them."""

from __future__ import annotations

from clt_sim.models.dependence import Autoregressive, Dependence, Equicorrelated, RandomScale
from clt_sim.models.fixed import DataRows, FixedInputs, FixedWeights
from clt_sim.models.model import Model, model_from_dict
from clt_sim.models.random_network import RandomNetwork
from clt_sim.models.weighted_sum import WeightedSum

__all__ = [
    "Autoregressive",
    "DataRows",
    "Dependence",
    "Equicorrelated",
    "FixedInputs",
    "FixedWeights",
    "Model",
    "RandomNetwork",
    "RandomScale",
    "WeightedSum",
    "model_from_dict",
]
