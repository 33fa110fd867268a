"""Checkpoints of a training run: from each, it goes on to the same bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clt_sim import nonlinearities
from clt_sim.summaries.archive import read_archive, write_archive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from clt_sim.networks.data_sets.dataset import Dataset
    from clt_sim.networks.training.descent import Descent
    from clt_sim.networks.training.recorder import TrainingRecorder

FORMAT = "clt_sim training checkpoint 1"
_RECORDED = "recorded: "


class Checkpoint:
    """A file that holds the state of a run.

    It is written beside its place, to the disk, and then renamed, so that there is always a
    whole one.

    Parameters
    ----------
    path : path
        The file; its folder must exist.
    run : mapping
        What makes the run what it is, as JSON types.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    """

    def __init__(self, path: str | os.PathLike[str], run: Mapping[str, Any]) -> None:
        self.path, self.run = Path(path), dict(run)
        if not self.path.parent.is_dir():
            raise FileNotFoundError(f"checkpoint: there is no folder {str(self.path.parent)!r}.")

    def write(self, descent: Descent, recorder: TrainingRecorder) -> None:
        """Put away the present state."""
        state, arrays = descent.state()
        recorded = {_RECORDED + name: array for name, array in recorder.arrays().items()}
        header = {"format": FORMAT, "run": self.run, "descent": state}
        write_archive(self.path, header, {**arrays, **recorded})

    def restore(self, descent: Descent, recorder: TrainingRecorder) -> bool:
        """Take up the state in the file, and return whether there was one.

        Raises
        ------
        ValueError
            If the file is something else or damaged, or of another run; the message names the
            first setting that differs.
        """
        if not self.path.exists():
            return False
        header, arrays = read_archive(self.path, FORMAT, "a training checkpoint", _contents)
        self._require_same_run(header["run"])
        recorded = {
            name.removeprefix(_RECORDED): array
            for name, array in arrays.items()
            if name.startswith(_RECORDED)
        }
        try:
            descent.restore(header["descent"], arrays)
            recorder.restore(recorded)
        # What NumPy raises for states of generators that make no sense has no common base.
        except Exception as error:
            raise ValueError(f"{str(self.path)!r} is not a training checkpoint: {error}") from error
        return True

    def _require_same_run(self, stored: Mapping[str, Any]) -> None:
        for name, value in self.run.items():
            if stored.get(name) != value:
                raise ValueError(
                    f"checkpoint {str(self.path)!r} is of a run with {name} ="
                    f" {stored.get(name)!r}, not {value!r}. Use the same settings, or another file."
                )


def fingerprint(data: Dataset) -> str:
    """Return the SHA-256 of the inputs and labels of a dataset."""
    digest = hashlib.sha256()
    for array in (data.train_inputs, data.train_labels, data.test_inputs, data.test_labels):
        digest.update(str(array.shape).encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def require_named(nonlinearity: nonlinearities.Nonlinearity) -> None:
    """Raise if a nonlinearity cannot be told from others by its name.

    Raises
    ------
    ValueError
        If it is a function of the user's own.
    """
    if isinstance(nonlinearity, nonlinearities.UserFunction):
        raise ValueError(
            "checkpoint needs a registered nonlinearity: whether a function of your own is still"
            " the same cannot be told."
        )


def _contents(
    header: dict[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    for name in ("run", "descent"):
        if not isinstance(header.get(name), dict):
            raise ValueError(f"its {name} is {header.get(name)!r}")
    return header, {name: arrays[name] for name in arrays if name != "header"}
