"""Checkpoints: what is done of a run, in a file that the run can go on from."""

from __future__ import annotations

import contextlib
import os
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from clt_sim import __version__
from clt_sim._files import remove_unfinished
from clt_sim._kernels import driver
from clt_sim.engine.file_lock import locked
from clt_sim.nonlinearities import UserFunction
from clt_sim.summaries import Run, Summary

if TYPE_CHECKING:
    from clt_sim.models import Model

SECONDS_BETWEEN = 5.0
"""A checkpoint is written at most this often, and at the end of the run, however it ends."""


@dataclass(slots=True)
class Checkpoint:
    """A file with the summary of the first draws of a run.

    Parameters
    ----------
    path : path
        The file; a summary like any other.
    model : WeightedSum or RandomNetwork
        What is drawn.
    seed, start, draws : int
        The run, and the first of its draws.
    precision : str
        Of the draws.
    characteristic_function : bool
        Whether its summary has one.
    """

    path: str | os.PathLike[str]
    model: Model
    seed: int
    start: int
    draws: int
    precision: str = "single"
    characteristic_function: bool = False
    _latest: Summary | None = field(default=None, init=False)
    _written: float = field(default=-SECONDS_BETWEEN, init=False)

    @contextlib.contextmanager
    def opened(self) -> Iterator[Summary | None]:
        """Enter with what is done, or None; leave in the file what was noted, however it ends.

        Raises
        ------
        ValueError
            As `load` does.
        OSError
            If the folder cannot be written to, or another run is writing the file.
        """
        with locked(self.path):
            remove_unfinished(self.path)
            done = self.load()
            try:
                yield done
            finally:
                self.write()

    def load(self) -> Summary | None:
        """Return what is done, or None if there is no file yet.

        Raises
        ------
        ValueError
            If the file is something else, of another run, or of another version of the package;
            it is left as it is.
        """
        path = Path(self.path)
        if not path.exists():
            return None
        users = isinstance(self.model.nonlinearity, UserFunction)
        summary = Summary.load(path, model=self.model if users else None)
        if summary.model != self.model:
            raise self._refusal(f"it is of another model: {summary.model}")
        (first, *others) = summary.runs
        if others or first != Run(self.seed, self.start, self.start + summary.count):
            wanted = f"the draws of seed {self.seed} from {self.start} on"
            raise self._refusal(f"it does not hold {wanted}")
        if summary.versions != (__version__,):
            made = ", ".join(summary.versions)
            raise self._refusal(
                f"it was made by clt_sim {made}, and this is {__version__}, which may draw others"
            )
        if summary.precision != self.precision:
            raise self._refusal(f"its draws are in {summary.precision} precision")
        if (summary.waves is not None) != self.characteristic_function:
            raise self._refusal("only one of both has a characteristic function")
        if summary.count > self.draws:
            raise self._refusal(f"it holds {summary.count} draws already")
        if summary.count < self.draws and summary.count % driver.CHUNK:
            raise self._refusal(
                f"its run ended after {summary.count} draws, inside a chunk of {driver.CHUNK}"
            )
        return summary

    def keep(self, summary: Summary) -> None:
        """Note what is done; write it if the last time was long enough ago."""
        self._latest = summary
        if time.monotonic() - self._written >= SECONDS_BETWEEN:
            self.write()

    def write(self) -> None:
        """Write what was noted since the last time, if anything.

        Where that fails, as on a full disk, a warning says so: the run is worth more than its
        file, which stays as it was. The next time tries again.
        """
        if self._latest is None:
            return
        self._written = time.monotonic()
        try:
            self._latest.save(self.path)
        except OSError as error:
            count = self._latest.count
            warnings.warn(
                f"{count} draws are not in the checkpoint {os.fspath(self.path)!r}: {error}.",
                RuntimeWarning,
                stacklevel=2,
            )
        else:
            self._latest = None

    def _refusal(self, reason: str) -> ValueError:
        return ValueError(
            f"cannot go on from {os.fspath(self.path)!r} to {self.draws} draws of seed"
            f" {self.seed}: {reason}."
        )
