"""Real networks: data, the built-in multilayer perceptron, its training, and recorded layers.

Examples
--------
>>> from clt_sim.networks import load_digits, record, train
>>> network = train(nonlinearity="relu", steps=100).network
>>> record(network, load_digits().test_inputs).layers[1].u.ensemble
'u of hidden 2, each of 100 units over 400 inputs'
"""

from __future__ import annotations

from clt_sim.networks.controls import permuted_weights, random_weights
from clt_sim.networks.data_sets.dataset import Dataset
from clt_sim.networks.data_sets.digits import load_digits
from clt_sim.networks.data_sets.idx_files import load_idx
from clt_sim.networks.data_sets.loading import load_data
from clt_sim.networks.perceptron.layer_normalization import LayerNormalization
from clt_sim.networks.perceptron.multilayer_perceptron import MultilayerPerceptron
from clt_sim.networks.recording.collector import Collector, LayerBatch
from clt_sim.networks.recording.layer_record import LayerRecord
from clt_sim.networks.recording.record import record
from clt_sim.networks.recording.recorded_layer import RecordedLayer
from clt_sim.networks.recording.recorder import Recorder
from clt_sim.networks.recording.signal import PooledSignal, Signal
from clt_sim.networks.training.history import TrainingHistory
from clt_sim.networks.training.interruption import TrainingInterrupted
from clt_sim.networks.training.run import train
from clt_sim.networks.training.unit_shapes import UnitShapes

__all__ = [
    "Collector",
    "Dataset",
    "LayerBatch",
    "LayerNormalization",
    "LayerRecord",
    "MultilayerPerceptron",
    "PooledSignal",
    "RecordedLayer",
    "Recorder",
    "Signal",
    "TrainingHistory",
    "TrainingInterrupted",
    "UnitShapes",
    "load_data",
    "load_digits",
    "load_idx",
    "permuted_weights",
    "random_weights",
    "record",
    "train",
]
