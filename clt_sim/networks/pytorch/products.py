"""Products and convolutions as affine maps of rows: what is u, what the weight, what the units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.networks.pytorch.library import load_torch
from clt_sim.networks.pytorch.rows import (
    ConvolutionSettings,
    copied_rows,
    rows_of,
    unit_axes,
    window_centres,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.networks.pytorch.provenance import BatchAxis


@dataclass(frozen=True, slots=True, eq=False)
class AffineMap:
    """An operation that multiplies data by a weight, if its operands are such.

    Parameters
    ----------
    kind : str
        ``"matmul"`` or ``"convolution"``.
    data, weight, output : torch.Tensor
        Its operands and what it gave.
    data_axis : int
        The axis of `data` that is summed over, or that of the channels.
    unit_axis : int
        The axis of `weight` that the units are along.
    units : int
        The axis of `output` that the units are along.
    has_bias : bool
        Whether a bias was added.
    suffix : str
        What tells the weights of a stack apart, such as ``"[3]"``.
    convolution : ConvolutionSettings or None
        For a convolution.
    """

    kind: str
    data: Any
    weight: Any
    output: Any
    data_axis: int
    unit_axis: int
    units: int
    has_bias: bool
    suffix: str = ""
    convolution: ConvolutionSettings | None = None

    @property
    def rows(self) -> int:
        """The number of samples."""
        return int(self.output.numel() // max(self.output.shape[self.units], 1))

    def u(self, values: Any) -> Any:
        """Return a copy of the input as rows, or of what stands in its place."""
        if self.convolution is None:
            return copied_rows(values, self.data_axis)
        return window_centres(values, self.output, self.weight, self.convolution)

    def u_of(self, values: Any, same: Any = None) -> Any:
        """Return a tensor of the layout of the input as its rows; None if it has another.

        Parameters
        ----------
        values : torch.Tensor
            What is wanted as rows.
        same : torch.Tensor, optional
            One of the same layout that must hold the very values of the input.
        """
        torch = load_torch()
        if self.convolution is not None:
            fits = values.shape == self.data.shape
            fits = fits and (same is None or torch.equal(same, self.data))
            return self.u(values) if fits else None
        wanted = rows_of(self.data, self.data_axis)
        for turned in (False, True) if values.dim() > 2 and same is not None else (False,):
            # Sequences may come inputs first or positions first.
            ours, theirs = (
                each.transpose(0, 1) if turned and each is not None else each
                for each in (values, same)
            )
            for axis in unit_axes(ours, wanted.shape):
                if theirs is None or torch.equal(rows_of(theirs, axis), wanted):
                    return copied_rows(ours, axis)
        if same is None or values.numel() != wanted.numel():
            return None
        is_flattened = torch.equal(same.reshape(wanted.shape), wanted)
        return copied_rows(values.reshape(wanted.shape), 1) if is_flattened else None

    def pre_activation(self) -> Any:
        """Return a copy of the output as rows."""
        return copied_rows(self.output, self.units)

    def clusters(self, batch: BatchAxis | None, inputs: int) -> NDArray[np.intp]:
        """Return which input of the batch each sample belongs to.

        Where that was lost on the way, the samples of one input are taken to follow each other.
        """
        axes = [axis for axis in range(self.data.dim()) if axis != self.data_axis % self.data.dim()]
        if self.convolution is not None:
            axes = [0]
        images = math.prod(self.data.shape[axis] for axis in axes)
        if batch is not None and any(batch.ratio(self.data, axis) for axis in axes):
            found = batch.inputs(self.data, axes)
        elif inputs and images % inputs == 0:
            found = np.arange(images) // (images // inputs)
        else:
            found = np.arange(images)
        return np.repeat(found, self.rows // max(images, 1))


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """A matrix product of two operands, one of which may be a weight.

    Parameters
    ----------
    left, right : torch.Tensor
        The operands, of one, two or three axes.
    bias : torch.Tensor or None
        What is added to it.
    """

    left: Any
    right: Any
    bias: Any

    @classmethod
    def of(cls, name: str, args: Any) -> Product:
        """Return the product of a call of ``mm``, ``addmm``, ``bmm``, ``baddbmm``, ``mv``..."""
        has_bias = name.startswith("add") or name == "baddbmm"
        if has_bias:
            return cls(args[1], args[2], args[0])
        return cls(args[0], args[1], None)

    def without_bias(self) -> Product:
        """Return the product alone."""
        return Product(self.left, self.right, None)

    def compute(self) -> Any:
        """Return its value, without the bias."""
        return load_torch().matmul(self.left, self.right)

    def maps(self, output: Any, *, weight_is_right: bool) -> list[AffineMap]:
        """Return the affine maps with one operand as the weight: one, or one for each of a stack.

        A weight that is expanded over a stack is one weight.
        """
        has_bias = self.bias is not None
        if self.right.dim() == 1:
            data = self.right[None]
            return [AffineMap("matmul", data, self.left, output[None], 1, 0, 1, has_bias)]
        if self.left.dim() == 2:
            return [_plain_map(self.left, self.right, output, has_bias, weight_is_right)]
        weight = self.right if weight_is_right else self.left
        if weight.stride(0) == 0 or weight.shape[0] == 1:
            operands = (self.left, weight[0]) if weight_is_right else (weight[0], self.right)
            return [_plain_map(*operands, output, has_bias, weight_is_right)]
        return [
            _plain_map(self.left[i], self.right[i], output[i], has_bias, weight_is_right, f"[{i}]")
            for i in range(output.shape[0])
        ]


def _plain_map(
    left: Any, right: Any, output: Any, has_bias: bool, weight_is_right: bool, suffix: str = ""
) -> AffineMap:
    if weight_is_right:
        return AffineMap("matmul", left, right, output, -1, 1, -1, has_bias, suffix)
    return AffineMap("matmul", right, left, output, -2, 0, -2, has_bias, suffix)


def convolution_map(arguments: dict[str, Any], output: Any) -> AffineMap:
    """Return the affine map that a convolution is."""
    settings = ConvolutionSettings(
        arguments["stride"],
        arguments["padding"],
        arguments["dilation"],
        bool(arguments["transposed"]),
    )
    return AffineMap(
        "convolution",
        arguments["input"],
        arguments["weight"],
        output,
        data_axis=1,
        unit_axis=1 if arguments["transposed"] else 0,
        units=1,
        has_bias=arguments["bias"] is not None,
        convolution=settings,
    )
