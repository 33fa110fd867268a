"""The random network as a value, and its mean and variance."""

from __future__ import annotations

import copy
import json
import math
import pickle

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.models import DataRows, FixedInputs, model_from_dict

DATA = np.sin(np.arange(12.0)).reshape(4, 3)
NETWORKS = [
    clt.RandomNetwork([1]),
    clt.RandomNetwork([10, 20], "tanh", "laplace", 1.5, 0.1, "layer"),
    clt.RandomNetwork([3], "leaky-relu(slope=0.3)", inputs=[1.0, -2.0], sampler="direct"),
    clt.RandomNetwork([3], "gelu", inputs="exponential", input_width=7, weight_seed=5),
    clt.RandomNetwork([3], "gelu", "student-t(df=3)", 1.0, 0.0, "batch", DATA, batch_size=2),
]


@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_equal_values_are_equal_networks(network):
    for other in (
        copy.deepcopy(network),
        pickle.loads(pickle.dumps(network)),  # noqa: S301 - of our own
        clt.RandomNetwork.from_dict(json.loads(json.dumps(network.to_dict()))),
        model_from_dict(network.to_dict()),
    ):
        assert other == network
        assert hash(other) == hash(network)
    assert len({*NETWORKS, network}) == len(NETWORKS)


def test_defaults_are_the_single_number_1():
    assert NETWORKS[0].inputs == FixedInputs([1.0])
    assert NETWORKS[0].input_width == 1
    assert clt.RandomNetwork([2], inputs=DATA).inputs == DataRows(DATA)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({}, "over weights, at fixed inputs"),
        ({"bias_variance": 0.1}, "over weights and biases, at fixed inputs"),
        ({"inputs": DATA, "bias_variance": 1}, "over weights, biases and rows of data"),
        ({"inputs": "normal", "input_width": 2}, "over weights and inputs"),
        ({"inputs": DATA, "weight_seed": 1}, "over rows of data, at fixed weights"),
        (
            {"inputs": "normal", "input_width": 2, "weight_seed": 1, "bias_variance": 1},
            "over inputs, at fixed weights and biases",
        ),
    ],
)
def test_ensemble_says_what_is_random(changed, text):
    assert clt.RandomNetwork([3], **changed).ensemble == text


@pytest.mark.parametrize(
    ("changed", "sampler"),
    [
        ({}, "conditional"),
        ({"weights": "normal(sd=3)", "normalization": "rms"}, "conditional"),
        ({"weights": "laplace"}, "direct"),
        ({"inputs": DATA, "weight_seed": 1}, "direct"),
        ({"inputs": DATA, "normalization": "batch", "batch_size": 2}, "direct"),
    ],
)
def test_sampler_is_conditional_where_it_can_be(changed, sampler):
    network = clt.RandomNetwork([3], **changed)
    assert network.sampler == sampler
    assert f"{sampler} sampler" in str(network)
    if sampler == "direct":
        with pytest.raises(ValueError, match='sampler="conditional" is not for'):
            clt.RandomNetwork([3], sampler="conditional", **changed)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"widths": []}, ValueError, "widths must be of 1 to 1000 layers, not 0"),
        ({"widths": 3}, TypeError, "widths must be a list of whole numbers, not 3"),
        ({"widths": "33"}, TypeError, "widths must be a list"),
        ({"widths": [3, 0]}, ValueError, "each of widths must be from 1 to 16384, not 0"),
        ({"widths": [2.5]}, TypeError, "each of widths must be a whole number"),
        ({"nonlinearity": "rellu"}, ValueError, "Did you mean 'relu'"),
        ({"weights": "exponential"}, ValueError, "weights must have mean 0; that of exp.* is 1"),
        ({"weights": "cauchy"}, ValueError, "weights must have mean 0; that of cauchy is nan"),
        ({"weight_variance": 0.0}, ValueError, "weight_variance must be above 0"),
        ({"bias_variance": -1.0}, ValueError, "bias_variance must be at least 0, not -1"),
        ({"normalization": "bach"}, ValueError, "unknown normalization 'bach'. Did you mean"),
        ({"normalization": "batch"}, ValueError, "batch_size must be given"),
        ({"batch_size": 4}, ValueError, 'batch_size is for normalization="batch"'),
        (
            {"normalization": "batch", "batch_size": 4},
            ValueError,
            'normalization="batch" needs random inputs',
        ),
        (
            {"normalization": "batch", "batch_size": 1, "inputs": DATA},
            ValueError,
            "batch_size must be from 2 to",
        ),
        ({"inputs": "normal"}, ValueError, "input_width must be given"),
        ({"inputs": DATA, "input_width": 4}, ValueError, "input_width must be .*3, not 4"),
        ({"weight_seed": 1}, ValueError, "nothing is random"),
        ({"weight_seed": -1, "inputs": DATA}, ValueError, "weight_seed must be from 0"),
        (
            {"weight_seed": 1, "inputs": DATA, "widths": [16384, 16384]},
            ValueError,
            "at most 16777216 weights",
        ),
        ({"sampler": "indirect"}, ValueError, "unknown sampler 'indirect'. Did you mean 'direct'"),
    ],
)
def test_messages(changed, error, message):
    with pytest.raises(error, match=message):
        clt.RandomNetwork(**{"widths": [3], **changed})


@pytest.mark.parametrize(
    ("network", "variance"),
    [
        (clt.RandomNetwork([3, 4]), 2.0),
        (clt.RandomNetwork([3, 4], "identity", "rademacher", 1.5), 1.5**3),
        (clt.RandomNetwork([3], "relu", "normal", 2.0, 0.5), 0.5 + 2.0 * 0.5 * (0.5 + 2.0)),
        (clt.RandomNetwork([3], "abs", "laplace", 1.0, inputs=[3.0, 4.0]), 4.0 * 12.5),
        (clt.RandomNetwork([3], "leaky-relu(slope=0.5)", inputs=DATA), 2.5 * np.mean(DATA**2)),
        (clt.RandomNetwork([3], inputs="exponential", input_width=9), 4.0),
    ],
)
def test_variance_by_hand(network, variance):
    assert network.variance == pytest.approx(variance, rel=1e-12)
    assert network.mean == 0.0


@pytest.mark.parametrize(
    "changed",
    [
        {"nonlinearity": "tanh"},
        {"normalization": "rms"},
        {"weights": "triangular(low=-1.0, mode=-1.0, high=2.0)"},
        {"inputs": DATA, "weight_seed": 1},
    ],
)
def test_variance_is_nan_where_there_is_no_formula(changed):
    assert math.isnan(clt.RandomNetwork([3], **changed).variance)


@pytest.mark.parametrize(
    ("network", "index"),
    [
        (clt.RandomNetwork([3, 3]), math.inf),
        (clt.RandomNetwork([3, 3], "relu", "student-t(df=5)"), 5.0),
        (clt.RandomNetwork([3, 3], "square", "student-t(df=5)"), 1.25),
        (clt.RandomNetwork([3, 3], "tanh", "student-t(df=5)"), 5.0),
        (clt.RandomNetwork([3, 3], "square", "student-t(df=5)", normalization="rms"), 5.0),
        (clt.RandomNetwork([3], "relu", inputs="pareto(shape=3)", input_width=2), 3.0),
        (clt.RandomNetwork([3], "exp"), math.inf),
        (clt.RandomNetwork([3, 3], "exp"), 0.0),
    ],
)
def test_tail_index(network, index):
    assert network.tail_index == index
    assert math.isnan(network.mean) == (index <= 1.0)


def test_terms_count_every_weight_or_every_unit():
    assert clt.RandomNetwork([5, 7], inputs=DATA, sampler="direct").terms == 15 + 35 + 7
    assert clt.RandomNetwork([5, 7], inputs=DATA).terms == 3 + 5 + 7
