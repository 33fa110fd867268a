"""Figures as files: pictures whose bytes repeat, with what is drawn beside them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim import __version__
from clt_sim._files import read_file, replace_file
from clt_sim._json_types import parsed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("pdf", "png", "svg")
MANIFEST = "manifest.json"
_MOST_BYTES = 2**24
"""Manifests that are larger are not read."""
_DIGITS = 5
"""Significant digits of arrays in the data file, far below the width of a line."""
_DPI, _WIDEST = 200, 1600
"""Resolution of pictures in pixels, and the width in pixels at which it is lowered."""
# Dates would make the bytes of every run differ.
_METADATA: dict[str, dict[str, None]] = {
    "pdf": {"CreationDate": None},
    "png": {},
    "svg": {"Date": None},
}


def writable_folder(folder: str | os.PathLike[str]) -> Path:
    """Return the folder, made if need be, after a trial of writing to it.

    Raises
    ------
    OSError
        If it is a file, cannot be made, or cannot be written to.
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise OSError(f"cannot write figures to {str(path)!r}: {error.strerror}.") from error
    return path


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder, empty where there is none yet.

    Raises
    ------
    OSError
        If there is a file of that name that is something else.
    """
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        manifest = parsed(read_file(path, _MOST_BYTES))
    except ValueError as error:
        raise OSError(f"{str(path)!r} is not a manifest of figures: {error}.") from error
    if not isinstance(manifest, dict):
        raise OSError(f"{str(path)!r} is not a manifest of figures.")
    return manifest


def versions() -> dict[str, str]:
    """Return the versions that decide the numbers and the pictures."""
    packages = ("numpy", "scipy", "numba", "matplotlib")
    return {
        "clt_sim": __version__,
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def write(
    figure: Figure, description: Mapping[str, Any], folder: Path, formats: Sequence[str]
) -> list[Path]:
    """Write a figure in each format, its data, and its entry in the manifest.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The picture; call this inside ``clt_sim.plotting.style()``.
    description : mapping
        ``name``, ``parameters``, ``quality``, ``seed`` and ``data``.
    folder : Path
        Where to write.
    formats : sequence of str
        Some of ``FORMATS``.

    Returns
    -------
    list of Path
        The files, without the manifest.
    """
    files = {
        f"{description['name']}.{form}": _rendered(figure, form) for form in sorted(set(formats))
    }
    text = json.dumps(_plain({**description, "versions": versions()}), separators=(",", ":"))
    files[f"{description['name']}.json"] = (text + "\n").encode()
    for name, content in files.items():
        replace_file(folder / name, content)
    _update_manifest(folder, description, files)
    return [folder / name for name in files]


def _rendered(figure: Figure, form: str) -> bytes:
    buffer = io.BytesIO()
    dpi = min(_DPI, _WIDEST / figure.get_figwidth())
    figure.savefig(buffer, format=form, dpi=dpi, metadata=_METADATA[form])
    return _with_palette(buffer) if form == "png" else buffer.getvalue()


def _with_palette(png: io.BytesIO) -> bytes:
    """Return the picture with a palette of 256 colours: a third of the size, no visible loss."""
    from PIL import Image

    small = io.BytesIO()
    with Image.open(png) as image:
        image.convert("RGB").quantize(256).save(small, "png", optimize=True, dpi=image.info["dpi"])
    return small.getvalue()


def _update_manifest(
    folder: Path, description: Mapping[str, Any], files: Mapping[str, bytes]
) -> None:
    path = folder / MANIFEST
    manifest = read_manifest(folder)
    manifest[description["name"]] = {
        "parameters": description["parameters"],
        "quality": description["quality"],
        "seed": description["seed"],
        "versions": versions(),
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    text = json.dumps(dict(sorted(manifest.items())), indent=2)
    replace_file(path, (text + "\n").encode())


def _plain(value: Any) -> Any:
    """Return JSON types; arrays are rounded, and nan, a break in a line, becomes null."""
    if isinstance(value, np.ndarray):
        return [_plain(_rounded(item)) for item in value.tolist()]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def _rounded(item: Any) -> Any:
    return float(f"{item:.{_DIGITS}g}") if isinstance(item, float) else item
