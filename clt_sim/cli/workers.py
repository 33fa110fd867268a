"""Processes that share the work of a command, and their end."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

import click

from clt_sim.cli.numbers import Count

LOST = "a worker was lost, killed perhaps or out of memory"
"""What is said of a broken executor."""

workers_option = click.option(
    "--workers",
    type=Count(),
    default=1,
    show_default=True,
    help="Processes that share the work; 1 is this one alone. The results are the same.",
)


@contextmanager
def started(workers: int) -> Iterator[Executor | None]:
    """Start worker processes, and end them with what is left to do.

    Parameters
    ----------
    workers : int
        How many; for one there is no executor, and this process does the work.

    Yields
    ------
    Executor or None
        A process pool whose workers leave Ctrl-C to this process.
    """
    if workers == 1:
        yield None
        return
    others = multiprocessing.active_children()
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_ignore_interrupts)
    try:
        with _interrupts_ignored():
            for _ in range(workers):
                pool.submit(os.getpid)  # the first task of each starts it
        yield pool
    finally:
        # A training that nobody waits for any more would go on for long.
        for process in multiprocessing.active_children():
            if process not in others:
                process.terminate()
        # The pool has a thread that waits for its processes; two that wait for one would race.
        pool.shutdown(cancel_futures=True)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ignore Ctrl-C, as the processes that are started will from their first moment on."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
