"""Coverage-guided fuzzing of every reader, with Atheris and libFuzzer.

``python fuzzing/files.py --seconds 60`` runs all targets one after the other, each in a process of
its own, and prints how many inputs each has read. ``python fuzzing/files.py TARGET...`` runs some.
An input that raises what is not documented, takes more than 5 s or more than 1 GB ends its target,
is kept in ``--findings``, and makes the exit status 1.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from random import Random

MOST_SECONDS, MOST_MEGABYTES = 5, 1024
"""For one input; the memory is that of the whole process."""
LONGEST = 2**17
INSTRUMENTED = ("clt_sim", "gzip", "zipfile")
"""Packages whose branches guide the search."""
COMPILED = ("_kernels", "_cuda", "nonlinearities/user_function.py", "nonlinearities/registry.py")
"""Modules of clt_sim whose functions Numba compiles, which must be left as they are."""


def main() -> int:
    """Run the targets that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", help="all by default")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--findings", type=Path, default=Path(tempfile.gettempdir()) / "clt_sim_findings"
    )
    parser.add_argument("--within", metavar="TARGET", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.within:
        return fuzz(options.within, options)
    from targets import TARGETS

    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"unknown targets {', '.join(sorted(unknown))}; known: {', '.join(TARGETS)}")
    options.findings.mkdir(parents=True, exist_ok=True)
    failed = [name for name in options.targets or TARGETS if not succeeded(name, options)]
    print(f"findings in {options.findings}: {', '.join(failed)}" if failed else "no findings")
    return 1 if failed else 0


def succeeded(name: str, options: argparse.Namespace) -> bool:
    """Fuzz one target in a process of its own; print one line; return whether nothing was found."""
    log = options.findings / f"{name}.log"
    command = [sys.executable, __file__, "--within", name, "--seconds", str(options.seconds)]
    command += ["--seed", str(options.seed), "--findings", str(options.findings)]
    with log.open("wb") as file:
        status = subprocess.run(command, stdout=file, stderr=file, check=False).returncode
    text = log.read_text(errors="replace")
    count = re.findall(r"stat::number_of_executed_units:\s*(\d+)|^#(\d+)\t", text, re.MULTILINE)
    peak = re.findall(r"stat::peak_rss_mb:\s*(\d+)|rss: (\d+)Mb", text)
    inputs = "".join(count[-1]) if count else "0"
    memory = "".join(peak[-1]) if peak else "?"
    print(
        f"{name:<24}{inputs:>10} inputs, {memory} MB, {'ok' if status == 0 else 'FOUND'}",
        flush=True,
    )
    return status == 0


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


def fuzz(name: str, options: argparse.Namespace) -> int:
    """Fuzz one target in this process, which libFuzzer ends."""
    import atheris

    with atheris.instrument_imports(list(INSTRUMENTED), compiled_modules()):
        import mutations
        from targets import TARGETS
    target = TARGETS[name]
    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    corpus, path = folder / "corpus", folder / f"file{target.suffix}"
    corpus.mkdir()
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)

    def one_input(content: bytes) -> None:
        path.write_bytes(content)
        with contextlib.suppress(*target.documented):
            target.read(path)

    def mutated(content: bytes, most: int, seed: int) -> bytes:
        rng = Random(seed)
        changed = mutations.changed_file(content, rng) if rng.random() < 0.8 else None
        return (
            changed
            if changed is not None and len(changed) <= most
            else atheris.Mutate(content, most)
        )

    arguments = [
        sys.argv[0],
        str(corpus),
        f"-max_total_time={options.seconds}",
        f"-timeout={MOST_SECONDS}",
        f"-rss_limit_mb={MOST_MEGABYTES}",
        f"-max_len={LONGEST}",
        f"-seed={options.seed}",
        f"-artifact_prefix={options.findings}/{name}-",
        "-print_final_stats=1",
    ]
    atheris.Setup(arguments, one_input, custom_mutator=mutated)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
