"""How kernels are compiled: the decorators, and what LLVM must be told."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llvmlite import ir
from numba import cfunc, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from clt_sim._kernels.rows import BLOCK

# Kernels allocate nothing, and what they are given outlives them. To count references to it all
# the same would cost a call for each array of each call: a quarter of the time of a simulation.
_UNCOUNTED: Any = {"error_model": "numpy", "_nrt": False}
# Nothing but cached functions is called from Python: wrappers for it would be a third of the
# time that all kernels take to compile.
_INNER: Any = {**_UNCOUNTED, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_Decorator = Callable[[Callable[..., Any]], Any]

kernel: _Decorator = njit(**_INNER)
"""For functions that loop over arrays."""

scalar: _Decorator = njit(forceinline=True, **_INNER)
"""For functions of scalars, to be inlined into the loops of kernels."""

inlined = scalar
"""For functions that call kernels: tuples of arrays are not copied on the way through them.

Numba hands this on to the kernels that they are the first to call.
"""

merged: _Decorator = njit(inline="always", **_INNER)
"""For functions that call kernels, too: they become part of the one function that calls them.

What they call is then compiled as if that function called it, and nothing by itself in between.
In a long function that takes longer than `inlined` does: each of its variables is a tuple of
arrays, copied.
"""

cached: _Decorator = njit(cache=True, nogil=True, **_UNCOUNTED)
"""For drivers, which are called from Python."""


def first_class(signature: Any, *, cache: bool) -> _Decorator:
    """Decorate a function that drivers take as an argument."""
    decorate: _Decorator = cfunc(signature, cache=cache, **_UNCOUNTED)
    return decorate


def source_digest() -> int:
    """Return a number that changes with any edit of any kernel.

    Numba's disk cache looks for changes in the file of a cached function alone. What the function
    closes over is part of its key, so every cached function closes over this number; it returns
    it, because a closure holds nothing that the function does not use.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:7])


def named(name: str, decorator: _Decorator = kernel) -> _Decorator:
    """Decorate a function that closes over compiled ones: compile it under a name of its own.

    Numba tells functions of one name apart by a number that starts anew in every process. A
    driver from the disk cache brings the numbers of the process that compiled it, and where
    they meet those of functions compiled later, the linker takes one function for another.
    """

    def compile_under_own_name(function: Any) -> Any:
        function.__qualname__ += f".{name}"
        return decorator(function)

    return compile_under_own_name


def kernel_for(piece: Any, decorator: _Decorator = kernel) -> _Decorator:
    """Decorate a kernel that closes over a scalar function, after which it is named."""
    return named(f"{piece.__module__.rpartition('.')[2]}.{piece.__name__}", decorator)


_WIDE = '"prefer-vector-width"="512"'


def _prefer_wide_vectors(typing_context: Any) -> Any:
    """Ask LLVM to use 512-bit registers, if there are any, in the function that calls this.

    LLVM's tuning for several processors stops at 256 bits. Loops are made vectors where a
    function is compiled by itself; unless it is asked to be, it is not inlined before that.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        attributes = builder.function.attributes
        # llvmlite's own add() only knows the attributes without a value.
        set.add(attributes, _WIDE)
        if "alwaysinline" not in attributes:
            attributes.add("noinline")
        return context.get_dummy_value()

    return types.void(), generate


prefer_wide_vectors: Any = intrinsic(_prefer_wide_vectors)


def over_rows(function: Callable[..., Any]) -> Any:
    """Decorate a function of numbers, for kernels to call with rows in place of some of them.

    Results overwrite the first argument: a row that shares no memory with the others. The rest are
    rows as long, or numbers. Rows are whole blocks.

    The loop is written in LLVM's language, into the kernel that calls it. As a kernel of its own
    it would be typed and translated once more, and optimised once more with all that call it: a
    tenth of the time that all kernels take to compile.
    """
    of_numbers = scalar(function)
    pointer: Any = types.CPointer

    def loop(typing_context: Any, *arguments: Any) -> Any:
        rows = [isinstance(kind, types.Array) for kind in arguments]
        pairs = list(zip(arguments, rows, strict=True))
        if any(row and (kind.ndim, kind.layout) != (1, "C") for kind, row in pairs):
            return None
        numbers = [kind.dtype if row else kind for kind, row in pairs]
        passed = [pointer(kind.dtype) if row else kind for kind, row in pairs]
        of_types = typing_context.resolve_value_type(of_numbers)
        call_type = of_types.get_call_type(typing_context, tuple(numbers), {})

        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            convention, kinds = context.call_conv, (types.intp, *passed)
            name = builder.module.get_unique_name(function.__qualname__)
            function_type = convention.get_function_type(types.none, kinds)
            looping = ir.Function(builder.module, function_type, name)
            looping.linkage = "internal"
            if _WIDE in builder.function.attributes:
                looping.attributes.add("alwaysinline")
            else:
                looping.attributes.add("noinline")
                set.add(looping.attributes, _WIDE)
            given = convention.get_arguments(looping)
            # Otherwise there is a second loop, for rows that overlap.
            given[1].add_attribute("noalias")
            inside = ir.IRBuilder(looping.append_basic_block())
            count, *places = context.get_arg_packer(kinds).from_arguments(inside, given)
            # LLVM sees that nothing is left over for a loop without vectors.
            whole = inside.and_(count, count.type(-BLOCK))
            with cgutils.for_range(inside, whole) as step:
                each = [
                    inside.gep(place, [step.index]) if row else place
                    for place, row in zip(places, rows, strict=True)
                ]
                result = context.get_function(of_types, call_type)(
                    inside,
                    [
                        inside.load(item) if row else item
                        for item, row in zip(each, rows, strict=True)
                    ],
                )
                result = context.cast(inside, result, call_type.return_type, numbers[0])
                inside.store(result, each[0])
            convention.return_value(inside, context.get_dummy_value())
            arrays = [
                context.make_array(kind)(context, builder, value) if row else value
                for (kind, row), value in zip(pairs, values, strict=True)
            ]
            size = builder.extract_value(arrays[0].shape, 0)
            data = [item.data if row else item for item, row in zip(arrays, rows, strict=True)]
            convention.call_function(builder, looping, types.none, kinds, [size, *data])
            return context.get_dummy_value()

        return types.void(*arguments), generate

    context = inspect.Parameter("typing_context", inspect.Parameter.POSITIONAL_ONLY)
    given = inspect.signature(function).parameters.values()
    loop.__signature__ = inspect.Signature([context, *given])  # type: ignore[attr-defined]
    return intrinsic(loop)


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


def _polynomial(typing_context: Any, x: Any, coefficients: Any) -> Any:
    """Return the polynomial with these coefficients, lowest first, by Horner's scheme.

    Each step is one fma; `x` and the coefficients, a tuple of at least two, are float64.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        point, terms = arguments
        unpack: Any = cgutils.unpack_tuple
        declare: Any = cgutils.get_or_insert_function
        *rest, value = unpack(builder, terms)
        double = ir.DoubleType()
        fused = declare(builder.module, ir.FunctionType(double, [double] * 3), "llvm.fma.f64")
        for term in reversed(rest):
            value = builder.call(fused, [value, point, term])
        return value

    return types.float64(types.float64, coefficients), generate


polynomial: Any = intrinsic(_polynomial)


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
bits_of_double = _reinterpret(types.float64, types.uint64, ir.IntType(64))
"""The 64 bits of a float64, as uint64."""
double_of = _reinterpret(types.uint64, types.float64, ir.DoubleType())
"""The float64 that has these 64 bits (uint64)."""
