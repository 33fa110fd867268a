"""Names of weights: which parameter of a module a tensor belongs to, and which part of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from clt_sim.networks.pytorch.storages import storage_key

_GATES = {
    "LSTM": ("i", "f", "g", "o"),
    "LSTMCell": ("i", "f", "g", "o"),
    "GRU": ("r", "z", "n"),
    "GRUCell": ("r", "z", "n"),
}
"""The gates stacked in one weight, in the order of the documentation of torch.nn."""


@dataclass(frozen=True, slots=True, eq=False)
class Weight:
    """A weight, or a slice of one, with the names of the equal parts stacked in it.

    Parameters
    ----------
    name : str
        Its layer: the name of the parameter without ``weight``.
    tensor : torch.Tensor
        The parameter, or what was computed from it.
    parts : tuple of str
        Names of equal parts along the units, such as ``("q", "k", "v")``; empty if it is whole.
    """

    name: str
    tensor: Any
    parts: tuple[str, ...] = ()

    def units(self, operand: Any, axis: int) -> Weight:
        """Return the part of the weight that `operand` shows, its units along `axis`.

        A view is placed by its strides and its offset in the storage; a slice that is no union
        of named parts has its bounds in the name.
        """
        whole, shown = self.tensor, operand.shape[axis]
        if storage_key(whole) != storage_key(operand):
            return replace(self, tensor=operand)
        step = operand.stride(axis)
        offset = operand.storage_offset() - whole.storage_offset()
        for dim, size in enumerate(whole.shape):
            if whole.stride(dim) == step and step and shown <= size:
                start = offset // step % size
                return self._slice(operand, start, start + shown, size)
        return replace(self, tensor=operand)

    def _slice(self, operand: Any, start: int, stop: int, size: int) -> Weight:
        if stop - start == size:
            return replace(self, tensor=operand)
        width = size // len(self.parts) if self.parts else 0
        if width and start % width == stop % width == 0:
            parts = self.parts[start // width : stop // width]
            return replace(self, tensor=operand, parts=parts)
        return Weight(f"{self.name}[{start}:{stop}]", operand)

    def is_cast_to(self, operand: Any) -> bool:
        """Return whether a constant, or its transpose, is this weight in another precision."""
        whole = self.tensor
        if whole.dtype == operand.dtype or whole.dim() != operand.dim() or whole.dim() < 2:
            return False
        if whole.shape != operand.shape:
            operand = operand.transpose(0, 1)
        return bool(whole.shape == operand.shape and operand.equal(whole.to(operand.dtype)))

    def columns(self, units: int) -> list[tuple[str, slice]]:
        """Return the layers in so many units: their names and their columns."""
        if not self.parts or units % len(self.parts):
            return [(self.name, slice(None))]
        width = units // len(self.parts)
        return [
            (f"{self.name}[{part}]", slice(i * width, (i + 1) * width))
            for i, part in enumerate(self.parts)
        ]


def named_weights(model: Any) -> list[Weight]:
    """Return all parameters and floating-point buffers of a module, each once.

    Scalars and vectors, such as biases, are among them: what is computed from parameters alone
    is a weight as well.
    """
    if not hasattr(model, "named_modules"):
        return []
    found: dict[int, Weight] = {}
    for prefix, module in model.named_modules():
        kind = getattr(module, "original_name", type(module).__name__)
        for local, tensor in (
            *module.named_parameters(recurse=False),
            *module.named_buffers(recurse=False),
        ):
            if tensor.is_floating_point():
                name = f"{prefix}.{local}" if prefix else local
                found.setdefault(
                    id(tensor), Weight(layer_name(name), tensor, stacked_parts(kind, local))
                )
    return list(found.values())


def layer_name(parameter: str) -> str:
    """Return the name of the layer that has a parameter.

    Examples
    --------
    >>> layer_name("features.0.weight"), layer_name("attention.in_proj_weight")
    ('features.0', 'attention.in_proj')
    >>> layer_name("head.parametrizations.weight.original1")
    'head'
    """
    name = parameter.partition(".parametrizations.")[0]
    return name.removesuffix(".weight").removesuffix("_weight")


def stacked_parts(kind: str, local: str) -> tuple[str, ...]:
    """Return the names of the layers that are stacked in a parameter of a module.

    Examples
    --------
    >>> stacked_parts("GRU", "weight_ih_l0"), stacked_parts("Linear", "weight")
    (('r', 'z', 'n'), ())
    """
    if local == "in_proj_weight":
        return ("q", "k", "v")
    if local.startswith(("weight_ih", "weight_hh")):
        return _GATES.get(kind, ())
    return ()
