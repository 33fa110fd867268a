"""Recording of the built-in multilayer perceptron."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from clt_sim.networks.perceptron.multilayer_perceptron import MultilayerPerceptron
from clt_sim.networks.recording.adapter import Adapter
from clt_sim.networks.recording.collector import LayerBatch
from clt_sim.networks.recording.input_batches import InputBatches

if TYPE_CHECKING:
    from clt_sim.networks.perceptron.dense_layer import LayerValues
    from clt_sim.networks.recording.collector import Collector

_STATISTICS = {"batch": "population", "batch-u": "population", "batch-both": "population"}
_KINDS = {
    "batch": "batch norm of Wu+b",
    "batch-both": "batch norm of Wu+b, after batch norm of u",
    "layer": "layer norm",
}
"""What the normalised ``Wu + b`` is, by the normalization of the network."""


class PerceptronAdapter(Adapter):
    """Records a `MultilayerPerceptron` as it is used in inference."""

    __slots__ = ()

    kind: ClassVar[str] = "clt_sim.MultilayerPerceptron"

    def accepts(self, network: object) -> bool:
        """Return whether it is a `MultilayerPerceptron`."""
        return isinstance(network, MultilayerPerceptron)

    def collect(
        self,
        network: MultilayerPerceptron,
        inputs: Any,
        collector: Collector,
        *,
        every: int,
        batch_size: int,
    ) -> dict[str, Any]:
        """Add the hidden layers and the output layer."""
        hidden = len(network.layers) - 1
        names = [*(f"hidden {i + 1}" for i in range(hidden)), "output"]
        batches = InputBatches(inputs, every=every, batch_size=batch_size)
        for batch in batches:
            for name, values in zip(names, network.propagate(batch), strict=True):
                collector.add(name, _batch(network.normalization, values))
        return {
            "network": str(network),
            "widths": list(network.widths),
            "nonlinearity": str(network.nonlinearity),
            "normalization": network.normalization,
            "normalization_statistics": _STATISTICS.get(network.normalization or ""),
            "inputs_given": batches.given,
        }


def _batch(normalization: str | None, values: LayerValues) -> LayerBatch:
    """Return the signals; of two normalised ones that of ``Wu + b``.

    BN(u) is an affine map of each unit of u, which is recorded, and has its shape.
    """
    if values.normalized is not None and normalization is not None:
        kind = _KINDS[normalization]
        return LayerBatch(values.u, values.pre_activation, values.normalized, kind)
    if values.normalized_u is not None:
        kind = "batch norm of u"
        return LayerBatch(values.u, values.pre_activation, values.normalized_u, kind)
    return LayerBatch(values.u, values.pre_activation)
