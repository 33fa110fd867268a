"""Inputs of a network, cut into batches and thinned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np


class InputBatches:
    """Batches of inputs, every so many of which are used.

    Parameters
    ----------
    inputs : array_like, mapping or tuple of arrays, or iterable of batches of these
        An array has inputs along its first axis and is cut; so are the arrays of a mapping or a
        tuple, all for the same inputs. Anything else that can be iterated gives batches, of any
        sizes, which are taken one at a time. Arrays of other libraries are sliced as they are.
    every : int
        Inputs 0, `every`, 2*`every`, ... are used, counted through all batches.
    batch_size : int
        The most inputs of a batch that is cut.

    Raises
    ------
    TypeError
        If the inputs are neither arrays nor iterable.
    ValueError
        If the arrays of a batch are for different numbers of inputs.

    Examples
    --------
    >>> batches = InputBatches(np.arange(10), every=3, batch_size=4)
    >>> [batch.tolist() for batch in batches]
    [[0, 3], [6], [9]]
    >>> batches.given
    10
    >>> [batch.tolist() for batch in InputBatches(iter([[[1], [2]], [[3]]]), every=2, batch_size=9)]
    [[[1]], [[3]]]
    """

    given: int
    """The number of inputs seen so far, used or not."""

    def __init__(self, inputs: Any, *, every: int, batch_size: int) -> None:
        self.given = 0
        self._every, self._batches = every, _cut(inputs, batch_size)

    def __iter__(self) -> Iterator[Any]:
        """Yield the batches that have an input which is used."""
        for batch in self._batches:
            first, size = -self.given % self._every, input_count(batch)
            self.given += size
            if first < size:
                yield _sliced(batch, slice(first, None, self._every))


def input_count(batch: Any) -> int:
    """Return the number of inputs of a batch.

    Raises
    ------
    ValueError
        If its arrays are for different numbers of inputs, or there is none.

    Examples
    --------
    >>> input_count({"ids": np.zeros((2, 7)), "mask": np.zeros((2, 7))})
    2
    """
    parts = _parts(batch)
    sizes = {name: _length(name, array) for name, array in parts.items()}
    if len(set(sizes.values())) != 1:
        raise ValueError(f"inputs must be arrays for the same number of inputs: {sizes}.")
    return next(iter(sizes.values()))


def _parts(batch: Any) -> Mapping[str, Any]:
    if isinstance(batch, Mapping):
        return batch
    if isinstance(batch, tuple):
        return {str(index): array for index, array in enumerate(batch)}
    return {"array": batch}


def _length(name: str, array: Any) -> int:
    if not np.shape(array):
        raise ValueError(f"inputs must be arrays with inputs in rows; {name!r} has no dimension.")
    return len(array)


def _sliced(batch: Any, rows: slice) -> Any:
    if isinstance(batch, Mapping):
        return {name: array[rows] for name, array in batch.items()}
    if isinstance(batch, tuple):
        return tuple(array[rows] for array in batch)
    return batch[rows]


def _cut(inputs: Any, batch_size: int) -> Iterator[Any]:
    if isinstance(inputs, list):
        inputs = _listed(inputs)
    if not _is_batch(inputs):
        if not isinstance(inputs, Iterable) or isinstance(inputs, str | bytes):
            raise TypeError(
                "inputs must be an array, a mapping or tuple of arrays, or an iterable of batches"
                f" of these, not {inputs!r}."
            )
        return (batch if _is_batch(batch) else np.asarray(batch) for batch in inputs)
    size = input_count(inputs)
    return (
        _sliced(inputs, slice(first, first + batch_size)) for first in range(0, size, batch_size)
    )


def _is_batch(inputs: Any) -> bool:
    return isinstance(inputs, Mapping | tuple) or hasattr(inputs, "shape")


def _listed(inputs: list[Any]) -> Any:
    """Return a list of rows of numbers as an array, and a list of batches as an iterator."""
    first = inputs[0] if inputs else None
    if isinstance(first, tuple):
        first = first[0] if first else None
    if isinstance(first, Mapping) or len(getattr(first, "shape", ())) > 1:
        return iter(inputs)
    return np.asarray(inputs)
