"""What every search with Atheris does: a process for each target, limits, and one line of each."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from limits import MOST_MEGABYTES

INSTRUMENTED = ("clt_sim", "gzip", "zipfile")
"""Packages whose branches guide the search."""
COMPILED = (
    "_kernels",
    "_cuda",
    "_array_kernels",
    "nonlinearities/user_function.py",
    "nonlinearities/registry.py",
)
"""Modules of clt_sim whose functions Numba compiles, which must be left as they are."""
FOUND = "FOUND "
"""How the line of a finding starts that does not end its target."""


def run(
    script: str, title: str, known: Callable[[], Iterable[str]], fuzz: Callable[..., None]
) -> int:
    """Run the targets that the command line names, or all; return the exit status.

    Parameters
    ----------
    script, title : str
        The file that is run, and what it does.
    known : callable
        Returns the names of all targets.
    fuzz : callable
        Given the name of a target and the options, fuzzes it; libFuzzer ends the process.
    """
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("targets", nargs="*", help="all by default")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--findings", type=Path, default=Path(tempfile.gettempdir()) / "clt_sim_findings"
    )
    parser.add_argument("--within", metavar="TARGET", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.within:
        fuzz(options.within, options)
        return 0
    names = list(known())
    unknown = set(options.targets) - set(names)
    if unknown:
        parser.error(f"unknown targets {', '.join(sorted(unknown))}; known: {', '.join(names)}")
    options.findings.mkdir(parents=True, exist_ok=True)
    failed = [name for name in options.targets or names if not succeeded(script, name, options)]
    print(f"findings in {options.findings}: {', '.join(failed)}" if failed else "no findings")
    return 1 if failed else 0


def succeeded(script: str, name: str, options: argparse.Namespace) -> bool:
    """Fuzz one target in a process of its own; print one line; return whether nothing was found."""
    log = options.findings / f"{name}.log"
    command = [sys.executable, script, "--within", name, "--seconds", str(options.seconds)]
    command += ["--seed", str(options.seed), "--findings", str(options.findings)]
    with log.open("wb") as file:
        status = subprocess.run(command, stdout=file, stderr=file, check=False).returncode
    line, is_clean = reading(name, log.read_text(errors="replace"), status)
    print(line, flush=True)
    return is_clean


def reading(name: str, text: str, status: int) -> tuple[str, bool]:
    """Return the line of a target, and whether nothing was found, from its log and status."""
    count = re.findall(r"stat::number_of_executed_units:\s*(\d+)|^#(\d+)\t", text, re.MULTILINE)
    peak = re.findall(r"stat::peak_rss_mb:\s*(\d+)|rss: (\d+)Mb", text)
    inputs = "".join(count[-1]) if count else "0"
    memory = "".join(peak[-1]) if peak else "?"
    found = len(re.findall(f"^{FOUND}", text, re.MULTILINE)) + (status != 0)
    verdict = f"{found} FOUND" if found else "ok"
    return f"{name:<24}{inputs:>10} inputs, {memory} MB, {verdict}", found == 0


def compiled_modules() -> list[str]:
    """Return the names of the modules that are not instrumented."""
    root = Path(__file__).parents[1]
    package = root / "clt_sim"
    places = [package / place for place in COMPILED]
    files = [
        file for place in places for file in (place.rglob("*.py") if place.is_dir() else [place])
    ]
    names = [".".join(file.relative_to(root).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names]


def of_libfuzzer(
    name: str, options: argparse.Namespace, corpus: Path, *, longest: int, timeout: int, memory: int
) -> list[str]:
    """Return the arguments of libFuzzer for a target.

    Parameters
    ----------
    name : str
        The target.
    options : argparse.Namespace
        Those of the command line.
    corpus : Path
        A folder of inputs to start from.
    longest : int
        Bytes of an input.
    timeout : int
        Seconds on the clock, for one input.
    memory : int
        Megabytes that the process has had before.
    """
    return [
        sys.argv[0],
        str(corpus),
        f"-max_total_time={options.seconds}",
        f"-timeout={timeout}",
        f"-rss_limit_mb={memory + MOST_MEGABYTES}",
        f"-max_len={longest}",
        f"-seed={options.seed}",
        f"-artifact_prefix={options.findings}/{name}-",
        "-print_final_stats=1",
    ]
