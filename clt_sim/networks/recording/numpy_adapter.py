"""Recording of networks given as arrays: a list of (weights, biases, nonlinearity)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim import nonlinearities
from clt_sim._array_validation import finite_array
from clt_sim.networks.perceptron.dense_layer import DenseLayer
from clt_sim.networks.recording.adapter import Adapter
from clt_sim.networks.recording.collector import LayerBatch
from clt_sim.networks.recording.input_batches import InputBatches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.networks.recording.collector import Collector

_PARTS = 3


class NumpyAdapter(Adapter):
    """Records a list of (weights, biases, nonlinearity), one for each layer.

    Weights have shape (fan_in, units) and biases (units,); a nonlinearity is a name, a
    `Nonlinearity`, a function of arrays that keeps their shape, or None for none.
    """

    __slots__ = ()

    kind: ClassVar[str] = "a list of (weights, biases, nonlinearity)"

    def accepts(self, network: object) -> bool:
        """Return whether it is a list of triples."""
        return (
            isinstance(network, list | tuple)
            and len(network) > 0
            and all(isinstance(part, list | tuple) and len(part) == _PARTS for part in network)
        )

    def collect(
        self, network: Any, inputs: Any, collector: Collector, *, every: int, batch_size: int
    ) -> dict[str, Any]:
        """Add the layers ``layer 1``, ``layer 2``, ..."""
        layers = _checked_layers(network)
        batches = InputBatches(inputs, every=every, batch_size=batch_size)
        for batch in batches:
            u = _checked_inputs(batch, layers[0].affine)
            for layer in layers:
                u = layer.run(u, collector)
        widths = [layers[0].affine.weights.shape[0], *(layer.affine.bias.size for layer in layers)]
        return {
            "network": f"layers {'-'.join(map(str, widths))}",
            "widths": widths,
            "nonlinearities": [layer.phi_name for layer in layers],
            "inputs_given": batches.given,
        }


@dataclass(frozen=True, slots=True)
class _Layer:
    name: str
    affine: DenseLayer
    phi_name: str | None
    phi: Callable[[Any], Any] | None

    def run(self, u: NDArray[np.floating], collector: Collector) -> NDArray[np.floating]:
        """Record the layer for `u` and return what its nonlinearity gives."""
        # What overflows is counted in the record.
        with np.errstate(over="ignore", invalid="ignore"):
            pre_activation = self.affine.values(u).pre_activation
        collector.add(self.name, LayerBatch(u, pre_activation))
        if self.phi is None:
            return pre_activation
        # A function may well overwrite its argument.
        output = np.asarray(self.phi(pre_activation.copy()))
        if output.shape != pre_activation.shape:
            raise ValueError(
                f"the nonlinearity of {self.name} must keep the shape {pre_activation.shape} of"
                f" its argument, not return {output.shape}."
            )
        return output


def _checked_layers(network: Any) -> list[_Layer]:
    layers: list[_Layer] = []
    for index, (weights, biases, phi) in enumerate(network):
        name = f"layer {index + 1}"
        try:
            affine = DenseLayer(weights, biases)
        except (TypeError, ValueError) as error:
            raise type(error)(f"network[{index}]: {error}") from None
        if layers and layers[-1].affine.bias.size != affine.weights.shape[0]:
            raise ValueError(
                f"network[{index}] must take {layers[-1].affine.bias.size} inputs, the units of"
                f" the layer before it, not {affine.weights.shape[0]}; weights have shape"
                " (fan_in, units)."
            )
        layers.append(_Layer(name, affine, *_nonlinearity(index, phi)))
    return layers


def _nonlinearity(index: int, phi: Any) -> tuple[str | None, Callable[[Any], Any] | None]:
    if phi is None:
        return None, None
    if isinstance(phi, str | nonlinearities.Nonlinearity):
        known = nonlinearities.get(phi)
        return str(known), known
    if callable(phi):
        return getattr(phi, "__name__", type(phi).__name__), phi
    raise TypeError(
        f"network[{index}] must have a nonlinearity that is a name, a Nonlinearity, a function"
        f" or None, not {phi!r}."
    )


def _checked_inputs(batch: Any, first: DenseLayer) -> NDArray[np.floating]:
    rows = finite_array("inputs", batch, ndim=2, dtype=first.weights.dtype)
    if rows.shape[1] != first.weights.shape[0]:
        raise ValueError(
            f"inputs must have {first.weights.shape[0]} features as the first layer takes, not"
            f" {rows.shape[1]}."
        )
    return rows
