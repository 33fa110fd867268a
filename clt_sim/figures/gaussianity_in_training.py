"""How Gaussian u and Wu+b are along the steps of training, layer by layer."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim.experiments.trained_networks import HIDDEN, checked_kinds
from clt_sim.figures.recipe import Recipe, registry
from clt_sim.gaussianity.views.units import median
from clt_sim.networks.data_sets.loading import check_source
from clt_sim.networks.training.run import train
from clt_sim.plotting import note, style
from clt_sim.plotting.normalizations import LABELS
from clt_sim.plotting.panels import legend_below, letter_panels
from clt_sim.plotting.signals import SIGNAL_COLOURS, SIGNALS, UNIT_FLOOR
from clt_sim.plotting.step_axis import STEPS_LABEL, root_steps
from clt_sim.plotting.style import GREY, PAGE_WIDTH
from clt_sim.plotting.ticks import mark_numbers

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from clt_sim.experiments.work import Share, Work
    from clt_sim.networks.training.history import TrainingHistory
    from clt_sim.networks.training.unit_shapes import UnitShapes

STEPS = {"draft": 1_200, "paper": 20_000}
SNAPSHOTS = {"draft": 15, "paper": 40}
MEASURES = {"kolmogorov": "Kolmogorov distance", "excess_kurtosis": "excess kurtosis"}
POOLED = (0, (4, 1.6))
_DISTANCES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_KURTOSES = (-1, 0, 1, 10, 100)
_LINEAR = 1.0
"""Kurtoses up to this size are on a linear part of their axis."""


@registry.register
@dataclass(frozen=True, slots=True)
class GaussianityInTraining(Recipe):
    """Distance from the normal law of u and of ``Wu + b`` in each hidden layer, by step.

    For each layer the Kolmogorov distance to the fitted normal law and the excess kurtosis of the
    median unit over the test inputs (at most 1000), with the quartiles over the units, and of all
    units pooled, which is a different question. Units that are constant have no shape; they are
    left out and counted in the panel. The floor is what the median of normal units shows over as
    many inputs: the distance, and the size of the kurtosis. The steps are on a square-root axis,
    as most changes in the beginning.

    In the gallery ``Wu + b`` is nearer to normal than u in all hidden layers at all steps: the
    median unit 2 to 7 times, all units pooled 4 times or more.

    Parameters
    ----------
    normalizations : sequence of None or str
        One network for each, as `train` takes them.
    nonlinearity : Nonlinearity or str
        Of the hidden layers: three of 100 units.
    data : str
        What `load_data` takes.
    """

    name: ClassVar[str] = "gaussianity-in-training"
    title: ClassVar[str] = "How Gaussian u and Wu+b are in every hidden layer, along training"

    normalizations: Sequence[str | None] = (None, "batch")
    nonlinearity: str = "relu"
    data: str = "digits"

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_source(self.data)
        kinds = checked_kinds((self.nonlinearity,), self.normalizations)
        put = object.__setattr__
        put(self, "normalizations", tuple(kind.normalization for kind in kinds))
        put(self, "nonlinearity", kinds[0].nonlinearity)

    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Train every network."""
        run = functools.partial(self._trained, quality=quality, seed=seed)
        words = "train network with normalization {}".format
        return {"runs": work.map_telling(run, self.normalizations, words)}

    def _trained(
        self, normalization: str | None, tell: Share, *, quality: str, seed: int
    ) -> dict[str, Any]:
        """Train one network, and return what is shown of it."""
        history = train(
            data=self.data,
            hidden=HIDDEN,
            nonlinearity=self.nonlinearity,
            normalization=normalization,
            steps=STEPS[quality],
            seed=seed,
            snapshots=SNAPSHOTS[quality],
            progress=lambda done, total: tell(done / total),
        )
        return _run(history)

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw a row for each measure and network, and a column for each hidden layer."""
        from matplotlib.figure import Figure

        runs = data["runs"]
        rows = [(measure, run) for measure in MEASURES for run in runs]
        with style():
            size = (PAGE_WIDTH, 0.75 + 1.3 * len(rows))
            figure = Figure(figsize=size, layout="constrained")
            grid = figure.subplots(len(rows), len(HIDDEN), squeeze=False, sharex=True, sharey="row")
            for axes, (measure, run) in zip(grid, rows, strict=True):
                limits = _limits(measure, runs)
                for ax, layer in zip(axes, run["layers"], strict=True):
                    _draw_panel(measure, layer, limits, ax)
                axes[0].set_ylabel(f"{LABELS[run['normalization']]}\n{MEASURES[measure]}")
            for ax, layer in zip(grid[0], runs[0]["layers"], strict=True):
                ax.set_title(_heading(layer))
            for ax in grid[-1]:
                ax.set_xlabel(STEPS_LABEL)
            letter_panels(grid.flat)
            inputs = runs[0]["layers"][0]["rows"]
            legend_below(figure, _legend(inputs), columns=3)
        return figure


def _run(history: TrainingHistory) -> dict[str, Any]:
    """Return what is shown of one network."""
    names = [f"hidden {index + 1}" for index in range(len(HIDDEN))]
    return {
        "normalization": history.settings["normalization"],
        "settings": history.settings,
        "test_accuracy": float(history.test_accuracy[-1]),
        "layers": [
            {
                "name": name,
                "rows": history.shape(name, "u").rows,
                "floor": history.shape(name, "u").floor._asdict(),
                "signals": {signal: _curves(history.shape(name, signal)) for signal in SIGNALS},
            }
            for name in names
        ],
    }


def _curves(shapes: UnitShapes) -> dict[str, Any]:
    """Return the curves of one signal of one layer."""
    return {
        "steps": shapes.steps,
        "units": len(shapes.units),
        "constant_units": shapes.constant_units,
        **{measure: _curve(shapes, measure) for measure in MEASURES},
    }


def _curve(shapes: UnitShapes, measure: str) -> dict[str, Any]:
    """Return the quartiles over units, the error of the median, and the pooled number."""
    varying = [row[~np.isnan(row)] for row in getattr(shapes, measure)]
    enough = [row if len(row) > 2 else np.full(3, np.nan) for row in varying]
    return {
        "quartiles": np.array([np.quantile(row, [0.25, 0.5, 0.75]) for row in enough]).T,
        "stderr": np.array([median(row.tolist()).stderr for row in enough]),
        "pooled": getattr(shapes, f"pooled_{measure}"),
    }


def _limits(measure: str, runs: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """Return the limits that hold all curves of a measure, with room for words above."""
    layers = [layer for run in runs for layer in run["layers"]]
    curves = [layer["signals"][signal][measure] for layer in layers for signal in SIGNALS]
    values = [np.ravel(curve[part]) for curve in curves for part in ("quartiles", "pooled")]
    floors = [layer["floor"][measure] for layer in layers]
    low, high = (
        float(bound(np.concatenate([*values, floors]))) for bound in (np.nanmin, np.nanmax)
    )
    if measure == "kolmogorov":
        return low / 1.4, high * 2.2
    return min(low, -max(floors)) - 0.35, max(high * 1.5, 2.0 * _LINEAR)


def _draw_panel(measure: str, layer: dict[str, Any], limits: tuple[float, float], ax: Axes) -> None:
    for signal, curves in layer["signals"].items():
        steps, colour = curves["steps"], SIGNAL_COLOURS[signal]
        low, middle, high = curves[measure]["quartiles"]
        ax.fill_between(steps, low, high, color=colour, alpha=0.16, lw=0.0, zorder=2)
        ax.plot(steps, middle, color=colour, lw=1.3, zorder=4)
        ax.plot(steps, curves[measure]["pooled"], color=colour, lw=0.9, ls=POOLED, zorder=3)
    floor = layer["floor"][measure]
    levels = (floor,) if measure == "kolmogorov" else (-floor, floor)
    for level in levels:
        ax.axhline(level, color="#222222", lw=0.8, ls=UNIT_FLOOR, zorder=1)
    root_steps(int(steps[-1]), ax)
    if measure == "kolmogorov":
        _scale(ax, "log", _DISTANCES, limits)
        note(_constant(layer), size=6.0, ax=ax)
    else:
        _scale(ax, "symlog", _KURTOSES, limits, linthresh=_LINEAR)
        ax.axhline(0.0, color="#222222", lw=0.4, alpha=0.5, zorder=0)


def _scale(
    ax: Axes, kind: str, ticks: Sequence[float], limits: tuple[float, float], **options: float
) -> None:
    """Put the y axis on a scale with ticks at round numbers."""
    ax.set_yscale(kind, **options)
    mark_numbers(ax.yaxis, ticks, limits)
    ax.set_ylim(limits)


def _constant(layer: dict[str, Any]) -> list[str]:
    """Say which units are constant at some step."""
    lines = []
    for signal, curves in layer["signals"].items():
        few, many = np.min(curves["constant_units"]), np.max(curves["constant_units"])
        if many:
            count = f"{many}" if few == many else f"{few} to {many}"
            lines.append(
                f"constant, left out: {count} of {curves['units']} units of {SIGNALS[signal]}"
            )
    return lines


def _heading(layer: dict[str, Any]) -> str:
    return f"{layer['name']}: $u$ is the data" if layer["name"] == "hidden 1" else layer["name"]


def _legend(inputs: int) -> dict[str, Artist]:
    """Return what occurs in any panel."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return {
        "$u$, median unit": Line2D([], [], color=SIGNAL_COLOURS["u"], lw=1.3),
        "$Wu+b$, median unit": Line2D([], [], color=SIGNAL_COLOURS["pre-activation"], lw=1.3),
        "quartiles over units": Patch(color=GREY, alpha=0.25),
        "all units pooled": Line2D([], [], color=GREY, lw=0.9, ls=POOLED),
        f"median of normal units, {inputs} inputs": Line2D(
            [], [], color="#222222", lw=0.8, ls=UNIT_FLOOR
        ),
    }
