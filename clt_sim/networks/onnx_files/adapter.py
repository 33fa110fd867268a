"""Recording of models in the format of ONNX."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from clt_sim.networks.onnx_files.graph import OnnxGraph
from clt_sim.networks.onnx_files.inputs import cut_to, feed, fixed_batch, without_labels
from clt_sim.networks.onnx_files.layers import FoundLayers, find_layers
from clt_sim.networks.onnx_files.model import load_model
from clt_sim.networks.onnx_files.normalization import OnnxNormalization, link_normalizations
from clt_sim.networks.onnx_files.rows import layer_batch
from clt_sim.networks.onnx_files.session import OnnxSession
from clt_sim.networks.recording.adapter import Adapter
from clt_sim.networks.recording.input_batches import InputBatches, input_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.networks.recording.collector import Collector


class OnnxAdapter(Adapter):
    """Records an ONNX model, given as a path or as it is in memory.

    The model runs in onnxruntime without optimisation, with the signals of its layers as further
    outputs. Layers are products with a constant matrix and convolutions with constant weights, each
    with the bias that is added to it. A batch normalisation that an exporter has folded into the
    weights leaves no trace, and there is no normalised signal then.

    Examples
    --------
    >>> OnnxAdapter().accepts("classifier.onnx"), OnnxAdapter().accepts([1.0])
    (True, False)
    """

    __slots__ = ()

    kind: ClassVar[str] = "ONNX model (path or onnx.ModelProto)"

    def accepts(self, network: object) -> bool:
        """Return whether it is a path or an ``onnx.ModelProto``."""
        if isinstance(network, str | os.PathLike):
            return True
        cls = type(network)
        return cls.__name__ == "ModelProto" and cls.__module__.partition(".")[0] == "onnx"

    def collect(
        self, network: Any, inputs: Any, collector: Collector, *, every: int, batch_size: int
    ) -> dict[str, Any]:
        """Add the layers in the order of the graph.

        A batch that is a list of arrays, as a ``DataLoader`` gives, begins with the inputs; the
        rest, such as labels, is left out. A tuple has the inputs of the model in their order, a
        mapping has them by name.

        Raises
        ------
        ModuleNotFoundError
            If onnx or onnxruntime is not installed; the message has the command that installs it.
        FileNotFoundError
            If there is no such file.
        TypeError
            If the inputs are not what the model takes.
        ValueError
            If it is not a complete ONNX model, has no layer that can be read, does not fit the
            inputs, or would take more than 2 GB for a batch.
        RuntimeError
            If the model fails on the inputs.
        """
        name, model = load_model(network)
        graph = OnnxGraph(model.graph)
        found = find_layers(graph)
        if not found.layers:
            raise ValueError(_nothing_found(name, graph, found))
        links, unlinked = link_normalizations(graph, found.layers)
        session = OnnxSession(model, name, _tensors(found, links))
        size = fixed_batch(session.inputs)
        inputs = without_labels(session.inputs, inputs)
        batches = InputBatches(inputs, every=every, batch_size=size or batch_size)
        feeds: Iterable[dict[str, NDArray[np.generic]]]
        feeds = (feed(session.inputs, batch) for batch in batches)
        misaligned = _add_batches(
            collector, session, found, links, feeds if size is None else cut_to(feeds, size)
        )
        return {
            "network": name,
            "inputs_given": batches.given,
            "unread": list(found.unread),
            "hidden": list(found.hidden),
            "unlinked_normalizations": [*unlinked, *misaligned],
        }


def _add_batches(
    collector: Collector,
    session: OnnxSession,
    found: FoundLayers,
    links: Mapping[str, OnnxNormalization],
    feeds: Iterable[dict[str, NDArray[np.generic]]],
) -> list[str]:
    """Run all batches; return normalisations that are for other samples than their layers."""
    done, misaligned = 0, dict[str, None]()
    for arrays in feeds:
        numbers = np.arange(done, done + input_count(arrays))
        done = int(numbers[-1]) + 1
        tensors = session.run(arrays)
        for layer in found.layers:
            batch = layer_batch(layer, links.get(layer.name), tensors, numbers)
            if layer.name in links and batch.normalized is None:
                link = links[layer.name]
                misaligned[f"{link.kind} {link.tensor!r}, for other samples than its layer"] = None
            collector.add(layer.name, batch)
    return list(misaligned)


def _tensors(found: FoundLayers, links: Mapping[str, OnnxNormalization]) -> list[str]:
    signals = [name for layer in found.layers for name in (layer.u, layer.pre_activation)]
    normalized = [name for link in links.values() for name in (link.tensor, link.u) if name]
    return [*signals, *normalized]


def _nothing_found(name: str, graph: OnnxGraph, found: FoundLayers) -> str:
    seen = [f"its operations are {graph.operations()}", *found.unread, *found.hidden]
    return f"{name} has no layer that can be read: {'; '.join(seen)}."
