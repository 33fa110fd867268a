"""The layers of an ONNX model: which tensors are u and ``Wu + b``, and what cannot be read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from clt_sim.networks.onnx_files.graph import OnnxGraph, all_nodes, subgraphs, whole_number
from clt_sim.networks.onnx_files.window import OnnxWindow

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAYERS = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
_UNREAD = frozenset(
    {
        *("Attention", "BiasGelu", "ConvInteger", "DeformConv", "DynamicQuantizeLSTM"),
        *("DynamicQuantizeMatMul", "EmbedLayerNormalization", "FusedConv", "FusedGemm"),
        *("FusedMatMul", "GRU", "GroupQueryAttention", "LSTM", "MatMulBnb4", "MatMulInteger"),
        *("MatMulIntegerToFloat", "MatMulNBits", "MoE", "MultiHeadAttention", "NhwcConv"),
        *("QAttention", "QGemm", "QLinearConv", "QLinearMatMul", "QMoE", "RNN"),
    }
)
"""Operations with weights of which u and ``Wu + b`` are no tensors, or no real numbers."""


@dataclass(frozen=True, slots=True)
class OnnxLayer:
    """One layer, by the names of its tensors.

    Parameters
    ----------
    name : str
        The name of the node; no other layer has it.
    node : str
        The output of the node that applies the weights.
    u : str
        The operand that is not constant.
    pre_activation : str
        ``Wu + b``: the output of the node or, with a bias that is added apart, of that node.
    u_columns : bool
        Whether the samples are the columns of u, and not its rows.
    unit_rows : bool
        Whether the units are the rows of `pre_activation`, and not its columns.
    single_unit : bool
        Whether the weights are one vector, so that `pre_activation` has no axis of units.
    window : OnnxWindow or None
        Where a convolution looks; None for other layers.
    """

    name: str
    node: str
    u: str
    pre_activation: str
    u_columns: bool = False
    unit_rows: bool = False
    single_unit: bool = False
    window: OnnxWindow | None = None


@dataclass(frozen=True, slots=True)
class FoundLayers:
    """The layers of a model, and those that cannot be read, in words.

    Parameters
    ----------
    layers : tuple of OnnxLayer
        In the order of the graph.
    unread : tuple of str
        Nodes with weights whose signals are no tensors of the model, and why.
    hidden : tuple of str
        Nodes that run graphs of their own, and the layers in those.
    """

    layers: tuple[OnnxLayer, ...]
    unread: tuple[str, ...]
    hidden: tuple[str, ...]


def find_layers(graph: OnnxGraph) -> FoundLayers:
    """Return the layers of a graph.

    A layer is a ``Gemm`` or ``MatMul`` with one constant matrix, or a ``Conv`` or
    ``ConvTranspose`` with constant weights. A product of two signals, such as attention scores, is
    none.

    Parameters
    ----------
    graph : OnnxGraph
        The main graph of a model.

    Returns
    -------
    FoundLayers
        Also what has weights and cannot be read.
    """
    layers: list[OnnxLayer] = []
    unread: list[str] = []
    for node in graph.nodes:
        if not node.output or graph.is_constant(node.output[0]):
            continue
        found = _read(graph, node)
        if isinstance(found, OnnxLayer):
            layers.append(found)
        elif found is not None:
            unread.append(f"{node.op_type} {node.name!r}: {found}")
    return FoundLayers(_named_apart(layers), tuple(unread), tuple(_hidden(graph)))


def _read(graph: OnnxGraph, node: Any) -> OnnxLayer | str | None:
    """Return a node as a layer, or why it is none, or None if it has no weights."""
    if node.op_type in _UNREAD or node.domain not in {"", "ai.onnx"}:
        return "its signals are inside the operation" if node.op_type in _UNREAD else None
    if node.op_type == "Einsum":
        constant = any(graph.is_constant(name) for name in node.input)
        return "sums in Einsum notation are not read" if constant else None
    if node.op_type not in _LAYERS or len(node.input) < 2:
        return None
    if node.op_type in {"Conv", "ConvTranspose"}:
        return _convolution(graph, node)
    return _product(graph, node)


def _convolution(graph: OnnxGraph, node: Any) -> OnnxLayer | str:
    u, weights = node.input[:2]
    if not graph.is_constant(weights):
        return "its weights are computed from the inputs"
    shape = graph.shape(weights)
    if shape is None or len(shape) < 3:
        return "its weights are computed from constants, so that their shape is not known"
    window = OnnxWindow.of_node(node, shape[2:])
    units = shape[0] if node.op_type == "Conv" else shape[1] * whole_number(node, "group", 1)
    has_bias = len(node.input) > 2 and bool(node.input[2])
    end = node.output[0] if has_bias else _biased(graph, node.output[0], units, len(shape) - 2)
    return OnnxLayer(node.name, node.output[0], u, end, window=window)


def _product(graph: OnnxGraph, node: Any) -> OnnxLayer | str | None:
    first, second = node.input[:2]
    if graph.is_constant(first) == graph.is_constant(second):
        return None
    left = graph.is_constant(first)
    weights, u = (first, second) if left else (second, first)
    shape = graph.shape(weights)
    least = 2 if left or node.op_type == "Gemm" else 1
    if shape is not None and not least <= len(shape) <= 2:
        return f"its weights have the shape {shape} and are no matrix"
    if node.op_type == "Gemm":
        return _gemm(graph, node, weights, u, left=left)
    units = None if shape is None else shape[-2] if left else shape[-1]
    single = shape is not None and len(shape) == 1
    end = node.output[0]
    if not single:
        end = _biased(graph, end, units, trailing=int(left))
    return OnnxLayer(node.name, node.output[0], u, end, left, unit_rows=left, single_unit=single)


def _gemm(graph: OnnxGraph, node: Any, weights: str, u: str, *, left: bool) -> OnnxLayer | str:
    has_bias = len(node.input) > 2 and bool(node.input[2])
    if has_bias and not graph.is_constant(node.input[2]):
        return "it adds another signal to Wu"
    shape = graph.shape(weights)
    transposed = bool(whole_number(node, "transB" if left else "transA", 0))
    end = node.output[0]
    if not has_bias and shape is not None:
        weights_transposed = bool(whole_number(node, "transA" if left else "transB", 0))
        units = shape[int(left == weights_transposed)]
        end = _biased(graph, end, units, trailing=int(left))
    return OnnxLayer(node.name, node.output[0], u, end, transposed != left, left)


def _biased(graph: OnnxGraph, product: str, units: int | None, trailing: int) -> str:
    """Return the tensor with the bias, where one is added apart from the product.

    A bias is a constant with one element for each unit, and `trailing` axes of size 1 behind
    them. A single number that is added to many units is none: hard-swish begins like that.
    """
    summand = product
    if trailing == 0 and units is not None:
        summand = _reshaped(graph, product, units)
    node = graph.only_consumer(summand)
    if node is None or node.op_type not in {"Add", "Sub"}:
        return product
    if node.op_type == "Sub" and node.input[0] != summand:
        return product
    other = node.input[1] if node.input[0] == summand else node.input[0]
    shape = graph.shape(other) if graph.is_constant(other) else None
    if shape is None:
        return product
    along = shape[len(shape) - 1 - trailing] if len(shape) > trailing else 1
    if math.prod(shape) != along or (along != units if units is not None else along == 1):
        return product
    return str(node.output[0])


def _reshaped(graph: OnnxGraph, tensor: str, units: int) -> str:
    """Return the tensor at the end of a row of ``Reshape`` that keep the axis of units."""
    node = graph.only_consumer(tensor)
    while node is not None and node.op_type == "Reshape" and node.input[0] == tensor:
        target = graph.integers(node.input[1]) if len(node.input) > 1 else None
        if not target or target[-1] != units:
            break
        tensor = node.output[0]
        node = graph.only_consumer(tensor)
    return tensor


def _named_apart(layers: Sequence[OnnxLayer]) -> tuple[OnnxLayer, ...]:
    """Return the layers under names that differ: a model may use a name twice."""
    counts = Counter(layer.name for layer in layers)
    return tuple(
        replace(layer, name=f"{layer.name} ({layer.node})") if counts[layer.name] > 1 else layer
        for layer in layers
    )


def _hidden(graph: OnnxGraph) -> Iterator[str]:
    for node in graph.nodes:
        inner = [inside for each in subgraphs(node) for inside in all_nodes(each)]
        names = [
            f"{inside.op_type} {inside.name or inside.output[0]!r}"
            for inside in inner
            if inside.output and inside.op_type in _LAYERS | _UNREAD
        ]
        if inner:
            what = f"hides {', '.join(names)}" if names else "hides no layer"
            yield f"{node.op_type} {node.name!r} {what}"
