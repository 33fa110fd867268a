"""The command line: data on stdout, progress and messages on stderr."""

from __future__ import annotations

import heapq
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clt_sim import __version__

if TYPE_CHECKING:
    from clt_sim.exact import ExactLaw

METHODS = (
    "auto",
    "piecewise-polynomial",
    "closed-family",
    "lattice",
    "pushforward",
    "characteristic-function",
)
"""Routes to the exact law of a weighted sum."""
_MOST_ATOMS = 10
"""Atoms that are shown."""


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


def _flattened(
    context: click.Context, option: click.Parameter, texts: tuple[str, ...]
) -> list[float]:
    """Return the numbers of an option, which may be given more than once."""
    numbers: list[float] = []
    for text in texts:
        some = _numbers(text)
        if some is None:
            message = f"{text!r} is not numbers with commas between them."
            raise click.BadParameter(message, context, option)
        numbers += some
    return numbers


def _numbers(text: str) -> tuple[float, ...] | None:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        return None


def _summing(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the options of a weighted sum."""
    for option in (
        click.option("--dropout", default=0.0, help="Probability that a term is left out."),
        click.option("--dependence", help="Such as 'equicorrelated(correlation=0.1)'."),
        click.option("--bias", default="0", show_default=True, help="A number or a law."),
        click.option(
            "--weights",
            default="normal",
            show_default=True,
            help="A law, one number for all, or n numbers with commas between them.",
        ),
        click.option(
            "--nonlinearity", default="identity", show_default=True, help="The function phi."
        ),
        click.option(
            "--inputs", default="normal", show_default=True, help="A law, or n such numbers."
        ),
        click.option("-n", "--n", "n", type=int, required=True, help="Number of terms."),
    ):
        command = option(command)
    return command


@commands.command("exact")
@_summing
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="auto",
    show_default=True,
    help="Route to the law; auto takes the first that leads there.",
)
@click.option(
    "-x",
    "--at",
    "points",
    multiple=True,
    callback=_flattened,
    metavar="NUMBERS",
    help="Where to print density, distribution and survival function.",
)
@click.option(
    "-p",
    "--quantile",
    "probabilities",
    multiple=True,
    callback=_flattened,
    metavar="NUMBERS",
    help="Probabilities for quantiles.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def exact_law(
    method: str,
    points: list[float],
    probabilities: list[float],
    as_json: bool,
    **parts: Any,
) -> int:
    """Print the exact law of a weighted sum, sum_i w_i phi(x_i) + b.

    For example: clt-sim exact -n 64 --nonlinearity relu -x 20,40 -p 0.5,0.99
    """
    from clt_sim.exact import NoExactLaw, exact
    from clt_sim.models import WeightedSum

    with _usage():
        for probability in probabilities:
            if not 0.0 <= probability <= 1.0:
                raise ValueError(f"probabilities must be from 0 to 1, not {probability}.")
        model = WeightedSum(**{name: _part(name, value) for name, value in parts.items()})
    try:
        law = exact(model, method=method)
    except NoExactLaw as refusal:
        return _failed(str(refusal))
    facts = _facts(law, points, probabilities)
    click.echo(json.dumps(_plain(facts), indent=2) if as_json else _text(facts))
    return 0


def _part(name: str, value: Any) -> Any:
    """Return what an option gives: numbers if it is numbers, otherwise a name."""
    numbers = _numbers(value) if name in ("inputs", "weights", "bias") else None
    if numbers is None:
        return value
    return list(numbers) if name == "inputs" or len(numbers) > 1 else numbers[0]


def _facts(law: ExactLaw, x: list[float], p: list[float]) -> dict[str, Any]:
    """Return what is printed of a law."""
    atoms = heapq.nlargest(
        _MOST_ATOMS, zip(law.atoms, law.atoms.values(), strict=True), key=lambda atom: atom[1]
    )
    heights = zip(x, *(f(x).tolist() for f in (law.pdf, law.cdf, law.sf)), strict=True)
    quantiles = zip(p, law.quantile(p).tolist(), strict=True)
    return {
        "law": str(law),
        "method": law.method,
        "error": law.error,
        "relative_error": law.relative_error,
        "smallest": law.smallest,
        "support": law.support,
        **_moments(law),
        "atoms": {"count": len(law.atoms), "largest": _table(("x", "mass"), atoms)},
        "points": _table(("x", "pdf", "cdf", "sf"), heights),
        "quantiles": _table(("p", "x"), quantiles),
    }


def _table(names: Sequence[str], rows: Iterable[Sequence[float]]) -> list[dict[str, float]]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def _moments(law: ExactLaw) -> dict[str, float]:
    """Return mean, variance and the shape, without what the law does not have."""
    from clt_sim.gaussianity import gaussianity

    moments = {"mean": law.mean, "variance": law.variance}
    if law.variance > 0.0:
        shape = gaussianity(law, measures=["skewness", "excess-kurtosis"])
        moments |= {name.replace("-", "_"): estimate.value for name, estimate in shape.items()}
    return moments


def _plain(value: Any) -> Any:
    """Return JSON types; numbers that are not finite become text, such as "inf"."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _text(facts: dict[str, Any]) -> str:
    """Return the facts of a law as lines and tables."""
    atoms = facts["atoms"]
    # Two digits of a bound are never less than the bound.
    error, relative = (f"{1.05 * facts[name]:.1e}" for name in ("error", "relative_error"))
    tails = f"{relative} of pdf and of tails down to {facts['smallest']:.1e}"
    low, high = facts["support"]
    numbers = ("mean", "variance", "skewness", "excess_kurtosis")
    rows = {
        "method": facts["method"],
        "error": f"{error} of cdf and sf",
        "relative error": "none in a heavy tail" if relative == "inf" else tails,
        "support": f"from {low:.10g} to {high:.10g}",
        **{name.replace("_", " "): f"{facts[name]:.10g}" for name in numbers if name in facts},
        "atoms": str(atoms["count"]) + (", the largest:" if atoms["count"] > _MOST_ATOMS else ""),
    }
    width = max(map(len, rows))
    lines = [facts["law"], *(f"  {name:<{width}}  {text}" for name, text in rows.items())]
    for table in (atoms["largest"], facts["points"], facts["quantiles"]):
        lines += ["", *_columns(table)] if table else []
    return "\n".join(lines)


def _columns(table: list[dict[str, float]]) -> list[str]:
    return [
        "  " + "".join(f"{cell:<18}" for cell in row).rstrip()
        for row in (table[0], *([f"{x:.10g}" for x in row.values()] for row in table))
    ]
