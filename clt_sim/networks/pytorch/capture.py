"""Layers of a running PyTorch network, read below the level of its modules.

Every operation that the network dispatches is seen, whoever calls it: a module, a function, a
script. A product or a convolution of data with a weight is a layer; a weight is a parameter, what
is computed from parameters alone, or a constant.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clt_sim.networks.pytorch.calls import HeldCalls
from clt_sim.networks.pytorch.devices import refuse_without_values
from clt_sim.networks.pytorch.following import Follower
from clt_sim.networks.pytorch.fused import FUSED, READ_WHERE, named_arguments
from clt_sim.networks.pytorch.layers import LayerCall
from clt_sim.networks.pytorch.library import is_compiler_loaded, load_torch, tensors_in
from clt_sim.networks.pytorch.operations import (
    CONVOLUTIONS,
    FRESH,
    PRODUCTS,
    Operation,
    operation_of,
    run_taken_apart,
)
from clt_sim.networks.pytorch.products import AffineMap, Product, convolution_map
from clt_sim.networks.pytorch.provenance import BatchAxis, Origin, Origins, Path
from clt_sim.networks.pytorch.storages import storage_key
from clt_sim.networks.pytorch.weights import Weight, named_weights

if TYPE_CHECKING:
    from clt_sim.networks.recording.collector import LayerBatch

_DATA, _CONSTANT, _PARAMETER = range(3)


class TorchCapture:
    """Follows passes through a network and gives the layers to `add`.

    Parameters
    ----------
    model : torch.nn.Module, or a function
        The network, for the names of its weights.
    add : callable
        ``add(layer_name, batch)`` takes a `LayerBatch`.
    """

    def __init__(self, model: Any, add: Callable[[str, LayerBatch], None]) -> None:
        torch = load_torch()
        reductions = importlib.import_module("torch.multiprocessing.reductions")
        self.seen: Counter[str] = Counter()
        self.hidden: dict[str, None] = {}
        self._torch, self._model = torch, model
        self._origins = Origins(reductions.StorageWeakRef)
        self._follower, self._held = Follower(self._origins), HeldCalls(add)
        self._nameless: dict[int, Weight] = {}
        self._weights: list[Weight] = []
        self._inputs = 0
        self._following = self._inside = False
        self._mode = _dispatch_mode(self._dispatch)

    @property
    def layers(self) -> int:
        """The number of layers met so far."""
        return self._held.layers

    @property
    def settings(self) -> dict[str, Any]:
        """What a record should say, if anything: operations that hide layers."""
        return {"hidden": [*self.hidden]} if self.hidden else {}

    def nothing_found(self) -> str:
        """Return the message for a network without any layer."""
        seen = ", ".join(name for name, _ in self.seen.most_common(8)) or "none"
        hidden = f"; not read: {', '.join(self.hidden)}" if self.hidden else ""
        return (
            "no layer was found: the network has no product or convolution of data with a weight."
            f" Operations seen: {seen}{hidden}."
        )

    @property
    def is_following(self) -> bool:
        """Whether a pass is being followed."""
        return self._following

    def begin(self, inputs: Any) -> None:
        """Start to follow a pass for these arguments of the network.

        Raises
        ------
        ValueError
            If one of them is on the meta device.
        """
        refuse_without_values(*tensors_in(inputs))
        self._weights = named_weights(self._model)
        self._origins.put_weights(self._weights)
        self._inputs = 0
        for tensor in filter(storage_key, tensors_in(inputs)):
            if tensor.dim() and tensor.shape[0] and not self._inputs:
                self._inputs = tensor.shape[0]
            has_inputs = tensor.dim() and tensor.shape[0] == self._inputs
            batch = BatchAxis(tensor.stride(0), self._inputs) if has_inputs else None
            self._origins.put(tensor, Origin(batch=batch))
        self._held.inputs = self._follower.inputs = self._inputs
        self._mode.__enter__()
        self._following = True

    def end(self, *, keep: bool) -> None:
        """Stop following; reduce what the pass computed, or throw it away."""
        self._following = False
        self._mode.__exit__(None, None, None)
        try:
            if keep:
                self._held.reduce()
        finally:
            self._held.clear()
            self._origins.clear()
            self._nameless.clear()
            self._weights.clear()

    def _dispatch(self, function: Any, args: Any, kwargs: Any) -> Any:
        """Run one operation, then look at it."""
        operation = operation_of(function)
        if self._torch._C._current_graph_task_id() != -1:
            return function(*args, **kwargs)
        # Otherwise these are taken apart before they come here.
        if operation.is_composite and (self._inside or self._torch.is_inference_mode_enabled()):
            with self._mode:
                return run_taken_apart(function, args, kwargs)
        output = function(*args, **kwargs)
        with self._torch.no_grad():
            self._observe(function, operation, args, kwargs, output)
        return output

    def _observe(
        self, function: Any, operation: Operation, args: Any, kwargs: Any, output: Any
    ) -> None:
        self.seen[operation.name] += 1
        inputs = [*tensors_in(args), *tensors_in(kwargs)]
        outputs = [*tensors_in(output)]
        if not outputs or operation.name in FRESH:
            return
        maps = self._maps(function, operation, args, kwargs, output)
        if maps:
            calls = [self._call(*each) for each in maps]
            only = calls[0] if len(calls) == 1 else None
            batch = self._batch_of(maps[0][0].data)
            after = batch and batch.through(maps[0][0].data, maps[0][0].output)
            self._origins.put(output, Origin(call=only, batch=after))
        else:
            self._follower.follow(operation, inputs, outputs, args)
            if operation.name in FUSED or operation.may_hide_a_layer:
                self._look_inside(operation, named_arguments(function, args, kwargs), output)

    # Layers

    def _maps(
        self, function: Any, operation: Operation, args: Any, kwargs: Any, output: Any
    ) -> list[tuple[AffineMap, Weight | None]]:
        """Return the affine maps of data that an operation is, with their weights."""
        if operation.name in PRODUCTS:
            return self._product(operation.name, args, output)
        if operation.name in CONVOLUTIONS:
            return self._convolution(named_arguments(function, args, kwargs), output)
        return []

    def _product(self, name: str, args: Any, output: Any) -> list[tuple[AffineMap, Weight | None]]:
        """Return the affine maps of a matrix product of data with a weight."""
        product = Product.of(name, args)
        side = self._weight_side(product.left, product.right)
        if side is None or not output.is_floating_point():
            return []
        if not (storage_key(product.left) and storage_key(product.right)):
            return []
        bias = product.bias is not None and self._origins.of(product.bias)
        if bias and bias.is_data:
            product = product.without_bias()
            output = product.compute()
        origin = self._origins.of((product.left, product.right)[side])
        weight = None if origin is None else origin.weight
        return [(each, weight) for each in product.maps(output, weight_is_right=side == 1)]

    def _convolution(
        self, arguments: dict[str, Any], output: Any
    ) -> list[tuple[AffineMap, Weight | None]]:
        """Return the affine map of a convolution of data with a weight."""
        if self._weight_side(arguments["input"], arguments["weight"]) != 1:
            return []
        origin = self._origins.of(arguments["weight"])
        weight = None if origin is None else origin.weight
        return [(convolution_map(arguments, output), weight)]

    def _weight_side(self, left: Any, right: Any) -> int | None:
        """Return which of two operands is a weight, 0 or 1; None if none is, or both are.

        A parameter is one beside anything else, and any other constant is one beside data.
        """
        ranks = [_rank(self._origins.of(operand)) for operand in (left, right)]
        return None if ranks[0] == ranks[1] else int(ranks[1] > ranks[0])

    def _call(self, affine: AffineMap, weight: Weight | None) -> LayerCall:
        """Hold an affine map as the call of a layer."""
        data = self._origins.of(affine.data)
        found = self._nameless_weight(affine) if weight is None else weight
        found = found.units(affine.weight, affine.unit_axis)
        call = LayerCall(
            weight=replace(found, name=f"{found.name}{affine.suffix}"),
            u=affine.u(affine.data),
            pre_activation=affine.pre_activation(),
            clusters=affine.clusters(self._batch_of(affine.data), self._inputs),
            wants_bias=not affine.has_bias,
        )
        if data is not None and data.normalization is not None:
            _link_input(call, affine, data)
        self._held.hold(call)
        return call

    def _nameless_weight(self, affine: AffineMap) -> Weight:
        """Return a constant as a weight: a cast of a parameter, or one named by its order.

        Autocasting keeps casts from earlier passes, whose making is not seen.
        """
        key = storage_key(affine.weight)
        if key not in self._nameless:
            cast = next((w for w in self._weights if w.is_cast_to(affine.weight)), None)
            number = 1 + sum(w.name.startswith(affine.kind) for w in self._nameless.values())
            self._nameless[key] = cast or Weight(f"{affine.kind} {number}", affine.weight)
        return self._nameless[key]

    def _batch_of(self, tensor: Any) -> BatchAxis | None:
        origin = self._origins.of(tensor)
        return None if origin is None else origin.batch

    # Fused operations

    def _look_inside(self, operation: Operation, arguments: dict[str, Any], output: Any) -> None:
        """Compute what a fused operation had inside, or say that it hides a layer."""
        inputs = [*tensors_in(arguments)]
        origins = [self._origins.of(tensor) for tensor in inputs if not tensor.is_nested]
        weights = [o.weight for o in origins if o is not None and o.weight is not None]
        has_others = len(origins) < len(inputs) or any(o is None or o.is_data for o in origins)
        if not (weights and has_others):
            return
        write_out = FUSED.get(operation.name)
        if write_out is None or len(origins) < len(inputs):
            matrix = next(filter(_is_matrix, weights), None)
            if matrix is not None:
                where = READ_WHERE.get(operation.name)
                hint = f" (read where {where})" if where else ""
                self.hidden.setdefault(f"{operation.name} of {matrix.name}{hint}")
            return
        self._inside = True
        try:
            with self._mode:
                written_out = write_out(arguments, output)
        finally:
            self._inside = False
        origin = None if written_out is None else self._origins.of(written_out)
        if origin is not None:
            if origin.normalization is not None:
                origin.normalization.after = output.detach().clone()
            self._origins.put(output, origin)


def _link_input(call: LayerCall, affine: AffineMap, data: Origin) -> None:
    """Link a call to the normalisation that its input comes from."""
    norm = data.normalization
    if norm is None or norm.is_of_pre_activation or data.path == Path.MOVED:
        return
    if data.path == Path.ELEMENTWISE:
        after = affine.u_of(norm.after)
        if after is not None:
            call.normalized, call.normalization = after, f"{norm.kind} before u"
        return
    before = affine.u_of(norm.before, norm.after)
    if before is not None:
        call.normalized, call.u, call.normalization = call.u, before, f"{norm.kind} of u"


def _is_matrix(weight: Weight) -> bool:
    return bool(weight.tensor.dim() > 1)


def _rank(origin: Origin | None) -> int:
    if origin is None:
        return _CONSTANT
    return _DATA if origin.is_data else _PARAMETER


def _dispatch_mode(dispatch: Callable[[Any, Any, Any], Any]) -> Any:
    """Return a mode of torch that gives every operation to a function."""
    python_dispatch = importlib.import_module("torch.utils._python_dispatch")

    def torch_dispatch(_: Any, function: Any, __: Any, args: Any = (), kwargs: Any = None) -> Any:
        return dispatch(function, args, kwargs or {})

    base = python_dispatch.TorchDispatchMode
    methods = {
        "__torch_dispatch__": torch_dispatch,
        # Only the compiler needs to be kept out; where it is not loaded, loading it takes seconds.
        "_should_skip_dynamo": classmethod(lambda _: is_compiler_loaded()),
    }
    return type("LayerCaptureMode", (base,), methods)()
