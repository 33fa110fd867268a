"""Recording of the built-in multilayer perceptron."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from clt_sim.networks.adapter import Adapter
from clt_sim.networks.layer_record import LayerRecord, RecordedLayer
from clt_sim.networks.multilayer_perceptron import MultilayerPerceptron
from clt_sim.networks.signal import Signal

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from clt_sim.networks.dense_layer import LayerValues


class PerceptronAdapter(Adapter):
    """Records a `MultilayerPerceptron` as it is used in inference."""

    __slots__ = ()

    kind: ClassVar[str] = "clt_sim.MultilayerPerceptron"

    def accepts(self, network: object) -> bool:
        """Return whether it is a `MultilayerPerceptron`."""
        return isinstance(network, MultilayerPerceptron)

    def record(self, network: MultilayerPerceptron, inputs: ArrayLike, every: int) -> LayerRecord:
        """Return the hidden layers and the output layer."""
        rows = network.check_inputs(inputs)
        hidden = len(network.layers) - 1
        names = [*(f"hidden {i + 1}" for i in range(hidden)), "output"]
        layers = tuple(
            _layer(name, values)
            for name, values in zip(names, network.propagate(rows[::every]), strict=True)
        )
        settings = {
            "network": str(network),
            "widths": list(network.widths),
            "nonlinearity": str(network.nonlinearity),
            "normalization": network.normalization,
            "normalization_statistics": "population" if network.normalization else None,
            "inputs_given": len(rows),
            "every": every,
        }
        return LayerRecord(layers, settings)


def _layer(name: str, values: LayerValues) -> RecordedLayer:
    normalized = values.normalized
    return RecordedLayer(
        name,
        u=Signal("u", name, values.u),
        pre_activation=Signal("pre-activation", name, values.pre_activation),
        normalized=None if normalized is None else Signal("normalized", name, normalized),
    )
