"""Simulation of the variance that a quantity has given everything but the last weights."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clt_sim import __version__
from clt_sim._kernels import network_driver, networks
from clt_sim._kernels.variances import VarianceAccumulators, variance_accumulators
from clt_sim.engine.execution import Execution
from clt_sim.engine.grids import terms_grid
from clt_sim.engine.limits import check_squares
from clt_sim.engine.network_program import NetworkProgram, network_program, sum_variance_program
from clt_sim.engine.precision import Precision, get_precision
from clt_sim.engine.program import seed_words
from clt_sim.engine.simulation import checked_run
from clt_sim.engine.tasks import Task, cut
from clt_sim.laws import Law, Normal
from clt_sim.models import FixedInputs, RandomNetwork, WeightedSum
from clt_sim.summaries import NormalMixture, PowerSums, Run

if TYPE_CHECKING:
    from clt_sim.models import Model

MOST_DRAWS = 2**42
"""So many places of 20 bits in one bin add up below 2^63."""


def simulate_conditional(
    model: Model,
    draws: int = 10_000_000,
    *,
    seed: int = 0,
    precision: str = "single",
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> NormalMixture:
    """Draw the variance of a model with Gaussian weights, given all but the last weights.

    Given the inputs x of the last sum, with centred normal weights ``w_i`` of variance v, the sum
    ``sum_i w_i phi(x_i)`` is normal with mean 0 and variance ``K = v sum_i phi(x_i)^2``; centred
    normal biases add their own. The law of the quantity is the average of these normal laws over
    draws of K, from which moments, distribution function and distances to the normal law follow
    with smaller errors than from as many draws of the quantity itself. The result is the same to
    the last byte for any number of threads and any executor.

    Parameters
    ----------
    model : RandomNetwork or WeightedSum
        A network with the conditional sampler; or a weighted sum of independent random inputs or
        rows of data, with weights of a centred normal law and a bias that is a number or has such
        a law too.
    draws : int
        How many K, from 1 to 2**42.
    seed, precision, threads, executor, progress
        As for `simulate`.

    Returns
    -------
    NormalMixture
        Merges with those of other seeds by ``+``; `gaussianity` takes it.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind or out of range, or a model of another kind, before any
        work.

    Examples
    --------
    >>> import clt_sim as clt
    >>> mixture = clt.simulate_conditional(clt.RandomNetwork([10, 10, 10]), draws=100_000)
    >>> kurtosis = mixture.excess_kurtosis  # the limit is 3 (1 + 5/10)^3 - 3 = 7.125
    >>> abs(kurtosis.value - 7.125) < 4.0 * kurtosis.stderr < 1.0
    True
    """
    execution = Execution(threads, executor, progress)
    model, draws, seed = checked_run(model, "draws", draws, seed, precision, most=MOST_DRAWS)
    reason = _why_not(model)
    if reason is not None:
        raise ValueError(f"the model is not conditionally normal: {reason}.")
    if isinstance(model, WeightedSum):
        check_squares(model, get_precision(precision))
    long = executor is not None
    whole = cut(model, (model.n,), seed, draws, long=long, precision=precision)
    tasks = (VarianceTask(task) for task in whole)
    (mixture,) = execution.merged(run_variance_task, tasks, draws)
    return mixture


@dataclass(frozen=True, slots=True)
class VarianceTask:
    """A task of which the variances are wanted in place of draws."""

    task: Task


def run_variance_task(variance_task: VarianceTask) -> tuple[NormalMixture]:
    """Return the mixture of a task's draws."""
    task = variance_task.task
    precision = get_precision(task.precision)
    unit = terms_grid(task.model, precision).scale ** 2
    filled = variance_accumulators(task.chunks, unit)
    parts = _program(task.model, precision)
    network_driver.sample_variances(
        *seed_words(task.seed),
        task.first,
        task.last,
        task.draws,
        *parts,
        networks.workspace(parts.parameters),
        filled,
    )
    return (_mixture(task, unit, filled),)


def _mixture(task: Task, unit: float, filled: VarianceAccumulators) -> NormalMixture:
    run = task.replicates
    zeros, underflow, overflow = filled.outside.tolist()
    filled.counts.setflags(write=False)
    filled.offsets.setflags(write=False)
    return NormalMixture(
        model=task.model,
        runs=(Run(task.seed, run.start, run.stop),),
        unit=unit,
        power_sums=PowerSums.of_doubles(len(run), filled.chunk_powers.tolist()),
        counts=filled.counts,
        offsets=filled.offsets,
        zeros=zeros,
        underflow=underflow,
        overflow=overflow,
        precision=task.precision,
        versions=(__version__,),
    )


def _program(model: Model, precision: Precision) -> NetworkProgram:
    if isinstance(model, RandomNetwork):
        return network_program(model, precision)
    return sum_variance_program(model, precision)


def _why_not(model: Model) -> str | None:
    if isinstance(model, RandomNetwork):
        needed = model.sampler != "conditional"
        return "its sampler is direct" if needed else None
    parts = {"weights": model.weights}
    if isinstance(model.bias, Law):
        parts["the bias"] = model.bias
    for name, part in parts.items():
        if not (isinstance(part, Normal) and part.mean == 0.0):
            return f"{name} must have a normal law with mean 0, not be {part}"
    return _why_inputs_do_not(model)


def _why_inputs_do_not(model: WeightedSum) -> str | None:
    if isinstance(model.inputs, FixedInputs):
        return "with fixed inputs there is nothing to draw, the sum is normal"
    if model.dependence is not None:
        return f"inputs must be independent, not {model.dependence}"
    return f"dropout must be 0, not {model.dropout:g}" if model.dropout else None
