"""A progress bar in a terminal, or a function of the caller's."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from clt_sim._validation import shown

Progress = Callable[[int, int], None]
"""Called as ``progress(done, total)``."""


@contextlib.contextmanager
def progress_reporter(progress: Progress | bool | None, what: str) -> Iterator[Progress]:
    """Yield what is called with the numbers of steps done and in all.

    Parameters
    ----------
    progress : callable, bool or None
        True for a bar on standard error; False or None for nothing.
    what : str
        What stands before the bar.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if progress is None or progress is False:
        yield _silent
    elif progress is True:
        with _bar(what) as report:
            yield report
    elif callable(progress):
        yield progress
    else:
        raise TypeError(f"progress must be callable, not {shown(progress)} (True shows a bar).")


@contextlib.contextmanager
def _bar(what: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _silent(done: int, total: int) -> None:
    """Report nothing."""
