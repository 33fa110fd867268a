"""The optional library torch, imported when it is needed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any


def load_torch() -> Any:
    """Return the module torch.

    Raises
    ------
    ImportError
        If it is not installed, with the line that installs it.
    """
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise ImportError(
            'recording a PyTorch network needs torch: pip install "clt_sim[torch]"'
        ) from error


def is_compiler_loaded() -> bool:
    """Return whether ``torch.compile`` could be at work; loading its parts takes seconds."""
    return "torch._dynamo" in sys.modules


def not_compiled(function: Callable[..., None]) -> Any:
    """Return a function as one that ``torch.compile`` calls as it is, if that is loaded."""
    return load_torch().compiler.disable(function) if is_compiler_loaded() else function


def is_torch_module(network: object) -> bool:
    """Return whether it is a ``torch.nn.Module``, scripted or not, without importing torch."""
    torch = sys.modules.get("torch")
    module = getattr(getattr(torch, "nn", None), "Module", None)
    return module is not None and isinstance(network, module)


def is_torch_function(network: object) -> bool:
    """Return whether it is a plain or scripted function in a program that uses torch."""
    if "torch" not in sys.modules or not callable(network) or isinstance(network, type):
        return False
    return type(network).__name__ in {"function", "ScriptFunction", "builtin_function_or_method"}


def tensors_in(values: Any) -> Iterator[Any]:
    """Yield the tensors in nested arguments, the values of mappings and attributes included."""
    if hasattr(values, "untyped_storage"):
        yield values
    elif isinstance(values, Mapping):
        for value in values.values():
            yield from tensors_in(value)
    elif isinstance(values, list | tuple):
        for value in values:
            yield from tensors_in(value)
