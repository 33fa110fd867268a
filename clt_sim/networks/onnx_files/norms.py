"""The normalisations of an ONNX model, as operations or written out in several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clt_sim.networks.onnx_files.graph import OnnxGraph, whole_numbers

_KINDS = {
    "BatchNormalization": "batch norm",
    "GroupNormalization": "group norm",
    "InstanceNormalization": "instance norm",
    "LayerNormalization": "layer norm",
    "RMSNormalization": "rms norm",
    "SimplifiedLayerNormalization": "rms norm",
}


@dataclass(frozen=True, slots=True)
class Norm:
    """A normalisation, with its scale and shift.

    Parameters
    ----------
    kind : str
        Such as ``"batch norm"``.
    input, output : str
        The names of the tensors.
    """

    kind: str
    input: str
    output: str


def find_norms(graph: OnnxGraph) -> tuple[Norm, ...]:
    """Return the normalisations of a graph.

    Group norm is also found as instance norm between two ``Reshape``, and layer norm and RMS norm
    written out with ``ReduceMean``.

    Parameters
    ----------
    graph : OnnxGraph
        The main graph of a model.

    Returns
    -------
    tuple of Norm
        In the order of the graph.
    """
    norms = []
    for node in graph.nodes:
        norm = _norm(graph, node) if node.input and node.output else None
        if norm is not None:
            norms.append(norm)
    return tuple(norms)


def _norm(graph: OnnxGraph, node: Any) -> Norm | None:
    if node.op_type == "InstanceNormalization":
        return _instance_norm(graph, node)
    if node.op_type in _KINDS:
        return Norm(_KINDS[node.op_type], node.input[0], node.output[0])
    if node.op_type in {"Div", "Mul"} and len(node.input) == 2:
        return _written_out(graph, node)
    return None


def _instance_norm(graph: OnnxGraph, node: Any) -> Norm:
    """Return an instance norm, or the group norm that it makes between two ``Reshape``."""
    before, after = graph.producers.get(node.input[0]), graph.only_consumer(node.output[0])
    if before is not None and after is not None and before.op_type == after.op_type == "Reshape":
        return Norm("group norm", before.input[0], _scaled(graph, after.output[0]))
    return Norm("instance norm", node.input[0], node.output[0])


def _written_out(graph: OnnxGraph, node: Any) -> Norm | None:
    """Return the norm that divides a signal by the root of its mean square.

    It is ``d / sqrt(mean(d^2) + epsilon)``, or a product with the reciprocal, where d is the signal
    x or ``x - mean(x)``, with means along the last axis.
    """
    for signal, root in (tuple(node.input), tuple(reversed(node.input))):
        if node.op_type == "Mul":
            reciprocal = graph.producers.get(root)
            if reciprocal is None or reciprocal.op_type != "Reciprocal":
                continue
            root = reciprocal.input[0]  # noqa: PLW2901
        if _is_root_mean_square(graph, root, signal):
            centred = _centred_signal(graph, signal)
            kind, start = ("rms norm", signal) if centred is None else ("layer norm", centred)
            return Norm(kind, start, _scaled(graph, node.output[0]))
        if node.op_type == "Div":
            return None
    return None


def _is_root_mean_square(graph: OnnxGraph, root: str, signal: str) -> bool:
    """Return whether a tensor is ``sqrt(mean(signal^2) + epsilon)``."""
    square_root = graph.producers.get(root)
    if square_root is None or square_root.op_type != "Sqrt":
        return False
    shifted = graph.producers.get(square_root.input[0])
    if shifted is None or shifted.op_type != "Add":
        return False
    mean_square = graph.variable_input(shifted)
    square = graph.producers.get(_mean_of(graph, mean_square) or "")
    if square is None or square.input[0] != signal:
        return False
    if square.op_type == "Mul":
        return bool(square.input[1] == signal)
    return square.op_type == "Pow" and graph.is_scalar(square.input[1])


def _centred_signal(graph: OnnxGraph, signal: str) -> str | None:
    """Return x where `signal` is ``x - mean(x)``, None if it is not."""
    difference = graph.producers.get(signal)
    if difference is None or difference.op_type != "Sub":
        return None
    x, mean = difference.input
    return str(x) if _mean_of(graph, mean) == x else None


def _mean_of(graph: OnnxGraph, tensor: str | None) -> str | None:
    """Return what a tensor is the mean of along the last axis, None if it is no such mean."""
    node = None if tensor is None else graph.producers.get(tensor)
    if node is None or node.op_type != "ReduceMean":
        return None
    axes = whole_numbers(node, "axes")
    if axes is None and len(node.input) > 1:
        axes = graph.integers(node.input[1])
    return str(node.input[0]) if axes == (-1,) else None


def _scaled(graph: OnnxGraph, tensor: str) -> str:
    """Return the tensor behind a constant scale and shift, where they are applied."""
    for operation in ("Mul", "Add"):
        node = graph.only_consumer(tensor)
        if node is None or node.op_type != operation or graph.variable_input(node) != tensor:
            break
        tensor = node.output[0]
    return tensor
