"""The graph of an ONNX model: what makes and takes each tensor, and which are constant."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from clt_sim.networks.onnx_files.extra import import_extra

_RANDOM = frozenset(
    {
        "Bernoulli",
        "Multinomial",
        "RandomNormal",
        "RandomNormalLike",
        "RandomUniform",
        "RandomUniformLike",
    }
)
_SHAPE_KEEPING = frozenset({"Cast", "CastLike", "DequantizeLinear", "Identity", "Neg"})
_ARITHMETIC = frozenset({"Add", "Div", "Mul", "Sub"})
_MOST_INTEGERS = 4096
"""Tensors of more elements are never shapes or axes, and are not read."""


def attributes(node: Any) -> dict[str, Any]:
    """Return the attributes of a node by name, as the messages that they are."""
    return {attribute.name: attribute for attribute in node.attribute}


def whole_numbers(node: Any, name: str) -> tuple[int, ...] | None:
    """Return an attribute that is a list of whole numbers, None where it is not there."""
    attribute = attributes(node).get(name)
    return None if attribute is None else tuple(attribute.ints)


def whole_number(node: Any, name: str, default: int) -> int:
    """Return an attribute that is a whole number, or its default."""
    attribute = attributes(node).get(name)
    return default if attribute is None else int(attribute.i)


def text(node: Any, name: str, default: str) -> str:
    """Return an attribute that is a string, or its default."""
    attribute = attributes(node).get(name)
    return default if attribute is None else attribute.s.decode(errors="replace")


def subgraphs(node: Any) -> Iterator[Any]:
    """Yield the graphs that a control-flow node runs, such as the branches of ``If``."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def all_nodes(graph: Any) -> Iterator[Any]:
    """Yield the nodes of a graph and of the graphs in it."""
    for node in graph.node:
        yield node
        for inner in subgraphs(node):
            yield from all_nodes(inner)


def all_tensors(graph: Any) -> Iterator[Any]:
    """Yield the constants of a graph and of the graphs in it."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
        for inner in subgraphs(node):
            yield from all_tensors(inner)


class OnnxGraph:
    """The graph of a model, with its tensors by name.

    Parameters
    ----------
    graph : onnx.GraphProto
        The main graph of a model. Nodes without a name of their own are named by their
        operation and number, so that errors of the runtime can be traced; nothing else changes.
    """

    def __init__(self, graph: Any) -> None:
        self.nodes = list(graph.node)
        self.outputs = [output.name for output in graph.output]
        self.producers = {name: node for node in self.nodes for name in node.output if name}
        self._consumers: dict[str, list[Any]] = {}
        for node in self.nodes:
            for name in node.input:
                self._consumers.setdefault(name, []).append(node)
        self._tensors = {tensor.name: tensor for tensor in graph.initializer}
        self._shapes: dict[str, tuple[int, ...] | None] = {
            tensor.name: tuple(tensor.dims) for tensor in graph.initializer
        }
        for sparse in graph.sparse_initializer:
            self._shapes[sparse.values.name] = tuple(sparse.dims)
        for node in self.nodes:
            if self._is_constant_node(node):
                self._add_constant(node)
        _name_nodes(self.nodes)

    def is_constant(self, tensor: str) -> bool:
        """Return whether a tensor is the same for all inputs of the network."""
        return tensor in self._shapes

    def shape(self, constant: str) -> tuple[int, ...] | None:
        """Return the shape of a constant, None where that takes a computation."""
        return self._shapes.get(constant)

    def tensor(self, constant: str) -> Any | None:
        """Return a constant as it is stored in the model, None where that takes a computation."""
        return self._tensors.get(constant)

    def integers(self, constant: str) -> tuple[int, ...] | None:
        """Return the elements of a small constant of whole numbers, such as a list of axes.

        None where it is not such a constant, or one that has to be computed.
        """
        tensor = self._tensors.get(constant)
        shape = self._shapes.get(constant)
        if tensor is None or shape is None or math.prod(shape) > _MOST_INTEGERS:
            return None
        array = _array(tensor)
        if array is None or array.dtype.kind not in "iu":
            return None
        return tuple(int(element) for element in array.ravel())

    def is_scalar(self, constant: str) -> bool:
        """Return whether a tensor is a constant of one element."""
        shape = self._shapes.get(constant)
        return shape is not None and math.prod(shape) == 1

    def only_consumer(self, tensor: str) -> Any | None:
        """Return the node that takes a tensor, None if there are others or it is an output."""
        consumers = self._consumers.get(tensor, [])
        return consumers[0] if len(consumers) == 1 and tensor not in self.outputs else None

    def variable_input(self, node: Any) -> str | None:
        """Return the one input of a node that is no constant, None if there are more."""
        variable = [name for name in node.input if name and not self.is_constant(name)]
        return variable[0] if len(variable) == 1 else None

    def operations(self) -> str:
        """Return how many operations of which types there are, the most frequent first."""
        counts = Counter(node.op_type for node in self.nodes)
        return ", ".join(f"{count} {operation}" for operation, count in counts.most_common())

    def _add_constant(self, node: Any) -> None:
        self._shapes.update(dict.fromkeys(node.output))
        self._shapes[node.output[0]] = self._shape_of(node)
        if node.op_type == "Identity" and node.input[0] in self._tensors:
            self._tensors[node.output[0]] = self._tensors[node.input[0]]

    def _is_constant_node(self, node: Any) -> bool:
        if not node.output or node.op_type in _RANDOM or any(True for _ in subgraphs(node)):
            return False
        given = [name for name in node.input if name]
        return node.op_type == "Constant" or (
            bool(given) and all(name in self._shapes for name in given)
        )

    def _shape_of(self, node: Any) -> tuple[int, ...] | None:
        """Return the shape of a node's first output from those of its constant inputs."""
        if node.op_type == "Constant":
            return self._read_constant(node)
        shapes = [self._shapes[name] for name in node.input if name]
        shape = shapes[0]
        if shape is None:
            return None
        if node.op_type in _SHAPE_KEEPING:
            return shape
        if node.op_type in _ARITHMETIC:
            return None if shapes[1] is None else _broadcast(shape, shapes[1])
        return self._moved(node, shape)

    def _moved(self, node: Any, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """Return the shape behind a node that only moves elements or renames axes."""
        if node.op_type == "Transpose":
            order = whole_numbers(node, "perm") or tuple(reversed(range(len(shape))))
            fits = sorted(order) == list(range(len(shape)))
            return tuple(shape[axis] for axis in order) if fits else None
        if node.op_type == "Reshape" and len(node.input) > 1:
            return _reshaped(shape, self.integers(node.input[1]))
        if node.op_type in {"Squeeze", "Unsqueeze"}:
            return self._with_axes(node, shape)
        return None

    def _read_constant(self, node: Any) -> tuple[int, ...] | None:
        given = attributes(node)
        if "value" in given:
            tensor = given["value"].t
            self._tensors[node.output[0]] = tensor
            return tuple(tensor.dims)
        for name in ("value_floats", "value_ints", "value_strings"):
            if name in given:
                return (len(getattr(given[name], name.removeprefix("value_"))),)
        return None if "sparse_value" in given else ()

    def _with_axes(self, node: Any, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        axes = whole_numbers(node, "axes")
        if axes is None and len(node.input) > 1:
            axes = self.integers(node.input[1])
        if axes is None:
            return tuple(size for size in shape if size != 1) if node.op_type == "Squeeze" else None
        try:
            if node.op_type == "Unsqueeze":
                return np.expand_dims(np.broadcast_to(0, shape), axes).shape
            return np.squeeze(np.broadcast_to(0, shape), axes).shape
        except ValueError:
            return None


def _array(tensor: Any) -> Any | None:
    try:
        return import_extra("onnx.numpy_helper").to_array(tensor)
    except (TypeError, ValueError):
        return None


def _reshaped(shape: tuple[int, ...], target: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if target is None:
        return None
    sizes = [shape[i] if size == 0 and i < len(shape) else size for i, size in enumerate(target)]
    known = math.prod(size for size in sizes if size != -1)
    if sizes.count(-1) == 1 and known > 0:
        sizes[sizes.index(-1)] = math.prod(shape) // known
    return tuple(sizes) if math.prod(sizes) == math.prod(shape) else None


def _broadcast(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...] | None:
    try:
        return np.broadcast_shapes(first, second)
    except ValueError:
        return None


def _name_nodes(nodes: list[Any]) -> None:
    taken = {node.name for node in nodes}
    counts: Counter[str] = Counter()
    for node in nodes:
        counts[node.op_type] += 1
        if not node.name:
            name = f"{node.op_type} {counts[node.op_type]}"
            node.name = name if name not in taken else f"{name} ({node.output[0]})"
