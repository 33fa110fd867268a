"""Interrupts from the keyboard, held back until a step is done."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

    from clt_sim.networks.training.history import TrainingHistory


class TrainingInterrupted(KeyboardInterrupt):
    """Ctrl-C during training.

    Parameters
    ----------
    message : str
        What was done and where it is.
    history : TrainingHistory
        What was recorded so far, and the network after the last step that was done.
    """

    def __init__(self, message: str, history: TrainingHistory) -> None:
        super().__init__(message)
        self.history = history


class Interruption:
    """Whether an interrupt has come."""

    requested = False


@contextlib.contextmanager
def deferred_interrupt() -> Iterator[Interruption]:
    """Note the first interrupt instead of raising it; the second is raised at once.

    A handler that is not Python's own stays in place, and other threads get no interrupts.
    """
    interruption = Interruption()
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield interruption
        return

    def note(number: int, frame: FrameType | None) -> None:
        if interruption.requested:
            signal.default_int_handler(number, frame)
        interruption.requested = True

    signal.signal(signal.SIGINT, note)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
