"""Loading of ONNX models, from files or as they are given."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from clt_sim.networks.onnx_files.extra import import_extra
from clt_sim.networks.onnx_files.graph import all_nodes, all_tensors, subgraphs

_MOST_BYTES = 2**31 - 1
"""What a protocol buffer, and so a model in one piece, can hold."""

_MOST_WRITTEN = 2**26
"""The most bytes of operations when functions are written out."""

_ARCHIVES = {b"PK": "zip", b"\x1f\x8b": "gzip", b"BZ": "bzip2", b"\xfd7": "xz", b"7z": "7z"}
"""Archives by their first two bytes; none of them can start an ONNX model."""


def load_model(network: Any) -> tuple[str, Any]:
    """Return what to call a model, and a copy of it that can be changed.

    Functions that are local to the model are written out, so that their layers are seen.

    Parameters
    ----------
    network : str, path or onnx.ModelProto
        The file or the model.

    Returns
    -------
    name : str
        Such as ``"ONNX model 'classifier.onnx'"``.
    model : onnx.ModelProto
        With all weights in memory.

    Raises
    ------
    ModuleNotFoundError
        If onnx is not installed; the message has the command that installs it.
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a complete ONNX model.
    """
    onnx = import_extra("onnx")
    if isinstance(network, str | os.PathLike):
        path = Path(network)
        name = f"ONNX model {path.name!r}"
        model = _read(path, name)
        _load_external(model, path.parent, name)
    else:
        name = f"ONNX model {network.graph.name!r}" if network.graph.name else "ONNX model"
        model = onnx.ModelProto()
        model.CopyFrom(network)
        _refuse_external(model, name)
    _check_names(model, name)
    if not model.graph.node or not model.graph.output:
        raise ValueError(f"{name} has no operations; it is not an ONNX model, or it is damaged.")
    model = _inlined(model, name)
    _check_arguments(model, name)
    return name, model


def serialized(model: Any, name: str) -> bytes:
    """Return the bytes of a model.

    Raises
    ------
    ValueError
        If they are more than a protocol buffer can hold.
    """
    if model.ByteSize() > _MOST_BYTES:
        raise ValueError(f"{name} is larger than 2 GB, which cannot be recorded.")
    return bytes(model.SerializeToString())


def _read(path: Path, name: str) -> Any:
    """Parse a file, without the weights that it keeps in other files."""
    onnx = import_extra("onnx")
    if not path.is_file():
        problem = "it is a folder" if path.is_dir() else "there is no such file"
        raise FileNotFoundError(f"network {str(path)!r} cannot be read: {problem}.")
    size = path.stat().st_size
    if size > _MOST_BYTES:
        raise ValueError(f"{name} is larger than 2 GB, which cannot be recorded.")
    with path.open("rb") as file:
        archive = _ARCHIVES.get(file.read(2))
    if archive is not None:
        raise ValueError(f"{str(path)!r} is a {archive} archive, not an ONNX model.")
    try:
        return onnx.load_model(os.fspath(path), format="protobuf", load_external_data=False)
    except Exception as error:  # of protobuf, which has one class for each of its backends
        raise ValueError(
            f"{str(path)!r} is not an ONNX model, or it is cut off or damaged ({size} bytes):"
            f" {error}"
        ) from None


def _check_names(model: Any, name: str) -> None:
    """Raise if a name in the model is no text, as in damaged files."""
    try:
        damaged = not all(isinstance(text, str) for text in _names(model.graph))
    except UnicodeDecodeError:
        damaged = True
    if damaged:
        raise ValueError(f"{name} is damaged: a name in it is no text.")


def _names(graph: Any) -> Iterator[object]:
    for node in all_nodes(graph):
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)
    yield from (tensor.name for tensor in all_tensors(graph))
    yield from (value.name for value in (*graph.input, *graph.output))


def _check_arguments(model: Any, name: str) -> None:
    """Raise if a standard operation has fewer inputs or outputs than it needs."""
    defs = import_extra("onnx.defs")
    versions = [opset.version for opset in model.opset_import if opset.domain in {"", "ai.onnx"}]
    for node in all_nodes(model.graph):
        if not versions or not defs.has(node.op_type, node.domain):
            continue
        try:
            schema = defs.get_schema(node.op_type, max(versions), node.domain)
        except defs.SchemaError:  # none at this version: the runtime judges
            continue
        if len(node.input) < schema.min_input or len(node.output) < max(schema.min_output, 1):
            raise ValueError(
                f"{name} is damaged: {node.op_type} {node.name!r} has {len(node.input)} inputs and"
                f" {len(node.output)} outputs."
            )


def _load_external(model: Any, folder: Path, name: str) -> None:
    """Read the weights that are kept in other files of the same folder."""
    external_data = import_extra("onnx.external_data_helper")
    outside = _external_tensors(model)
    total = 0
    for tensor in outside:
        total += _external_size(tensor, folder, name)
    if total > _MOST_BYTES:
        raise ValueError(f"{name} has {total} bytes of weights; at most 2 GB can be recorded.")
    for tensor in outside:
        try:
            external_data.load_external_data_for_tensor(tensor, os.fspath(folder))
        except Exception as error:
            raise ValueError(
                f"the weights {tensor.name!r} of {name} cannot be read from their file: {error}"
            ) from None
        tensor.data_location = 0  # what was read is in the model now
        del tensor.external_data[:]


def _external_size(tensor: Any, folder: Path, name: str) -> int:
    """Return the bytes that a tensor takes from its file, or raise if they are not there."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    path = folder / entries.get("location", "")
    if not path.is_file():
        raise ValueError(
            f"{name} keeps the weights {tensor.name!r} in a file {entries.get('location')!r},"
            " which is not beside it."
        )
    try:
        offset = int(entries.get("offset", "0"))
        length = int(entries.get("length", path.stat().st_size - offset))
    except ValueError:
        offset = length = -1
    if offset < 0 or length < 0 or offset + length > path.stat().st_size:
        raise ValueError(
            f"the file {path.name!r} is too short for the weights {tensor.name!r} of {name}."
        )
    return length


def _refuse_external(model: Any, name: str) -> None:
    for tensor in _external_tensors(model):
        raise ValueError(
            f"{name} keeps the weights {tensor.name!r} in another file; pass the path of the"
            " model instead."
        )


def _external_tensors(model: Any) -> list[Any]:
    external_data = import_extra("onnx.external_data_helper")
    tensors = all_tensors(model.graph)
    return [tensor for tensor in tensors if external_data.uses_external_data(tensor)]


def _inlined(model: Any, name: str) -> Any:
    """Return the model with its local functions written out."""
    if not model.functions:
        return model
    _check_functions(model, name)
    inliner = import_extra("onnx.inliner")
    try:
        model = inliner.inline_local_functions(model)
    except Exception as error:
        raise ValueError(f"the functions of {name} cannot be written out: {error}") from None
    _check_names(model, name)
    return model


def _check_functions(model: Any, name: str) -> None:
    """Raise if functions call themselves, or each other so often that they would fill memory."""
    functions = {(function.domain, function.name): function for function in model.functions}

    @functools.cache
    def size(called: tuple[str, str]) -> int:
        return written(functions[called].node) if called in functions else 0

    def written(nodes: Iterable[Any]) -> int:
        every = [inner for node in nodes for inner in _with_inner(node)]
        return sum(node.ByteSize() + size((node.domain, node.op_type)) for node in every)

    try:
        total = written(model.graph.node)
    except RecursionError:
        raise ValueError(f"the functions of {name} call themselves, or others deeply.") from None
    if total > _MOST_WRITTEN:
        raise ValueError(f"the functions of {name} would be written out as {total} bytes.")


def _with_inner(node: Any) -> Iterator[Any]:
    yield node
    for inner in subgraphs(node):
        yield from all_nodes(inner)
