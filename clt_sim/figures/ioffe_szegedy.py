"""The first figure of the paper on batch normalization: accuracy, and inputs of a sigmoid."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim.experiments.trained_networks import settings_of
from clt_sim.figures.recipe import Recipe, registry
from clt_sim.networks.data_sets.loading import check_source, load_data
from clt_sim.networks.training.run import train
from clt_sim.plotting import note, style
from clt_sim.plotting.normalizations import COLOURS, DASHES, LABELS
from clt_sim.plotting.panels import letter_panels
from clt_sim.plotting.style import PAGE_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from clt_sim.experiments.work import Share, Work
    from clt_sim.networks.training.history import TrainingHistory
    from clt_sim.networks.training.settings import TrainingSettings

STEPS = {"draft": 3_000, "paper": 50_000}
_COLUMNS = 2
_HEADROOM, _LINE = 1.35, 0.105
"""Height of a panel over that of its curves, and of a line of words over that of accuracy 1."""


@registry.register
@dataclass(frozen=True, slots=True)
class IoffeSzegedy(Recipe):
    """Figure 1 of Ioffe & Szegedy 2015, for batch normalization of other things, too.

    Test accuracy along the steps of training; and for each network the {15, 50, 85}th
    percentiles, over the test inputs, of what enters one unit of the last hidden layer. The
    unit drawn is the typical one: its instability, the range of its median over the steps in
    units of its final distance from the 15th to the 85th percentile, is the median of the layer.
    The medians of all other units are drawn lightly.

    In the gallery both normalised networks are beyond 95 % after 500 steps, the other after 7500,
    and the median of the typical unit wanders a quarter as far in them.

    Parameters
    ----------
    normalizations : sequence of None or str
        One network for each, as `train` takes them.
    nonlinearity : Nonlinearity or str
        Of the hidden layers: three of 100 units.
    initial_sd : float or None
        Standard deviation of the initial weights; None for the rule of `train`.
    data : str
        What `load_data` takes.
    """

    name: ClassVar[str] = "ioffe-szegedy"
    title: ClassVar[str] = "Accuracy and the inputs of a typical unit in training, by normalization"

    normalizations: Sequence[str | None] = (None, "batch", "batch-u")
    nonlinearity: str = "sigmoid"
    initial_sd: float | None = 0.1
    data: str = "digits"

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_source(self.data)
        if isinstance(self.normalizations, str) or not len(self.normalizations):
            raise ValueError(
                f"normalizations must be a sequence of at least one, not {self.normalizations!r}."
            )
        for normalization in self.normalizations:
            self._settings(normalization)
        put = object.__setattr__
        put(self, "normalizations", tuple(self.normalizations))
        put(self, "nonlinearity", str(self._settings(None).nonlinearity))

    def _settings(self, normalization: str | None) -> TrainingSettings:
        return settings_of(normalization, self.nonlinearity, initial_sd=self.initial_sd)

    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Train every network."""
        test_inputs = len(load_data(self.data).test_inputs)
        run = functools.partial(
            self._trained, steps=STEPS[quality], seed=seed, test_inputs=test_inputs
        )
        words = "train network with normalization {}".format
        runs = work.map_telling(run, self.normalizations, words)
        return {"test_inputs": test_inputs, "runs": runs}

    def _trained(
        self, normalization: str | None, tell: Share, *, steps: int, seed: int, test_inputs: int
    ) -> dict[str, Any]:
        """Train one network, and return what is shown of it."""
        settings = self._settings(normalization)
        history = train(
            data=self.data,
            hidden=settings.hidden,
            nonlinearity=settings.nonlinearity,
            normalization=normalization,
            steps=steps,
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            initial_sd=settings.initial_sd,
            seed=seed,
            snapshots=0,
            progress=lambda done, total: tell(done / total),
        )
        return _run(history, test_inputs)

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw the accuracies, and a panel for each network."""
        from matplotlib.figure import Figure

        runs = data["runs"]
        rows = -(-(1 + len(runs)) // _COLUMNS)
        with style():
            figure = Figure(figsize=(PAGE_WIDTH, 0.2 + 2.2 * rows), layout="constrained")
            panels = figure.subplots(rows, _COLUMNS, squeeze=False, sharex=True)
            accuracy, *others = panels.flat
            _draw_accuracies(runs, accuracy)
            for ax, run in zip(others, runs, strict=False):
                _draw_percentiles(run, ax)
            for ax in others[len(runs) :]:
                ax.set_axis_off()
            for ax in panels[-1]:
                ax.set_xlabel("steps")
            letter_panels([accuracy, *others[: len(runs)]])
        return figure


def _run(history: TrainingHistory, test_inputs: int) -> dict[str, Any]:
    """Return what is shown of one network."""
    unit = history.typical_unit
    instability = history.instability[~np.isnan(history.instability)]
    return {
        "normalization": history.settings["normalization"],
        "settings": history.settings,
        "steps": history.steps,
        "test_accuracy": history.test_accuracy,
        "accuracy_stderr": _accuracy_error(float(history.test_accuracy[-1]), test_inputs),
        "unit": int(history.units[unit]),
        "percentiles": history.percentiles[:, :, unit].T,
        "medians": history.percentiles[:, 1].T,
        "instability": {
            "unit": float(history.instability[unit]),
            "quartiles": np.quantile(instability, [0.25, 0.75]),
        },
    }


def _accuracy_error(accuracy: float, test_inputs: int) -> float:
    """Return the binomial standard error of an accuracy on the test inputs."""
    return float(np.sqrt(accuracy * (1.0 - accuracy) / test_inputs))


def _draw_accuracies(runs: Sequence[dict[str, Any]], ax: Axes) -> None:
    for run in runs:
        kind = run["normalization"]
        final, error = run["test_accuracy"][-1], run["accuracy_stderr"]
        ax.plot(
            run["steps"],
            run["test_accuracy"],
            color=COLOURS[kind],
            ls=DASHES.get(kind, "-"),
            label=f"{LABELS[kind]}: {final:.3f} ± {error:.3f} at the end",
        )
    last = runs[0]["steps"][-1]
    top = 1.04 + _LINE * len(runs)  # the legend stands above the curves
    ax.set(xlim=(0, last), ylim=(0.0, top), ylabel="test accuracy", yticks=np.linspace(0, 1, 6))
    ax.legend(loc="upper right", borderaxespad=0.0)


def _draw_percentiles(run: dict[str, Any], ax: Axes) -> None:
    steps, colour = run["steps"], COLOURS[run["normalization"]]
    low, middle, high = run["percentiles"]
    for median in run["medians"]:
        ax.plot(steps, median, color="#8a8f94", lw=0.4, alpha=0.28, zorder=1)
    ax.fill_between(steps, low, high, color=colour, alpha=0.13, lw=0.0, zorder=2)
    for curve in (low, high):
        ax.plot(steps, curve, color=colour, lw=0.9, zorder=3)
    ax.plot(steps, middle, color=colour, lw=1.5, zorder=4)
    for curve, level in zip((low, middle, high), ("15", "50", "85"), strict=True):
        ax.annotate(
            f"{level} %",
            (steps[-1], curve[-1]),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            fontsize=6.5,
            annotation_clip=False,
        )
    _limits(run, ax)
    ax.axhline(0.0, color="#222222", lw=0.4, alpha=0.5, zorder=0)
    ax.set_ylabel("input of a unit, last layer")
    few, many = (f"{value:.2f}" for value in run["instability"]["quartiles"])
    note(
        [
            f"the median wanders over {run['instability']['unit']:.2f} of the final width",
            f"(half of all units: {few} to {many})",
        ],
        ax=ax,
    )
    ax.set_title(LABELS[run["normalization"]], color=colour)


def _limits(run: dict[str, Any], ax: Axes) -> None:
    """Leave room above the curves for the words."""
    low = min(np.min(run["percentiles"]), np.min(run["medians"]))
    high = max(np.max(run["percentiles"]), np.max(run["medians"]))
    ax.set_ylim(low - 0.05 * (high - low), low + _HEADROOM * (high - low))
