"""One recorded layer: a sample of its rows, and statistics of its units."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clt_sim._json_types import plain
from clt_sim._validation import check_name
from clt_sim.networks.recording.row_sample import RowSample, kept_units
from clt_sim.networks.recording.signal import Signal

if TYPE_CHECKING:
    from clt_sim.networks.recording.unit_moments import UnitMoments

SIGNALS = {"u": "u", "pre_activation": "pre-activation", "normalized": "normalized"}
"""The signals of a layer in order: the attribute, and the name."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerPart:
    """What one run saw of a layer.

    Parameters
    ----------
    seed : int
        The seed of the run.
    rows : int
        The number of its rows.
    left_out : int
        How many of them have a value that is NaN or infinite, and were not kept.
    moments : dict of str to UnitMoments
        Statistics of each signal over all of its rows.
    """

    seed: int
    rows: int
    left_out: int
    moments: Mapping[str, UnitMoments] = field(repr=False)


@dataclass(frozen=True, eq=False)
class RecordedLayer:
    """The signals of one layer, all for the same inputs in the same order.

    Parameters
    ----------
    name : str
        Which layer: ``"hidden 1"``, ..., ``"output"``, or what the network calls it.
    normalization : str or None
        What `normalized` is, such as ``"batch norm of Wu+b"``; None where the layer has none.
    sample : RowSample
        The rows that were kept.
    parts : tuple of LayerPart
        What was seen in each run, in the order of their seeds.
    """

    name: str
    normalization: str | None
    sample: RowSample = field(repr=False)
    parts: tuple[LayerPart, ...] = field(repr=False)

    @property
    def seen(self) -> int:
        """The number of all rows."""
        return sum(part.rows for part in self.parts)

    @property
    def left_out(self) -> int:
        """How many of them were not kept since a value of the layer was NaN or infinite."""
        return sum(part.left_out for part in self.parts)

    @functools.cached_property
    def u(self) -> Signal | None:
        """The input of the affine map; None where it could not be seen."""
        return self._signal("u") if "u" in self.sample.values else None

    @functools.cached_property
    def pre_activation(self) -> Signal:
        """``Wu + b``."""
        return self._signal("pre_activation")

    @functools.cached_property
    def normalized(self) -> Signal | None:
        """The normalised signal that goes with the layer, or None where it has none."""
        return self._signal("normalized") if "normalized" in self.sample.values else None

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The signals that are there."""
        present = (self.u, self.pre_activation, self.normalized)
        return tuple(signal for signal in present if signal is not None)

    def moments(self, attribute: str) -> UnitMoments:
        """Return the statistics of a signal, by the name of its attribute, over all runs."""
        check_name("signal", attribute, self.parts[0].moments)
        return functools.reduce(operator.add, (part.moments[attribute] for part in self.parts))

    def _signal(self, attribute: str) -> Signal:
        values, statistics = self.sample.values[attribute], self.moments(attribute)
        whole = values.shape[1] == statistics.units
        return Signal(
            SIGNALS[attribute],
            self.name,
            values,
            clusters=self.sample.clusters,
            unit_indices=None if whole else kept_units(statistics.units, values.shape[1]),
            statistics=statistics,
            seen=self.seen,
            left_out=self.left_out,
        )

    def layout(self) -> dict[str, Any]:
        """Return what layers must agree in to be merged."""
        moments = self.parts[0].moments
        return {
            "name": self.name,
            "normalization": self.normalization,
            "units": {name: statistics.units for name, statistics in moments.items()},
            "kept": {name: array.shape[1] for name, array in self.sample.values.items()},
            "rows are inputs": self.sample.inputs is None,
        }

    def __add__(self, other: RecordedLayer) -> RecordedLayer:
        """Put together the same layer of two disjoint runs.

        Raises
        ------
        ValueError
            If it is not the same layer.
        """
        if not isinstance(other, RecordedLayer):
            return NotImplemented
        mine, theirs = self.layout(), other.layout()
        if mine != theirs:
            differing = [key for key in mine if mine[key] != theirs[key]]
            raise ValueError(
                f"the records must be of the same layers; {self.name} and {other.name} differ in"
                + ", ".join(f" {key} ({mine[key]!r} and {theirs[key]!r})" for key in differing)
                + "."
            )
        parts = sorted((*self.parts, *other.parts), key=lambda part: part.seed)
        sample = self.sample + other.sample
        return RecordedLayer(self.name, self.normalization, sample, tuple(parts))

    def to_dict(self) -> dict[str, Any]:
        """Return shapes and statistics as JSON types; numbers that are not finite as text."""
        return {
            "name": self.name,
            "normalization": self.normalization,
            "rows": self.seen,
            "rows_left_out": self.left_out,
            **{attribute: self._described(attribute) for attribute in SIGNALS},
        }

    def _described(self, attribute: str) -> dict[str, Any] | None:
        signal: Signal | None = getattr(self, attribute)
        if signal is None:
            return None
        statistics = self.moments(attribute).columns()
        return {
            "shape": list(signal.values.shape),
            "units": signal.all_units,
            "constant_units": signal.constant_units,
            "non_finite": signal.non_finite,
            "ensemble": signal.ensemble,
            "statistics": {name: plain(column) for name, column in statistics.items()},
        }
