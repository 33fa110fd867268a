"""How far the shapes of u and of Wu+b move during training, without and with normalization."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim._validation import whole
from clt_sim.experiments.student_interval import student_interval
from clt_sim.experiments.trained_networks import HIDDEN, checked_kinds
from clt_sim.figures.recipe import Recipe, registry
from clt_sim.figures.shape_drift_drawing import draw_drifts
from clt_sim.networks.data_sets.loading import check_source
from clt_sim.networks.training.run import train
from clt_sim.plotting.signals import SIGNALS

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from clt_sim.experiments.work import Work
    from clt_sim.networks.training.history import TrainingHistory

STEPS = {"draft": 80, "paper": 10_000}
SEEDS = {"draft": 3, "paper": 8}
SNAPSHOTS = {"draft": 8, "paper": 20}
LAYERS = (*(f"hidden {index + 2}" for index in range(len(HIDDEN) - 1)), "output")
"""Not the first one: its u are the data, whose shape does not move."""
CONFIDENCE = 0.95


@registry.register
@dataclass(frozen=True, slots=True)
class ShapeDrift(Recipe):
    """Movement of standardised shapes in training: whether u drifts more than ``Wu + b``.

    The shape of a unit is its quantile function over the test inputs (at most 1000), less its
    mean and over its standard deviation; a drift is the Wasserstein-1 distance between the
    shapes of one unit at two steps. Of each signal of a layer the drift is the median over 8
    evenly spaced units, those left out that are constant. It is taken between consecutive
    checkpoints, and from the first to the last. The inputs are the same at every checkpoint, so
    that sampling adds no drift of its own: a network that stands still shows 0. Ratios of u over
    ``Wu + b`` are of the same layer and network; their geometric mean over the seeds has an
    interval of Student's t of the logarithms.

    In the gallery u drifts less than ``Wu + b`` between checkpoints, in all layers. From the first
    to the last it drifts less with batch normalization, and more without.

    Parameters
    ----------
    normalizations : sequence of None or str
        One row of networks for each, as `train` takes them.
    nonlinearity : Nonlinearity or str
        Of the hidden layers: three of 100 units.
    seeds : int, optional
        How many networks of each kind, at least 3; by default 3 for drafts and 8 for papers.
    data : str
        What `load_data` takes.
    """

    name: ClassVar[str] = "shape-drift"
    title: ClassVar[str] = "Drift of the shapes of u and of Wu+b in training, and their ratio"

    normalizations: Sequence[str | None] = (None, "batch")
    nonlinearity: str = "sigmoid"
    seeds: int | None = None
    data: str = "digits"

    def __post_init__(self) -> None:
        """Check the parameters."""
        check_source(self.data)
        kinds = checked_kinds((self.nonlinearity,), self.normalizations)
        put = object.__setattr__
        put(self, "normalizations", tuple(kind.normalization for kind in kinds))
        put(self, "nonlinearity", kinds[0].nonlinearity)
        if self.seeds is not None:
            put(self, "seeds", whole("seeds", self.seeds, least=3))

    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Train the networks of every kind."""
        number = self.seeds or SEEDS[quality]
        seeds = np.random.SeedSequence(seed).generate_state(number).tolist()
        pieces = [(how, each) for how in self.normalizations for each in seeds]
        run = functools.partial(self._trained, quality=quality)
        runs = work.map(run, pieces, "train network with normalization {0[0]}".format)
        kinds = [
            {"normalization": how, "layers": _layers(runs[index * number :][:number])}
            for index, how in enumerate(self.normalizations)
        ]
        return {"steps": runs[0]["steps"], "seeds": seeds, "kinds": kinds}

    def _trained(self, piece: tuple[str | None, int], quality: str) -> dict[str, Any]:
        """Train one network, and return its drifts."""
        normalization, seed = piece
        history = train(
            data=self.data,
            hidden=HIDDEN,
            nonlinearity=self.nonlinearity,
            normalization=normalization,
            steps=STEPS[quality],
            seed=seed,
            records=1,  # its curves are not shown
            snapshots=SNAPSHOTS[quality],
        )
        return _run(history)

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw the drifts of each layer by step, and below them the ratios."""
        return draw_drifts(data)


def _run(history: TrainingHistory) -> dict[str, Any]:
    """Return the drifts of one network: of each layer and signal, the median over its units."""
    found: dict[str, Any] = {"steps": history.shape("output", "u").steps}
    for layer in LAYERS:
        for signal in SIGNALS:
            shapes = history.shape(layer, signal)
            found[f"{layer}, {signal}"] = {
                "between": shapes.median_drift,
                "whole": shapes.whole_drift,
            }
    return found


def _layers(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return for each layer the drifts over the seeds, and their ratios."""
    layers = []
    for layer in LAYERS:
        between = {
            signal: np.array([run[f"{layer}, {signal}"]["between"] for run in runs])
            for signal in SIGNALS
        }
        whole_way = {
            signal: np.array([run[f"{layer}, {signal}"]["whole"] for run in runs])
            for signal in SIGNALS
        }
        # The mean over checkpoints is the length of the way over the number of its parts.
        means = {signal: values.mean(axis=1) for signal, values in between.items()}
        layers.append(
            {
                "name": layer,
                "drift": {signal: geometric(values) for signal, values in between.items()},
                "whole": {signal: geometric(values) for signal, values in whole_way.items()},
                "ratio": {"between": _ratio(means), "whole": _ratio(whole_way)},
            }
        )
    return layers


def _ratio(values: dict[str, NDArray[np.float64]]) -> dict[str, Any]:
    each = values["u"] / values["pre-activation"]
    return {"each": each, **geometric(each)}


def geometric(values: NDArray[np.float64]) -> dict[str, Any]:
    """Return the geometric mean over the first axis, with a 95 % interval.

    Parameters
    ----------
    values : ndarray of float64, shape (seeds, ...)
        Above 0.

    Returns
    -------
    dict
        ``"mean"``, ``"low"`` and ``"high"``; the interval is that of Student's t for the mean of
        the logarithms. ``"stderr"`` is of the logarithm.
    """
    # A network that stands still has no logarithm, and gives nan.
    with np.errstate(divide="ignore"):
        found = student_interval(np.log(values), CONFIDENCE)
    return {
        "mean": np.exp(found.mean),
        "low": np.exp(found.low),
        "high": np.exp(found.high),
        "stderr": found.stderr,
    }
