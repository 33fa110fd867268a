"""The command ``list``: what can be named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from clt_sim.cli.outcomes import Command
from clt_sim.cli.output import json_option, named, print_json

if TYPE_CHECKING:
    from clt_sim.normality_tests.statistic import Statistic


@click.command("list", cls=Command)
@json_option
def list_names(as_json: bool) -> None:
    """List what can be named.

    These are figures, claims, laws, nonlinearities, dependences, measures and tests.

    For example: clt-sim list | grep student
    """
    known = _known()
    if as_json:
        print_json(known)
        return
    for kind, entries in known.items():
        click.echo("\n".join([f"{kind}:", *named(entries)]))


def _known() -> dict[str, dict[str, str]]:
    """Return the registered names with one line that says what each is."""
    from clt_sim import claims, figures
    from clt_sim.gaussianity.registry import MEASURES as GAUSSIANITY
    from clt_sim.laws.registry import registry as laws
    from clt_sim.models.dependence import registry as dependences
    from clt_sim.nonlinearities.registry import registry as nonlinearities
    from clt_sim.normality_tests.registry import STATISTICS
    from clt_sim.sparsity.registry import MEASURES as SPARSITY

    return {
        "figures": {name: figures.get(name).title for name in figures.names()},
        "claims": {name: claims.get(name).statement for name in claims.names()},
        **{
            kind: {name: _first_line(registry.class_of(name)) for name in registry.names()}
            for kind, registry in (
                ("laws", laws),
                ("nonlinearities", nonlinearities),
                ("dependences", dependences),
            )
        },
        **{
            kind: {name: _first_line(type(measures[name])) for name in measures}
            for kind, measures in (
                ("measures of gaussianity", GAUSSIANITY),
                ("measures of sparsity", SPARSITY),
            )
        },
        "tests of normality": {name: _described(test) for name, test in STATISTICS.items()},
    }


def _first_line(cls: type) -> str:
    return (cls.__doc__ or "").splitlines()[0].replace("``", "")


def _described(test: Statistic) -> str:
    return f"{test.symbol}, of at least {test.least} values; {test.rejects} ones reject normality."
