"""Every layer of recorded networks as a point: the distances of u and Wu+b from normal."""

from __future__ import annotations

import dataclasses
import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.special import betaincinv

from clt_sim import nonlinearities
from clt_sim._validation import whole
from clt_sim.figures.gaussianity_in_training import (
    FLOOR,
    HIDDEN,
    checked_normalizations,
    letter,
)
from clt_sim.figures.recipe import Progress, Recipe, registry
from clt_sim.layer_tables.signal_measures import measured
from clt_sim.networks import LayerRecord, load_digits, record, train
from clt_sim.plotting import note, style
from clt_sim.plotting.style import PAGE_WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from clt_sim.networks.recorded_layer import RecordedLayer

STEPS = {"draft": 40, "paper": 3_000}
SEEDS = {"draft": 1, "paper": 4}
SPARSE = 0.3
"""Above this share of values near zero, u is called sparse."""
CONFIDENCE = 0.95
KINDS = {
    "input": ("$u$ is the input", "D", "#717581"),
    "normalized": ("$u$ is normalized before $W$", "s", "#832db6"),
    "sparse": (f"$u$ is over {100.0 * SPARSE:.0f} % near zero", "o", "#bd1f01"),
    "dense": ("$u$ is dense", "^", "#3f90da"),
}
"""What u may be, in words, with its marker and its colour."""
VIEWS = {"unit": "median unit", "pooled": "all units pooled"}
_OF_U = re.compile(r"\bnorm of u\b")
_TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


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
        names = np.atleast_1d(np.array(self.nonlinearities, object)).tolist()
        checked = tuple(str(nonlinearities.get(name)) for name in names)
        if not checked:
            raise ValueError("nonlinearities must be at least one.")
        put = object.__setattr__
        put(self, "nonlinearities", checked)
        put(self, "normalizations", checked_normalizations(self.normalizations, checked[0]))
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

    def compute(self, *, quality: str, seed: int, progress: Progress) -> dict[str, Any]:
        """Measure every layer of every network."""
        points: list[dict[str, Any]] = []
        for title, layers, share in self._networks(quality, seed):
            progress(title, share)
            points += (_point(title, place, layer) for place, layer in enumerate(layers))
        progress("measured", 1.0)
        return {"points": points, "shares": {view: _shares(points, view) for view in VIEWS}}

    def _networks(
        self, quality: str, seed: int
    ) -> Iterator[tuple[str, Sequence[RecordedLayer], float]]:
        """Yield the layers of each network with its name, and what share of them is done."""
        if self.records is not None:
            for index, path in enumerate(self.records):
                yield path, LayerRecord.load(path).layers, index / len(self.records)
            return
        seeds = np.random.SeedSequence(seed).generate_state(self.seeds or SEEDS[quality]).tolist()
        kinds = [
            (phi, kind, each)
            for phi in self.nonlinearities
            for kind in self.normalizations
            for each in seeds
        ]
        inputs = load_digits().test_inputs
        for index, (phi, kind, each) in enumerate(kinds):
            history = train(
                hidden=HIDDEN,
                nonlinearity=phi,
                normalization=kind,
                steps=STEPS[quality],
                seed=each,
                snapshots=0,
            )
            title = f"{phi}, normalization {kind}, seed {each}"
            yield title, record(history.network, inputs).layers, index / len(kinds)

    def draw(self, data: dict[str, Any]) -> Figure:
        """Draw a panel for the median unit and one for all units pooled."""
        from matplotlib.figure import Figure

        with style():
            figure = Figure(figsize=(PAGE_WIDTH, 4.2), layout="constrained")
            panels = figure.subplots(1, len(VIEWS))
            for (view, words), ax in zip(VIEWS.items(), panels, strict=True):
                _draw_panel(view, data, ax)
                ax.set_title(words)
            panels[0].set_ylabel("Kolmogorov distance of $Wu+b$")
            letter(panels)
            handles, labels = panels[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside lower center", ncols=3)
        return figure


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


def share_interval(hits: Sequence[bool], clusters: Sequence[str]) -> tuple[float, float]:
    """Return a 95 % interval for a share, of hits that are alike within clusters.

    That of Clopper & Pearson (1934) for an effective number of hits, as Korn & Graubard (Survey
    Methodology 24, 1998) have it: the number of independent ones whose share has the variance that
    the clusters show, at most the real number; and that of clusters where all hits are equal. Their
    correction for degrees of freedom is left out. Of one cluster the hits are taken as independent.

    Parameters
    ----------
    hits : sequence of bool
        The share is of those that are true.
    clusters : sequence of str
        Which cluster each is of; different ones are independent.

    Returns
    -------
    low, high : float
        nan for no hits.
    """
    if not len(hits):
        return math.nan, math.nan
    values, (names, which) = np.asarray(hits, float), np.unique(clusters, return_inverse=True)
    share, count = float(values.mean()), float(len(values))
    if len(names) > 1:
        count = _effective(values - share, which, len(names), share * (1.0 - share))
    yes, tail = share * count, 0.5 * (1.0 - CONFIDENCE)
    low = 0.0 if share == 0.0 else float(betaincinv(yes, count - yes + 1.0, tail))
    high = 1.0 if share == 1.0 else float(betaincinv(yes + 1.0, count - yes, 1.0 - tail))
    return low, high


def _effective(deviations: Any, which: Any, clusters: int, variance: float) -> float:
    """Return the effective number: the variance of one hit over that of their share."""
    sums = np.bincount(which, deviations)
    spread = clusters / (clusters - 1) * float(sums @ sums) / len(deviations) ** 2
    if variance == 0.0:
        return float(clusters)
    return min(float(len(deviations)), variance / spread) if spread else float(len(deviations))


def _limits(points: Sequence[dict[str, Any]], view: str) -> tuple[float, float]:
    """Return limits that hold all points of a panel and its floor, with room for words."""
    shown = [point for point in points if view in point]
    values = [point[view][signal]["value"] for point in shown for signal in ("u", "pre_activation")]
    if view == "unit":
        values += [floor for point in shown for floor in point["floor"]]
    known = [value for value in values if not math.isnan(value)] or [0.01, 0.5]
    return min(known) / 1.35, max(known) * 1.7


def _draw_panel(view: str, data: dict[str, Any], ax: Axes) -> None:
    limits = _limits(data["points"], view)
    for kind, (words, marker, colour) in KINDS.items():
        chosen = [p[view] for p in data["points"] if p["kind"] == kind and view in p]
        if not chosen:
            continue
        x, y = ([pair[name] for pair in chosen] for name in ("u", "pre_activation"))
        ax.errorbar(
            [estimate["value"] for estimate in x],
            [estimate["value"] for estimate in y],
            yerr=[estimate["stderr"] for estimate in y],
            xerr=[estimate["stderr"] for estimate in x],
            fmt=marker,
            ms=3.4,
            mfc=(colour, 0.55),
            mec=colour,
            mew=0.5,
            color=colour,
            ecolor=(colour, 0.35),
            elinewidth=0.5,
            label=words,
        )
    ax.plot(limits, limits, color="#222222", lw=0.7, zorder=0, label="the same distance")
    if view == "unit" and any("floor" in point for point in data["points"]):
        _draw_floor(data["points"], limits, ax)
    _axes(limits, ax)
    _words(data["shares"][view], ax)


def _draw_floor(points: Sequence[dict[str, Any]], limits: tuple[float, float], ax: Axes) -> None:
    """Draw what normal units show, or its range where layers have other numbers of inputs."""
    floors = np.array([point["floor"] for point in points if "floor" in point], float)
    label: str | None = "median of normal units"
    options: dict[str, Any] = {"color": "#222222", "lw": 0.8, "ls": FLOOR, "zorder": 0}
    for u, after in {tuple(bound(floors, axis=0)) for bound in (np.fmin.reduce, np.fmax.reduce)}:
        ax.plot(limits, (after, after), label=label, **options)
        ax.plot((u, u), (limits[0], u), **options)  # above the diagonal there are words
        label = None


def _axes(limits: tuple[float, float], ax: Axes) -> None:
    ticks = [tick for tick in _TICKS if limits[0] <= tick <= limits[1]]
    labels = [f"{tick:g}" for tick in ticks]
    ax.set(xscale="log", yscale="log", xlim=limits, ylim=limits, aspect="equal")
    ax.set_xticks(ticks, labels)
    ax.set_yticks(ticks, labels)
    ax.set_xticks([], minor=True)
    ax.set_yticks([], minor=True)
    ax.set_xlabel("Kolmogorov distance of $u$")


def _words(shares: dict[str, Any], ax: Axes) -> None:
    """Say how many layers are below the diagonal."""
    low, high = (f"{100.0 * bound:.0f}" for bound in shares["interval"])
    below, layers = shares["below"], shares["layers"]
    lines = [f"$Wu+b$ is closer in {below} of {layers} layers"]
    if layers:
        lines.append(f"{100.0 * below / layers:.0f} % (95 % interval {low} to {high} %)")
    lines += [
        f"{KINDS[kind][0]}: {few} of {many}"
        for kind, (few, many) in shares["kinds"].items()
        if many
    ]
    if shares["missing"]:
        lines.append(f"{shares['missing']} layers without both distances")
    note(lines, x=0.0, ax=ax)
    ax.texts[-1].set(ha="left", x=0.025)
