"""Every layer of recorded networks as a point: the distances of u and Wu+b from normal."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim._validation import whole
from clt_sim.experiments.trained_networks import HIDDEN, checked_kinds
from clt_sim.experiments.work import joined
from clt_sim.figures.gaussian_or_not_drawing import KINDS, SPARSE, VIEWS, draw_layers
from clt_sim.figures.parameters import nonlinearity_names
from clt_sim.figures.recipe import Recipe, registry
from clt_sim.figures.share_interval import share_interval
from clt_sim.layer_tables.signal_measures import measured
from clt_sim.networks import LayerRecord, load_digits, record, train

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from clt_sim.experiments.work import Work
    from clt_sim.networks.recording.recorded_layer import RecordedLayer

    _Kind = tuple[str, str | None, int]

STEPS = {"draft": 40, "paper": 3_000}
SEEDS = {"draft": 1, "paper": 4}
_OF_U = re.compile(r"\bnorm of u\b")


@registry.register
@dataclass(frozen=True, slots=True)
class GaussianOrNot(Recipe):
    """Kolmogorov distance of u against that of ``Wu + b``, a point for each recorded layer.

    Distances are to the fitted normal law, of the median unit and of all units pooled. Below the
    diagonal ``Wu + b`` is the closer to normal; the share of such layers has a 95 % interval that
    allows for layers of one network being alike. Layers without a recorded u or a distance are
    counted on the picture. The default networks have three hidden layers of 100 units and are
    trained on the digits.

    By what u is, a layer is the first of these that fits: the first of its network; one that is
    given a normalised signal (then u is that signal, or u before it where batch normalization
    is also behind the layer, which has the same shape by unit); one with more than 30 % of all
    values of u near zero, which is at most 0.1 times their root mean square; dense.

    In the gallery all layers above the diagonal are output layers.

    Parameters
    ----------
    nonlinearities : sequence of Nonlinearity or str
        Of the hidden layers of built-in networks.
    normalizations : sequence of None or str
        Of them, as `train` takes them.
    seeds : int, optional
        How many of them of each kind; by default 1 for drafts and 4 for papers.
    records : path or sequence of paths, optional
        Files that `LayerRecord.save` wrote, to be drawn in place of the built-in networks.
    """

    name: ClassVar[str] = "gaussian-or-not"
    title: ClassVar[str] = "Distance from the normal law of u against that of Wu+b, layer by layer"

    nonlinearities: Sequence[str] = ("sigmoid", "tanh", "relu")
    normalizations: Sequence[str | None] = (None, "batch", "batch-u")
    seeds: int | None = None
    records: Sequence[str] | None = None

    def __post_init__(self) -> None:
        """Check the parameters."""
        checked = nonlinearity_names(self.nonlinearities)
        put = object.__setattr__
        put(self, "nonlinearities", checked)
        kinds = checked_kinds(checked[:1], self.normalizations)
        put(self, "normalizations", tuple(kind.normalization for kind in kinds))
        if self.seeds is not None:
            put(self, "seeds", whole("seeds", self.seeds, least=1))
        if self.records is not None:
            put(self, "records", _paths(self.records))
            self._refuse_settings()
            for path in self.records:
                LayerRecord.load(path)

    def _refuse_settings(self) -> None:
        """Raise if there are settings of networks that will not be trained."""
        for field in dataclasses.fields(self)[:-1]:
            if getattr(self, field.name) != field.default:
                raise ValueError(
                    f"{field.name} is of networks to be trained; with records there are none."
                )

    def compute(self, *, quality: str, seed: int, work: Work) -> dict[str, Any]:
        """Measure every layer of every network."""
        if self.records is None:
            seeds = np.random.SeedSequence(seed).generate_state(self.seeds or SEEDS[quality])
            kinds = itertools.product(self.nonlinearities, self.normalizations, seeds.tolist())
            run = functools.partial(_points_of_trained, steps=STEPS[quality])
            found = work.map(run, kinds, _title)
        else:
            found = work.map(_points_of_record, self.records, str)
        points = joined(found)
        return {"points": points, "shares": {view: _shares(points, view) for view in VIEWS}}

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw a panel for the median unit and one for all units pooled."""
        return draw_layers(data)


def _title(kind: _Kind) -> str:
    phi, normalization, seed = kind
    return f"{phi}, normalization {normalization}, seed {seed}"


def _points_of_trained(kind: _Kind, steps: int) -> list[dict[str, Any]]:
    """Train a network, and return the points of its layers."""
    phi, normalization, seed = kind
    history = train(
        hidden=HIDDEN,
        nonlinearity=phi,
        normalization=normalization,
        steps=steps,
        seed=seed,
        records=1,  # its curves are not shown
        snapshots=0,
    )
    return _points(_title(kind), record(history.network, load_digits().test_inputs))


def _points_of_record(path: str) -> list[dict[str, Any]]:
    return _points(path, LayerRecord.load(path))


def _points(title: str, recorded: LayerRecord) -> list[dict[str, Any]]:
    return [_point(title, place, layer) for place, layer in enumerate(recorded.layers)]


def _paths(records: object) -> tuple[str, ...]:
    given = [records] if isinstance(records, str | os.PathLike) else records
    if not isinstance(given, Sequence) or not given:
        raise ValueError(f"records must be paths of files, at least one, not {records!r}.")
    paths = tuple(os.fspath(path) for path in given)
    if len(set(paths)) < len(paths):
        raise ValueError(f"records must be different files, not {paths}.")
    return paths


def _point(network: str, place: int, layer: RecordedLayer) -> dict[str, Any]:
    """Return the distances of one layer, the kind of its u, and the floor of sampling."""
    found: dict[str, Any] = {"network": network, "layer": layer.name, "kind": None}
    if layer.u is None:
        return {**found, "missing": "no u"}
    of_u = bool(_OF_U.search(layer.normalization or ""))
    is_given = of_u and "Wu+b" not in str(layer.normalization)
    given = layer.normalized if is_given and layer.normalized is not None else layer.u
    u = measured(given, ["kolmogorov", "near-zero"])
    after = measured(layer.pre_activation, ["kolmogorov"])
    for view in VIEWS:
        pair = [getattr(signal, view).get("kolmogorov") for signal in (u, after)]
        if None not in pair:
            found[view] = {
                name: {"value": estimate.value, "stderr": estimate.stderr}
                for name, estimate in zip(("u", "pre_activation"), pair, strict=True)
            }
    if "unit" not in found and "pooled" not in found:
        return {**found, "missing": next(iter({**u.unavailable, **after.unavailable}.values()))}
    near_zero = u.pooled.get("near-zero")
    found["near_zero"] = math.nan if near_zero is None else near_zero.value
    found["kind"] = _kind(place, of_u, found["near_zero"])
    floors = [signal.floor.get("kolmogorov") for signal in (u, after)]
    found["floor"] = [math.nan if floor is None else floor.value for floor in floors]
    return found


def _kind(place: int, normalized: bool, near_zero: float) -> str:
    if place == 0:
        return "input"
    if normalized:
        return "normalized"
    return "sparse" if near_zero > SPARSE else "dense"


def _shares(points: Sequence[dict[str, Any]], view: str) -> dict[str, Any]:
    """Return how many layers are below the diagonal, of each kind and of all."""
    shown = [point for point in points if view in point]
    below = [point[view]["pre_activation"]["value"] < point[view]["u"]["value"] for point in shown]
    networks = [point["network"] for point in shown]
    kinds = {
        kind: [
            is_below for is_below, point in zip(below, shown, strict=True) if point["kind"] == kind
        ]
        for kind in KINDS
    }
    return {
        "below": int(np.sum(below)),
        "layers": len(shown),
        "networks": len(set(networks)),
        "missing": len(points) - len(shown),
        "interval": share_interval(below, networks),
        "kinds": {kind: [sum(each), len(each)] for kind, each in kinds.items()},
    }
