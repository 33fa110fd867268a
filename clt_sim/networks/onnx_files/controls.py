"""ONNX models with other weights, for `clt_sim.networks.controls`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.networks.onnx_files.extra import import_extra
from clt_sim.networks.onnx_files.graph import OnnxGraph
from clt_sim.networks.onnx_files.layers import find_layers
from clt_sim.networks.onnx_files.model import load_model

if TYPE_CHECKING:
    from numpy.typing import NDArray


def onnx_control(network: Any, change: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Any:
    """Return a copy of a model with the weights of its layers changed.

    Parameters
    ----------
    network : str, path or onnx.ModelProto
        The file or the model; it is not changed.
    change : callable
        Returns the new weights for those of one layer; weights that layers share are changed once.

    Returns
    -------
    onnx.ModelProto
        The model, with functions that were local to it written out.

    Raises
    ------
    ValueError
        If it is no model, has no layers, or weights are computed from other constants.
    """
    name, model = load_model(network)
    graph = OnnxGraph(model.graph)
    weights: dict[int, Any] = {}
    for layer in find_layers(graph).layers:
        operands = graph.producers[layer.node].input[:2]
        constant = next(each for each in operands if each != layer.u)
        tensor = graph.tensor(constant)
        if tensor is None:
            raise ValueError(f"the weights of {layer.name} of {name} are computed from others.")
        weights.setdefault(id(tensor), tensor)
    if not weights:
        raise ValueError(f"{name} has no weights of layers to change.")
    numpy_helper = import_extra("onnx.numpy_helper")
    for tensor in weights.values():
        given = numpy_helper.to_array(tensor)
        changed = change(given.astype(np.float64)).astype(given.dtype)
        tensor.CopyFrom(numpy_helper.from_array(changed, tensor.name))
    return model
