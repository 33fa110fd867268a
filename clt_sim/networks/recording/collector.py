"""Reduction of the layers of a network while it runs, in memory of fixed size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._validation import shown, whole
from clt_sim.networks.recording.layer_record import LayerRecord
from clt_sim.networks.recording.recorded_layer import SIGNALS, LayerPart, RecordedLayer
from clt_sim.networks.recording.row_sample import RowSample, kept_units, row_keys
from clt_sim.networks.recording.unit_moments import UnitMoments

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class LayerBatch:
    """What one call of one layer computed. Row i of every array is the same sample.

    Parameters
    ----------
    u : ndarray of floats, shape (samples, inputs of the layer), or None
        The input of the affine map. For a convolution, what the input shows at the centre of
        the window, one column a channel.
    pre_activation : ndarray of floats, shape (samples, units)
        ``Wu + b``. For a convolution, a sample is an image and an output position.
    normalized : ndarray of floats, shape (samples, units or inputs), or None
        The normalised signal that goes with the layer.
    normalization : str or None
        Which one: ``"batch norm of Wu+b"``, ``"batch norm of u"``, ``"layer norm"``, ...;
        None if and only if `normalized` is.
    clusters : ndarray of int, shape (samples,), or None
        Which input (image, sequence) of this call a sample belongs to; the numbers need to be
        distinct within the call only. Where a layer is used several times for the same inputs,
        as in recurrence, its samples are to be added as one call: those of one input depend on
        each other. None where every sample is an input of its own.
    """

    u: NDArray[np.floating] | None
    pre_activation: NDArray[np.floating]
    normalized: NDArray[np.floating] | None = None
    normalization: str | None = None
    clusters: NDArray[np.integer] | None = None

    @property
    def signals(self) -> dict[str, NDArray[np.floating]]:
        """The signals that are there, by the name of their attribute."""
        present = {name: getattr(self, name) for name in SIGNALS}
        return {name: array for name, array in present.items() if array is not None}


class Collector:
    """Reduces calls of layers to samples of rows and statistics of units as they come.

    Its size depends on the layers, `rows` and `units`, and not on the number of calls.

    Parameters
    ----------
    rows : int
        The most rows kept of a layer; at least 2.
    units : int
        The most units kept of a signal; at least 1. The statistics are of all units.
    seed : int
        Decides which rows are kept. Records of different seeds can be added: give every part
        (rank, run, piece of the data) its own. At least 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is not such a number.

    Examples
    --------
    >>> collector, rng = Collector(rows=100), np.random.default_rng(0)
    >>> for _ in range(10):
    ...     u = rng.random((50, 3))
    ...     collector.add("first", LayerBatch(u, u @ [[1.0, 2.0], [0.5, -1.0], [0.0, 1.0]]))
    >>> record = collector.record("a matrix")
    >>> record["first"].u.ensemble
    'u of first, each of 3 units over 100 of 500 inputs'
    """

    def __init__(self, *, rows: int = 2000, units: int = 256, seed: int = 0) -> None:
        self.rows = whole("rows", rows, least=2)
        self.units = whole("units", units, least=1)
        self.seed = whole("seed", seed, least=0, most=2**63 - 1)
        self._layers: dict[str, _Layer] = {}

    def add(self, layer_name: str, batch: LayerBatch) -> None:
        """Reduce one call of one layer at once; the arrays may be overwritten afterwards.

        Layers come out in the order of their first call. The rows that are kept depend on
        the seed, the name of the layer, the number of its call and the row. Every call of a
        layer must have the same signals, of the same widths, and the same `normalization`.

        Parameters
        ----------
        layer_name : str
            Which layer.
        batch : LayerBatch
            What it computed; any number of rows.

        Raises
        ------
        TypeError, ValueError
            If the arrays do not fit each other or the earlier calls of the layer.
        """
        _check(layer_name, batch)
        layer = self._layers.get(layer_name)
        if layer is None:
            layer = _Layer(layer_name, batch, self)
        layer.add(batch)
        self._layers[layer_name] = layer

    def record(self, network: str, **settings: Any) -> LayerRecord:
        """Return what was collected so far; more can be added afterwards.

        Parameters
        ----------
        network : str
            What was recorded, in a few words.
        **settings : JSON types
            What else the record should say: ``hidden=["Loop at node 3"]``, ``every=2``...

        Returns
        -------
        LayerRecord
            The layers in the order of their first call.

        Raises
        ------
        ValueError
            If no layer was added.
        """
        if not self._layers:
            raise ValueError(f"no layer of {network} was seen: there is nothing to record.")
        layers = tuple(layer.recorded() for layer in self._layers.values())
        own = {"rows": self.rows, "units": self.units, "seed": self.seed}
        return LayerRecord(layers, ({"network": network, **settings, **own},))


class _Layer:
    """What a collector holds of one layer."""

    def __init__(self, name: str, batch: LayerBatch, collector: Collector) -> None:
        self.name, self.seed, self.layout = name, collector.seed, _layout(batch)
        self.normalization = batch.normalization
        self.calls = self.rows = self.left_out = 0
        self.kept, self.moments = {}, {}
        for signal, array in batch.signals.items():
            self.kept[signal] = kept_units(array.shape[1], collector.units)
            self.moments[signal] = UnitMoments.empty(array.shape[1])
        columns = self._columns(batch, np.empty(0, np.intp), np.empty(0, np.uint64))
        self.sample = RowSample.least(collector.rows, columns)
        # Candidates wait until they are as many as the sample, so that it is seldom copied.
        self.waiting: list[dict[str, NDArray[Any]]] = []

    def add(self, batch: LayerBatch) -> None:
        """Reduce one call."""
        if _layout(batch) != self.layout:
            raise ValueError(
                f"every call of {self.name} must have the same signals: this one has"
                f" {_layout(batch)}, the first had {self.layout}."
            )
        rows = len(batch.pre_activation)
        keys = row_keys(self.seed, self.name, self.calls, rows)
        if rows:
            finite = self._extend_moments(batch)
            self._sample_rows(batch, keys, finite)
        self.calls += 1
        self.rows += rows

    def _extend_moments(self, batch: LayerBatch) -> NDArray[np.bool_]:
        """Take all values into the statistics, and return which rows are finite."""
        finite = np.ones(len(batch.pre_activation), np.bool_)
        for signal, array in batch.signals.items():
            before = self.moments[signal].non_finite
            self.moments[signal] = self.moments[signal].extended(array)
            if (self.moments[signal].non_finite > before).any():
                finite &= np.isfinite(array).all(axis=1)
        self.left_out += int(np.count_nonzero(~finite))
        return finite

    def _sample_rows(
        self, batch: LayerBatch, keys: NDArray[np.uint64], finite: NDArray[np.bool_]
    ) -> None:
        """Keep the rows whose keys are among the least so far."""
        size, candidates = self.sample.size, np.flatnonzero(finite)
        if len(self.sample) == size:
            candidates = candidates[keys[candidates] <= self.sample.keys.max()]
        if candidates.size > size:
            candidates = candidates[np.argpartition(keys[candidates], size - 1)[:size]]
        if candidates.size:
            self.waiting.append(self._columns(batch, candidates, keys[candidates]))
        if sum(columns["keys"].size for columns in self.waiting) >= size:
            self._settle()

    def _settle(self) -> None:
        """Take the waiting candidates into the sample."""
        parts = [self.sample.arrays(), *self.waiting]
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        self.sample, self.waiting = RowSample.least(self.sample.size, columns), []

    def _columns(
        self, batch: LayerBatch, places: NDArray[np.intp], keys: NDArray[np.uint64]
    ) -> dict[str, NDArray[Any]]:
        """Return copies of some rows with what `RowSample` knows of them."""
        columns: dict[str, NDArray[Any]] = {
            "keys": keys,
            "seeds": np.full(places.size, self.seed),
            "calls": np.full(places.size, self.calls),
            "places": places.astype(np.int64),
        }
        if batch.clusters is not None:
            columns["inputs"] = batch.clusters[places].astype(np.int64)
        for signal, array in batch.signals.items():
            some = array[places] if places.size < len(array) else array
            columns[signal] = _stored(some[:, self.kept[signal]])
        return columns

    def recorded(self) -> RecordedLayer:
        """Return the layer as it is so far."""
        self._settle()
        part = LayerPart(self.seed, self.rows, self.left_out, dict(self.moments))
        return RecordedLayer(self.name, self.normalization, self.sample, (part,))


def _stored(array: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return single and double precision as they are, others in single."""
    return array.astype(array.dtype if array.dtype.itemsize >= 4 else np.float32)


def _layout(batch: LayerBatch) -> dict[str, Any]:
    widths = {signal: array.shape[1] for signal, array in batch.signals.items()}
    by_input = batch.clusters is not None
    return {**widths, "normalization": batch.normalization, "clusters": by_input}


def _check(name: str, batch: LayerBatch) -> None:
    """Raise if the arrays of a call do not fit each other."""
    if not isinstance(batch, LayerBatch):
        raise TypeError(f"batch must be a LayerBatch, not {shown(batch)}.")
    for signal, array in batch.signals.items():
        kind = getattr(array, "dtype", type(array).__name__)
        if getattr(kind, "kind", None) != "f":
            raise TypeError(f"{signal} of {name} must be an array of floats, not {kind}.")
        if array.ndim != 2 or array.shape[1] == 0:
            raise ValueError(
                f"{signal} of {name} must be of shape (samples, units), not {array.shape}."
            )
    shapes = {signal: len(array) for signal, array in batch.signals.items()}
    if batch.clusters is not None:
        if np.ndim(batch.clusters) != 1 or batch.clusters.dtype.kind not in "iu":
            raise TypeError(f"clusters of {name} must be a row of whole numbers.")
        shapes["clusters"] = len(batch.clusters)
    if len(set(shapes.values())) > 1:
        raise ValueError(f"the arrays of {name} must be for the same samples: {shapes}.")
    if (batch.normalized is None) != (batch.normalization is None):
        raise ValueError(
            f"normalization of {name} must say what its normalized signal is, and only if there"
            f" is one; it is {batch.normalization!r}."
        )
