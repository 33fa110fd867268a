"""From a model to what the kernels take."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from clt_sim._kernels import blocks, driver, network_driver, networks
from clt_sim._kernels import laws as law_kernels
from clt_sim.engine.law_program import kernel_laws
from clt_sim.engine.network_program import add_term, network_program
from clt_sim.laws import Constant, Law
from clt_sim.models import (
    Autoregressive,
    DataRows,
    Equicorrelated,
    FixedWeights,
    RandomNetwork,
    RandomScale,
    WeightedSum,
)
from clt_sim.nonlinearities import Identity, Nonlinearity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim._kernels.statistics import Accumulators, Grid
    from clt_sim.engine.precision import Precision
    from clt_sim.models import Model

_NO_WEIGHTS = np.empty(0)
_NO_DATA = np.empty((0, 0))


class Program(NamedTuple):
    """What the driver takes for a model."""

    fill: Any
    add_term: Any
    laws: law_kernels.Laws
    parameters: blocks.SumParameters


class _Drawn(NamedTuple):
    """The factors of a term: what has a law, what is a number, and the function between."""

    weights: Law | None
    fixed_weights: NDArray[np.float64]
    inputs: Law | None
    data: NDArray[np.float64]
    nonlinearity: Nonlinearity


def run_chunks(
    model: Model,
    precision: Precision,
    seed: int,
    chunks: range,
    draws: int,
    grid: Grid,
    accumulated: Accumulators,
    samples: NDArray[np.float64],
) -> None:
    """Run the driver over a range of chunks of a run; see ``clt_sim._kernels.driver``."""
    run = (*seed_words(seed), chunks.start, chunks.stop, draws)
    statistics = grid, accumulated, samples
    if isinstance(model, RandomNetwork):
        parts = network_program(model, precision)
        conditional = model.sampler == "conditional"
        network_rows = networks.workspace(parts.parameters)
        network_driver.sample_networks(*run, *parts, conditional, network_rows, *statistics)
    else:
        rows = blocks.workspace(precision.real)
        driver.sample_chunks(*run, *program(model, precision), rows, *statistics)


def seed_words(seed: int) -> tuple[np.uint32, np.uint32]:
    """Return the two words of a seed, the lower one first."""
    return np.uint32(seed & 0xFFFFFFFF), np.uint32(seed >> 32)


@functools.lru_cache(maxsize=8)
def program(model: WeightedSum, precision: Precision) -> Program:
    """Return what the driver takes for a model.

    Raises
    ------
    ValueError
        If a law cannot be drawn.
    """
    laws, parameters = sum_program(model, precision)
    return Program(
        fill=law_kernels.fill(precision.real),
        add_term=add_term(_drawn(model).nonlinearity, precision.real),
        laws=laws,
        parameters=parameters,
    )


@functools.lru_cache(maxsize=8)
def sum_program(
    model: WeightedSum, precision: Precision
) -> tuple[law_kernels.Laws, blocks.SumParameters]:
    """Return the laws and the numbers of a model, without the functions that draw them."""
    drawn = _drawn(model)
    phi, real = drawn.nonlinearity, precision.real
    keep = 1.0 - model.dropout
    dependence, fresh, shared, centre = _correlation(model)
    parameters = blocks.SumParameters(
        nonlinearity=phi.kernel,
        parameter=real(phi.kernel_parameter),
        fixed_weights=drawn.fixed_weights.astype(real),
        random_bias=isinstance(model.bias, Law),
        dropout=model.dropout > 0.0,
        keep_below=np.uint32(min(round(keep * 2.0**32), 2**32 - 1)),
        keep_factor=real(1.0 / keep),
        dependence=dependence,
        fresh=real(fresh),
        shared=real(shared),
        centre=real(centre),
        data=np.ascontiguousarray(drawn.data.T, real),
    )
    bias = model.bias if isinstance(model.bias, Law) else None
    factor = model.dependence.factor if isinstance(model.dependence, RandomScale) else None
    return kernel_laws([drawn.weights, drawn.inputs, bias, factor], precision), parameters


def _drawn(model: WeightedSum) -> _Drawn:
    """Take what fixed inputs become for weights, and what is left to draw for inputs."""
    phi = model.nonlinearity
    fixed = model.weights.values if isinstance(model.weights, FixedWeights) else _NO_WEIGHTS
    weights = model.weights if isinstance(model.weights, Law) else None
    if isinstance(model.inputs, Law):
        return _Drawn(weights, fixed, model.inputs, _NO_DATA, phi)
    if isinstance(model.inputs, DataRows):
        return _Drawn(weights, fixed, None, model.inputs.values, phi)
    outputs = np.asarray(phi(model.inputs.values), np.float64)
    if weights is not None:
        return _Drawn(None, outputs, weights, _NO_DATA, Identity())
    return _Drawn(None, fixed * outputs, Constant(1.0), _NO_DATA, Identity())


def _correlation(model: WeightedSum) -> tuple[int, float, float, float]:
    """Return the kind of dependence, and the factors and the centre of correlated inputs."""
    if isinstance(model.inputs, DataRows):
        return blocks.DATA_ROWS, 1.0, 0.0, 0.0
    match model.dependence:
        case Equicorrelated(correlation=r):
            kind, fresh, shared = blocks.EQUICORRELATED, (1.0 - r) ** 0.5, r**0.5
        case Autoregressive(correlation=r):
            kind, fresh, shared = blocks.AUTOREGRESSIVE, (1.0 - r * r) ** 0.5, r
        case RandomScale():
            return blocks.RANDOM_SCALE, 1.0, 0.0, 0.0
        case _:
            return blocks.INDEPENDENT, 1.0, 0.0, 0.0
    mean = model.inputs.mean if isinstance(model.inputs, Law) else 0.0
    return kind, fresh, shared, mean * (1.0 - fresh - shared)
