"""The command line: data on stdout, progress and messages on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from clt_sim import __version__


def main() -> None:
    """Run the command line and exit with 0 (done), 1 (failed) or 2 (wrong usage)."""
    try:
        status = commands.main(prog_name="clt-sim", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        status = _failed("stopped; files that were announced are complete.")
    except (OSError, ArithmeticError, MemoryError) as error:
        status = _failed(str(error))
    sys.exit(status or 0)


def _failed(message: str) -> int:
    click.echo(f"clt-sim: {message}", err=True)
    return 1


@contextmanager
def _usage() -> Iterator[None]:
    """Take errors of names and parameters for wrong usage; others are faults of the program."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise click.UsageError(str(error)) from error


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="clt-sim", message="%(prog)s %(version)s")
def commands() -> None:
    """Ask how Gaussian sums of nonlinearity outputs are, and make the figures that show it."""


@commands.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_names(as_json: bool) -> None:
    """List what can be named: figures, laws, nonlinearities and measures."""
    known = _known()
    if as_json:
        click.echo(json.dumps(known, indent=2))
        return
    for kind, entries in known.items():
        click.echo(f"{kind}:")
        width = max(map(len, entries))
        for name, words in entries.items():
            click.echo(f"  {name:<{width}}  {words}")


def _known() -> dict[str, dict[str, str]]:
    """Return the registered names with the first line of what is known of each."""
    from clt_sim import figures
    from clt_sim.gaussianity.registry import MEASURES as GAUSSIANITY
    from clt_sim.laws.registry import registry as laws
    from clt_sim.nonlinearities.registry import registry as nonlinearities
    from clt_sim.sparsity.registry import MEASURES as SPARSITY

    return {
        "figures": {name: figures.get(name).title for name in figures.names()},
        "laws": {name: _first_line(laws.class_of(name)) for name in laws.names()},
        "nonlinearities": {
            name: _first_line(nonlinearities.class_of(name)) for name in nonlinearities.names()
        },
        "measures of gaussianity": {
            name: _first_line(type(GAUSSIANITY[name])) for name in GAUSSIANITY
        },
        "measures of sparsity": {name: _first_line(type(SPARSITY[name])) for name in SPARSITY},
    }


def _first_line(cls: type) -> str:
    return (cls.__doc__ or "").splitlines()[0].replace("``", "")


def _building(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of building figures."""
    for option in (
        click.option("--seed", default=0, show_default=True, help="Decides every random number."),
        click.option(
            "--format",
            "formats",
            multiple=True,
            default=("pdf", "png"),
            show_default=True,
            help="pdf, png or svg; may be given more than once.",
        ),
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            default=Path("figures"),
            show_default=True,
            help="Folder for the figures; made if need be.",
        ),
        click.option(
            "--quality",
            default="paper",
            show_default=True,
            help="paper has the draws and training steps of the gallery; draft is quick.",
        ),
    ):
        command = option(command)
    return command


@commands.command("figure")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@_building
def some_figures(names: tuple[str, ...], **options: Any) -> None:
    """Build the figures NAME; parameters go in brackets.

    For example: clt-sim figure 'sum-of-n(law="uniform", ns=(1, 2, 8))'
    """
    _build(names, **options)


@commands.command("figures")
@_building
def all_figures(**options: Any) -> None:
    """Build all figures."""
    from clt_sim import figures

    _build(figures.names(), **options)


def _check_distinct(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"figures called {name} would overwrite each other; use --out.")


def _build(
    names: tuple[str, ...], *, quality: str, out: Path, formats: tuple[str, ...], seed: int
) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from clt_sim import figures

    with _usage():
        recipes = [figures.get(name) for name in names]
        figures.check_options(quality, seed, formats)
        _check_distinct([recipe.name for recipe in recipes])
    console = Console(stderr=True)
    bars = Progress(console=console, transient=True)
    # Without a terminal nothing is drawn, not even the end of a line.
    with bars if console.is_terminal else nullcontext():
        for recipe in recipes:
            bar = bars.add_task(recipe.name, total=1.0)

            def show(what: str, share: float, name: str = recipe.name, bar: Any = bar) -> None:
                bars.update(bar, completed=share, description=f"{name}: {what}")

            files = figures.build(
                recipe, out, quality=quality, seed=seed, formats=formats, progress=show
            )
            bars.update(bar, completed=1.0, description=recipe.name)
            for file in files:
                click.echo(file)
