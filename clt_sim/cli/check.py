"""The command ``check``: claims, put to the test."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from typing import TYPE_CHECKING

import click

from clt_sim.cli.names import CLAIM, QUALITY
from clt_sim.cli.numbers import Count
from clt_sim.cli.outcomes import Command, status_of, usage
from clt_sim.cli.output import aligned, json_option, print_json, print_results
from clt_sim.cli.workers import LOST, started, workers_option

if TYPE_CHECKING:
    from clt_sim.claims import Claim, ClaimVerdict

_COLUMNS = ("verdict", "claim", "findings", "statement")


@click.command("check", cls=Command)
@click.argument("names", nargs=-1, metavar="[CLAIM]...", type=CLAIM)
@click.option(
    "--quality",
    type=QUALITY,
    default="draft",
    show_default=True,
    help="draft takes seconds a claim, paper has tight intervals.",
)
@click.option(
    "--seed", type=Count(0), default=0, show_default=True, help="Decides every random number."
)
@click.option("-f", "--findings", is_flag=True, help="Print the numbers of each claim as well.")
@workers_option
@json_option
def check(
    names: tuple[str, ...], quality: str, seed: int, findings: bool, workers: int, as_json: bool
) -> int:
    """Check claims, all of them by default.

    Parameters of a claim go in brackets; clt-sim list shows the claims.

    The exit status is 0 if all hold, 1 if one is refuted, 3 if none is but one is undecided.

    For example: clt-sim check 'sums-approach-normal(within=0.02)' --findings
    """
    from clt_sim import claims
    from clt_sim._validation import whole
    from clt_sim.engine.simulation import MOST_SEED

    with usage():
        asked = [claims.get(name) for name in names or claims.names()]
        whole("seed", seed, least=0, most=MOST_SEED)
    verdicts, ended = _checked(asked, quality, seed, workers)
    if as_json:
        print_json([verdict.to_dict() for verdict in verdicts])
    elif verdicts:
        _print_verdicts(verdicts, findings=findings)
    if ended:
        raise click.ClickException(f"{ended} after {len(verdicts)} of {len(asked)} claims.")
    return status_of(verdict.status for verdict in verdicts)


def _checked(
    asked: Sequence[Claim], quality: str, seed: int, workers: int
) -> tuple[list[ClaimVerdict], str | None]:
    """Return the verdicts, and if there are not all why."""
    from clt_sim import claims
    from clt_sim.cli.progress import Bars

    verdicts: list[ClaimVerdict] = []
    with started(workers) as executor, Bars() as bars:
        all_claims = bars.counted("claims", "claims")
        try:
            for claim in asked:
                all_claims(len(verdicts), len(asked))
                show = bars.shared(claim.name)
                verdict = claims.check(
                    claim, quality=quality, seed=seed, progress=show, executor=executor
                )
                verdicts.append(verdict)
        except KeyboardInterrupt:
            return verdicts, "stopped"
        except BrokenExecutor:
            return verdicts, LOST
    return verdicts, None


def _print_verdicts(verdicts: Sequence[ClaimVerdict], *, findings: bool) -> None:
    """Print a line a claim, and the numbers of each where they are asked for."""
    from clt_sim.tables import Table

    rows = tuple(map(_row, verdicts))
    numbers = verdicts if findings else []
    lines = "\n".join(line[2:] for line in aligned([_COLUMNS, *rows]))
    text = "\n\n".join([lines, *map(str, numbers)])
    print_results(text, [Table("", _COLUMNS, rows), *numbers])


def _row(verdict: ClaimVerdict) -> tuple[str, str, str, str]:
    """Return the cells of a verdict, with how many of the findings that decide hold."""
    deciding = [one for one in verdict.findings if one.decides]
    held = sum(one.status == "holds" for one in deciding)
    claim = verdict.claim
    return verdict.status, str(claim), f"{held} of {len(deciding)} hold", claim.statement
