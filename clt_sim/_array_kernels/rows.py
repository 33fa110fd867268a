"""Rows of an array, gathered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from clt_sim._kernels.compilation import cached, prefer_wide_vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LINE = 64
"""Bytes that come from memory at once."""


def take_rows(
    values: NDArray[np.floating], rows: NDArray[np.int64], out: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Copy some rows, in any order, into `out`, and return it.

    While one row is copied the next is already on its way from memory; `numpy.take`, which waits
    for each, takes half as long again.

    Parameters
    ----------
    values : ndarray of floats, shape (n, columns)
        C-contiguous.
    rows : ndarray of int64, shape (m,)
        From 0 to n - 1, which is not checked.
    out : ndarray of floats, shape (m, columns)
        C-contiguous, in the dtype of `values`.
    """
    _take_rows(values, rows, out)
    return out


def _fetch_early(_typing_context: Any, array: Any, _row: Any, _column: Any) -> Any:
    """Ask for the line of memory that holds ``array[row, column]``, and do not wait for it."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointer: Any = cgutils.get_item_pointer
        structure = context.make_array(array)(context, builder, arguments[0])
        place = pointer(context, builder, array, structure, arguments[1:])
        address, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        declared = ir.FunctionType(ir.VoidType(), [address, number, number, number])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", (address,), declared)
        read, keep, data = number(0), number(3), number(1)
        builder.call(prefetch, [builder.bitcast(place, address), read, keep, data])
        return context.get_dummy_value()

    return types.void(array, types.intp, types.intp), generate


_fetch: Any = intrinsic(_fetch_early)


@cached
def _take_rows(values: Any, rows: Any, out: Any) -> None:
    prefer_wide_vectors()
    in_a_line = _LINE // values.itemsize
    for i in range(rows.size):
        if i + 1 < rows.size:
            for j in range(0, values.shape[1], in_a_line):
                _fetch(values, rows[i + 1], j)
        row = rows[i]
        for j in range(values.shape[1]):
            out[i, j] = values[row, j]
