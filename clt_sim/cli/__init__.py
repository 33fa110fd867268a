"""The command line: data on stdout, progress and messages on stderr.

Each command is a module that parses, calls and prints. Importing this package loads click alone;
commands import what they need when they run.
"""

from __future__ import annotations

from clt_sim.cli.program import commands, main

__all__ = ["commands", "main"]
