"""Real layers on real data: u, Wu+b and BN(Wu+b) of trained networks, next to N(0,1)."""

from __future__ import annotations

import dataclasses
import math
import os
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim import nonlinearities
from clt_sim._validation import unknown_name, whole
from clt_sim.figures.recipe import Progress, Recipe, registry
from clt_sim.gaussianity import gaussianity
from clt_sim.gaussianity.views.units import median
from clt_sim.layer_tables.signal_measures import measured
from clt_sim.networks import LayerRecord, Signal, load_digits, train
from clt_sim.networks import record as record_layers
from clt_sim.plotting import corner_table, draw_histogram, draw_normal, draw_stems, style
from clt_sim.plotting.style import PAGE_WIDTH, UNIT
from clt_sim.sparsity import sparsity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.patches import Rectangle
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
MOST_LAYERS = 6
"""So many layers of a record are drawn, unless others are asked for."""
_EDGES = np.linspace(-REACH, REACH, 65)
_POINTS = np.linspace(-REACH, REACH, 49)
_SHOWN = {
    "skewness": "skewness",
    "excess-kurtosis": "ex. kurtosis",
    "kolmogorov": "Kolmogorov",
    "near-zero": "near zero",
}
_COLUMNS = {"u": "$u$", "pre_activation": "$Wu+b$", "normalized": "normalized"}
_ABSENT = {"u": "$u$ was not seen", "normalized": "no normalization"}


@registry.register
@dataclass(frozen=True, slots=True)
class Layers(Recipe):
    """Densities of the signals of every hidden layer of trained networks.

    The networks are multilayer perceptrons with three hidden layers of 100 units, trained on
    the 8x8 digits without and with batch normalization, and recorded for all 1797 images. Each
    panel is in units of the pooled mean and standard deviation of its signal.

    With a record of any network its layers are drawn in their place: u, ``Wu + b`` and, where
    there is one, the normalised signal. The picture says how many layers of how many it shows,
    and each panel how many units and rows.

    Parameters
    ----------
    nonlinearities : sequence of Nonlinearity or str
        One column of blocks for each.
    units : int
        How many units, evenly spaced among those that are not constant, are drawn one by one.
    record : path or LayerRecord, optional
        What `LayerRecord.save` wrote, or the record itself; nothing is trained then.
    names : sequence of str, optional
        The layers of the record to draw, in this order.
    most : int
        Without names, the most layers of the record: the first, the last, and between them
        layers that are evenly spaced.
    """

    name: ClassVar[str] = "layers"
    title: ClassVar[str] = "u, Wu+b and BN(Wu+b) in the layers of networks trained on digits"

    nonlinearities: tuple[str, ...] = ("sigmoid", "relu")
    units: int = 12
    record: str | os.PathLike[str] | LayerRecord | None = None
    names: Sequence[str] | None = None
    most: int = MOST_LAYERS

    def __post_init__(self) -> None:
        """Check the parameters."""
        names = np.atleast_1d(np.array(self.nonlinearities, object)).tolist()
        checked = tuple(str(nonlinearities.get(name)) for name in names)
        if not checked:
            raise ValueError("nonlinearities must be at least one.")
        object.__setattr__(self, "nonlinearities", checked)
        object.__setattr__(self, "units", whole("units", self.units, least=0))
        object.__setattr__(self, "most", whole("most", self.most, least=1))
        if self.names is not None:
            object.__setattr__(self, "names", _names(self.names))
        self._check_record()

    def _check_record(self) -> None:
        """Raise if the record cannot be read, or a parameter has no part in the figure."""
        if self.record is None:
            self._refuse("is of a record, and there is none", "names", "most")
            return
        self._chosen(_loaded(self.record))
        self._refuse("has no part in a record", "nonlinearities")
        if self.names is not None:
            self._refuse("has no part in layers that are named", "most")

    def _refuse(self, reason: str, *names: str) -> None:
        """Raise if one of these parameters is not its default."""
        for field in dataclasses.fields(self):
            if field.name in names and getattr(self, field.name) != field.default:
                raise ValueError(f"{field.name} {reason}; leave it out.")

    def _chosen(self, recorded: LayerRecord) -> list[RecordedLayer]:
        """Return the layers of a record that are drawn."""
        if self.names is None:
            count = len(recorded.layers)
            places = np.linspace(0, count - 1, min(self.most, count)).round().astype(int)
            return [recorded.layers[place] for place in places]
        known = [layer.name for layer in recorded.layers]
        for name in self.names:
            if name not in known:
                raise unknown_name("layer", name, known)
        return [recorded[name] for name in self.names]

    def compute(self, *, quality: str, seed: int, progress: Progress) -> dict[str, Any]:
        """Train and record every network, or measure the layers of the record."""
        if self.record is not None:
            recorded = _loaded(self.record)
            shown = self._recorded(recorded, progress)
            return {"points": _POINTS, "edges": _EDGES, "record": shown}
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
        layers = record_layers(history.network, inputs).layers[:-1]
        return {
            "settings": history.settings,
            "test_accuracy": float(history.test_accuracy[-1]),
            "layers": [
                {"name": layer.name, "panels": [self._panel(*pair) for pair in _signals(layer)]}
                for layer in layers
            ],
        }

    def _recorded(self, recorded: LayerRecord, progress: Progress) -> dict[str, Any]:
        """Return what is shown of a record."""
        chosen = self._chosen(recorded)
        layers = []
        for index, layer in enumerate(chosen):
            progress(f"measure {layer.name}", index / len(chosen))
            panels = {
                attribute: None if signal is None else self._recorded_panel(label, signal)
                for attribute, label, signal in _recorded_signals(layer)
            }
            layers.append({"name": layer.name, "normalization": layer.normalization, **panels})
        progress("measured", 1.0)
        return {
            "network": str(recorded.settings.get("network", "several networks")),
            "of": len(recorded.layers),
            "named": self.names is not None,
            "units": self.units,
            "layers": layers,
        }

    def _recorded_panel(self, label: str, signal: Signal) -> dict[str, Any]:
        """Return what the panel of a recorded signal shows, or only words if it has no shape."""
        ensemble = signal.ensemble.partition("each of ")[2]
        if signal.constant_units:
            ensemble += f", {signal.constant_units} of {signal.all_units} units constant"
        if not signal.values.size or np.ptp(signal.values) == 0.0:
            return {"label": label, "ensemble": ensemble, "words": "no values that vary"}
        return {"ensemble": ensemble, **self._panel(label, signal, _recorded_measures(signal))}

    def _panel(
        self, label: str, signal: Signal, measures: dict[str, Any] | None = None
    ) -> dict[str, Any]:
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
            **(_measures(signal, varying) if measures is None else measures),
        }

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw a block of panels for each network: a row a layer, a column a signal."""
        from matplotlib.figure import Figure

        if "record" in data:
            return _draw_record(data)
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


def _names(names: object) -> tuple[str, ...]:
    if not isinstance(names, Sequence) or isinstance(names, str) or not names:
        raise ValueError(f"names must be a sequence of names of layers, not {names!r}.")
    return tuple(map(str, names))


def _loaded(recorded: object) -> LayerRecord:
    """Return a record that is given or saved."""
    if isinstance(recorded, LayerRecord):
        return recorded
    if isinstance(recorded, str | os.PathLike):
        return LayerRecord.load(recorded)
    raise TypeError(f"record must be a path or a LayerRecord, not {recorded!r}.")


def _recorded_signals(layer: RecordedLayer) -> Iterator[tuple[str, str, Signal | None]]:
    """Yield the three signals of a recorded layer with their attributes and headings."""
    for attribute, label in _COLUMNS.items():
        yield attribute, label, getattr(layer, attribute)


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


def _recorded_measures(signal: Signal) -> dict[str, Any]:
    """Return the measures that a recorded signal can give, as `_measures` does for all."""
    found = measured(signal, _SHOWN).to_dict()
    return {
        "pooled": found["pooled"],
        "median_unit": found["unit"],
        "constant_units": signal.constant_units,
        "unavailable": found["unavailable"],
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
    _set_limits(1.5, grid[0, 0])


def _draw_record(data: dict[str, Any]) -> Figure:
    """Draw the layers of a record: a row a layer, a column a signal that any of them has."""
    from matplotlib.figure import Figure

    shown = data["record"]
    layers = shown["layers"]
    columns = [
        (key, label)
        for key, label in _COLUMNS.items()
        if any(layer[key] is not None for layer in layers)
    ]
    with style():
        figure = Figure(figsize=(PAGE_WIDTH, 0.9 + 1.5 * len(layers)), layout="constrained")
        # Names are taken as they are: a dollar sign in them starts no formula.
        figure.suptitle(f"{shown['network']}: {_layers_text(shown)}", parse_math=False)
        grid = figure.subplots(len(layers), len(columns), squeeze=False, sharex=True, sharey=True)
        for row, layer in zip(grid, layers, strict=True):
            row[0].set_ylabel("\n".join(textwrap.wrap(layer["name"], 22)), parse_math=False)
            for ax, (key, _) in zip(row, columns, strict=True):
                _draw_recorded(key, layer, data, ax)
        for ax, (_, label) in zip(grid[0], columns, strict=True):
            ax.set_title(label)
        _set_limits(1.7, grid[0, 0])
        _legend(figure, list(grid.flat))
    return figure


def _layers_text(shown: dict[str, Any]) -> str:
    """Say how many layers of how many are drawn."""
    few, many = len(shown["layers"]), shown["of"]
    if few == many:
        return f"{many} layer{'s' * (many > 1)}"
    return f"{few} of {many} layers{'' if shown['named'] else ', evenly spaced'}"


def _draw_recorded(key: str, layer: dict[str, Any], data: dict[str, Any], ax: Axes) -> None:
    """Draw one signal of a recorded layer, or say that there is none."""
    panel = layer[key]
    if panel is None or "words" in panel:
        words = _ABSENT[key] if panel is None else panel["words"]
        ax.text(0.5, 0.4, words, transform=ax.transAxes, ha="center", fontsize=6.5)
    else:
        _draw_panel(panel, data, ax, units=f"up to {data['record']['units']} single units")
        for patch in ax.patches:
            patch.set_clip_path(_window(ax))
    if panel is not None:
        kind = f"{layer['normalization']}: " if key == "normalized" else ""
        ax.set_xlabel("\n".join(textwrap.wrap(kind + panel["ensemble"], 52)), fontsize=6)


def _set_limits(top: float, ax: Axes) -> None:
    # Room above the densities for the table.
    ax.set(xlim=(-REACH, REACH), ylim=(0, top * TALLEST))
    ax.set(xticks=(-2, 0, 2), yticks=(0, 0.4, 0.8))


def _window(ax: Axes) -> Rectangle:
    """Return what curves are cut to."""
    from matplotlib.patches import Rectangle

    return Rectangle((-REACH, 0.0), 2.0 * REACH, TALLEST, transform=ax.transData)


def _draw_panel(
    panel: dict[str, Any], data: dict[str, Any], ax: Axes, *, units: str | None = None
) -> None:
    if np.any(panel["density"]):
        draw_histogram(data["edges"], panel["density"], label="all units pooled", ax=ax)
    few = len(panel["units"])
    for index, unit in enumerate(panel["units"]):
        label = (units or f"{few} single units") if index == 0 else None
        (line,) = ax.plot(
            data["points"], unit["density"], color=UNIT, alpha=0.35, lw=0.5, label=label, zorder=2
        )
        line.set_clip_path(_window(ax))
    draw_normal(reach=REACH, ax=ax)
    if len(panel["atoms"]["x"]):
        label = "share of one value, all units pooled"
        draw_stems(panel["atoms"]["x"], panel["atoms"]["mass"], label=label, ax=ax)
    corner_table(_numbers(panel), ax=ax)


def _numbers(panel: dict[str, Any]) -> list[list[str]]:
    """Return the columns of a panel's table: the measures, pooled, and medians over units."""
    columns = [["", *_SHOWN.values()]]
    for heading, source in (("pooled", "pooled"), ("unit", "median_unit")):
        values = [panel[source].get(name) for name in _SHOWN]
        columns.append([heading, *("–" if v is None else _short(v["value"]) for v in values)])
    return columns


def _short(value: float) -> str:
    text = f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
    return text.replace("-", "−")
