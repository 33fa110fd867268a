"""Real layers on real data: u, Wu+b and BN(Wu+b) of trained networks, next to N(0,1)."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim._validation import check_text, shown, unknown_name, whole
from clt_sim.figures.layers_drawing import COLUMNS, described, draw_networks, draw_record
from clt_sim.figures.parameters import nonlinearity_names
from clt_sim.figures.recipe import Recipe, registry
from clt_sim.figures.signal_panels import EDGES, POINTS, recorded_measures, signal_panel
from clt_sim.networks import LayerRecord, Signal, load_digits, train
from clt_sim.networks import record as record_layers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from clt_sim.experiments.work import Share, Work
    from clt_sim.networks.recording.recorded_layer import RecordedLayer

STEPS = {"draft": 2_000, "paper": 20_000}
NORMALIZATIONS = (None, "batch")
MOST_LAYERS = 6
"""So many layers of a record are drawn, unless others are asked for."""


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

    In the gallery ``Wu + b`` is nearer to normal than u in each of the twelve layers, pooled and by
    the median unit.

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
        object.__setattr__(self, "nonlinearities", nonlinearity_names(self.nonlinearities))
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

    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Train and record every network, or measure the layers of the record."""
        if self.record is not None:
            recorded = _loaded(self.record)
            shown = self._recorded(recorded, work)
            return {"points": POINTS, "edges": EDGES, "record": shown}
        kinds = [(phi, how) for how in NORMALIZATIONS for phi in self.nonlinearities]
        run = functools.partial(_network, steps=STEPS[quality], seed=seed, units=self.units)
        networks = work.map_telling(run, kinds, _words)
        return {"points": POINTS, "edges": EDGES, "networks": networks}

    def _recorded(self, recorded: LayerRecord, work: Work) -> dict[str, Any]:
        """Return what is shown of a record."""
        chosen = self._chosen(recorded)
        layers = []
        for index, layer in enumerate(chosen):
            work.progress(f"measure {layer.name}", index / len(chosen))
            panels = {
                attribute: None if signal is None else self._recorded_panel(label, signal)
                for attribute, label, signal in _recorded_signals(layer)
            }
            layers.append({"name": layer.name, "normalization": layer.normalization, **panels})
        work.progress("measured", 1.0)
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
        measures = recorded_measures(signal)
        return {"ensemble": ensemble, **signal_panel(label, signal, self.units, measures)}

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw a block of panels for each network: a row a layer, a column a signal."""
        if "record" in data:
            return draw_record(data)
        return draw_networks(data, columns=len(self.nonlinearities))


def _words(kind: tuple[str, str | None]) -> str:
    phi, how = kind
    return f"train {phi} network, {described(how)}"


def _network(
    kind: tuple[str, str | None], tell: Share, *, steps: int, seed: int, units: int
) -> dict[str, Any]:
    """Train a network, and return what is shown of its layers."""
    history = train(
        nonlinearity=kind[0],
        normalization=kind[1],
        steps=steps,
        seed=seed,
        progress=lambda done, total: tell(done / total),
    )
    data = load_digits()
    inputs = np.concatenate([data.train_inputs, data.test_inputs])
    layers = record_layers(history.network, inputs).layers[:-1]
    return {
        "settings": history.settings,
        "test_accuracy": float(history.test_accuracy[-1]),
        "layers": [
            {
                "name": layer.name,
                "panels": [signal_panel(label, signal, units) for label, signal in _signals(layer)],
            }
            for layer in layers
        ],
    }


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
        raise ValueError(f"names must be a sequence of names of layers, not {shown(names)}.")
    for index, name in enumerate(names):
        check_text(f"names[{index}]", name)
    return tuple(names)


def _loaded(recorded: object) -> LayerRecord:
    """Return a record that is given or saved."""
    if isinstance(recorded, LayerRecord):
        return recorded
    if isinstance(recorded, str | os.PathLike):
        return LayerRecord.load(recorded)
    raise TypeError(f"record must be a path or a LayerRecord, not {shown(recorded)}.")


def _recorded_signals(layer: RecordedLayer) -> Iterator[tuple[str, str, Signal | None]]:
    """Yield the three signals of a recorded layer with their attributes and headings."""
    for attribute, label in COLUMNS.items():
        yield attribute, label, getattr(layer, attribute)
