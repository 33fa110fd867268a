"""Training of the multilayer perceptron by plain stochastic gradient descent."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from clt_sim._validation import whole
from clt_sim.networks.data_sets.dataset import Dataset
from clt_sim.networks.data_sets.loading import load_data
from clt_sim.networks.training.checkpoint import Checkpoint, fingerprint, require_named
from clt_sim.networks.training.descent import Descent
from clt_sim.networks.training.interruption import (
    Interruption,
    TrainingInterrupted,
    deferred_interrupt,
)
from clt_sim.networks.training.progress_bar import Progress, progress_reporter
from clt_sim.networks.training.recorder import TrainingRecorder, even_steps
from clt_sim.networks.training.settings import TrainingSettings

if TYPE_CHECKING:
    from clt_sim.networks.training.history import TrainingHistory
    from clt_sim.nonlinearities import Nonlinearity

_MOST_NUMBERS = 2**28
"""Weights, and values of the hidden layers for all training inputs: 1 GiB each."""
_REPORTS = 100
"""How many times progress is reported."""


def train(
    *,
    data: Dataset | str | os.PathLike[str] | None = None,
    hidden: Sequence[int] = (100, 100, 100),
    nonlinearity: Nonlinearity | str = "sigmoid",
    normalization: str | None = None,
    steps: int = 5000,
    batch_size: int = 60,
    learning_rate: float = 0.1,
    initial_sd: float | None = None,
    seed: int = 0,
    records: int = 100,
    snapshots: int = 20,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int = 5000,
    progress: Progress | bool | None = None,
) -> TrainingHistory:
    """Train a multilayer perceptron, in float32.

    The experiment of Ioffe & Szegedy 2015, section 4.1: fully connected layers with a softmax
    output, cross-entropy, plain stochastic gradient descent. Batches are cut from shuffled
    passes over the training set. In training, batch normalization uses the mean and the biased
    variance of the batch; for all that is recorded and the returned network it uses those
    of the whole training set, as `inference_network` says. The paper trains for 50000 steps.

    Parameters
    ----------
    data : Dataset, str, path or None
        What to learn: a dataset, or what `load_data` takes: ``"digits"``, ``"mnist"``, an npz
        file or a folder of IDX files. None for the 8x8 digits of `load_digits`.
    hidden : sequence of int
        Widths of the hidden layers, at least one.
    nonlinearity : Nonlinearity or str
        The function phi of the hidden layers.
    normalization : None or str
        What each hidden layer computes. None: ``phi(Wu + b)``. ``"batch"``:
        ``phi(BN(Wu + b))``. ``"batch-u"``: ``phi(W BN(u) + b)``; the data are not normalized,
        the u of the output layer is. ``"batch-both"``: both. ``"layer"``: ``phi(LN(Wu + b))``
        (Ba, Kiros & Hinton 2016). ``"noisy-batch"``: as ``"batch"``, with noise after BN in
        training, of a mean and a scale that change with every step (Santurkar et al. 2018,
        section 2.2).
    steps : int
        The number of batches, at least 1.
    batch_size : int
        Inputs in a batch, from 1 (2 with batch normalization) to the size of the training set.
    learning_rate : float
        Factor of the gradient, above 0.
    initial_sd : float or None
        Standard deviation of the initial weights, normal with mean 0; None for
        ``1 / sqrt(fan_in * E[phi(Z)^2])`` with Z standard normal, which for ReLU is
        ``sqrt(2 / fan_in)`` (He et al. 2015, eq. 10). Biases and beta start at 0, gamma at 1.
    seed : int
        Decides the initial weights and, by streams of their own, the batches and the noise.
    records : int
        How many times after the start accuracies, loss and percentiles are recorded, at even
        intervals: from 1, which is the end, to 10000. A record takes as long as ten steps or more.
    snapshots : int
        How many times after the start the shapes of u and ``Wu + b`` are taken, over the first
        1000 test inputs: after ``steps * (k/snapshots)**2`` steps. 0 for never.
    checkpoint : path or None
        A file that the state is written to, and from which the run goes on if it is there. The
        result has the same bytes as that of a run that was never stopped.
    checkpoint_every : int
        Steps between two writings, at least 1; it is also written at the end and on Ctrl-C.
    progress : callable, bool or None
        Called as ``progress(done, total)`` with numbers of steps, about 100 times; True for a
        bar on standard error.

    Returns
    -------
    TrainingHistory
        The trained network; accuracy, loss and percentiles before the first step and at the
        records; and the shapes.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed, or the checkpoint is damaged or of another run, before
        any work.
    FileNotFoundError
        If there are no such data, or no folder for the checkpoint.
    FloatingPointError
        If a loss or a parameter is not finite; the message names the step and learning rate.
    TrainingInterrupted
        On Ctrl-C, a `KeyboardInterrupt`; its ``history`` is what was done.

    Notes
    -----
    On one machine and with one version of NumPy, equal arguments give equal bytes; the products
    of matrices may be rounded otherwise elsewhere.

    With the default settings the test accuracies on the digits, for seeds 0, 1 and 2, were
    0.968, 0.960 and 0.965 for sigmoid, 0.975, 0.978 and 0.975 with batch normalization; 0.970,
    0.973 and 0.978 for ReLU, 0.990, 0.980 and 0.978 with batch normalization. One of the 400
    test inputs is 0.0025. The plain sigmoid network is the slowest to learn.

    Examples
    --------
    >>> history = train(nonlinearity="relu", normalization="batch", steps=200)
    >>> bool(history.test_accuracy[-1] > 0.9)
    True
    """
    settings = TrainingSettings(
        hidden, nonlinearity, normalization, steps, batch_size, learning_rate, initial_sd, seed
    )
    records = whole("records", records, least=1, most=10_000)
    snapshots = whole("snapshots", snapshots, least=0, most=1000)
    checkpoint_every = whole("checkpoint_every", checkpoint_every, least=1)
    data = data if isinstance(data, Dataset) else load_data(data)
    _check_data(data, settings)
    descent = Descent(data, settings)
    run = _Run(descent, records, snapshots, checkpoint, checkpoint_every)
    with progress_reporter(progress, str(settings)) as report:
        return run.finish(report)


class _Run:
    """A descent with its records and its checkpoint."""

    def __init__(
        self,
        descent: Descent,
        records: int,
        snapshots: int,
        checkpoint: str | os.PathLike[str] | None,
        checkpoint_every: int,
    ) -> None:
        self.descent, self.every = descent, checkpoint_every
        self.recorder = TrainingRecorder(descent, records, snapshots)
        self.reported = even_steps(descent.settings.steps, _REPORTS)
        self.settings = _described(descent)
        self.checkpoint: Checkpoint | None = None
        self.at_checkpoint = False
        if checkpoint is not None:
            require_named(descent.settings.nonlinearity)
            data = {"data": descent.data.name, "sha256": fingerprint(descent.data)}
            recorded = {"records": records, "snapshots": snapshots}
            self.checkpoint = Checkpoint(
                checkpoint, {**descent.settings.to_dict(), **recorded, **data}
            )
            self.at_checkpoint = self.checkpoint.restore(descent, self.recorder)

    def finish(self, progress: Progress) -> TrainingHistory:
        """Take the remaining steps."""
        last = self.descent.settings.steps
        with deferred_interrupt() as interruption:
            while True:
                self._visit(progress, interruption)
                if self.descent.step == last:
                    return self.recorder.history(self.settings)
                if interruption.requested:
                    raise self._interrupted()
                self.descent.advance()

    def _visit(self, progress: Progress, interruption: Interruption) -> None:
        """Do what is due after a step, which at a checkpoint has been done before."""
        step, last = self.descent.step, self.descent.settings.steps
        if not self.at_checkpoint and self.recorder.is_due():
            self.recorder.record()
        if step in self.reported:
            try:
                progress(step, last)
            except KeyboardInterrupt:
                interruption.requested = True
        is_due = step % self.every == 0 or step == last or interruption.requested
        if self.checkpoint is not None and is_due and not self.at_checkpoint:
            self.checkpoint.write(self.descent, self.recorder)
        self.at_checkpoint = False

    def _interrupted(self) -> TrainingInterrupted:
        step, last = self.descent.step, self.descent.settings.steps
        if step not in self.recorder.curve_steps:
            self.recorder.record(always=True)
        where = (
            "the history attribute of this error has what was done"
            if self.checkpoint is None
            else f"the same call goes on from {str(self.checkpoint.path)!r}"
        )
        message = f"training was interrupted after {step} of {last} steps; {where}."
        return TrainingInterrupted(message, self.recorder.history(self.settings))


def _described(descent: Descent) -> dict[str, Any]:
    """Return the data and the settings as JSON types."""
    data, settings = descent.data, descent.settings
    return {
        "data": data.name,
        "scaling": data.scaling,
        "weight_sd": [settings.weight_sd(fan_in) for fan_in in (data.features, *settings.hidden)],
        **settings.to_dict(),
    }


def _check_data(data: Dataset, settings: TrainingSettings) -> None:
    rows = len(data.train_inputs)
    widths = (data.features, *settings.hidden, data.classes)
    weights = sum(math.prod(pair) for pair in itertools.pairwise(widths))
    values = rows * sum(settings.hidden)
    if max(weights, values) > _MOST_NUMBERS:
        raise ValueError(
            f"hidden {settings.hidden} makes {weights} weights, and {values} values of {rows}"
            f" inputs; at most {_MOST_NUMBERS} of each are kept in memory."
        )
    if settings.batch_size > rows:
        raise ValueError(
            f"batch_size must be at most {rows}, the training inputs of {data.name!r},"
            f" not {settings.batch_size}."
        )
