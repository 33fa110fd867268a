"""Recorded layers of a network."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clt_sim._validation import shown
from clt_sim.networks.recording import record_files
from clt_sim.networks.recording.recorded_layer import SIGNALS
from clt_sim.tables import Table, Tabular, import_pandas

if TYPE_CHECKING:
    import os

    from clt_sim.networks.recording.recorded_layer import RecordedLayer
    from clt_sim.networks.recording.signal import Signal

_NOTES = {
    "hidden": "hidden",
    "unread": "not read",
    "unlinked_normalizations": "normalization without a layer",
}
"""Settings that say what a record lacks, and their headings."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerRecord(Tabular):
    """What the layers of a network computed for many inputs.

    It holds statistics of every unit over all rows and, for measures of shape, a uniform sample
    of rows; its size does not depend on how many there were. ``layer_table`` measures it.

    Parameters
    ----------
    layers : tuple of RecordedLayer
        The layers in the order of the network, at least one.
    runs : tuple of dict
        What was recorded and how in each run, as JSON types, in the order of their seeds:
        ``"network"``, ``"seed"``, ``"rows"``, ``"units"`` and more.

    Raises
    ------
    ValueError
        If there is no layer, or layers are not of these runs.

    Examples
    --------
    >>> from clt_sim.networks import load_digits, record, train
    >>> network = train(steps=1).network
    >>> print(record(network, load_digits().test_inputs, every=4))
    perceptron 64-100-100-100-10, sigmoid: 4 layers, 100 inputs (every=4 of 400)
    """

    layers: tuple[RecordedLayer, ...]
    runs: tuple[dict[str, Any], ...]

    def __post_init__(self) -> None:
        """Check that the layers go together."""
        if not self.layers:
            raise ValueError("layers must be at least one.")
        seeds = [run["seed"] for run in self.runs]
        for layer in self.layers:
            if [part.seed for part in layer.parts] != seeds:
                raise ValueError(f"{layer.name} must be of the runs of seeds {seeds}.")

    @property
    def settings(self) -> dict[str, Any]:
        """What all runs agree in, how many inputs they were given, and their seeds."""
        first, *others = self.runs
        same = {
            key: value
            for key, value in first.items()
            if key not in ("seed", "inputs_given") and all(run.get(key) == value for run in others)
        }
        given = [run["inputs_given"] for run in self.runs if "inputs_given" in run]
        total = {"inputs_given": sum(given)} if len(given) == len(self.runs) else {}
        return {**same, **total, "seeds": [run["seed"] for run in self.runs]}

    def __getitem__(self, name: str) -> RecordedLayer:
        """Return the layer of a name.

        Raises
        ------
        KeyError
            If there is none; the message has the names.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = ", ".join(layer.name for layer in self.layers)
        raise KeyError(f"no layer {shown(name)}. Known: {known}.")

    def __add__(self, other: LayerRecord) -> LayerRecord:
        """Put together the records of disjoint inputs, in any order.

        Raises
        ------
        ValueError
            If the layers are not the same, or a seed is in both: then the same inputs may be
            counted twice, and their rows have the same keys.
        """
        if not isinstance(other, LayerRecord):
            return NotImplemented
        both = set(self.settings["seeds"]) & set(other.settings["seeds"])
        if both:
            raise ValueError(
                f"records to be added must have different seeds; both have {min(both)}. Record"
                " each part of the inputs (batch, rank, run) with a seed of its own."
            )
        _check_same(self, other)
        layers = (a + b for a, b in zip(self.layers, other.layers, strict=True))
        runs = sorted((*self.runs, *other.runs), key=lambda run: int(run["seed"]))
        return LayerRecord(tuple(layers), tuple(runs))

    def to_dict(self) -> dict[str, Any]:
        """Return shapes and statistics of units as JSON types, without the sampled rows.

        Numbers that are not finite are text.
        """
        return {
            "layers": [layer.to_dict() for layer in self.layers],
            "settings": self.settings,
            "runs": [dict(run) for run in self.runs],
        }

    def to_dataframe(self) -> Any:
        """Return the statistics of units as a pandas data frame, one row a unit of a signal.

        Returns
        -------
        pandas.DataFrame
            Columns ``layer``, ``signal``, ``unit``, and the statistics.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed; the message says how to.
        """
        pandas = import_pandas()
        frames = [
            pandas.DataFrame(
                {
                    "layer": layer.name,
                    "signal": SIGNALS[attribute],
                    "unit": range(layer.moments(attribute).units),
                    **layer.moments(attribute).columns(),
                }
            )
            for layer in self.layers
            for attribute in layer.sample.values
        ]
        return pandas.concat(frames, ignore_index=True)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to an ``.npz`` file, without pickled objects.

        Equal records give equal bytes; what was there before is replaced at once.

        Parameters
        ----------
        path : path
            The file; its folder must exist.
        """
        record_files.write(path, self.layers, self.runs)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> LayerRecord:
        """Read a record that `save` wrote.

        Parameters
        ----------
        path : path
            The file.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is not a record, is damaged, or would not fit in memory.
        """
        return record_files.read(path, cls)

    def _as_tables(self) -> Sequence[Table]:
        title, *notes = str(self).splitlines()
        units = (f"units of\n{name}" for name in SIGNALS.values())
        columns = ("layer", "rows", *units, "normalized by")
        rows = tuple(
            (
                layer.name,
                str(layer.seen),
                *(_units(getattr(layer, attribute)) for attribute in SIGNALS),
                layer.normalization or "",
            )
            for layer in self.layers
        )
        stripped = tuple(note.strip() for note in notes)
        return [Table(title, columns, rows, stripped, align="lrrrrl")]

    def __str__(self) -> str:
        """Say what was recorded, which values are not finite, and what was seen but not read."""
        settings = self.settings
        size = f"{len(self.layers)} layer{'s' * (len(self.layers) > 1)}"
        if "inputs_given" in settings:
            used = sum(-(-run["inputs_given"] // run.get("every", 1)) for run in self.runs)
            size += f", {used} inputs"
            size += f" (every={settings.get('every', 1)} of {settings['inputs_given']})"
        if len(self.runs) > 1:
            size += f", {len(self.runs)} runs"
        lines = [f"{settings.get('network', 'several networks')}: {size}"]
        lines += [
            f"  {signal.name} of {layer.name}: {signal.non_finite} values are not finite"
            for layer in self.layers
            for signal in layer.signals
            if signal.non_finite
        ]
        for key, heading in _NOTES.items():
            notes = {note for run in self.runs for note in run.get(key, [])}
            lines += [f"  {heading}: {note}" for note in sorted(notes)]
        return "\n".join(lines)


def _units(signal: Signal | None) -> str:
    """Return the number of units of a signal, and how many of them are constant."""
    if signal is None:
        return ""
    constant = f" ({signal.constant_units} constant)" if signal.constant_units else ""
    return f"{signal.all_units}{constant}"


def _check_same(a: LayerRecord, b: LayerRecord) -> None:
    """Raise if the records are not of the same layers, sampled in the same way."""
    names = [[layer.name for layer in record.layers] for record in (a, b)]
    if names[0] != names[1]:
        only = [sorted(set(one) - set(two)) for one, two in (names, names[::-1])]
        raise ValueError(
            "the records must be of the same layers in the same order; only one has"
            f" {only[0] or 'none'}, only the other {only[1] or 'none'}."
        )
    for key in ("rows", "units"):
        values: list[Mapping[str, Any]] = [record.settings for record in (a, b)]
        if values[0].get(key) != values[1].get(key):
            raise ValueError(
                f"the records must be made with the same {key}:"
                f" {json.dumps([settings.get(key) for settings in values])}."
            )
