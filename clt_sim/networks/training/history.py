"""What a training run leaves behind."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim import nonlinearities
from clt_sim._json_types import plain
from clt_sim._validation import check_text, whole
from clt_sim.networks.perceptron.batch_normalization import BatchNormalization
from clt_sim.networks.perceptron.dense_layer import DenseLayer
from clt_sim.networks.perceptron.layer_normalization import LayerNormalization
from clt_sim.networks.perceptron.multilayer_perceptron import MultilayerPerceptron
from clt_sim.networks.training.unit_shapes import (
    SHAPE_ROWS,
    UnitShapes,
    measured_units,
    shape_numbers,
    unit_shapes,
)
from clt_sim.summaries.archive import read_archive, write_archive
from clt_sim.tables import Table, Tabular, data_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT = "clt_sim training history 1"
PERCENTILES = (15.0, 50.0, 85.0)
"""Those of Ioffe & Szegedy 2015, Figure 1."""
_CURVES = ("steps", "train_accuracy", "test_accuracy", "loss", "units", "percentiles")
_SHAPES = UnitShapes.__slots__[6:]
_MOST_ROWS = 11
"""A table shows so many steps at most; the data frame has all."""
_MOST_WIDTH = 2**32
"""Of a layer in a file."""
_NORMALIZATIONS = ("normalization", "input_normalization")


@dataclass(frozen=True, slots=True, eq=False)
class TrainingHistory(Tabular):
    """A trained network, and how it fared on the way.

    Parameters
    ----------
    network : MultilayerPerceptron
        The network after the last step, with population statistics in its batch normalization.
    steps : ndarray of int64, shape (recorded,)
        The numbers of batches after which was recorded, from 0 to the last.
    train_accuracy, test_accuracy : ndarray of float64, shape (recorded,)
        Share of inputs that are classified rightly, in [0, 1].
    loss : ndarray of float64, shape (recorded,)
        Mean cross-entropy on the test set, in nats.
    settings : dict
        The data, the architecture, the descent and the versions, as JSON types.
    units : ndarray of int64, shape (units,)
        Units of the last hidden layer: all, or 256 that are evenly spaced.
    percentiles : ndarray of float64, shape (recorded, 3, units)
        The 15th, 50th and 85th percentile over the test set of what enters the nonlinearity of
        these units.
    shapes : tuple of UnitShapes
        Of u and ``Wu + b`` of every layer, in this order, at fewer steps.

    Examples
    --------
    >>> from clt_sim.networks import train
    >>> history = train(nonlinearity="relu", steps=2)
    >>> history.steps
    array([0, 1, 2])
    >>> history.network.widths
    (64, 100, 100, 100, 10)
    >>> history.percentiles.shape
    (3, 3, 100)
    """

    network: MultilayerPerceptron
    steps: NDArray[np.int64]
    train_accuracy: NDArray[np.float64] = field(repr=False)
    test_accuracy: NDArray[np.float64] = field(repr=False)
    loss: NDArray[np.float64] = field(repr=False)
    settings: dict[str, Any] = field(repr=False)
    units: NDArray[np.int64] = field(repr=False)
    percentiles: NDArray[np.float64] = field(repr=False)
    shapes: tuple[UnitShapes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for name in _CURVES:
            getattr(self, name).setflags(write=False)
        for shape in self.shapes:
            for name in ("steps", *_SHAPES):
                getattr(shape, name).setflags(write=False)

    @property
    def instability(self) -> NDArray[np.float64]:
        """How far the median of each unit wandered, shape (units,).

        The range over the steps of the 50th percentile, in units of the final distance from the
        15th to the 85th; nan for a unit where these are equal in the end.
        """
        wandered = np.ptp(self.percentiles[:, 1], axis=0)
        width = self.percentiles[-1, 2] - self.percentiles[-1, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(width > 0.0, wandered / width, np.nan)

    @property
    def typical_unit(self) -> int:
        """The index along `units` of the one whose instability is the lower median.

        Raises
        ------
        ValueError
            If no unit has an instability.
        """
        measured = np.flatnonzero(~np.isnan(self.instability))
        if not len(measured):
            raise ValueError("all units of the last hidden layer are constant in the end.")
        order = measured[np.argsort(self.instability[measured], kind="stable")]
        return int(order[(len(order) - 1) // 2])

    def shape(self, layer: str, signal: str) -> UnitShapes:
        """Return the shapes of one signal.

        Parameters
        ----------
        layer : str
            Such as ``"hidden 2"`` or ``"output"``.
        signal : str
            ``"u"`` or ``"pre-activation"``.

        Raises
        ------
        TypeError, ValueError
            If a name is not text, or there are none.
        """
        check_text("layer", layer)
        check_text("signal", signal)
        for shape in self.shapes:
            if (shape.layer, shape.signal) == (layer, signal):
                return shape
        known = ", ".join(f"{shape.signal} of {shape.layer}" for shape in self.shapes)
        raise ValueError(f"no shapes of {signal} of {layer}; there are: {known or 'none'}.")

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the parameters of the network as JSON types.

        Numbers that are not finite are text.
        """
        return {
            "network": str(self.network),
            **{name: plain(getattr(self, name)) for name in _CURVES},
            "shapes": [shape.to_dict() for shape in self.shapes],
            "settings": self.settings,
        }

    def to_dataframe(self) -> Any:
        """Return the curves as a pandas data frame, one row a recorded step.

        Returns
        -------
        pandas.DataFrame
            Columns ``step``, ``train_accuracy``, ``test_accuracy`` and ``loss``.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed; the message says how to.
        """
        curves = (getattr(self, name).tolist() for name in _CURVES[:4])
        return data_frame(("step", *_CURVES[1:4]), zip(*curves, strict=True))

    def _as_tables(self) -> Sequence[Table]:
        count = len(self.steps)
        shown = np.unique(np.linspace(0, count - 1, _MOST_ROWS).round().astype(np.int64))
        rows = tuple(
            (
                str(self.steps[i]),
                f"{self.train_accuracy[i]:.4f}",
                f"{self.test_accuracy[i]:.4f}",
                f"{self.loss[i]:.4g}",
            )
            for i in shown
        )
        notes = (f"{len(rows)} of {count} recorded steps",) if len(rows) < count else ()
        columns = ("step", "train accuracy", "test accuracy", "loss")
        return [Table(str(self), columns, rows, notes, align="rrrr")]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an .npz file without pickled objects; equal histories give equal bytes.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        header = {
            "format": FORMAT,
            "settings": self.settings,
            "nonlinearity": str(self.network.nonlinearity),
            "layers": len(self.network.layers),
            "shapes": [
                {
                    "layer": shape.layer,
                    "signal": shape.signal,
                    "rows": shape.rows,
                    "width": int(shape.units[-1]) + 1,
                }
                for shape in self.shapes
            ],
        }
        arrays = {name: getattr(self, name) for name in _CURVES}
        for i, shape in enumerate(self.shapes):
            arrays |= {f"shape {i} {name}": getattr(shape, name) for name in ("steps", *_SHAPES)}
        write_archive(path, header, {**arrays, **dict(_network_arrays(self.network))})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TrainingHistory:
        """Read a file that `save` wrote.

        Parameters
        ----------
        path : path
            The file.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is something else, is damaged, or has a nonlinearity of the user's own.
        """
        return read_archive(path, FORMAT, "a training history", _history)

    def __str__(self) -> str:
        """Say the network and where it ended in one line."""
        accuracy = f"test accuracy {self.test_accuracy[-1]:.4f}"
        return f"{self.network}: {self.steps[-1]} steps, {accuracy}"


def _history(header: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> TrainingHistory:
    layers = [_layer(i, arrays) for i in range(header["layers"])]
    network = MultilayerPerceptron(layers, nonlinearities.get(header["nonlinearity"]))
    curves = {name: arrays[name] for name in _CURVES}
    _check_curves(curves, [*network.widths][-2])
    if not isinstance(header["settings"], dict):
        raise ValueError(f"its settings are {header['settings']!r}")
    shapes = [
        _shapes(which, {name: arrays[f"shape {i} {name}"] for name in ("steps", *_SHAPES)})
        for i, which in enumerate(header["shapes"])
    ]
    return TrainingHistory(network, settings=header["settings"], shapes=tuple(shapes), **curves)


def _check_curves(curves: Mapping[str, NDArray[Any]], width: int) -> None:
    """Raise if what is recorded of a network does not fit its last hidden layer."""
    count, units = curves["steps"].size, curves["units"]
    if units.dtype != np.int64 or units.tolist() != measured_units(width).tolist():
        raise ValueError(f"its units are not those of {width}")
    for name, array in curves.items():
        if name == "units":
            continue
        shape = (count, len(PERCENTILES), len(units)) if name == "percentiles" else (count,)
        dtype = np.int64 if name == "steps" else np.float64
        if array.shape != shape or array.dtype != dtype or count == 0:
            raise ValueError(f"its {name} are {array.dtype} of shape {array.shape}")


def _shapes(which: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> UnitShapes:
    layer, signal = which["layer"], which["signal"]
    if not isinstance(layer, str) or not isinstance(signal, str):
        raise ValueError(f"its shapes are of {layer!r} and {signal!r}")
    rows = whole("rows", which["rows"], least=1, most=SHAPE_ROWS)
    width = whole("width", which["width"], least=1, most=_MOST_WIDTH)
    example = shape_numbers(np.eye(2, len(measured_units(width))))
    for name, array in arrays.items():
        shape = (arrays["steps"].size, *np.shape(example.get(name, 0.0)))
        dtype = np.int64 if name == "steps" else np.float64
        if array.shape != shape or array.dtype != dtype:
            raise ValueError(f"its {name} of {layer} are {array.dtype} of shape {array.shape}")
    return unit_shapes(layer, signal, rows, width, arrays)


def _network_arrays(network: MultilayerPerceptron) -> Iterator[tuple[str, NDArray[Any]]]:
    for i, layer in enumerate(network.layers):
        yield f"layer {i} weights", layer.weights
        yield f"layer {i} bias", layer.bias
        for which in _NORMALIZATIONS:
            normalization = getattr(layer, which)
            if normalization is not None:
                for name in normalization.__slots__:
                    yield f"layer {i} {which} {name}", getattr(normalization, name)


def _layer(i: int, arrays: Mapping[str, NDArray[Any]]) -> DenseLayer:
    normalizations = [_normalization(f"layer {i} {which}", arrays) for which in _NORMALIZATIONS]
    return DenseLayer(
        arrays[f"layer {i} weights"],
        arrays[f"layer {i} bias"],
        *normalizations,  # type: ignore[arg-type] # u has no layer normalization
    )


def _normalization(
    prefix: str, arrays: Mapping[str, NDArray[Any]]
) -> BatchNormalization | LayerNormalization | None:
    if f"{prefix} gamma" not in arrays:
        return None
    kind = BatchNormalization if f"{prefix} mean" in arrays else LayerNormalization
    return kind(*(arrays[f"{prefix} {name}"] for name in kind.__slots__))
