"""From the tensors of a layer in ONNX to rows: one sample a row, one unit a column."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from clt_sim.networks.recording.collector import LayerBatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from clt_sim.networks.onnx_files.layers import OnnxLayer
    from clt_sim.networks.onnx_files.normalization import OnnxNormalization


def layer_batch(
    layer: OnnxLayer,
    normalization: OnnxNormalization | None,
    tensors: Mapping[str, NDArray[np.generic]],
    inputs: NDArray[np.integer],
) -> LayerBatch:
    """Return what a layer computed for one batch, with the same sample in row i of every signal.

    Parameters
    ----------
    layer : OnnxLayer
        The layer.
    normalization : OnnxNormalization or None
        The normalised signal that goes with it.
    tensors : mapping of str to ndarray
        Those of the layer by name, for one batch.
    inputs : ndarray of int, shape (batch,)
        The numbers of the inputs in the batch, for the clusters.

    Returns
    -------
    LayerBatch
        Without the normalised signal where it is for other samples than ``Wu + b``, as behind
        pooling.

    Raises
    ------
    ValueError
        If u and ``Wu + b`` are not for equally many samples.
    """
    u, z = _real(tensors[layer.u]), _real(tensors[layer.pre_activation])
    pre_activation = _output_rows(layer, z)
    u_rows = _input_rows(layer, u, z)
    if len(u_rows) != len(pre_activation):
        raise ValueError(
            f"layer {layer.name!r} has {len(u_rows)} rows of u, of shape {u.shape}, and"
            f" {len(pre_activation)} of Wu+b, of shape {z.shape}."
        )
    clusters = _clusters(_axes_of_rows(layer, z), inputs)
    plain = LayerBatch(u_rows, pre_activation, clusters=clusters)
    if normalization is None:
        return plain
    target = u if normalization.of_inputs else z
    array = normalization.aligned(_real(tensors[normalization.tensor]), target.shape)
    if array is None:
        return plain
    if not normalization.of_inputs:
        normalized = _output_rows(layer, array)
        return replace(plain, normalized=normalized, normalization=normalization.kind)
    if normalization.u is not None:
        before = normalization.aligned(_real(tensors[normalization.u]), target.shape)
        if before is None:
            return plain
        u_rows = _input_rows(layer, before, z)
    normalized = _input_rows(layer, array, z)
    return LayerBatch(u_rows, pre_activation, normalized, normalization.kind, clusters)


def _real(tensor: NDArray[np.generic]) -> NDArray[np.floating]:
    """Return half precision as single precision, and whole numbers as double precision."""
    if tensor.dtype == np.float16:
        return tensor.astype(np.float32)
    if tensor.dtype.kind != "f":
        return tensor.astype(np.float64)
    return np.asarray(tensor, dtype=tensor.dtype)


def _output_rows(layer: OnnxLayer, z: NDArray[np.floating]) -> NDArray[np.floating]:
    if layer.window is not None:
        return _positions_to_rows(z)
    if layer.single_unit:
        return z.reshape(-1, 1)
    return _vectors(z, columns=layer.unit_rows)


def _input_rows(
    layer: OnnxLayer, u: NDArray[np.floating], z: NDArray[np.floating]
) -> NDArray[np.floating]:
    if layer.window is None:
        return _vectors(u, columns=layer.u_columns)
    centres = layer.window.centres(u.shape[2:], z.shape[2:])
    for axis, positions in enumerate(centres, start=2):
        size = u.shape[axis]
        outside = (positions < 0) | (positions >= size)
        u = np.take(u, np.clip(positions, 0, size - 1), axis=axis)
        if outside.any():  # the layer sees the zeros of the padding there
            np.moveaxis(u, axis, 0)[outside] = 0
    return _positions_to_rows(u)


def _vectors(array: NDArray[np.floating], *, columns: bool) -> NDArray[np.floating]:
    if columns and array.ndim > 1:
        array = np.swapaxes(array, -1, -2)
    return array.reshape(-1, array.shape[-1])


def _positions_to_rows(array: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.moveaxis(array, 1, -1).reshape(-1, array.shape[1])


def _clusters(axes: tuple[int, ...], inputs: NDArray[np.integer]) -> NDArray[np.integer] | None:
    """Return the input that each row belongs to, as far as the extents of its axes tell.

    Inputs go along the first axis, or the second in models that have the time first; they may
    be merged with the axes behind. Where no axis has the inputs, all rows of the batch count as
    one cluster: too few clusters make errors too large, and too many would make them too small.
    """
    rows, batch = math.prod(axes), len(inputs)
    if len(axes) <= 1 and rows == batch:
        return None
    if axes and axes[0] % batch == 0:
        return np.repeat(inputs, rows // batch)
    if len(axes) > 1 and axes[1] == batch:
        return np.tile(np.repeat(inputs, math.prod(axes[2:])), axes[0])
    return np.full(rows, inputs[0])


def _axes_of_rows(layer: OnnxLayer, z: NDArray[np.floating]) -> tuple[int, ...]:
    """Return the extents of the axes that samples go along, the last one the fastest."""
    if layer.window is not None:
        return (z.shape[0], *z.shape[2:])
    if layer.single_unit:
        return z.shape
    return (*z.shape[:-2], z.shape[-1]) if layer.unit_rows else z.shape[:-1]
