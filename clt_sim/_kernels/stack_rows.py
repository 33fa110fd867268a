"""Scratch rows for kernels that are given none, and sums over lanes that lose nothing."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from clt_sim._kernels.compilation import scalar
from clt_sim._kernels.rows import CACHE_LINE

LANES = 32
"""Values that are added side by side: four registers of 512 bits, so that sums do not wait."""


def _stack_row(typing_context: Any, size: Any) -> Any:
    """Return a row of float64 on the stack, of a constant size.

    It lives as long as the call of the kernel, which must not return it, and holds anything at
    first. Unlike memory that was passed in, it cannot be what another array points to: loops over
    it need no check of that to become SIMD code.
    """
    if not isinstance(size, types.IntegerLiteral):
        return None
    row = types.Array(types.float64, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        double = ir.DoubleType()
        with builder.goto_entry_block():
            memory = builder.alloca(ir.ArrayType(double, size.literal_value))
        memory.align = CACHE_LINE
        array = context.make_array(row)(context, builder)
        step = context.get_constant(types.intp, 8)
        context.populate_array(
            array,
            data=builder.bitcast(memory, double.as_pointer()),
            shape=(context.get_constant(types.intp, size.literal_value),),
            strides=(step,),
            itemsize=step,
            meminfo=None,
        )
        return array._getvalue()

    return row(size), generate


stack_row: Any = intrinsic(prefer_literal=True)(_stack_row)


@scalar
def add_compensated(total: Any, lost: Any, term: Any) -> Any:
    """Return `total` + `term`, and `lost` plus the rounding error of that (Knuth's two-sum)."""
    result = total + term
    added = result - total
    return result, lost + ((total - (result - added)) + (term - added))


@scalar
def fill_lanes(row: Any, value: Any) -> None:
    """Overwrite a row of lanes with one value."""
    for lane in range(LANES):
        row[lane] = value


@scalar
def add_lanes(sums: Any, lost: Any) -> Any:
    """Return the sum over lanes of compensated sums, in the order of the lanes."""
    total, rest = 0.0, 0.0
    for lane in range(LANES):
        total, rest = add_compensated(total, rest, sums[lane])
        rest += lost[lane]
    return total + rest
