"""How kernels are compiled: the decorators, and what LLVM must be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

kernel = njit(error_model="numpy", boundscheck=False, nogil=True)
"""For functions that loop over arrays."""

scalar = njit(error_model="numpy", boundscheck=False, forceinline=True)
"""For functions of scalars, to be inlined into the loops of kernels."""


def kernel_for(piece: Any) -> Callable[[Any], Any]:
    """Decorate a kernel that closes over a scalar function: compile it under its own name.

    Numba tells functions of one name apart by a number that starts anew in every process. A
    driver from the disk cache brings the numbers of the process that compiled it, and where
    they meet those of functions compiled later, the linker takes one function for another.
    """

    def compile_under_own_name(function: Any) -> Any:
        function.__qualname__ += f".{piece.__name__}"
        return kernel(function)

    return compile_under_own_name


def _prefer_wide_vectors(typing_context: Any) -> Any:
    """Ask LLVM to use 512-bit registers, if there are any, in the function that calls this.

    LLVM's tuning for several processors stops at 256 bits. The function is kept from being
    inlined, where the caller's preference would count instead.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        attributes = builder.function.attributes
        # llvmlite's own add() only knows the attributes without a value.
        set.add(attributes, '"prefer-vector-width"="512"')
        if "alwaysinline" not in attributes:
            attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), generate


prefer_wide_vectors: Any = intrinsic(_prefer_wide_vectors)


def _fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a*b + c, rounded once; float32 if `a` is, otherwise float64."""
    number = types.float32 if a == types.float32 else types.float64
    name = "llvm.fma.f32" if a == types.float32 else "llvm.fma.f64"

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = context.get_value_type(number)
        declare: Any = cgutils.get_or_insert_function
        function = declare(builder.module, ir.FunctionType(value, [value] * 3), name)
        return builder.call(function, arguments)

    return number(number, number, number), generate


fma: Any = intrinsic(_fma)


def _reinterpret(source: Any, target: Any, llvm_type: ir.Type) -> Any:
    def cast(typing_context: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.bitcast(arguments[0], llvm_type)

        return target(source), generate

    return intrinsic(cast)


bits_of = _reinterpret(types.float32, types.int32, ir.IntType(32))
"""The 32 bits of a float32, as int32."""
float_of = _reinterpret(types.int32, types.float32, ir.FloatType())
"""The float32 that has these 32 bits (int32)."""
