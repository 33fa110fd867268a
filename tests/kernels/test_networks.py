"""Random networks against NumPy matrices, with the same draws in the same order."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit

import clt_sim as clt
from clt_sim._kernels import laws as law_kernels
from clt_sim._kernels.bits import seed_lanes
from clt_sim._kernels.blocks import BIAS, COMMON, INPUTS, WEIGHTS
from clt_sim._kernels.rows import BLOCK, LANES
from clt_sim.engine.law_program import kernel_laws
from clt_sim.engine.precision import get_precision
from clt_sim.models import DataRows, FixedInputs

TOLERANCES = {"single": 3e-4, "double": 1e-11}
"""Of a draw, relative to 1 and the draw; normalisation divides by what may be small."""
DATA = np.sin(np.arange(15.0)).reshape(5, 3)
EXAMPLES = np.sin(np.arange(3000.0) ** 2).reshape(1000, 3)
"""So many that a batch is hardly ever of one example, whose variance is 0."""
X = np.cos(np.arange(5.0))

NETWORKS = [
    clt.RandomNetwork([3, 40, 2], "relu", "laplace", bias_variance=0.3, inputs=X),
    clt.RandomNetwork([2], "tanh", "rademacher", inputs=DATA),
    clt.RandomNetwork([3, 2], "gelu", sampler="direct", inputs="exponential", input_width=35),
    clt.RandomNetwork([7, 5], "tanh", "uniform(low=-1)", 1.5, 0.1, "layer", inputs=X),
    clt.RandomNetwork([7, 5], "leaky-relu", "normal", 1.5, 0.1, "rms", sampler="direct"),
    clt.RandomNetwork([4, 35], "tanh", "normal", 2.0, 0.1, "batch", EXAMPLES, batch_size=5),
    clt.RandomNetwork(
        [4, 2], "sigmoid", "laplace", 2.0, 0.0, "batch", "uniform", input_width=2, batch_size=6
    ),
    clt.RandomNetwork([3, 40], "tanh", "laplace", 1.0, 0.2, inputs=DATA, weight_seed=3),
    clt.RandomNetwork(
        [3, 4], "tanh", "normal", 1.0, 0.2, "batch", EXAMPLES, batch_size=5, weight_seed=3
    ),
    clt.RandomNetwork([3, 40, 2], "relu", "normal(sd=0.5)", bias_variance=0.3, inputs=X),
    clt.RandomNetwork([3, 40], "tanh", inputs=DATA),
    clt.RandomNetwork([35], "gelu", inputs="exponential", input_width=35),
    clt.RandomNetwork([7, 5], "tanh", "normal", 1.5, 0.1, "layer", inputs=X),
    clt.RandomNetwork([7, 5], "leaky-relu", "normal", 1.5, 0.1, "rms"),
]


@njit(error_model="numpy")
def _seed(state, low, high, stream, block):
    seed_lanes(state, low, high, stream, block)


@njit(error_model="numpy")
def _words(values, state):
    law_kernels.fill_words(values, state)


@njit(error_model="numpy")
def _fill(fill, laws, stream, values, words, choices, state):
    law_kernels.draw(fill, laws, stream, values, words, choices, state)


class Draws:
    """The streams of one block."""

    def __init__(self, laws, seed, block, precision):
        self.real = get_precision(precision).real
        self.laws = kernel_laws(laws, get_precision(precision))
        self.states = np.empty((4, 4 * LANES), np.uint32)
        for stream in range(4):
            low, high = np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32)
            _seed(self.states[stream], low, high, np.uint32(stream), block)

    def words(self, stream):
        values = np.empty(BLOCK, np.float32)
        _words(values, self.states[stream])
        return values.view(np.uint32)

    def row(self, stream):
        values = np.empty(BLOCK, self.real)
        words, choices = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.int32)
        fill = law_kernels.fill(self.real)
        _fill(fill, self.laws, stream, values, words, choices, self.states[stream])
        return values.astype(np.float64)

    def rows(self, stream, *shape):
        rows = np.array([self.row(stream) for _ in range(math.prod(shape))])
        return rows.reshape(*shape, BLOCK)


def inputs_of(model, draws, examples):
    """Return the inputs, shape (examples, width, block)."""
    width = model.input_width
    if isinstance(model.inputs, FixedInputs):
        fixed = model.inputs.values[None, :, None]
        return np.broadcast_to(fixed, (examples, width, BLOCK))
    if isinstance(model.inputs, DataRows):
        rows = [draws.words(COMMON).astype(np.uint64) for _ in range(examples)]
        draws.words(INPUTS)
        count = np.uint64(len(model.inputs.values))
        chosen = [(words * count >> np.uint64(32)).astype(int) for words in rows]
        return np.array([model.inputs.values[some].T for some in chosen])
    draws.words(INPUTS)
    return draws.rows(INPUTS, width, examples).swapaxes(0, 1)


def normalized(model, z):
    """Normalise z of shape (examples, units, block) over units or over examples."""
    if model.normalization is None:
        return z
    if model.normalization == "rms":
        return z / np.sqrt((z**2).mean(1, keepdims=True))
    axis = 0 if model.normalization == "batch" else 1
    return (z - z.mean(axis, keepdims=True)) / z.std(axis, keepdims=True)


def direct(model, seed, block, precision):
    inputs = model.inputs if hasattr(model.inputs, "sample") else None
    bias_sd = math.sqrt(model.bias_variance)
    bias = clt.laws.Normal(sd=bias_sd) if bias_sd else None
    draws = Draws([model.weights, inputs, bias], seed, block, precision)
    h = inputs_of(model, draws, model.batch_size or 1)
    fixed = np.random.default_rng(model.weight_seed)
    for units in (*model.widths, 1):
        fan_in = h.shape[1]
        if model.weight_seed is None:
            w = draws.rows(WEIGHTS, units, fan_in)
            b = draws.rows(BIAS, units) if bias else np.zeros((units, 1))
        else:
            w = model.weights.sample((units, fan_in), rng=fixed)[..., None]
            b = bias.sample(units, rng=fixed)[:, None]
        gain = math.sqrt(model.weight_variance / fan_in)
        z = gain * (w[None] * h[:, None]).sum(2) + b
        h = np.asarray(model.nonlinearity(normalized(model, z) if units > 1 else z))
    return z[0, 0]


def conditional(model, seed, block, precision):
    inputs = model.inputs if hasattr(model.inputs, "sample") else None
    draws = Draws([clt.laws.Normal(), inputs], seed, block, precision)
    h = inputs_of(model, draws, 1)
    for units in (*model.widths, 1):
        square = model.weight_variance * model.weights.variance * (h**2).mean(1)
        variance = model.bias_variance + square
        z = np.sqrt(variance)[:, None] * draws.rows(WEIGHTS, units)
        h = np.asarray(model.nonlinearity(normalized(model, z) if units > 1 else z))
    return z[0, 0]


def errors(model, seed, other_seed, precision):
    samples = clt.sample(model, 2 * BLOCK, seed=seed, precision=precision)
    reference = conditional if model.sampler == "conditional" else direct
    expected = np.concatenate([reference(model, other_seed, k, precision) for k in range(2)])
    return np.abs(samples - expected) / (1.0 + np.abs(expected)) / TOLERANCES[precision]


@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("model", NETWORKS, ids=str)
def test_sample_equals_the_matrices(model, precision):
    assert errors(model, 2**64 - 5, 2**64 - 5, precision).max() < 1.0


@pytest.mark.parametrize("model", NETWORKS[:1] + NETWORKS[-1:], ids=str)
def test_another_seed_would_be_noticed(model):
    assert np.mean(errors(model, 1, 2, "single") < 1.0) < 0.01


def test_values_that_are_all_equal_are_normalised_to_zero():
    one = clt.RandomNetwork([1], "tanh", "laplace", normalization="layer")
    assert np.all(clt.sample(one, 1000) == 0.0)
    data = np.ones((3, 2)) / 3.0
    same = clt.RandomNetwork([2], "tanh", "laplace", 1.0, 0.0, "batch", data, batch_size=3)
    assert np.all(clt.sample(same, 1000) == 0.0)
