"""Real networks: data, the built-in multilayer perceptron, its training, and recorded layers.

Examples
--------
>>> from clt_sim.networks import load_digits, record, train
>>> network = train(nonlinearity="relu", steps=100).network
>>> record(network, load_digits().test_inputs).layers[1].u.ensemble
'u of hidden 2, each of 100 units over 400 inputs'
"""

from __future__ import annotations

from clt_sim.networks.dataset import Dataset
from clt_sim.networks.digits import load_digits
from clt_sim.networks.layer_record import LayerRecord
from clt_sim.networks.multilayer_perceptron import MultilayerPerceptron
from clt_sim.networks.record import record
from clt_sim.networks.signal import PooledSignal, Signal
from clt_sim.networks.training import train
from clt_sim.networks.training_history import TrainingHistory

__all__ = [
    "Dataset",
    "LayerRecord",
    "MultilayerPerceptron",
    "PooledSignal",
    "Signal",
    "TrainingHistory",
    "load_digits",
    "record",
    "train",
]
