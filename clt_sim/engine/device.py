"""Where a simulation runs: on the processors, or on a graphics processor."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from clt_sim._validation import unknown_name
from clt_sim.engine.program import seed_words, sum_program
from clt_sim.models import WeightedSum
from clt_sim.nonlinearities import UserFunction

if TYPE_CHECKING:
    from clt_sim._kernels.statistics import Accumulators, Grid
    from clt_sim.engine.execution import Execution
    from clt_sim.engine.precision import Precision
    from clt_sim.models import Model

CPU, CUDA = "cpu", "cuda"


def checked_device(device: object, model: Model, execution: Execution) -> str:
    """Return the name of a device, or raise if the run cannot be there.

    Raises
    ------
    ValueError
        If there is no device of that name, or it cannot do what is asked for.
    ModuleNotFoundError, RuntimeError
        If a package, a driver or a graphics processor is missing.
    """
    if not isinstance(device, str) or device not in (CPU, CUDA):
        raise unknown_name("device", device, (CPU, CUDA))
    if device == CPU:
        return CPU
    reason = _why_not(model)
    if reason is None and (execution.threads is not None or execution.executor is not None):
        reason = "threads and executor are for processors, leave them out"
    if reason is not None:
        raise ValueError(f"device='cuda' cannot run this: {reason}. device='cpu' can.")
    from clt_sim._cuda.availability import require_device

    require_device()
    return CUDA


def execution_on(device: str, execution: Execution) -> Execution:
    """Return how tasks run: on a graphics processor one after another."""
    return dataclasses.replace(execution, threads=1) if device == CUDA else execution


def _why_not(model: Model) -> str | None:
    if not isinstance(model, WeightedSum):
        return "the model must be a WeightedSum, not a RandomNetwork"
    if isinstance(model.nonlinearity, UserFunction):
        return f"the nonlinearity {model.nonlinearity} is a function of your own"
    return None


def run_on_cuda(
    model: Model,
    precision: Precision,
    seed: int,
    chunks: range,
    draws: int,
    grid: Grid,
    accumulated: Accumulators,
) -> None:
    """Run a range of chunks of a run on the graphics processor, as `run_chunks` does here."""
    from clt_sim._cuda import driver

    if not isinstance(model, WeightedSum):
        raise TypeError(f"a {type(model).__name__} is not drawn there.")
    parts = sum_program(model, precision)
    driver.sample_chunks(seed_words(seed), chunks, draws, *parts, grid, accumulated)
