"""How functions are compiled for a graphics processor."""

from __future__ import annotations

import contextlib
import functools
import importlib
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numba import njit
from numba.core import config

_Decorator = Callable[[Callable[..., Any]], Any]

cuda: Any = importlib.import_module("numba.cuda")

SIMULATED = bool(getattr(config, "ENABLE_CUDASIM", 0))
"""Whether Numba simulates CUDA on the processor."""

device: _Decorator = njit(forceinline=True, error_model="numpy")
"""For functions of one thread that kernels call; what these call is `inlined`.

Numba compiles a function of the processor for the graphics processor where a kernel there calls
it. The simulator calls it as it is.
"""

_compiling = threading.Lock()


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a kernel for the graphics processor, which calls functions of `device`."""
    # Not linked by nvJitLink, which would contract products into sums; the simulator links nothing.
    return cuda.jit(function, **({} if SIMULATED else {"lto": False}))


@contextlib.contextmanager
def uncontracted() -> Iterator[None]:
    """Compile kernels so that ``a*b + c`` is rounded twice, as it is on the processor.

    NVVM has an option for that, which Numba does not hand on.
    """
    if SIMULATED:
        yield
        return
    from numba.cuda.cudadrv import nvvm

    with _compiling:
        compile_ir = nvvm.compile_ir
        nvvm.compile_ir = functools.partial(compile_ir, fma=False)
        try:
            with warnings.catch_warnings():
                # A short run leaves most of the graphics processor idle.
                warnings.filterwarnings("ignore", "Grid size")
                yield
        finally:
            nvvm.compile_ir = compile_ir


def placed(array: Any) -> Any:
    """Copy an array to the graphics processor; in the simulator return it as it is.

    The simulator wraps its copies, which compiled functions do not take.
    """
    return array if SIMULATED else cuda.to_device(array)


def allocated(shape: int | tuple[int, ...], dtype: Any) -> Any:
    """Allocate an array on the graphics processor; in the simulator a plain one."""
    return np.empty(shape, dtype) if SIMULATED else cuda.device_array(shape, dtype)
