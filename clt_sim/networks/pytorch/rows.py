"""Tensors as rows of samples: one column a unit, one row an input or a position of it."""

from __future__ import annotations

from typing import Any

from clt_sim.networks.pytorch.library import load_torch
from clt_sim.networks.pytorch.storages import storage_key


def rows_of(tensor: Any, axis: int) -> Any:
    """Return a tensor as (samples, units), with the units along `axis`; a view if it can be."""
    return tensor.detach().movedim(axis, -1).reshape(-1, tensor.shape[axis])


def copied_rows(tensor: Any, axis: int) -> Any:
    """Return a copy of shape (samples, units), in single precision unless it is in double.

    Whatever happens to the tensor afterwards, such as an in-place nonlinearity, leaves the copy
    as it is.
    """
    torch = load_torch()
    rows = rows_of(tensor, axis)
    dtype = torch.float64 if rows.dtype == torch.float64 else torch.float32
    shared = storage_key(rows) == storage_key(tensor)
    return rows.to(dtype, copy=shared, memory_format=torch.contiguous_format)


def matching_rows(tensor: Any, rows: Any) -> int | None:
    """Return along which axis of a tensor the units are, if it holds just these rows.

    The values are compared, so that a row is known to be the same sample in both.
    """
    torch = load_torch()
    for axis in unit_axes(tensor, rows.shape):
        ours = rows_of(tensor, axis).to(rows.dtype)
        if torch.equal(ours, rows) or torch.allclose(
            ours, rows, rtol=0.0, atol=0.0, equal_nan=True
        ):
            return axis
    return None


def unit_axes(tensor: Any, shape: Any) -> list[int]:
    """Return the axes that could be that of the units: the second, or the last."""
    if tensor.numel() != shape[0] * shape[1]:
        return []
    axes = sorted({min(1, tensor.dim() - 1), tensor.dim() - 1})
    return [axis for axis in axes if tensor.shape[axis] == shape[1]]


def window_centres(values: Any, output: Any, weight: Any, settings: ConvolutionSettings) -> Any:
    """Return what the input of a convolution shows at the centre of each window.

    Parameters
    ----------
    values : torch.Tensor, shape (images, channels, ...)
        The input, or a tensor of the same positions.
    output : torch.Tensor, shape (images, units, ...)
        What the convolution gave.
    weight : torch.Tensor
        Its weight.
    settings : ConvolutionSettings
        Stride, padding, dilation, and whether it is transposed.

    Returns
    -------
    torch.Tensor, shape (images * positions, channels)
        A copy. Where an even window has two centres, the later one; 0 where the centre lies in
        the padding.
    """
    torch = load_torch()
    outside = None
    for spatial in range(output.dim() - 2):
        axis, size = spatial + 2, values.shape[spatial + 2]
        places = torch.arange(output.shape[axis], device=values.device)
        centres = settings.centres(places, spatial, weight.shape[axis])
        beyond = (centres < 0) | (centres >= size)
        if bool(beyond.any()):
            shape = [-1 if other == axis else 1 for other in range(output.dim())]
            outside = beyond.view(shape) if outside is None else outside | beyond.view(shape)
            centres = centres.clamp(0, size - 1)
        if len(places) != size or not torch.equal(centres, places):
            values = values.index_select(axis, centres)
    if outside is not None:
        values = values.masked_fill(outside, 0.0)
    return copied_rows(values, 1)


class ConvolutionSettings:
    """Stride, padding and dilation of a convolution.

    Parameters
    ----------
    stride, padding, dilation : sequence of int
        One number for each spatial axis, or one for all.
    transposed : bool
        Whether it is a transposed convolution.
    """

    def __init__(self, stride: Any, padding: Any, dilation: Any, transposed: bool) -> None:
        self._stride, self._padding, self._dilation = list(stride), list(padding), list(dilation)
        self._transposed = transposed

    def centres(self, places: Any, spatial: int, width: int) -> Any:
        """Return the positions in the input that the windows of output positions are around."""
        stride, padding, dilation = (
            numbers[spatial] if len(numbers) > 1 else numbers[0]
            for numbers in (self._stride, self._padding, self._dilation)
        )
        middle = dilation * (width // 2)
        if self._transposed:
            return (places + padding - middle).div(stride, rounding_mode="floor")
        return places * stride - padding + middle
