"""How a command ends: its exit status, and one line on stderr where it failed."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import click

FAILED, UNDECIDED = 1, 3
"""Exit statuses besides 0, and 2 for wrong usage, which click knows."""


@contextmanager
def usage() -> Iterator[None]:
    """Take errors of names and parameters for wrong usage; others are faults of the program."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise click.UsageError(str(error), click.get_current_context()) from error


@contextmanager
def refusals() -> Iterator[None]:
    """Take errors of files, networks and other things that the user made for failures."""
    try:
        yield
    except (ValueError, TypeError, RuntimeError) as error:
        raise click.ClickException(str(error)) from error


def status_of(verdicts: Iterable[str]) -> int:
    """Return the exit status for verdicts: one that is refuted weighs more than an undecided one.

    Parameters
    ----------
    verdicts : iterable of str
        ``"holds"``, ``"refuted"`` or ``"undecided"``.

    Examples
    --------
    >>> status_of(["holds", "undecided"]), status_of(["undecided", "refuted"]), status_of([])
    (3, 1, 0)
    """
    found = set(verdicts)
    return FAILED if "refuted" in found else UNDECIDED if "undecided" in found else 0


def report(error: BaseException) -> int:
    """Say on stderr why a command ended, in one line, and return the exit status."""
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "clt-sim"
        message = error.format_message().removesuffix(".")
        end = "" if message.endswith("?") else "."
        return _said(f"{path}: {message}{end} See {path} --help.", error.exit_code)
    if isinstance(error, click.ClickException):
        return _said(f"clt-sim: {error.format_message()}", error.exit_code)
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return _said("clt-sim: stopped.", FAILED)
    if isinstance(error, OSError) and error.strerror and error.filename:
        return _said(f"clt-sim: {error.strerror}: {error.filename!r}", FAILED)
    if isinstance(error, OSError | ArithmeticError | MemoryError | ImportError):
        return _said(f"clt-sim: {str(error) or type(error).__name__}", FAILED)
    fault = f"{type(error).__name__}: {error}"
    return _said(f"clt-sim: a fault of the program: {fault} (--debug shows where)", FAILED)


def _said(message: str, status: int) -> int:
    click.echo(message, err=True)
    return status


def _remember(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.meta[__name__] = True


def debug_option() -> click.Option:
    """Return the option ``--debug``, which every command has."""
    return click.Option(
        ["--debug"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_remember,
        help="Show the traceback of an error.",
    )


@contextmanager
def traced(context: click.Context) -> Iterator[None]:
    """Print the traceback of what is raised, where it was asked for."""
    try:
        yield
    except click.exceptions.Exit:
        raise
    except (Exception, KeyboardInterrupt):
        if context.meta.get(__name__):
            click.echo(traceback.format_exc(), err=True, nl=False)
        raise


class Command(click.Command):
    """A command with the options that all have."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(debug_option())

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take up the arguments; those that no system could give to a program are refused."""
        for argument in args:
            if "\0" in argument:
                raise click.UsageError(f"{argument!r} has a character of code 0.", ctx)
        return super().parse_args(ctx, args)
