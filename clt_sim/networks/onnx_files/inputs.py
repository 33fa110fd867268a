"""Inputs of an ONNX model: from arrays to what the runtime takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._array_validation import refuse_mask
from clt_sim._validation import unknown_name
from clt_sim.networks.recording.input_batches import input_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DTYPES = {
    "tensor(bool)": np.dtype(np.bool_),
    "tensor(double)": np.dtype(np.float64),
    "tensor(float)": np.dtype(np.float32),
    "tensor(float16)": np.dtype(np.float16),
    **{
        f"tensor({kind})": np.dtype(kind)
        for kind in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
    },
}


@dataclass(frozen=True, slots=True)
class OnnxInput:
    """One input of a model.

    Parameters
    ----------
    name : str
        Its name.
    dtype : numpy.dtype or None
        What the runtime takes; None if that is no array of numbers.
    shape : tuple of int or None
        Its extents, None for those that may be of any size.

    Examples
    --------
    >>> model_input = OnnxInput("x", np.dtype("float32"), (None, 2))
    >>> model_input.array([[1, 2], [3, 4], [5, 6]]).dtype
    dtype('float32')
    >>> model_input.array([[1, 2, 3]])
    Traceback (most recent call last):
    ...
    ValueError: input 'x' must have the shape (any, 2), not (1, 3).
    """

    name: str
    dtype: np.dtype[Any] | None
    shape: tuple[int | None, ...]

    @classmethod
    def of_runtime(cls, node: Any) -> OnnxInput:
        """Return an input as onnxruntime describes it."""
        sizes = node.shape or []
        shape = tuple(size if isinstance(size, int) and size > 0 else None for size in sizes)
        return cls(node.name, _DTYPES.get(node.type), shape)

    def array(self, values: Any) -> NDArray[np.generic]:
        """Return values in the dtype of the input, or raise if they do not fit it.

        The first axis may have any size: those are the inputs of the network.

        Raises
        ------
        TypeError
            If they are not numbers, or fractions where the model takes whole numbers.
        ValueError
            If the shape is another one, or a number is not finite or too large.
        """
        refuse_mask(f"input {self.name!r}", values)
        if hasattr(values, "detach"):
            values = values.detach().cpu()
        array = np.asarray(values)
        if self.dtype is None or array.dtype.kind not in "fiub":
            raise TypeError(
                f"input {self.name!r} must be an array of numbers, not of dtype {array.dtype}."
            )
        if array.dtype.kind == "f" and self.dtype.kind != "f":
            raise TypeError(
                f"input {self.name!r} must be of dtype {self.dtype}, not {array.dtype}."
            )
        self._check_shape(array.shape)
        with np.errstate(over="ignore"):
            cast = np.ascontiguousarray(array, self.dtype)
        if self.dtype.kind == "f" and not np.isfinite(cast).all():
            raise ValueError(f"input {self.name!r} must be finite in {self.dtype}.")
        if self.dtype.kind != "f" and not np.array_equal(cast, array):
            raise ValueError(f"input {self.name!r} has numbers that {self.dtype} cannot hold.")
        return cast

    def _check_shape(self, shape: tuple[int, ...]) -> None:
        same = len(shape) == len(self.shape) and all(
            own in {None, given} for own, given in zip(self.shape[1:], shape[1:], strict=True)
        )
        if not same or 0 in shape:
            sizes = ["any", *("any" if size is None else str(size) for size in self.shape[1:])]
            allowed = f"({', '.join(sizes[: len(self.shape)])})"
            raise ValueError(f"input {self.name!r} must have the shape {allowed}, not {shape}.")


def feed(inputs: Sequence[OnnxInput], batch: Any) -> dict[str, NDArray[np.generic]]:
    """Return a batch as arrays by the names of the inputs.

    Parameters
    ----------
    inputs : sequence of OnnxInput
        Those of the model.
    batch : array_like, tuple or mapping of arrays
        An array for a model with one input, a tuple in the order of the inputs, or a mapping with
        their names.

    Returns
    -------
    dict of str to ndarray
        Arrays that the runtime takes, of equal length.

    Raises
    ------
    TypeError, ValueError
        If they are not for these inputs.
    """
    names = [given.name for given in inputs]
    if isinstance(batch, Mapping):
        for name in batch:
            if name not in names:
                raise unknown_name("input of the model", name, names)
        parts = dict(batch)
    else:
        arrays = batch if isinstance(batch, tuple) else (batch,)
        if len(arrays) != len(names):
            raise ValueError(
                f"the model takes {len(names)} input{'s' * (len(names) != 1)}"
                f" ({', '.join(names)}), not {len(arrays)}; pass a mapping with their names."
            )
        parts = dict(zip(names, arrays, strict=True))
    missing = [name for name in names if name not in parts]
    if missing:
        raise ValueError(f"inputs must be given for {', '.join(map(repr, missing))} as well.")
    arrays_by_name = {given.name: given.array(parts[given.name]) for given in inputs}
    input_count(arrays_by_name)
    return arrays_by_name


def without_labels(inputs: Sequence[OnnxInput], given: Any) -> Any:
    """Return batches that are lists of arrays as tuples of as many as the model takes.

    A ``DataLoader`` gives such lists, with the labels behind the inputs. Everything else is
    returned as it is.
    """
    if isinstance(given, Mapping | tuple | list | str | bytes) or hasattr(given, "shape"):
        return given
    if not isinstance(given, Iterable):
        return given
    return (_arguments(inputs, batch) for batch in given)


def _arguments(inputs: Sequence[OnnxInput], batch: Any) -> Any:
    if not isinstance(batch, list) or not batch:
        return batch
    axes = len(getattr(batch[0], "shape", ()))
    return tuple(batch[: len(inputs)]) if axes and axes == len(inputs[0].shape) else batch


def fixed_batch(inputs: Sequence[OnnxInput]) -> int | None:
    """Return how many inputs a model takes at a time, None if any number.

    Raises
    ------
    ValueError
        If the inputs of the model have different fixed extents along the first axis.
    """
    sizes = {given.name: given.shape[0] if given.shape else None for given in inputs}
    fixed = {size for size in sizes.values() if size is not None}
    if len(fixed) > 1:
        raise ValueError(f"the inputs of the model have no common first axis: {sizes}.")
    return next(iter(fixed), None)


def cut_to(
    feeds: Iterable[dict[str, NDArray[np.generic]]], size: int
) -> Iterator[dict[str, NDArray[np.generic]]]:
    """Yield the same inputs in batches of one size.

    Raises
    ------
    ValueError
        At the end, if some are left that are fewer than `size`.
    """
    waiting: dict[str, NDArray[np.generic]] = {}
    for arrays in feeds:
        joined = {
            name: np.concatenate([waiting[name], array]) if waiting else array
            for name, array in arrays.items()
        }
        count = input_count(joined)
        whole = count - count % size
        for first in range(0, whole, size):
            yield {name: array[first : first + size] for name, array in joined.items()}
        waiting = {name: array[whole:] for name, array in joined.items()} if whole < count else {}
    if waiting:
        raise ValueError(
            f"the model takes {size} inputs at a time, and {input_count(waiting)} are left over."
        )
