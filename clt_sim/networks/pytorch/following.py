"""Values on their way from one layer to the next: nonlinearities, normalisations, weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clt_sim.networks.pytorch.layers import Normalization
from clt_sim.networks.pytorch.library import load_torch
from clt_sim.networks.pytorch.operations import COPIES, ELEMENTWISE, NORMALIZATIONS, Operation
from clt_sim.networks.pytorch.provenance import Origin, Origins, Path
from clt_sim.networks.pytorch.storages import storage_key


class Follower:
    """Says where the outputs of operations that are no layers come from.

    Parameters
    ----------
    origins : Origins
        What is known, and where it is written down.
    """

    def __init__(self, origins: Origins) -> None:
        self._torch, self._origins = load_torch(), origins
        self.inputs = 0

    def follow(
        self, operation: Operation, inputs: list[Any], outputs: list[Any], args: Any
    ) -> None:
        """Follow one operation, with the tensors among its arguments."""
        if operation.name in NORMALIZATIONS:
            self._normalize(NORMALIZATIONS[operation.name], inputs, outputs)
        else:
            self._follow(operation, inputs, outputs, args)

    def _normalize(
        self, kind: str, inputs: list[Any], outputs: list[Any], *, wants_scale: bool = False
    ) -> None:
        before, after = inputs[0], outputs[0]
        origin = self._origins.of(before) or Origin()
        if not origin.is_data:
            return
        call = origin.call
        if kind == "batch norm" and before.shape[0] == 1 < self.inputs:
            # Instance normalisation is dispatched as one image that has all channels of all.
            kind, shape = "instance norm", (self.inputs, -1, *before.shape[2:])
            norm = Normalization(kind, before.reshape(shape), after.reshape(shape), wants_scale)
        else:
            norm = Normalization(kind, before, after, wants_scale)
        if call is not None and origin.path < Path.MOVED:
            linked = origin.path == Path.SAME and norm.link_to_pre_activation(call)
            if not linked and origin.path == Path.ELEMENTWISE:
                norm.link_to_activation(call)
        norm.copy()
        batch = None if origin.batch is None else origin.batch.through(before, after)
        self._origins.put(after, Origin(normalization=norm, batch=batch))
        for other in outputs[1:]:
            self._origins.put(other, Origin())
        self._origins.forget_the_dead()

    def _follow(
        self, operation: Operation, inputs: list[Any], outputs: list[Any], args: Any
    ) -> None:
        """Say where the outputs of an operation that is no layer come from."""
        origins = [self._origins.of(tensor) for tensor in inputs]
        data = [o for o in origins if o is not None and o.is_data]
        if not data:
            return self._follow_weights(operation, origins, inputs, outputs)
        if not operation.writes and all(_shares(out, inputs[0]) for out in outputs):
            return None
        if self._root_mean_square(operation, origins, inputs, outputs, args):
            return None
        origin = self._common_origin(operation, data, inputs, outputs[0])
        first = next(i for i, o in enumerate(origins) if o is not None and o.is_data)
        for out in outputs:
            batch = data[0].batch and data[0].batch.through(inputs[first], out)
            self._origins.put(out, replace(origin, batch=batch))
        return None

    def _common_origin(
        self, operation: Operation, data: list[Origin], inputs: list[Any], output: Any
    ) -> Origin:
        """Return the origin of what was computed from data, without its batch axis."""
        first = data[0]
        ends = {(id(o.call), id(o.normalization)) for o in data}
        if len(ends) > 1:
            return Origin()
        path = max(o.path for o in data)
        if operation.name in COPIES:
            return replace(first, path=path)
        if operation.name in ELEMENTWISE:
            if len(inputs) == 2 and self._takes_bias_or_scale(operation, inputs, output):
                return replace(first, path=path, moment=None)
            kept = replace(first, path=max(path, Path.ELEMENTWISE), moment=None)
            return kept if output.shape == inputs[0].shape or len(inputs) == 1 else Origin()
        if operation.moves:
            return replace(first, path=Path.MOVED, moment=None)
        return Origin()

    def _takes_bias_or_scale(self, operation: Operation, inputs: list[Any], output: Any) -> bool:
        """Add a bias to a layer, or multiply a learnt scale into a normalisation."""
        of = self._origins.of
        for value, constant in (inputs, inputs[::-1]):
            origin, other = of(value), of(constant)
            if origin is None or not origin.is_data or origin.path != Path.SAME:
                continue
            if other is not None and other.is_data:
                continue
            if operation.name == "add" and origin.call is not None and origin.normalization is None:
                return origin.call.add_bias(output, constant)
            norm = origin.normalization
            if operation.name == "mul" and norm is not None and norm.wants_scale:
                norm.multiply_in(output)
                return True
        return False

    def _root_mean_square(
        self,
        operation: Operation,
        origins: list[Origin | None],
        inputs: list[Any],
        outputs: list[Any],
        args: Any,
    ) -> bool:
        """Follow the steps of ``x * rsqrt(mean(x**2) + epsilon)``; return whether it was one."""
        first, name, output = origins[0], operation.name, outputs[0]
        moment = first.moment if first is not None else None
        is_square = name == "square" or (name == "pow" and len(args) > 1 and args[1] == 2)
        is_square |= name == "mul" and len(inputs) == 2 and inputs[0] is inputs[1]
        if is_square and first is not None:
            self._origins.put(output, Origin(moment=("square", storage_key(inputs[0]))))
        elif name == "mean" and moment is not None and moment[0] == "square" and _is_last(args):
            self._origins.put(output, Origin(moment=("mean square", moment[1])))
        elif name == "add" and len(inputs) == 1 and moment is not None:
            self._origins.put(output, Origin(moment=moment))
        elif name in {"rsqrt", "sqrt"} and moment is not None and moment[0] == "mean square":
            self._origins.put(
                output, Origin(moment=("mul" if name == "rsqrt" else "div", moment[1]))
            )
        elif name in {"mul", "div"} and len(inputs) == 2:
            return self._divided_by_its_size(name, origins, inputs, outputs)
        else:
            return False
        return True

    def _divided_by_its_size(
        self, name: str, origins: list[Origin | None], inputs: list[Any], outputs: list[Any]
    ) -> bool:
        for value, other in ((0, 1), (1, 0)):
            origin = origins[other]
            if origin is not None and origin.moment == (name, storage_key(inputs[value])):
                self._normalize("rms norm", [inputs[value]], outputs, wants_scale=True)
                return True
        return False

    def _follow_weights(
        self,
        operation: Operation,
        origins: list[Origin | None],
        inputs: list[Any],
        outputs: list[Any],
    ) -> None:
        """Let what is computed from parameters alone be a weight of the largest of them."""
        found = [
            (tensor, origin.weight)
            for tensor, origin in zip(inputs, origins, strict=True)
            if origin is not None and origin.weight is not None
        ]
        if not found or all(self._origins.of(out) is not None for out in outputs):
            return
        tensor, weight = max(found, key=lambda pair: pair[0].numel())
        if tensor.dim() and operation.name in COPIES:
            weight = weight.units(tensor, 0)
        for out in outputs:
            self._origins.put(out, Origin(weight=replace(weight, tensor=out)))


def _is_last(args: Any) -> bool:
    """Return whether a mean is one over the last axis of its argument."""
    return len(args) > 1 and list(args[1] or ()) in ([-1], [args[0].dim() - 1])


def _shares(tensor: Any, other: Any) -> bool:
    return storage_key(tensor) == storage_key(other)
