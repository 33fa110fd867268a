"""Where a simulation runs: on the processors, or on a graphics processor."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from clt_sim._validation import unknown_name
from clt_sim.engine.precision import get_precision
from clt_sim.engine.program import seed_words, sum_program
from clt_sim.models import WeightedSum
from clt_sim.nonlinearities import UserFunction

if TYPE_CHECKING:
    from clt_sim._kernels.statistics import Accumulators, Grid
    from clt_sim.engine.execution import Execution
    from clt_sim.engine.tasks import Task
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
    if device not in (CPU, CUDA):
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


def run_on_cuda(task: Task, grid: Grid, accumulated: Accumulators) -> None:
    """Fill the accumulators with the draws of a task, on the graphics processor."""
    from clt_sim._cuda import driver

    if not isinstance(task.model, WeightedSum):
        raise TypeError(f"a {type(task.model).__name__} is not drawn there.")
    parts = sum_program(task.model, get_precision(task.precision))
    chunks = range(task.first, task.last)
    driver.sample_chunks(seed_words(task.seed), chunks, task.draws, *parts, grid, accumulated)
