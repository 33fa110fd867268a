"""The program: its commands, and how it ends."""

from __future__ import annotations

import sys
from typing import Any

import click

from clt_sim import __version__
from clt_sim._validation import unknown_name
from clt_sim.cli.check import check
from clt_sim.cli.completion import completion
from clt_sim.cli.exact import exact_law
from clt_sim.cli.figures import all_figures, some_figures
from clt_sim.cli.listing import list_names
from clt_sim.cli.outcomes import debug_option, report, traced
from clt_sim.cli.record import record_layers
from clt_sim.cli.simulate import simulate_model
from clt_sim.cli.train import train_network

_STATUSES = """\b
Exit status:
  0  done; every verdict asked for holds
  1  failed; or a verdict is refuted
  2  wrong usage
  3  a verdict is undecided, and none refuted"""


def main() -> None:
    """Run the command line and exit with 0, 1, 2 or 3, as ``clt-sim --help`` says."""
    status: Any
    try:
        status = commands.main(prog_name="clt-sim", standalone_mode=False)
    # All that a command can raise ends as one line and a status; click asks for no less.
    except (Exception, KeyboardInterrupt) as error:
        status = report(error)
    sys.exit(status or 0)


class Program(click.Group):
    """The group of all commands."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(debug_option())

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of a name; the error for an unknown one has the nearest match."""
        name = args[0]
        if name not in self.commands and not name.startswith("-") and not ctx.resilient_parsing:
            known = str(unknown_name("command", name, self.commands)).removeprefix("unknown ")
            raise click.UsageError(f"No such {known}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        with traced(ctx):
            return super().invoke(ctx)


@click.group(
    cls=Program,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_STATUSES,
)
@click.version_option(__version__, prog_name="clt-sim", message="%(prog)s %(version)s")
@click.pass_context
def commands(context: click.Context) -> None:
    """Ask how Gaussian sums of nonlinearity outputs are, and make the figures that show it.

    For example: clt-sim simulate -n 64 --nonlinearity relu --within 0.01
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for _command in (
    list_names,
    exact_law,
    simulate_model,
    record_layers,
    train_network,
    check,
    some_figures,
    all_figures,
    completion,
):
    commands.add_command(_command)
