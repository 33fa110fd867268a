"""Random argument vectors for every command, run in one process.

``python fuzzing/command_line.py --calls 2000`` fails where a call ends with a status that is not
documented, prints a traceback or several lines for an error, or takes more than 5 s or 1 GB.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import os
import sys
import tempfile
import warnings
from pathlib import Path
from random import Random

import arguments
from limits import broken_limit

STATUSES = (0, 1, 2, 3)


def main() -> int:
    """Run the calls and print how they ended."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    os.chdir(folder)
    arguments.prepare(folder)
    warm_up()
    statuses: collections.Counter[int] = collections.Counter()
    commands: collections.Counter[str] = collections.Counter()
    faults = 0
    for number in range(options.calls):
        given = arguments.vector(Random(f"{options.seed} {number}"))
        status, fault = outcome(given)
        statuses[status] += 1
        commands[given[0] if given and given[0] in arguments.COMMANDS else "other"] += 1
        if fault:
            faults += 1
            print(f"FOUND {fault}: {given}"[:2000], flush=True)
        for name in ("run.npz", "state.npz", "out.npz"):
            (folder / name).unlink(missing_ok=True)
    if (folder / "sprung").exists():
        faults += 1
        print("FOUND a text that was executed")
    ends = dict(sorted(statuses.items()))
    print(f"{options.calls} calls {dict(commands)}, statuses {ends}, {faults} found")
    return 1 if faults else 0


def warm_up() -> None:
    """Compile what is compiled at first use."""
    for command in (["simulate", "-n", "3", "--draws", "10"], ["exact", "-n", "3"], ["list"]):
        run(command)


def run(given: list[str]) -> tuple[int, str, str]:
    """Return the status, stdout and stderr of a call."""
    from clt_sim import cli

    out, err = (
        io.TextIOWrapper(io.BytesIO(), "utf-8", errors=kind)
        for kind in ("strict", "backslashreplace")
    )
    sys.argv = ["clt-sim", *given]
    status = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return status, *texts


def outcome(given: list[str]) -> tuple[int, str]:
    """Return the status of a call, and what is wrong with how it ended."""
    ends: list[tuple[int, str, str]] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fault = broken_limit(lambda: ends.append(run(given)))
    except BaseException as error:
        return -1, f"{type(error).__name__}: {error}"
    if not ends:
        return -1, fault
    status, _, err = ends[0]
    return status, fault or complaint(given, status, err) or ", ".join(_serious(caught))


def complaint(given: list[str], status: int, err: str) -> str:
    """Return what is wrong with a status and its message; nothing if they are as documented."""
    if status not in STATUSES:
        return f"status {status}"
    lines = [line for line in err.splitlines() if line and not line.startswith("figure: ")]
    if "--debug" in given:
        return ""
    if "Traceback" in err or "a fault of the program" in err:
        return err.strip()[-300:]
    if status in {1, 2} and len(lines) != 1 and not _is_verdict(given, status):
        return f"{len(lines)} lines: {err[:300]}"
    return ""


def _is_verdict(given: list[str], status: int) -> bool:
    return status == 1 and "--within" in given


def _serious(caught: list[warnings.WarningMessage]) -> list[str]:
    return [f"{each.category.__name__}: {each.message}" for each in caught]


if __name__ == "__main__":
    sys.exit(main())
