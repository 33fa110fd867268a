"""The public questions to the engine: a summary, summaries along n, raw sums."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from typing import TYPE_CHECKING

import numpy as np

from clt_sim._kernels import driver
from clt_sim._validation import check_flag, whole
from clt_sim.engine.checkpoint import Checkpoint
from clt_sim.engine.device import CPU, checked_device, execution_on
from clt_sim.engine.execution import Execution
from clt_sim.engine.limits import check_precision
from clt_sim.engine.precision import get_precision
from clt_sim.engine.tasks import Task, cut, fill_samples, run_task
from clt_sim.models import RandomNetwork, WeightedSum
from clt_sim.models.fixed import FixedNumbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.models import Model
    from clt_sim.summaries import Summary

MOST_DRAWS = 2**53
MOST_SEED = 2**64 - 1


def simulate(
    model: Model,
    draws: int = 10_000_000,
    *,
    seed: int = 0,
    precision: str = "single",
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    start: int = 0,
    characteristic_function: bool = False,
    device: str = CPU,
) -> Summary:
    """Draw a model many times and keep moments, a histogram and extremes.

    Draws are in single precision by default, their sums in double. The result is the same to the
    last byte for any number of threads and any executor. Memory does not grow with the draws.

    Parameters
    ----------
    model : WeightedSum or RandomNetwork
        What to draw.
    draws : int
        How many sums, at least 1.
    seed : int
        From 0 to 2**64 - 1. A longer run with the same seed begins with the same draws.
    precision : str
        Of draws and terms: ``"single"``, or ``"double"`` at about half the speed.
    threads : int, optional
        At least 1; by default as many as there are processors for this process.
    executor : concurrent.futures.Executor, optional
        Where to run instead, such as a process pool or a cluster; `threads` must then be left
        out. Its processes must have the same version of the package.
    progress : callable, optional
        Called as ``progress(draws_done, draws)`` from this thread.
    checkpoint : path, optional
        A file that keeps what is done, also when the run is interrupted or killed: the same call
        goes on from it, to the same bytes. In the end it holds the result, for ``Summary.load``.
        While the run lasts, no other may write it. Where it cannot be written any more, as on a
        full disk, a `RuntimeWarning` says so and the run goes on.
    start : int
        Which draw of the seed's stream is the first: a multiple of 65536. Parts of a run that
        were drawn apart, on several machines perhaps, merge to the bytes of the whole.
    characteristic_function : bool
        Whether the summary holds the empirical characteristic function as well.
    device : str
        ``"cpu"``, or ``"cuda"`` for an NVIDIA graphics processor, with the extra ``cuda``: weighted
        sums of nonlinearities that are built in, without `threads` and `executor`.

    Returns
    -------
    Summary
        Merges with those of other seeds by ``+``.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind or out of range, or a checkpoint of something else or of
        another version of the package, before any work.
    ModuleNotFoundError, RuntimeError
        If the device lacks a package, a driver or a graphics processor, before any work.
    OSError
        If the folder of the checkpoint cannot be written to, or another run is writing it: before
        any work, too.

    Examples
    --------
    >>> import clt_sim as clt
    >>> model = clt.WeightedSum(n=16, inputs="normal", nonlinearity="relu", weights="normal")
    >>> summary = clt.simulate(model, draws=100_000, seed=3)
    >>> summary.excess_kurtosis.value > 0.5  # the limit is 15/16
    True
    """
    execution = Execution(threads, executor, progress)
    model, draws, seed = checked_run(model, "draws", draws, seed, precision)
    start = _checked_start(start)
    check_flag("characteristic_function", characteristic_function)
    device = checked_device(device, model, execution)
    execution = execution_on(device, execution)
    tasks = functools.partial(
        cut,
        model,
        (model.n,),
        seed,
        start + draws,
        long=executor is not None,
        precision=precision,
        characteristic_function=characteristic_function,
        device=device,
    )
    if checkpoint is None:
        (summary,) = execution.merged(run_task, tasks(done=start), draws)
        return summary
    file = Checkpoint(checkpoint, model, seed, start, draws, precision, characteristic_function)
    return _resumed(file, tasks, execution)


def simulate_path(
    model: WeightedSum,
    ns: Iterable[int],
    draws: int = 10_000_000,
    *,
    seed: int = 0,
    precision: str = "single",
    independent: bool = False,
    threads: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    device: str = CPU,
) -> dict[int, Summary]:
    """Summarise the sums of the first n terms of a model, for several n at once.

    The draws are shared along n, so that all n together cost about as much as the largest alone;
    the points of a curve over n are then correlated. Each summary is the same to the last byte
    as that of `simulate` for the model of n terms.

    Parameters
    ----------
    model : WeightedSum
        What to draw; of fixed weights the first n are taken.
    ns : iterable of int
        Numbers of terms, from 1 to ``model.n``; repetitions count once.
    draws : int
        How many sums for each n, at least 1.
    seed : int
        From 0 to 2**64 - 1.
    precision : str
        ``"single"`` or ``"double"``, as for `simulate`.
    independent : bool
        Whether to draw each n by itself, from a seed derived from `seed` and n, which its
        summary states.
    threads, executor, progress, device
        As for `simulate`.

    Returns
    -------
    dict of int to Summary
        A summary for each n, ascending.

    Raises
    ------
    TypeError, ValueError
        For arguments of the wrong kind or out of range, before any work.
    ModuleNotFoundError, RuntimeError
        As for `simulate`.

    Examples
    --------
    >>> import clt_sim as clt
    >>> model = clt.WeightedSum(n=8, inputs="exponential", weights=1.0)
    >>> path = clt.simulate_path(model, [1, 2, 8], draws=10_000)
    >>> [n for n in path if path[n].skewness.value > 1.0]  # the skewness is 2/sqrt(n)
    [1, 2]
    """
    execution = Execution(threads, executor, progress)
    checked, draws, seed = checked_run(model, "draws", draws, seed, precision)
    if isinstance(checked, RandomNetwork):
        raise TypeError(
            "model must be a WeightedSum: a RandomNetwork has no sums of fewer terms. Simulate"
            " networks of several widths one by one."
        )
    check_flag("independent", independent)
    ns = _checked_ns(ns, model.n)
    _check_prefixes(checked, ns, precision)
    device = checked_device(device, model, execution)
    execution = execution_on(device, execution)
    how = functools.partial(cut, long=executor is not None, precision=precision, device=device)
    if independent:
        return {n: _independent(model.prefix(n), draws, seed, how, execution) for n in ns}
    tasks = how(model, ns, seed, draws)
    return dict(zip(ns, execution.merged(run_task, tasks, draws), strict=True))


def sample(
    model: Model, size: int, *, seed: int = 0, precision: str = "single"
) -> NDArray[np.float64]:
    """Return the sums themselves, from the same stream as `simulate`.

    Parameters
    ----------
    model : WeightedSum or RandomNetwork
        What to draw.
    size : int
        How many sums, at least 1.
    seed : int
        From 0 to 2**64 - 1.
    precision : str
        Of draws and terms: ``"single"`` or ``"double"``, as for `simulate`.

    Returns
    -------
    ndarray of float64, shape (size,)
        The sums.

    Examples
    --------
    >>> import clt_sim as clt
    >>> clt.sample(clt.WeightedSum(n=2, inputs="rademacher", weights=1.0), 5).tolist()
    [-2.0, 0.0, 0.0, 2.0, 0.0]
    """
    model, size, seed = checked_run(model, "size", size, seed, precision)
    samples = np.empty(size)
    for task in cut(model, (model.n,), seed, size, precision=precision):
        run = task.replicates
        fill_samples(task, samples[run.start : run.stop])
    return samples


def checked_run(
    model: object,
    argument: str,
    draws: object,
    seed: object,
    precision: object,
    *,
    most: int = MOST_DRAWS,
) -> tuple[Model, int, int]:
    """Return model, number of draws and seed, or raise if they cannot be run.

    Parameters
    ----------
    model, draws, seed, precision
        As for `simulate`.
    argument : str
        The name of the number of draws, for messages.
    most : int
        The most draws.
    """
    if not isinstance(model, WeightedSum | RandomNetwork):
        raise TypeError(
            f"model must be a WeightedSum or a RandomNetwork, not {type(model).__name__}."
        )
    check_precision(model, get_precision(precision))
    draws = whole(argument, draws, least=1, most=most)
    return model, draws, whole("seed", seed, least=0, most=MOST_SEED)


def _resumed(
    checkpoint: Checkpoint, tasks: Callable[..., Iterator[Task]], execution: Execution
) -> Summary:
    """Run what a checkpoint lacks."""
    with checkpoint.opened() as done:
        (summary,) = execution.merged(
            run_task,
            tasks(done=checkpoint.start + (0 if done is None else done.count)),
            checkpoint.draws,
            start=None if done is None else (done,),
            keep=lambda part: checkpoint.keep(part[0]),
        )
    return summary


def _checked_start(start: object) -> int:
    start = whole("start", start, least=0, most=MOST_DRAWS)
    if start % driver.CHUNK:
        near = round(start / driver.CHUNK) * driver.CHUNK
        raise ValueError(
            f"start must be a multiple of {driver.CHUNK}, such as {near}, not {start}."
        )
    return start


def _checked_ns(ns: object, most: int) -> tuple[int, ...]:
    if isinstance(ns, str | bytes) or not isinstance(ns, Iterable):
        raise TypeError(f"ns must be a list of whole numbers, not {ns!r}.")
    checked = sorted({whole("each of ns", n, least=1, most=most) for n in ns})
    if not checked:
        raise ValueError("ns must not be empty.")
    return tuple(checked)


def _check_prefixes(model: WeightedSum, ns: tuple[int, ...], precision: str) -> None:
    """Raise if the numbers of a shorter sum do not fit the precision.

    Where all terms have the same laws, the shortest sum is the one that varies least.
    """
    numbers = isinstance(model.weights, FixedNumbers) or isinstance(model.inputs, FixedNumbers)
    for n in ns if numbers else ns[:1]:
        if n < model.n:
            try:
                check_precision(model.prefix(n), get_precision(precision))
            except ValueError as error:
                raise ValueError(f"of the sum of the first {n} terms, {error}") from None


def _independent(
    model: Model, draws: int, seed: int, how: Callable[..., Iterator[Task]], execution: Execution
) -> Summary:
    own_seed = int(np.random.SeedSequence([seed, model.n]).generate_state(1, np.uint64)[0])
    (summary,) = execution.merged(run_task, how(model, (model.n,), own_seed, draws), draws)
    return summary
