"""Where the tensors of a running network come from, by the storage that holds them.

Views, transposes and in-place operations share a storage, and so an origin. Storages are held
weakly: nothing lives longer because it is followed, and no address is taken for another while
it is in the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.networks.pytorch.storages import storage_key

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.networks.pytorch.layers import LayerCall, Normalization
    from clt_sim.networks.pytorch.weights import Weight


class Path(IntEnum):
    """What happened to values since they came out of a layer or a normalisation."""

    SAME = 0
    """The same values, perhaps in another order, shape or precision."""
    ELEMENTWISE = 1
    """Each value was replaced by a function of itself: a nonlinearity, dropout, a scale."""
    MOVED = 2
    """Values were pooled, padded or resized."""


@dataclass(frozen=True, slots=True)
class BatchAxis:
    """Where the inputs of a batch are in a storage.

    Parameters
    ----------
    stride : int
        Elements from one input to the next.
    count : int
        The number of inputs.
    """

    stride: int
    count: int

    def ratio(self, tensor: Any, axis: int) -> int | None:
        """Return after how many steps along an axis the next input comes; None if never."""
        step = tensor.stride(axis)
        if not step or self.stride % step:
            return None
        ratio = self.stride // step
        return None if tensor.shape[axis] % (ratio * self.count) else int(ratio)

    def inputs(self, tensor: Any, axes: list[int]) -> NDArray[np.intp]:
        """Return which input each combination of indices along some axes belongs to."""
        offsets = np.zeros(1, np.intp)
        for axis in axes:
            steps = np.arange(tensor.shape[axis]) * tensor.stride(axis)
            offsets = np.add.outer(offsets, steps).ravel()
        return offsets // self.stride % self.count

    def through(self, before: Any, after: Any) -> BatchAxis | None:
        """Return where the inputs are in what an operation made of a tensor, if that is clear.

        It is where an axis that runs over the inputs has kept its place and its length.
        """
        if not (storage_key(before) and storage_key(after)):
            return None
        exact = [
            axis
            for axis in range(before.dim())
            if before.shape[axis] == self.count and before.stride(axis) == self.stride
        ]
        for axis in [*exact, *range(before.dim())]:
            if axis < after.dim() and after.shape[axis] == before.shape[axis]:
                ratio = self.ratio(before, axis)
                if ratio is not None:
                    return BatchAxis(ratio * after.stride(axis), self.count)
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Where the values of a storage come from.

    Parameters
    ----------
    weight : Weight or None
        The weight they are, or were computed from without any data; None for data.
    call : LayerCall or None
        The one call of a layer that they are computed from.
    normalization : Normalization or None
        The last normalisation that they went through since.
    path : Path
        What happened to them after that.
    batch : BatchAxis or None
        Where the inputs of the batch are.
    moment : tuple of str and int, or None
        ``"square"`` or ``"mean square"`` of which storage they are, or the operation, ``"mul"`` or
        ``"div"``, by which they bring its root mean square to 1.
    """

    weight: Weight | None = None
    call: LayerCall | None = None
    normalization: Normalization | None = None
    path: Path = Path.SAME
    batch: BatchAxis | None = None
    moment: tuple[str, int] | None = None

    @property
    def is_data(self) -> bool:
        """Whether the values depend on the inputs of the network."""
        return self.weight is None

    def along(self, path: Path, batch: BatchAxis | None) -> Origin:
        """Return the origin after a further step."""
        return replace(self, path=max(path, self.path), batch=batch, moment=None)


class Origins:
    """The origins of all living storages of one pass through a network."""

    def __init__(self, weak_reference: Any) -> None:
        self._weak_reference = weak_reference
        self._known: dict[int, tuple[Any, Origin]] = {}
        self._flattened: dict[int, list[Weight]] = {}

    def of(self, tensor: Any) -> Origin | None:
        """Return the origin; None for constants that are no parameters."""
        key = storage_key(tensor)
        if key in self._flattened:
            return Origin(weight=_weight_at(tensor, self._flattened[key]))
        known = self._known.get(key)
        return None if known is None else known[1]

    def put_weights(self, weights: Iterable[Weight]) -> None:
        """Say where weights are, several of which may be in one storage.

        Those of an LSTM on CUDA are. What is written into such a storage later does not change
        what is known of it.
        """
        together: dict[int, list[Weight]] = {}
        for weight in weights:
            together.setdefault(storage_key(weight.tensor), []).append(weight)
            self.put(weight.tensor, Origin(weight=weight))
        self._flattened = {key: those for key, those in together.items() if key and those[1:]}

    def put(self, tensor: Any, origin: Origin) -> None:
        """Say where the values that a storage holds from now on come from.

        Sparse and nested tensors are not followed.
        """
        if not storage_key(tensor):
            return
        reference = self._weak_reference(tensor.untyped_storage())
        self._known[storage_key(tensor)] = reference, origin

    def forget_the_dead(self) -> None:
        """Let go of storages that are gone, and of copies that were kept for them."""
        self._known = {k: known for k, known in self._known.items() if not known[0].expired()}
        self._flattened = {k: those for k, those in self._flattened.items() if k in self._known}

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()
        self._flattened.clear()


def _weight_at(tensor: Any, weights: list[Weight]) -> Weight:
    """Return the smallest of the weights of one storage that a tensor is a part of."""
    start, stop = _extent(tensor)
    sizes: dict[int, Weight] = {}
    for weight in weights:
        first, last = _extent(weight.tensor)
        if first <= start and stop <= last:
            sizes[last - first] = weight
    return sizes[min(sizes)] if sizes else weights[-1]


def _extent(tensor: Any) -> tuple[int, int]:
    """Return the first byte of a tensor in its storage, and the one after its last."""
    steps = zip(tensor.shape, tensor.stride(), strict=True)
    length = 1 + sum((size - 1) * stride for size, stride in steps)
    start, width = tensor.storage_offset(), tensor.element_size()
    return start * width, (start + length) * width
