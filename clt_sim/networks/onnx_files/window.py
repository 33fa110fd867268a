"""Where a convolution of an ONNX model looks: the positions at the centres of its windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim.networks.onnx_files.graph import text, whole_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class OnnxWindow:
    """The window of a convolution along each axis of positions.

    Parameters
    ----------
    kernel : tuple of int
        The extent of the weights.
    strides, dilations : tuple of int
        From window to window, and from element to element of the weights.
    pads : tuple of int or None
        How many zeros are put before the input; None if `padding` and the extents decide it.
    padding : str
        The attribute ``auto_pad`` of ONNX.
    transposed : bool
        Whether it is a transposed convolution, whose output has the windows.
    output_padding : tuple of int
        How much longer the output of a transposed convolution is.

    Examples
    --------
    Windows of 3 elements from every second position, with one zero before the input:

    >>> window = OnnxWindow((3,), (2,), (1,), (1,))
    >>> window.centres((5,), (3,))
    [array([0, 2, 4])]
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[int, ...] | None
    padding: str = "NOTSET"
    transposed: bool = False
    output_padding: tuple[int, ...] = ()

    @classmethod
    def of_node(cls, node: Any, kernel: tuple[int, ...]) -> OnnxWindow:
        """Return the window of a ``Conv`` or ``ConvTranspose`` with weights of this extent."""
        axes = len(kernel)
        ones, zeros = (1,) * axes, (0,) * axes
        padding = text(node, "auto_pad", "NOTSET")
        pads = whole_numbers(node, "pads") or (*zeros, *zeros)
        decided = padding in {"SAME_UPPER", "SAME_LOWER"} or (
            whole_numbers(node, "output_shape") is not None
        )
        return cls(
            kernel,
            whole_numbers(node, "strides") or ones,
            whole_numbers(node, "dilations") or ones,
            None if decided else zeros if padding == "VALID" else pads[:axes],
            padding,
            node.op_type == "ConvTranspose",
            whole_numbers(node, "output_padding") or zeros,
        )

    def centres(self, extent: tuple[int, ...], windows: tuple[int, ...]) -> list[NDArray[np.intp]]:
        """Return the position of the input that each window has at its centre, for each axis.

        Where a window of even extent has two centres, it is the later one. A transposed
        convolution spreads each input over a window of outputs; an output has the input whose
        window it is in the middle of. Positions that are not in ``range(extent)`` are in the
        padding.

        Parameters
        ----------
        extent : tuple of int
            Of the input, along each axis of positions.
        windows : tuple of int
            Of the output.

        Returns
        -------
        list of ndarray of intp
            For each axis, shape ``(windows[axis],)``.
        """
        centres = []
        for axis, (size, count) in enumerate(zip(extent, windows, strict=True)):
            stride, width = self.strides[axis], self._width(axis)
            before = self._padding_before(axis, size, count)
            output = np.arange(count)
            if self.transposed:
                # Of the outputs in the window of an input, the stride that is in its middle.
                centres.append((output + before - max((width - stride) // 2, 0)) // stride)
            else:
                middle = self.dilations[axis] * (self.kernel[axis] // 2)
                centres.append(output * stride - before + middle)
        return centres

    def _width(self, axis: int) -> int:
        """Return the extent of a window with the gaps of its dilation."""
        return self.dilations[axis] * (self.kernel[axis] - 1) + 1

    def _padding_before(self, axis: int, size: int, count: int) -> int:
        """Return the zeros before the input; of a transposed one, the outputs cut off."""
        if self.pads is not None:
            return self.pads[axis]
        stride = self.strides[axis]
        width = self._width(axis)
        if self.transposed:
            total = max(stride * (size - 1) + self.output_padding[axis] + width - count, 0)
        else:
            total = max((count - 1) * stride + width - size, 0)
        return total // 2 if self.padding == "SAME_UPPER" else total - total // 2
