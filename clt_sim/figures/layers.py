"""Real layers on real data: u, Wu+b and BN(Wu+b) of trained networks, next to N(0,1)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim import nonlinearities
from clt_sim._validation import whole
from clt_sim.figures.recipe import Progress, Recipe, registry
from clt_sim.gaussianity import gaussianity
from clt_sim.gaussianity.views.units import median
from clt_sim.networks import Signal, load_digits, record, train
from clt_sim.plotting import corner_table, draw_histogram, draw_normal, draw_stems, style
from clt_sim.plotting.style import PAGE_WIDTH, UNIT
from clt_sim.sparsity import sparsity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from numpy.typing import NDArray

    from clt_sim.networks.recorded_layer import RecordedLayer
    from clt_sim.networks.training_history import TrainingHistory

STEPS = {"draft": 2_000, "paper": 20_000}
NORMALIZATIONS = (None, "batch")
REACH = 4.0
TALLEST = 0.8
"""Curves are cut here; those of units that hardly vary are taller."""
MOST_ATOMS = 64
"""A signal of at most so many different values, such as pixels, is drawn as atoms."""
_EDGES = np.linspace(-REACH, REACH, 65)
_POINTS = np.linspace(-REACH, REACH, 49)
_SHOWN = {
    "skewness": "skewness",
    "excess-kurtosis": "ex. kurtosis",
    "kolmogorov": "Kolmogorov",
    "near-zero": "near zero",
}


@registry.register
@dataclass(frozen=True, slots=True)
class Layers(Recipe):
    """Densities of the signals of every hidden layer of trained networks.

    The networks are multilayer perceptrons with three hidden layers of 100 units, trained on
    the 8x8 digits without and with batch normalization, and recorded for all 1797 images. Each
    panel is in units of the pooled mean and standard deviation of its signal.

    Parameters
    ----------
    nonlinearities : sequence of Nonlinearity or str
        One column of blocks for each.
    units : int
        How many units, evenly spaced among those that are not constant, are drawn one by one.
    """

    name: ClassVar[str] = "layers"
    title: ClassVar[str] = "u, Wu+b and BN(Wu+b) in the layers of networks trained on digits"

    nonlinearities: tuple[str, ...] = ("sigmoid", "relu")
    units: int = 12

    def __post_init__(self) -> None:
        """Check the parameters."""
        names = np.atleast_1d(np.array(self.nonlinearities, object)).tolist()
        checked = tuple(str(nonlinearities.get(name)) for name in names)
        if not checked:
            raise ValueError("nonlinearities must be at least one.")
        object.__setattr__(self, "nonlinearities", checked)
        object.__setattr__(self, "units", whole("units", self.units, least=0))

    def compute(self, *, quality: str, seed: int, progress: Progress) -> dict[str, Any]:
        """Train and record every network."""
        kinds = [(phi, how) for how in NORMALIZATIONS for phi in self.nonlinearities]
        networks = []
        for index, (phi, how) in enumerate(kinds):
            what = f"train {phi} network, {_described(how)}"

            def report(done: int, total: int, what: str = what, index: int = index) -> None:
                progress(what, (index + done / total) / len(kinds))

            history = train(
                nonlinearity=phi,
                normalization=how,
                steps=STEPS[quality],
                seed=seed,
                progress=report,
            )
            networks.append(self._network(history))
        return {"points": _POINTS, "edges": _EDGES, "networks": networks}

    def _network(self, history: TrainingHistory) -> dict[str, Any]:
        data = load_digits()
        inputs = np.concatenate([data.train_inputs, data.test_inputs])
        layers = record(history.network, inputs).layers[:-1]
        return {
            "settings": history.settings,
            "test_accuracy": float(history.test_accuracy[-1]),
            "layers": [
                {"name": layer.name, "panels": [self._panel(*pair) for pair in _signals(layer)]}
                for layer in layers
            ],
        }

    def _panel(self, label: str, signal: Signal) -> dict[str, Any]:
        """Return what the panel of one signal shows."""
        values = signal.values.astype(np.float64)
        mean, sd = values.mean(), values.std()
        z = (values - mean) / sd
        places, masses = np.unique(values, return_counts=True)
        lattice = places.size <= MOST_ATOMS
        # Otherwise the only value that occurs more than by chance is the 0 of a rectifier.
        atoms = np.ones(places.size, bool) if lattice else (places == 0.0) & (masses > 1)
        places, masses = places[atoms], masses[atoms]
        continuous = ~np.isin(values, places)
        counts, _ = np.histogram(z[continuous], _EDGES)
        varying = np.flatnonzero(np.ptp(values, axis=0) > 0.0)
        few = 0 if lattice else min(self.units, varying.size)
        drawn = varying[np.linspace(0, varying.size - 1, few).round().astype(int)]
        return {
            "label": label,
            "mean": mean,
            "sd": sd,
            "density": counts / (values.size * np.diff(_EDGES)),
            "outside": float(np.mean(continuous & (np.abs(z) > REACH))),
            "atoms": {"x": (places - mean) / sd, "mass": masses / values.size},
            "units": [
                {"unit": int(unit), "density": _smooth(z[:, unit], values[:, unit])}
                for unit in drawn
            ],
            **_measures(signal, varying),
        }

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw a block of panels for each network: a row a layer, a column a signal."""
        from matplotlib.figure import Figure

        columns = len(self.nonlinearities)
        with style():
            figure = Figure(figsize=(0.74 * PAGE_WIDTH * columns, 9.4), layout="constrained")
            blocks = figure.subfigures(len(NORMALIZATIONS), columns, squeeze=False)
            for block, network in zip(blocks.flat, data["networks"], strict=True):
                _draw_network(network, data, block)
            _legend(figure, [ax for block in blocks.flat for ax in block.axes])
        return figure


def _signals(layer: RecordedLayer) -> Iterator[tuple[str, Signal]]:
    """Yield the three signals of a layer with their headings."""
    if layer.u is not None:
        yield "$u$", layer.u
    yield "$Wu+b$", layer.pre_activation
    if layer.normalized is not None:
        yield "BN$(Wu+b)$", layer.normalized
    else:
        # What batch normalization would make of it, before its gamma and beta.
        values = layer.pre_activation.values.astype(np.float64)
        shape = (values - values.mean(0)) / values.std(0)
        yield "$Wu+b$, each unit standardised", Signal("standardised", layer.name, shape)


def _smooth(z: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a kernel estimate of one unit's density, Silverman's bandwidth (1986, eq. 3.31).

    Exact zeros are left out: it integrates to the share of the other values. A unit that has
    them, and nothing below, ends at 0, where the kernels are reflected.
    """
    other = z[values != 0.0]
    if other.size < 2:
        return np.zeros_like(_POINTS)
    quartiles = np.quantile(other, [0.25, 0.75])
    spread = min(other.std(), float(np.diff(quartiles)[0]) / 1.34) or other.std()
    bandwidth = max(0.9 * spread * other.size**-0.2, 0.02)

    def estimate(points: NDArray[np.float64]) -> NDArray[np.float64]:
        kernels = np.exp(-0.5 * ((points[:, None] - other) / bandwidth) ** 2)
        return np.asarray(kernels.sum(1) / (z.size * bandwidth * math.sqrt(math.tau)))

    if other.size == z.size or values.min() < 0.0:
        return estimate(_POINTS)
    zero = z.min()
    return np.where(zero > _POINTS, 0.0, estimate(_POINTS) + estimate(2.0 * zero - _POINTS))


def _measures(signal: Signal, varying: NDArray[np.intp]) -> dict[str, Any]:
    """Return the measures of all units pooled, and the medians over those that vary."""
    measures, near_zero = list(_SHOWN)[:-1], list(_SHOWN)[-1:]
    near = median(
        [
            sparsity(signal.unit(int(unit)), measures=near_zero)["near-zero"].value
            for unit in varying
        ]
    )
    return {
        "pooled": {
            **gaussianity(signal.pooled, measures=measures).to_dict()["estimates"],
            **sparsity(signal.pooled, measures=near_zero).to_dict()["estimates"],
        },
        "median_unit": {
            **gaussianity(signal, measures=measures).to_dict()["estimates"],
            "near-zero": {"value": near.value, "stderr": near.stderr},
        },
        "constant_units": signal.constant_units,
    }


def _described(normalization: str | None) -> str:
    return "no normalization" if normalization is None else "batch normalization"


def _legend(figure: Figure, panels: list[Axes]) -> None:
    """Explain once what occurs in any panel."""
    entries: dict[str, Any] = {}
    for ax in panels:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=len(entries))


def _draw_network(network: dict[str, Any], data: dict[str, Any], block: SubFigure) -> None:
    settings = network["settings"]
    how = _described(settings["normalization"])
    accuracy = f"{network['test_accuracy']:.1%}".replace("%", " %")
    block.suptitle(f"{settings['nonlinearity']}, {how}: test accuracy {accuracy}")
    layers = network["layers"]
    grid = block.subplots(len(layers), 3, squeeze=False, sharex=True, sharey=True)
    for row, layer in zip(grid, layers, strict=True):
        row[0].set_ylabel(layer["name"])
        for ax, panel in zip(row, layer["panels"], strict=True):
            _draw_panel(panel, data, ax)
    for ax, panel in zip(grid[0], layers[0]["panels"], strict=True):
        ax.set_title(panel["label"])
    # Room above the densities for the table.
    grid[0, 0].set(xlim=(-REACH, REACH), ylim=(0, 1.5 * TALLEST))
    grid[0, 0].set(xticks=(-2, 0, 2), yticks=(0, 0.4, 0.8))


def _draw_panel(panel: dict[str, Any], data: dict[str, Any], ax: Axes) -> None:
    from matplotlib.patches import Rectangle

    if np.any(panel["density"]):
        draw_histogram(data["edges"], panel["density"], label="all units pooled", ax=ax)
    few = len(panel["units"])
    for index, unit in enumerate(panel["units"]):
        label = f"{few} single units" if index == 0 else None
        (line,) = ax.plot(
            data["points"], unit["density"], color=UNIT, alpha=0.35, lw=0.5, label=label, zorder=2
        )
        window = Rectangle((-REACH, 0.0), 2.0 * REACH, TALLEST, transform=ax.transData)
        line.set_clip_path(window)
    draw_normal(reach=REACH, ax=ax)
    if len(panel["atoms"]["x"]):
        label = "share of one value, all units pooled"
        draw_stems(panel["atoms"]["x"], panel["atoms"]["mass"], label=label, ax=ax)
    corner_table(_numbers(panel), ax=ax)


def _numbers(panel: dict[str, Any]) -> list[list[str]]:
    """Return the columns of a panel's table: the measures, pooled, and medians over units."""
    columns = [["", *_SHOWN.values()]]
    for heading, source in (("pooled", "pooled"), ("unit", "median_unit")):
        values = [panel[source][name]["value"] for name in _SHOWN]
        columns.append([heading, *map(_short, values)])
    return columns


def _short(value: float) -> str:
    text = f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
    return text.replace("-", "−")
