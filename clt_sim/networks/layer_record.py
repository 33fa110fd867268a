"""Recorded layers of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from clt_sim.networks.signal import Signal


@dataclass(frozen=True, slots=True, eq=False)
class RecordedLayer:
    """The signals of one layer, all for the same inputs in the same order.

    Parameters
    ----------
    name : str
        Which layer: ``"hidden 1"``, ``"hidden 2"``, ..., ``"output"``.
    u : Signal
        The input of the affine map: the data for the first layer, otherwise what the
        nonlinearity of the layer before gave.
    pre_activation : Signal
        ``Wu + b``.
    normalized : Signal or None
        ``BN(Wu + b)``, or None where the network has no such signal.

    Raises
    ------
    ValueError
        If the signals are not for equally many inputs.
    """

    name: str
    u: Signal
    pre_activation: Signal
    normalized: Signal | None

    def __post_init__(self) -> None:
        """Check that the signals go together."""
        counts = {signal.name: signal.inputs for signal in self.signals}
        if len(set(counts.values())) > 1:
            raise ValueError(f"the signals of {self.name} must be for the same inputs: {counts}.")

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The signals that are there."""
        present = (self.u, self.pre_activation, self.normalized)
        return tuple(signal for signal in present if signal is not None)

    def to_dict(self) -> dict[str, Any]:
        """Return shapes and plain statistics of the signals as JSON types."""
        return {
            "name": self.name,
            "u": _description(self.u),
            "pre_activation": _description(self.pre_activation),
            "normalized": None if self.normalized is None else _description(self.normalized),
        }


@dataclass(frozen=True, slots=True, eq=False)
class LayerRecord:
    """What the layers of a network computed for many inputs.

    Parameters
    ----------
    layers : tuple of RecordedLayer
        The layers in the order of the network, at least one.
    settings : dict
        The network and how it was recorded, as JSON types: ``"network"``, ``"inputs_given"``,
        ``"every"`` and more.

    Raises
    ------
    ValueError
        If there is no layer, or layers are not for equally many inputs.

    Examples
    --------
    >>> from clt_sim.networks import load_digits, record, train
    >>> network = train(steps=1).network
    >>> print(record(network, load_digits().test_inputs, every=4))
    perceptron 64-100-100-100-10, sigmoid: 4 layers, 100 inputs (every=4 of 400)
    """

    layers: tuple[RecordedLayer, ...]
    settings: dict[str, Any]

    def __post_init__(self) -> None:
        """Check that the layers go together."""
        counts = {layer.name: layer.u.inputs for layer in self.layers}
        if not counts:
            raise ValueError("layers must be at least one.")
        if len(set(counts.values())) > 1:
            raise ValueError(f"the layers must be for the same inputs: {counts}.")

    @property
    def inputs_count(self) -> int:
        """The number of inputs recorded."""
        return self.layers[0].u.inputs

    def to_dict(self) -> dict[str, Any]:
        """Return shapes and plain statistics as JSON types, without the values themselves."""
        return {
            "inputs_count": self.inputs_count,
            "layers": [layer.to_dict() for layer in self.layers],
            "settings": self.settings,
        }

    def __str__(self) -> str:
        """Say what was recorded in one line."""
        given, every = self.settings["inputs_given"], self.settings["every"]
        size = f"{len(self.layers)} layers, {self.inputs_count} inputs"
        return f"{self.settings['network']}: {size} (every={every} of {given})"


def _description(signal: Signal) -> dict[str, Any]:
    values = signal.values.astype(np.float64)
    return {
        "shape": list(values.shape),
        "constant_units": signal.constant_units,
        "ensemble": signal.pooled.ensemble,
        "mean": float(values.mean()),
        "sd": float(values.std()),
        "min": float(values.min()),
        "max": float(values.max()),
    }
