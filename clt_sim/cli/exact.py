"""The command ``exact``: the law of a model, computed."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from clt_sim.cli.model_options import build_model, model_options
from clt_sim.cli.names import Choice
from clt_sim.cli.numbers import Numbers
from clt_sim.cli.outcomes import Command, usage
from clt_sim.cli.output import json_option, named, print_json

if TYPE_CHECKING:
    from clt_sim.exact import ExactLaw

METHODS = (
    "auto",
    "piecewise-polynomial",
    "closed-family",
    "lattice",
    "atoms",
    "pushforward",
    "characteristic-function",
    "random-scale",
    "random-network",
)
"""Routes to an exact law."""
_MOST_ATOMS = 10
"""Atoms that are shown."""


@click.command("exact", cls=Command)
@model_options
@click.option(
    "--method",
    type=Choice("method", METHODS),
    default="auto",
    show_default=True,
    help=f"Route to the law: {', '.join(METHODS)}. auto takes the first that leads there.",
)
@click.option(
    "-x",
    "--at",
    "points",
    type=Numbers(),
    multiple=True,
    help="Where to print density, distribution and survival function.",
)
@click.option(
    "-p",
    "--quantile",
    "probabilities",
    type=Numbers(),
    multiple=True,
    help="Probabilities for quantiles.",
)
@json_option
def exact_law(
    method: str,
    points: tuple[tuple[float, ...], ...],
    probabilities: tuple[tuple[float, ...], ...],
    as_json: bool,
    **parts: Any,
) -> None:
    """Print the exact law of a sum or a random network.

    The sum is sum_i w_i phi(x_i) + b. A model without a route to its law is refused.

    For example: clt-sim exact -n 64 --nonlinearity relu -x 20,40 -p 0.5,0.99
    """
    with usage():
        for probability in chain(*probabilities):
            if not 0.0 <= probability <= 1.0:
                raise ValueError(f"probabilities must be from 0 to 1, not {probability}.")
        model = build_model(parts)
    from clt_sim.exact import NoExactLaw, exact

    try:
        law = exact(model, method=method)
    except NoExactLaw as refusal:
        raise click.ClickException(str(refusal)) from refusal
    facts = _facts(law, [*chain(*points)], [*chain(*probabilities)])
    if as_json:
        print_json(facts)
    else:
        click.echo(_text(facts))


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
    lines = [facts["law"], *named(rows)]
    for table in (atoms["largest"], facts["points"], facts["quantiles"]):
        lines += ["", *_columns(table)] if table else []
    return "\n".join(lines)


def _columns(table: list[dict[str, float]]) -> list[str]:
    return [
        "  " + "".join(f"{cell:<18}" for cell in row).rstrip()
        for row in (table[0], *([f"{x:.10g}" for x in row.values()] for row in table))
    ]
