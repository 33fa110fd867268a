"""Whether there is a graphics processor to run on."""

from __future__ import annotations

import importlib.util

from numba.core import config

_INSTALL = 'pip install "clt_sim[cuda]"'


def require_device() -> None:
    """Raise if kernels for graphics processors cannot run here; Numba's simulator can run them.

    Raises
    ------
    ModuleNotFoundError
        If the package ``numba-cuda`` is not installed.
    RuntimeError
        If there is no driver or no graphics processor.
    """
    if getattr(config, "ENABLE_CUDASIM", 0):
        return
    if importlib.util.find_spec("numba_cuda") is None:
        raise ModuleNotFoundError(f"device='cuda' needs numba-cuda: {_INSTALL}")
    from clt_sim._cuda.compilation import cuda

    if not cuda.is_available():
        reason = " ".join(str(cuda.cuda_error() or "no device is visible").split())
        raise RuntimeError(
            "device='cuda' needs an NVIDIA graphics processor with its driver, and CUDA finds none"
            f" ({reason.rstrip('.')}). Use device='cpu', or install the driver and {_INSTALL}"
        )
