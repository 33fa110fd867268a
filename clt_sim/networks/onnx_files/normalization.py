"""Which normalisations of an ONNX model go with which layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.networks.onnx_files.graph import OnnxGraph, whole_numbers
from clt_sim.networks.onnx_files.norms import find_norms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.networks.onnx_files.layers import OnnxLayer

_UNCHANGED = frozenset({"Cast", "Dropout", "Identity"})
_RESHAPING = frozenset({"Flatten", "Reshape", "Squeeze", "Unsqueeze"})
_ELEMENTWISE = frozenset(
    {
        *("Abs", "Add", "Celu", "Clip", "Div", "Elu", "Erf", "Exp", "Gelu", "HardSigmoid"),
        *("HardSwish", "LeakyRelu", "Max", "Min", "Mish", "Mul", "Neg", "PRelu", "Pow"),
        *("QuickGelu", "FastGelu", "Relu", "Selu", "Sigmoid", "Sin", "Softplus", "Softsign"),
        *("Sqrt", "Sub", "Swish", "Tanh", "ThresholdedRelu"),
    }
)


@dataclass(frozen=True, slots=True)
class OnnxNormalization:
    """A normalised signal that goes with a layer.

    Parameters
    ----------
    kind : str
        Such as ``"batch norm of Wu+b"``. Behind the nonlinearity of the layer it is ``"of
        phi(Wu+b)"``. It is ``"of u"`` where the layer is given the normalised signal, and
        ``"before u"`` where it is given an elementwise function of that.
    tensor : str
        The name of the signal.
    of_inputs : bool
        Whether it has the units of u, and not those of ``Wu + b``.
    u : str or None
        What is normalised, if the normalisation is of u: it is u then, and the layer computes
        ``W normalised(u) + b``. None if u is what the layer is given.
    order : tuple of int or None
        How to transpose it to the axes of u or of ``Wu + b``; None for not at all.
    """

    kind: str
    tensor: str
    of_inputs: bool
    u: str | None = None
    order: tuple[int, ...] | None = None

    def aligned(
        self, array: NDArray[np.floating], shape: tuple[int, ...]
    ) -> NDArray[np.floating] | None:
        """Return the signal in the shape of u or ``Wu + b``, None if it is for other samples."""
        if self.order is not None:
            if sorted(self.order) != list(range(array.ndim)):
                return None
            array = array.transpose(self.order)
        return array.reshape(shape) if array.size == math.prod(shape) else None


@dataclass(frozen=True, slots=True)
class _Origin:
    """What the elements of a tensor are elementwise functions of, and how they have moved.

    `norm` is the number of a norm or, if it is None, `layer` that of a layer. They are `changed`
    if a function was applied; `order` is a transposition since, and `reshaped` whether the axes
    have changed.
    """

    norm: int | None = None
    layer: int = 0
    changed: bool = False
    order: tuple[int, ...] | None = None
    reshaped: bool = False


def link_normalizations(
    graph: OnnxGraph, layers: Sequence[OnnxLayer]
) -> tuple[dict[str, OnnxNormalization], tuple[str, ...]]:
    """Return the normalised signal of each layer that has one, and what goes with no layer.

    A normalisation goes with the layer whose ``Wu + b`` it is applied to. Any other goes with the
    layers whose u it gives, directly or through a nonlinearity, and with the layer whose
    nonlinearity it follows. A layer that could have several has the first of these.

    Parameters
    ----------
    graph : OnnxGraph
        The main graph of a model.
    layers : sequence of OnnxLayer
        Its layers.

    Returns
    -------
    links : dict of str to OnnxNormalization
        By the names of layers.
    unlinked : tuple of str
        Normalisations that go with no layer, by what they make.
    """
    walk = _Walk(graph, layers)
    for node in graph.nodes:
        for output in node.output[:1]:
            walk.visit(node, output)
    links = walk.settled()
    linked = {link.tensor for link in links.values()}
    unlinked = [norm for norm in walk.norms if norm.output not in linked]
    return links, tuple(f"{norm.kind} {norm.output!r}" for norm in unlinked)


class _Walk:
    """A walk along the nodes of a graph, with the origins of the tensors so far."""

    def __init__(self, graph: OnnxGraph, layers: Sequence[OnnxLayer]) -> None:
        self.graph, self.layers, self.norms = graph, layers, find_norms(graph)
        self.starts = {layer.node: layer for layer in layers}
        self.ends = {layer.pre_activation: number for number, layer in enumerate(layers)}
        self.norm_ends = {norm.output: number for number, norm in enumerate(self.norms)}
        self.origins: dict[str, _Origin] = {}
        self.links: dict[str, OnnxNormalization] = {}
        self.of_inputs: dict[str, OnnxNormalization] = {}
        self.of_activations: dict[str, OnnxNormalization] = {}

    def settled(self) -> dict[str, OnnxNormalization]:
        """Return one link for each layer that has any: of ``Wu + b``, of u, of ``phi(Wu + b)``."""
        return {**self.of_activations, **self.of_inputs, **self.links}

    def visit(self, node: Any, output: str) -> None:
        """Find the origin of what a node makes, and link what ends there."""
        if output in self.starts:
            self._link_u(self.starts[output])
        origin = _passed_on(self.graph, node, self.origins)
        if output in self.ends:
            origin = _Origin(layer=self.ends[output])
        elif output in self.norm_ends:
            origin = self._link_output(self.norm_ends[output])
        if origin is not None:
            self.origins[output] = origin

    def _link_output(self, number: int) -> _Origin | None:
        """Give a norm to the layer that it follows; return the origin of what it makes."""
        norm, after = self.norms[number], _Origin(norm=number)
        origin = self.origins.get(norm.input)
        if origin is None or origin.norm is not None:
            return after
        layer = self.layers[origin.layer].name
        back = None if origin.order is None else tuple(int(i) for i in np.argsort(origin.order))
        if origin.changed:
            kind = f"{norm.kind} of phi(Wu+b)"
            link = OnnxNormalization(kind, norm.output, of_inputs=False, order=back)
            self.of_activations.setdefault(layer, link)
            return after
        if layer in self.links:
            return after
        kind = f"{norm.kind} of Wu+b"
        self.links[layer] = OnnxNormalization(kind, norm.output, of_inputs=False, order=back)
        return None

    def _link_u(self, layer: OnnxLayer) -> None:
        """Give the norm in front of a layer to it."""
        origin = self.origins.get(layer.u)
        if origin is None or origin.norm is None:
            return
        norm = self.norms[origin.norm]
        if origin.changed:
            kind, u = f"{norm.kind} before u", None
        else:
            kind, u = f"{norm.kind} of u", norm.input
        link = OnnxNormalization(kind, norm.output, of_inputs=True, u=u, order=origin.order)
        self.of_inputs[layer.name] = link


def _passed_on(graph: OnnxGraph, node: Any, origins: dict[str, _Origin]) -> _Origin | None:
    """Return the origin of a node's output, None if its elements are mixed."""
    variable = [name for name in node.input if name and not graph.is_constant(name)]
    found = {origins.get(name) for name in variable}
    if node.op_type in _UNCHANGED or node.op_type in _RESHAPING or node.op_type == "Transpose":
        found = {origins.get(node.input[0])} if node.input else set()
    if not found or None in found:
        return None
    first = next(origin for origin in found if origin is not None)
    if node.op_type in _UNCHANGED:
        return first
    if node.op_type in _RESHAPING:
        return None if first.order is not None else replace(first, reshaped=True)
    if node.op_type == "Transpose":
        return _transposed(first, whole_numbers(node, "perm"))
    if node.op_type not in _ELEMENTWISE:
        return None
    after = {replace(origin, changed=True) for origin in found if origin is not None}
    return after.pop() if len(after) == 1 else None


def _transposed(origin: _Origin, order: tuple[int, ...] | None) -> _Origin | None:
    if order is None or origin.reshaped:
        return None
    if origin.order is not None:
        if sorted(order) != list(range(len(origin.order))):
            return None
        order = tuple(origin.order[axis] for axis in order)
    return replace(origin, order=None if order == tuple(range(len(order))) else order)
