"""Stochastic gradient descent, step by step, with a state that can be put away and taken up."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._validation import whole
from clt_sim.networks.perceptron.initialization import initial_parameters
from clt_sim.networks.perceptron.noise import Noise, draw_noise
from clt_sim.networks.perceptron.parameters import in_one_vector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.networks.data_sets.dataset import Dataset
    from clt_sim.networks.training.settings import TrainingSettings


class ShuffledBatches:
    """The rows of each batch, cut from one shuffled pass after the other.

    Parameters
    ----------
    rows : int
        Rows of the training set.
    size : int
        Rows in a batch, at most `rows`.
    rng : numpy.random.Generator
        What shuffles.
    """

    def __init__(self, rows: int, size: int, rng: np.random.Generator) -> None:
        self.rows, self.size, self.rng = rows, size, rng
        self.waiting: NDArray[np.int64] = np.empty(0, np.int64)

    def draw(self) -> NDArray[np.int64]:
        """Return the rows of the next batch."""
        if len(self.waiting) < self.size:
            self.waiting = np.concatenate([self.waiting, self.rng.permutation(self.rows)])
        batch, self.waiting = self.waiting[: self.size], self.waiting[self.size :]
        return batch

    def restore(self, waiting: NDArray[Any]) -> None:
        """Go to where these rows are still waiting.

        Raises
        ------
        ValueError
            If they are no rows of the training set, or more than can be waiting.
        """
        if waiting.dtype != np.int64 or waiting.ndim != 1 or len(waiting) >= self.size + self.rows:
            raise ValueError(f"waiting is {waiting.dtype} of shape {waiting.shape}")
        if len(waiting) and not 0 <= waiting.min() <= waiting.max() < self.rows:
            raise ValueError(f"waiting are rows {waiting.min()} to {waiting.max()}")
        self.waiting = waiting


class Descent:
    """Parameters on their way down.

    Parameters
    ----------
    data : Dataset
        What to learn.
    settings : TrainingSettings
        The architecture and the descent.
    """

    def __init__(self, data: Dataset, settings: TrainingSettings) -> None:
        # They load the compiler, which the networks of others do not need.
        from clt_sim._array_kernels.rows import take_rows
        from clt_sim.networks.perceptron.backpropagation import batch_gradients

        self._take_rows, self._batch_gradients = take_rows, batch_gradients
        weights, batches, noise = np.random.SeedSequence(settings.seed).spawn(3)
        widths = (data.features, *settings.hidden, data.classes)
        self.data, self.settings, self.step = data, settings, 0
        initial = initial_parameters(widths, settings, np.random.default_rng(weights))
        # All numbers are changed in one pass, and large arrays used again in every step.
        self._numbers, self.parameters = in_one_vector(initial)
        self._changes, self._gradients = in_one_vector(initial)
        self._inputs = np.empty((settings.batch_size, data.features), np.float32)
        self.batches = ShuffledBatches(
            len(data.train_inputs), settings.batch_size, np.random.default_rng(batches)
        )
        self.noise_rng = np.random.default_rng(noise)

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def advance(self) -> None:
        """Take one step.

        Raises
        ------
        FloatingPointError
            If the loss of the batch is not finite.
        """
        batch, settings = self.batches.draw(), self.settings
        loss, _ = self._batch_gradients(
            self.parameters,
            settings.nonlinearity,
            self._take_rows(self.data.train_inputs, batch, self._inputs),
            self.data.train_labels.take(batch),
            over_units=settings.over_units,
            noise=self._noise(),
            scale=settings.learning_rate,
            out=self._gradients,
        )
        np.subtract(self._numbers, self._changes, out=self._numbers)
        self.step += 1
        if not math.isfinite(loss):
            with divergence_named(self.step, settings):
                raise FloatingPointError(f"the loss of the batch is {loss}")

    def _noise(self) -> list[Noise] | None:
        if not self.settings.normalizations.noisy:
            return None
        batch = self.settings.batch_size
        return [draw_noise(self.noise_rng, batch, units) for units in self.settings.hidden]

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return all that decides the next steps: JSON types, and arrays by name."""
        header = {
            "step": self.step,
            "batches": self.batches.rng.bit_generator.state,
            "noise": self.noise_rng.bit_generator.state,
        }
        arrays = dict(self._named_arrays())
        return header, {**arrays, "waiting": self.batches.waiting}

    def restore(self, header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go to a `state`.

        Raises
        ------
        KeyError, TypeError, ValueError
            If something is missing, or is not of this descent.
        """
        for name, array in self._named_arrays():
            stored = arrays[name]
            if stored.shape != array.shape or stored.dtype != array.dtype:
                raise ValueError(f"{name} is {stored.dtype} of shape {stored.shape}")
            array[...] = stored
        self.batches.restore(arrays["waiting"])
        self.batches.rng.bit_generator.state = header["batches"]
        self.noise_rng.bit_generator.state = header["noise"]
        self.step = whole("step", header["step"], least=0, most=self.settings.steps)

    def _named_arrays(self) -> Iterator[tuple[str, NDArray[Any]]]:
        for i, layer in enumerate(self.parameters):
            for name, array in zip(layer._fields, layer, strict=True):
                if array is not None:
                    yield f"parameters {i} {name}", array


@contextlib.contextmanager
def divergence_named(step: int, settings: TrainingSettings) -> Iterator[None]:
    """Let numbers overflow without warnings; name the step where they are found not finite."""
    try:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            yield
    except FloatingPointError as error:
        raise FloatingPointError(
            f"training diverged at step {step} with learning_rate={settings.learning_rate}:"
            f" {error}. A smaller learning_rate or initial_sd may help."
        ) from None
