"""What is recorded of a network while it is trained."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.networks.perceptron.inference import population_pass
from clt_sim.networks.perceptron.softmax import cross_entropy
from clt_sim.networks.training.descent import Descent, divergence_named
from clt_sim.networks.training.history import PERCENTILES, TrainingHistory
from clt_sim.networks.training.unit_shapes import (
    SHAPE_ROWS,
    measured_units,
    shape_numbers,
    sorted_quantiles,
    unit_shapes,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.networks.perceptron.dense_layer import LayerValues
    from clt_sim.networks.perceptron.multilayer_perceptron import MultilayerPerceptron

SIGNALS = ("u", "pre-activation")


class TrainingRecorder:
    """Rows of curves and shapes, whose number does not depend on the number of steps.

    Parameters
    ----------
    descent : Descent
        What is recorded.
    records : int
        How many times after the start the curves are taken, at even intervals.
    snapshots : int
        How many times after the start the shapes are taken: after ``steps * (k/snapshots)**2``
        steps, because they change most in the beginning. 0 for never.
    """

    def __init__(self, descent: Descent, records: int, snapshots: int) -> None:
        self.descent = descent
        steps = descent.settings.steps
        self.curve_steps = even_steps(steps, records)
        self.shape_steps = {
            round(steps * (k / snapshots) ** 2) for k in range(snapshots + 1) if snapshots
        }
        self.rows: dict[str, list[NDArray[Any]]] = {}
        self.units = measured_units(descent.settings.hidden[-1])
        self.names = [*(f"hidden {i + 1}" for i in range(len(descent.settings.hidden))), "output"]

    def is_due(self) -> bool:
        """Return whether anything is recorded at the present step."""
        step = self.descent.step
        return step in self.curve_steps or step in self.shape_steps

    def record(self, *, always: bool = False) -> None:
        """Record what is due at the present step; if `always`, the curves and nothing else."""
        step = self.descent.step
        with divergence_named(step, self.descent.settings):
            network, logits = self._network()
            values = list(network.propagate(self.descent.data.test_inputs))
            if always or step in self.curve_steps:
                self._add(self._curves(logits, values))
            if step in self.shape_steps and not always:
                self._add(self._shapes(values))

    def history(self, settings: dict[str, Any]) -> TrainingHistory:
        """Return what was recorded, with the network of now."""
        network, _ = self._network()
        arrays = self.arrays()
        widths = [size for layer in network.layers for size in layer.weights.shape]
        present = bool(self.rows.get("shape steps"))
        which = [(name, signal) for name in self.names for signal in SIGNALS] if present else []
        rows = min(len(self.descent.data.test_inputs), SHAPE_ROWS)
        curves = ("steps", "train_accuracy", "test_accuracy", "loss", "percentiles")
        return TrainingHistory(
            network=network,
            settings=settings,
            units=self.units,
            shapes=tuple(
                unit_shapes(*key, rows, width, self._shape_arrays(arrays, key))
                for key, width in zip(which, widths, strict=False)
            ),
            **{name: arrays[name] for name in curves},
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all rows, stacked, by name."""
        return {name: np.stack(rows) for name, rows in self.rows.items()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go to `arrays`.

        Raises
        ------
        ValueError
            If they are not what is recorded up to the present step.
        """
        expected = self._expected()
        for name in sorted({*arrays, *expected}):
            array, shape = arrays.get(name), expected.get(name)
            if array is None or array.shape != shape or array.dtype.kind not in "if":
                raise ValueError(f"what is recorded as {name!r} does not fit the run")
        self.rows = {name: list(array) for name, array in arrays.items()}

    def _expected(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of `arrays` when all is recorded up to the present step."""
        curves, shapes = (
            sum(due <= self.descent.step for due in steps)
            for steps in (self.curve_steps, self.shape_steps)
        )
        of_row: dict[str, tuple[int, ...]] = {"percentiles": (len(PERCENTILES), len(self.units))}
        names = ("steps", "train_accuracy", "test_accuracy", "loss", "percentiles")
        expected = {name: (curves, *of_row.get(name, ())) for name in names}
        if not shapes:
            return expected
        expected["shape steps"] = (shapes,)
        settings, data = self.descent.settings, self.descent.data
        widths = (data.features, *settings.hidden, data.classes)
        for layer, sizes in zip(self.names, itertools.pairwise(widths), strict=True):
            for signal, width in zip(SIGNALS, sizes, strict=True):
                example = shape_numbers(np.eye(2, len(measured_units(width))))
                for key, number in example.items():
                    expected[f"{layer}, {signal}, {key}"] = (shapes, *np.shape(number))
        return expected

    def _network(self) -> tuple[MultilayerPerceptron, NDArray[np.floating]]:
        descent = self.descent
        return population_pass(
            descent.parameters,
            descent.settings.nonlinearity,
            descent.data.train_inputs,
            over_units=descent.settings.over_units,
        )

    def _curves(
        self, train_logits: NDArray[np.floating], values: list[LayerValues]
    ) -> dict[str, Any]:
        data, logits = self.descent.data, values[-1].pre_activation
        loss = cross_entropy(logits, data.test_labels)
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss on the test set is {loss}")
        argument = np.sort(values[-2].argument[:, self.units].T, axis=1)
        return {
            "steps": self.descent.step,
            "train_accuracy": np.mean(train_logits.argmax(axis=1) == data.train_labels),
            "test_accuracy": np.mean(logits.argmax(axis=1) == data.test_labels),
            "loss": loss,
            "percentiles": sorted_quantiles(argument, np.array(PERCENTILES) / 100.0).T,
        }

    def _shapes(self, values: list[LayerValues]) -> dict[str, Any]:
        row: dict[str, Any] = {"shape steps": self.descent.step}
        for name, layer in zip(self.names, values, strict=True):
            for signal, array in zip(SIGNALS, (layer.u, layer.pre_activation), strict=True):
                units = measured_units(array.shape[1])
                numbers = shape_numbers(array[:SHAPE_ROWS, units])
                row |= {f"{name}, {signal}, {key}": number for key, number in numbers.items()}
        return row

    def _add(self, row: dict[str, Any]) -> None:
        for name, number in row.items():
            self.rows.setdefault(name, []).append(np.asarray(number))

    def _shape_arrays(
        self, arrays: Mapping[str, NDArray[Any]], key: tuple[str, str]
    ) -> dict[str, NDArray[Any]]:
        prefix = f"{', '.join(key)}, "
        found = {
            name.removeprefix(prefix): array
            for name, array in arrays.items()
            if name.startswith(prefix)
        }
        return {"steps": arrays["shape steps"], **found}


def even_steps(steps: int, parts: int) -> set[int]:
    """Return the ends of some equal parts of the steps, 0 among them."""
    return {steps * k // parts for k in range(parts + 1)}
