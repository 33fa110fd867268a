"""What MODEL on the command line stands for: a file, or something of a module."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import click

from clt_sim._validation import unknown_name

_TORCHSCRIPT = (".pt", ".pth", ".ts", ".torchscript")
_EXTRAS = {"torch": "torch", "onnx": "onnx", "onnxruntime": "onnx"}
"""What has to be installed for a package."""


def load_network(source: str) -> Any:
    """Return a network that can be recorded.

    Parameters
    ----------
    source : str
        The path of an ONNX file or of a TorchScript file; or ``module:name`` of a network, or of
        a callable that returns one. Modules are looked for in the current folder, too.

    Raises
    ------
    click.ClickException
        If it is none of these, or cannot be loaded.
    """
    path = Path(source)
    if path.suffix.lower() in _TORCHSCRIPT:
        return _torchscript(path)
    if path.suffix.lower() == ".onnx":
        return source
    module, colon, name = source.partition(":")
    if not colon or not module or not name:
        raise _wrong_usage(
            f"MODEL must be an .onnx file, a TorchScript file ({', '.join(_TORCHSCRIPT)}) or"
            f" module:name, not {source!r}."
        )
    return _called(source, _attribute(_imported(module), name))


def _torchscript(path: Path) -> Any:
    from clt_sim.networks.pytorch.library import load_torch

    if not path.is_file():
        raise FileNotFoundError(f"there is no file {str(path)!r}.")
    torch = load_torch()
    try:
        return torch.jit.load(path, map_location="cpu")
    # A file of torch.save holds pickled objects, which could run anything.
    except Exception as error:
        reason = str(error).strip().splitlines()[0].partition(". ")[0].rstrip(".")
        raise click.ClickException(
            f"{str(path)!r} is not a TorchScript file, as torch.jit.save writes it, and pickled"
            f" modules are not loaded: {reason}. Give module:name of a function that makes the"
            " module and loads its weights."
        ) from error


def _imported(name: str) -> Any:
    # As ``python -m`` does it.
    if "" not in sys.path:
        sys.path.insert(0, "")
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            place = f"in {str(Path.cwd())!r} or installed"
            raise _wrong_usage(f"there is no module {error.name!r}, {place}.") from error
        extra = _EXTRAS.get(error.name or "")
        advice = "" if extra is None else f': pip install "clt_sim[{extra}]"'
        raise click.ClickException(f"module {name!r} needs {error.name}{advice}") from error
    except Exception as error:
        raise _fault_of(f"importing {name}", error) from error


def _attribute(module: Any, name: str) -> Any:
    value = module
    for part in name.split("."):
        if not hasattr(value, part):
            known = [each for each in dir(value) if not each.startswith("_")]
            raise _wrong_usage(str(unknown_name(f"name in {module.__name__}:", part, known)))
        value = getattr(value, part)
    return value


def _called(source: str, value: Any) -> Any:
    """Return a network as it is, and what anything else that can be called returns."""
    from clt_sim.networks.pytorch.library import is_torch_module

    if is_torch_module(value) or not callable(value):
        return value
    try:
        return value()
    except Exception as error:
        raise _fault_of(f"{source}()", error) from error


def _wrong_usage(message: str) -> click.UsageError:
    return click.UsageError(message, click.get_current_context())


def _fault_of(what: str, error: Exception) -> click.ClickException:
    return click.ClickException(f"{what} raised {type(error).__name__}: {error}")
