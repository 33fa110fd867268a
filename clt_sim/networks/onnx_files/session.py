"""Running of an ONNX model with the signals of its layers among the outputs."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clt_sim.networks.onnx_files.extra import import_extra
from clt_sim.networks.onnx_files.graph import all_tensors, subgraphs
from clt_sim.networks.onnx_files.inputs import OnnxInput
from clt_sim.networks.onnx_files.model import serialized

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_BYTES = 2**31
"""The most memory for one tensor, and for all that is fetched, in one batch."""
_MOST_ELEMENTS_COPIED = 4096
"""Tensors of more elements are no shapes, and extents are inferred without them."""
_NODE_IN_MESSAGE = re.compile(r"Name:'([^']*)'")


class OnnxSession:
    """A model in onnxruntime, without optimisation and with one thread.

    Parameters
    ----------
    model : onnx.ModelProto
        The model; the tensors are appended to its outputs.
    name : str
        What to call it in messages.
    tensors : iterable of str
        The names of the tensors to fetch.

    Raises
    ------
    ModuleNotFoundError
        If onnxruntime is not installed; the message has the command that installs it.
    ValueError
        If the runtime refuses the model, or it declares tensors of more than 2 GB.
    """

    inputs: tuple[OnnxInput, ...]
    """What the model takes."""

    def __init__(self, model: Any, name: str, tensors: Iterable[str]) -> None:
        runtime = import_extra("onnxruntime")
        self._name, self._largest = name, 0
        _check_stored(model, name)
        given = {value.name for value in model.graph.input}
        self._tensors = list(dict.fromkeys(tensors))
        self._fetched = [tensor for tensor in self._tensors if tensor not in given]
        present = {value.name for value in model.graph.output}
        for tensor in self._fetched:
            if tensor not in present:
                model.graph.output.add(name=tensor)
        self._outline = _without_weights(model)
        options = runtime.SessionOptions()
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self._run_options = runtime.RunOptions()
        self._run_options.log_severity_level = 4
        try:
            self._session = runtime.InferenceSession(
                serialized(model, name),
                options,
                providers=["CPUExecutionProvider"],
                enable_fallback=0,  # which would print and try the same again
            )
            inputs = [OnnxInput.of_runtime(node) for node in self._session.get_inputs()]
        except Exception as error:  # of the runtime, which has a class for each kind of fault
            raise ValueError(f"onnxruntime refuses {name}: {_first_line(error)}") from None
        self.inputs = tuple(inputs)

    def run(self, arrays: Mapping[str, NDArray[np.generic]]) -> dict[str, NDArray[np.generic]]:
        """Return the tensors for one batch.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            The inputs by name.

        Returns
        -------
        dict of str to ndarray
            The tensors by name.

        Raises
        ------
        ValueError
            If a tensor of the batch would take more than 2 GB, or all that are fetched would.
        RuntimeError
            If the model fails on the inputs; the message says at which node, if that is known.
        """
        size = sum(array.nbytes for array in arrays.values())
        if size > self._largest:
            self._check_extents({name: array.shape for name, array in arrays.items()})
            self._largest = size
        try:
            values = self._session.run(self._fetched, dict(arrays), self._run_options)
        except Exception as error:
            raise RuntimeError(
                f"{self._name} failed{_place(error)}: {_first_line(error)}"
            ) from error
        found = dict(zip(self._fetched, values, strict=True))
        return {name: found[name] if name in found else arrays[name] for name in self._tensors}

    def _check_extents(self, shapes: Mapping[str, Sequence[int]]) -> None:
        """Raise if tensors whose extents can be told from those of the inputs are too large."""
        inferred = _inferred(self._outline, shapes)
        sizes = dict(_declared_sizes(inferred.graph))
        batch = next((shape[0] for shape in shapes.values() if len(shape)), 1)
        advice = f"for {batch} inputs; a smaller batch_size may help."
        for tensor, size in sizes.items():
            if size > _MOST_BYTES:
                what = f"the tensor {tensor!r} of {self._name}"
                raise ValueError(f"{what} would take {size / 2**30:.1f} GB {advice}")
        total = sum(sizes.get(tensor, 0) for tensor in self._fetched)
        if total > _MOST_BYTES:
            raise ValueError(
                f"the layers of {self._name} would take {total / 2**30:.1f} GB {advice}"
            )


def _check_stored(model: Any, name: str) -> None:
    """Raise if a constant declares more memory than a model can hold."""
    for tensor in all_tensors(model.graph):
        size = math.prod(tensor.dims) * _item_size(tensor.data_type)
        if size > _MOST_BYTES or any(extent < 0 for extent in tensor.dims):
            raise ValueError(
                f"the weights {tensor.name!r} of {name} declare the shape {tuple(tensor.dims)}."
            )


def _item_size(data_type: int) -> int:
    helper = import_extra("onnx.helper")
    try:
        return int(helper.tensor_dtype_to_np_dtype(data_type).itemsize)
    except (KeyError, TypeError, ValueError):
        return 1


def _without_weights(model: Any) -> Any:
    """Return the model for the inference of extents: large constants have a shape only."""
    outline = type(model)(ir_version=model.ir_version, opset_import=model.opset_import)
    graph = outline.graph
    graph.name = "outline"
    graph.input.extend(model.graph.input)
    graph.output.extend(value for value in model.graph.output if value.HasField("type"))
    graph.node.extend(model.graph.node)
    for tensor in model.graph.initializer:
        if math.prod(tensor.dims) > _MOST_ELEMENTS_COPIED:
            graph.initializer.add(name=tensor.name, dims=tensor.dims, data_type=tensor.data_type)
        else:
            graph.initializer.append(tensor)
    return outline


def _inferred(outline: Any, shapes: Mapping[str, Sequence[int]]) -> Any:
    """Return the outline with the extents that follow from those of the inputs."""
    shape_inference = import_extra("onnx.shape_inference")
    model = type(outline)()
    model.CopyFrom(outline)
    for value in model.graph.input:
        if value.name in shapes:
            extents = value.type.tensor_type.shape
            del extents.dim[:]
            for size in shapes[value.name]:
                extents.dim.add(dim_value=size)
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    try:
        return shape_inference.infer_shapes(model, data_prop=True)
    except Exception:  # what cannot be inferred is left to the runtime
        return model


def _declared_sizes(graph: Any) -> Iterable[tuple[str, int]]:
    """Yield the bytes of all tensors whose extents are known, also in graphs in the graph."""
    for value in (*graph.value_info, *graph.output):
        tensor = value.type.tensor_type
        extents = [dimension.dim_value for dimension in tensor.shape.dim]
        if tensor.HasField("shape") and all(dim.HasField("dim_value") for dim in tensor.shape.dim):
            yield value.name, math.prod(extents) * _item_size(tensor.elem_type)
    for node in graph.node:
        for inner in subgraphs(node):
            yield from _declared_sizes(inner)


def _place(error: Exception) -> str:
    found = _NODE_IN_MESSAGE.search(str(error))
    return f" at {found.group(1)!r}" if found and found.group(1) else ""


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
