"""Files of recorded layers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from clt_sim._validation import whole
from clt_sim.networks.recording.recorded_layer import SIGNALS, LayerPart, RecordedLayer
from clt_sim.networks.recording.row_sample import RowSample
from clt_sim.networks.recording.unit_moments import UnitMoments
from clt_sim.summaries.archive import read_archive, write_archive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Layers = tuple[RecordedLayer, ...]
    Runs = tuple[dict[str, Any], ...]

R = TypeVar("R")

FORMAT = "clt_sim layer record 1"
LARGEST = 2**32
"""Files that unpack to more bytes are refused."""
NOTES = ("hidden", "unread", "unlinked_normalizations")
"""Settings of a run that are lists of texts."""
_FACTS = {
    "keys": np.uint64,
    "seeds": np.int64,
    "calls": np.int64,
    "places": np.int64,
    "inputs": np.int64,
}


def write(
    path: str | os.PathLike[str], layers: Sequence[RecordedLayer], runs: Sequence[Mapping[str, Any]]
) -> None:
    """Write layers and runs; equal contents give equal bytes.

    Parameters
    ----------
    path : path
        The file; its folder must exist.
    layers : sequence of RecordedLayer
        The layers in order.
    runs : sequence of dict
        JSON types.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for index, layer in enumerate(layers):
        for name, array in layer.sample.arrays().items():
            arrays[f"{index}.{name}"] = array
        for attribute in layer.sample.values:
            pairs = [part.moments[attribute].arrays() for part in layer.parts]
            arrays[f"{index}.{attribute}.reals"] = np.array([reals for reals, _ in pairs])
            arrays[f"{index}.{attribute}.counts"] = np.array([counts for _, counts in pairs])
    header = {
        "format": FORMAT,
        "runs": [dict(run) for run in runs],
        "layers": [_layer_header(layer) for layer in layers],
    }
    write_archive(path, header, arrays)


def _layer_header(layer: RecordedLayer) -> dict[str, Any]:
    return {
        "name": layer.name,
        "normalization": layer.normalization,
        "size": layer.sample.size,
        "parts": [[part.seed, part.rows, part.left_out] for part in layer.parts],
    }


def read(path: str | os.PathLike[str], make: Callable[[Layers, Runs], R]) -> R:
    """Return what `make` makes of the layers and runs that `write` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a record, is damaged, or unpacks to more than 4 GiB.
    """

    def made(header: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> R:
        return make(*_from_header(header, arrays))

    return read_archive(path, FORMAT, "a layer record", made, LARGEST)


def _from_header(header: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> tuple[Layers, Runs]:
    layers = tuple(
        _layer(facts, _arrays_of(index, arrays)) for index, facts in enumerate(header["layers"])
    )
    return layers, tuple(_run(facts) for facts in header["runs"])


def _run(facts: Any) -> dict[str, Any]:
    """Return what is known of a run, or raise if it is not of the kind that a record has."""
    run = dict(facts)
    whole("seed", run["seed"], least=-(2**63), most=2**64 - 1)
    for name, least in (("inputs_given", 0), ("every", 1), ("rows", 1), ("units", 1)):
        if name in run:
            whole(name, run[name], least=least)
    for name in NOTES:
        texts = run.get(name, [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"its {name} are {texts!r}")
    return run


def _arrays_of(index: int, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    start = f"{index}."
    return {name.removeprefix(start): arrays[name] for name in arrays if name.startswith(start)}


def _layer(facts: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> RecordedLayer:
    present = [name for name in SIGNALS if name in arrays]
    moments = {
        name: [
            UnitMoments.from_arrays(*pair)
            for pair in zip(arrays.pop(f"{name}.reals"), arrays.pop(f"{name}.counts"), strict=True)
        ]
        for name in present
    }
    parts = tuple(
        LayerPart(*_counts(counts), {name: moments[name][i] for name in present})
        for i, counts in enumerate(facts["parts"])
    )
    _check(facts, arrays, parts)
    sample = RowSample.least(facts["size"], arrays)
    return RecordedLayer(facts["name"], facts["normalization"], sample, parts)


def _counts(counts: Sequence[Any]) -> tuple[int, int, int]:
    """Return the seed, the rows and the left out rows of a part."""
    seed, rows, left_out = counts
    whole("seed", seed, least=-(2**63), most=2**64 - 1)
    rows = whole("rows", rows, least=0)
    return seed, rows, whole("rows left out", left_out, least=0, most=rows)


def _check_names(facts: Mapping[str, Any], parts: Sequence[LayerPart]) -> None:
    """Raise if a layer is not named, or its parts are not of the same signals and units."""
    texts = facts["name"], facts["normalization"] or ""
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"a layer is named {facts['name']!r}, {facts['normalization']!r}")
    if not parts or "pre_activation" not in parts[0].moments:
        raise ValueError(f"{facts['name']} has no pre-activation")
    for name, moments in parts[0].moments.items():
        if any(part.moments[name].units != moments.units for part in parts):
            raise ValueError(f"{name} of {facts['name']} has other units in other runs")


def _check(
    facts: dict[str, Any], arrays: dict[str, NDArray[Any]], parts: tuple[LayerPart, ...]
) -> None:
    """Raise if a layer could not have been recorded like this."""
    _check_names(facts, parts)
    whole("size", facts["size"], least=1)
    rows, kept = arrays["keys"].size, sum(part.rows - part.left_out for part in parts)
    if rows != min(facts["size"], kept):
        raise ValueError(f"{facts['name']} has {rows} rows of {kept}, not {facts['size']}")
    for name, array in arrays.items():
        if name not in _FACTS and name not in parts[0].moments:
            raise ValueError(f"{facts['name']} has an array {name!r} that no record has")
        if array.ndim != (1 if name in _FACTS else 2) or len(array) != rows:
            raise ValueError(f"{name} of {facts['name']} has shape {array.shape} for {rows} rows")
        if name in _FACTS:
            right = array.dtype == _FACTS[name]
        else:
            units = parts[0].moments[name].units
            right = array.dtype.kind == "f" and 0 < array.shape[1] <= units
            right = right and bool(np.isfinite(array).all())
        if not right:
            raise ValueError(f"{name} of {facts['name']} does not fit its statistics")
