"""Bars on stderr while work goes on, with the rate and the time left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class Rate(ProgressColumn):
    """How much is done in a second, where there is something to count."""

    def render(self, task: Task) -> Text:
        """Return the text of the column."""
        unit, speed = task.fields["unit"], task.finished_speed or task.speed
        return Text("" if unit is None or speed is None else f"{_short(speed)} {unit}/s")


class Bars:
    """Bars of the parts of a command, drawn on stderr where that is a terminal.

    Used as a context manager: the bars are gone when it is left.
    """

    def __init__(self) -> None:
        columns = (
            # Names of figures and claims may have brackets, which are no markup.
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            Rate(),
            TimeRemainingColumn(compact=True),
        )
        # Data go to stdout, whatever the terminal shows.
        self._bars = Progress(
            *columns, console=Console(stderr=True), transient=True, redirect_stdout=False
        )
        self._part: TaskID | None = None
        self._drawn = sys.stderr.isatty()
        self._context = self._bars if self._drawn else nullcontext()

    def __enter__(self) -> Bars:
        """Draw."""
        self._context.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """Wipe the bars away."""
        self._context.__exit__(*error)  # type: ignore[arg-type] # as the with statement gives them

    def counted(self, what: str, unit: str) -> Callable[[int, int], None]:
        """Return what is called with the numbers done and in all.

        Parameters
        ----------
        what : str
            What stands before the bar.
        unit : str
            What is counted, such as ``"draws"``.
        """
        bar = self._bars.add_task(what, total=None, unit=unit)
        return lambda done, total: self._bars.update(bar, completed=done, total=total)

    def shared(self, name: str) -> Callable[[str, float], None]:
        """Return what is called with what is being done and the share that is ready.

        The bar takes the place of the one before it.
        """
        if self._part is not None:
            self._bars.remove_task(self._part)
        bar = self._part = self._bars.add_task(name, total=1.0, unit=None)
        return lambda what, share: self._bars.update(
            bar, completed=share, description=f"{name}: {what}"
        )

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the bars away while something is printed on stdout."""
        if self._drawn:
            self._bars.stop()
        yield
        if self._drawn:
            self._bars.start()


def _short(number: float) -> str:
    """Return a rate with three digits: 950, 1.2k, 35M."""
    for unit in ("", "k", "M"):
        if number < 1000.0:
            return f"{number:.3g}{unit}"
        number /= 1000.0
    return f"{number:.3g}G"
