"""The commands ``figure`` and ``figures``."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any

import click

from clt_sim.cli.names import FIGURE, QUALITY, Choice
from clt_sim.cli.numbers import Count
from clt_sim.cli.outcomes import Command, usage
from clt_sim.cli.workers import LOST, started, workers_option


def _building(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of building figures."""
    for option in (
        workers_option,
        click.option(
            "--seed",
            type=Count(0),
            default=0,
            show_default=True,
            help="Decides every random number.",
        ),
        click.option(
            "--format",
            "formats",
            type=Choice("format", ("pdf", "png", "svg")),
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
            type=QUALITY,
            default="paper",
            show_default=True,
            help="paper has the draws and training steps of the gallery; draft is quick.",
        ),
    ):
        command = option(command)
    return command


@click.command("figure", cls=Command)
@click.argument("names", nargs=-1, required=True, metavar="NAME...", type=FIGURE)
@_building
def some_figures(names: tuple[str, ...], **options: Any) -> None:
    """Build the figures NAME; parameters go in brackets.

    For example: clt-sim figure 'sum-of-n(law="uniform", ns=(1, 2, 8))'
    """
    _build(names, **options)


@click.command("figures", cls=Command)
@_building
def all_figures(**options: Any) -> None:
    """Build all figures.

    For example: clt-sim figures --quality draft --out drafts
    """
    from clt_sim import figures

    _build(figures.names(), **options)


def _check_distinct(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"figures called {name} would overwrite each other; use --out.")


def _build(
    names: tuple[str, ...],
    *,
    quality: str,
    out: Path,
    formats: tuple[str, ...],
    seed: int,
    workers: int,
) -> None:
    from clt_sim import figures
    from clt_sim.cli.progress import Bars

    with usage():
        recipes = [figures.get(name) for name in names]
        figures.check_options(quality, seed, formats)
        _check_distinct([recipe.name for recipe in recipes])
    options: dict[str, Any] = {"quality": quality, "seed": seed, "formats": formats}
    with started(workers) as executor, Bars() as bars:
        try:
            for recipe in recipes:
                show = bars.shared(recipe.name)
                files = figures.build(recipe, out, progress=show, executor=executor, **options)
                with bars.paused():
                    for file in files:
                        click.echo(file)
        except (KeyboardInterrupt, BrokenExecutor) as end:
            reason = LOST if isinstance(end, BrokenExecutor) else "stopped"
            message = f"{reason}; the files that were named are complete."
            raise click.ClickException(message) from end
