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
import sys
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path
from random import Random

import search
from limits import MOST_SECONDS

LONGEST = 2**17


def targets() -> Iterable[str]:
    """Return the names of the readers."""
    from targets import TARGETS

    return TARGETS


def fuzz(name: str, options: argparse.Namespace) -> None:
    """Fuzz one target in this process, which libFuzzer ends."""
    import atheris

    with atheris.instrument_imports(list(search.INSTRUMENTED), search.compiled_modules()):
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

    arguments = search.of_libfuzzer(
        name, options, corpus, longest=LONGEST, timeout=MOST_SECONDS, memory=0
    )
    atheris.Setup(arguments, one_input, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(search.run(__file__, __doc__.splitlines()[0], targets, fuzz))
