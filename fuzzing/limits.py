"""The limits of every call: what ends too late, or takes too much memory, is a finding."""

from __future__ import annotations

import resource
import signal
import time
from collections.abc import Callable

MOST_SECONDS, MOST_MEGABYTES = 5, 1024


class TooSlow(BaseException):
    """A call that does not end in time; nothing catches it but what sets the limit."""


def broken_limit(call: Callable[[], object]) -> str:
    """Make a call and return which limit it broke; nothing if it broke none.

    The seconds are those of the processor. Four times as many end a call.
    """
    signal.signal(signal.SIGVTALRM, _too_slow)
    before, start = megabytes(), time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, 4 * MOST_SECONDS)
    try:
        call()
    except TooSlow:
        return "too slow"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    if time.process_time() - start > MOST_SECONDS:
        return f"too slow, {time.process_time() - start:.1f} s"
    if megabytes() - before > MOST_MEGABYTES:
        return f"too much memory, {megabytes() - before} MB"
    return ""


def megabytes() -> int:
    """Return the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _too_slow(*_: object) -> None:
    raise TooSlow
