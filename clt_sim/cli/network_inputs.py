"""Inputs for a network: from a file, or random where that is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
import numpy as np

from clt_sim._files import open_file
from clt_sim._npz_files import NpzArrays, load_npy
from clt_sim._validation import unknown_name
from clt_sim.networks import MultilayerPerceptron
from clt_sim.networks.onnx_files.model import load_model
from clt_sim.networks.onnx_files.session import OnnxSession
from clt_sim.networks.recording.input_batches import input_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.networks.onnx_files.inputs import OnnxInput


_MOST_BYTES = 2**30
"""Of random inputs."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """Inputs, and where they come from.

    Parameters
    ----------
    arrays : ndarray or mapping of str to ndarray
        Inputs along the first axis; several arrays if the network takes several inputs.
    origin : str
        In words.
    """

    arrays: NDArray[Any] | Mapping[str, NDArray[Any]]
    origin: str

    @property
    def count(self) -> int:
        """The number of inputs."""
        return input_count(self.arrays)

    def batches(self, size: int, progress: Callable[[int, int], None]) -> Iterator[Any]:
        """Yield the inputs `size` at a time, and tell how many are done."""
        count = self.count
        for first in range(0, count, size):
            progress(first, count)
            yield self._sliced(slice(first, first + size))
        progress(count, count)

    def _sliced(self, rows: slice) -> Any:
        if isinstance(self.arrays, Mapping):
            return {name: array[rows] for name, array in self.arrays.items()}
        return self.arrays[rows]


def read_inputs(source: str) -> Inputs:
    """Return the inputs in an ``.npy`` or ``.npz`` file; nothing pickled is loaded.

    Parameters
    ----------
    source : str
        The path; of one array of several in an ``.npz`` file, the path, a colon and its name.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is something else, or has no array of that name.
    """
    path, name = source, ""
    if not Path(source).exists() and ":" in source:
        path, _, name = source.rpartition(":")
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no file {path!r}.")
    with open_file(path) as file:
        start = file.read(6)
        if start.startswith(b"PK"):
            return Inputs(_of_archive(file, path, name), source)
        if start != b"\x93NUMPY":
            raise ValueError(f"{path!r} is not an .npy or .npz file.")
        if name:
            raise ValueError(f"{path!r} holds one array, which has no name.")
        return Inputs(load_npy(file, repr(path)), source)


def _of_archive(file: BinaryIO, path: str, name: str) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """Return the array of a name; without one all by name, or the array itself if it is alone."""
    try:
        arrays = NpzArrays(file)
        if name in arrays:
            return arrays[name]
        read = {} if name else dict(arrays)
    except ValueError as error:
        raise ValueError(f"{path!r} cannot be read: {error}") from error
    if name:
        message = str(unknown_name(f"array in {path!r}:", name, arrays))
        raise click.UsageError(message, click.get_current_context())
    return next(iter(read.values())) if len(read) == 1 else read


def random_inputs(network: Any, count: int, seed: int) -> Inputs:
    """Return random normal inputs of the shape that a network takes.

    Parameters
    ----------
    network : path of an ONNX file, list of (weights, biases, nonlinearity) or MultilayerPerceptron
        What tells the shape.
    count : int
        How many.
    seed : int
        Of the numbers.

    Raises
    ------
    ValueError
        If the network does not tell the shape of its inputs, takes no fractions, or the inputs
        would have more than 1 GiB.
    """
    shapes = _shapes(network)
    size = 4 * count * sum(map(math.prod, shapes.values()))
    if size > _MOST_BYTES:
        raise ValueError(
            f"{count} random inputs have {size} bytes; at most {_MOST_BYTES} are made."
        )
    rng = np.random.default_rng(seed)
    arrays = {
        name: rng.standard_normal((count, *shape), dtype=np.float32)
        for name, shape in shapes.items()
    }
    said = " and ".join(str(shape) for shape in shapes.values())
    origin = f"{count} random normal inputs of shape {said}, seed {seed}; these are no data"
    return Inputs(arrays if len(arrays) > 1 else next(iter(arrays.values())), origin)


def _shapes(network: Any) -> dict[str, tuple[int, ...]]:
    """Return the shape of one input, by the name of each array."""
    if isinstance(network, str):
        return {given.name: _extents(given) for given in _onnx_inputs(network)}
    if isinstance(network, MultilayerPerceptron):
        return {"inputs": (network.widths[0],)}
    if isinstance(network, list | tuple) and network and isinstance(network[0], list | tuple):
        return {"inputs": (np.shape(network[0][0])[0],)}
    kind = type(network).__name__
    raise ValueError(f"a network of type {kind} does not tell the shape of its inputs; {_ADVICE}")


_ADVICE = "give --inputs FILE in place of --random-inputs."


def _onnx_inputs(path: str) -> tuple[OnnxInput, ...]:
    name, model = load_model(path)
    return OnnxSession(model, name, ()).inputs


def _extents(given: OnnxInput) -> tuple[int, ...]:
    if given.dtype is None or given.dtype.kind != "f":
        raise ValueError(f"input {given.name!r} takes {given.dtype}, not fractions; {_ADVICE}")
    extents = given.shape[1:]
    if None in extents:
        shape = ", ".join("any" if size is None else str(size) for size in ("any", *extents))
        raise ValueError(f"input {given.name!r} has no fixed shape, but ({shape}); {_ADVICE}")
    return tuple(size for size in extents if size is not None)


def chosen_inputs(network: Any, source: str | None, count: int | None, seed: int) -> Inputs:
    """Return the inputs that the options say.

    Raises
    ------
    click.UsageError
        If the file has several arrays and the network takes one.
    """
    if source is None:
        return random_inputs(network, count or 0, seed)
    given = read_inputs(source)
    if isinstance(given.arrays, Mapping) and _takes_one_array(network):
        first = next(iter(given.arrays))
        raise click.UsageError(
            f"{source!r} has the arrays {', '.join(given.arrays)}; choose one, as in"
            f" --inputs {source}:{first}.",
            click.get_current_context(),
        )
    return given


def check_choice(source: str | None, count: int | None) -> None:
    """Raise unless there is one source of inputs.

    Raises
    ------
    click.UsageError
        If there is none, or two.
    """
    if (source is None) == (count is None):
        raise click.UsageError(
            "give --inputs FILE, or --random-inputs N for random normal numbers, and not both.",
            click.get_current_context(),
        )


def _takes_one_array(network: Any) -> bool:
    return isinstance(network, MultilayerPerceptron | list | tuple)
