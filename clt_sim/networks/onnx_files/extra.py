"""The packages that recording of ONNX models needs, imported when it begins."""

from __future__ import annotations

import importlib
from typing import Any


def import_extra(module: str) -> Any:
    """Import a module of the extra ``onnx``, or raise with the command that installs it.

    Parameters
    ----------
    module : str
        Such as ``"onnxruntime"`` or ``"onnx.helper"``.

    Returns
    -------
    module
        The module.

    Raises
    ------
    ModuleNotFoundError
        If the package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if (error.name or "").partition(".")[0] != package:
            raise
        raise ModuleNotFoundError(
            f"recording ONNX models needs {package}, which is not installed:"
            ' pip install "clt_sim[onnx]"',
            name=package,
        ) from None
