"""The command ``completion``: completion of commands, options and names in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from clt_sim.cli.names import Choice
from clt_sim.cli.outcomes import Command

_SHELLS = ("bash", "zsh", "fish")


@click.command("completion", cls=Command)
@click.argument("shell", type=Choice("shell", _SHELLS), metavar="SHELL")
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    It completes commands, options, and the names of laws, nonlinearities, figures and claims.

    \b
    For example:
      bash  clt-sim completion bash > ~/.local/share/bash-completion/completions/clt-sim
      zsh   clt-sim completion zsh > ~/.zfunc/_clt-sim   (~/.zfunc must be in fpath)
      fish  clt-sim completion fish > ~/.config/fish/completions/clt-sim.fish
    """  # noqa: D301 (click reads the control character)
    script = get_completion_class(shell)
    if script is None:
        raise click.ClickException(f"this version of click completes nothing in {shell}.")
    root = context.find_root().command
    click.echo(script(root, {}, "clt-sim", "_CLT_SIM_COMPLETE").source())
