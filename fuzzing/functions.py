"""Coverage-guided fuzzing of public functions, with Atheris and libFuzzer.

``python fuzzing/functions.py --seconds 60`` runs all families one after the other, each in a
process of its own, and prints how many calls each has made; ``python fuzzing/functions.py exact
engine`` runs some. Bytes choose the function and any of its arguments: usual, odd or hostile ones.
A call is a finding if it raises what is not documented, warns, answers what cannot be, changes its
arguments, or takes more than 5 s or 1 GB. The log in ``--findings`` has a line for each kind of
them; the search goes on, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import search
from limits import broken_limit, megabytes

if TYPE_CHECKING:
    from calls import Call

LONGEST = 192
HANGING = 120
"""Seconds on the clock, after which a call ends the search: it does not even return to Python."""


def families() -> Iterable[str]:
    """Return the names of the families of functions."""
    from calls import families as names

    return names()


def fault_of(call: Call) -> str:
    """Return what is wrong with a call; of slow ones, if they are slow when nothing is compiled."""
    found: list[str] = []
    for _ in range(2):
        broken = broken_limit(lambda: found.append(call.complaint()))
        if not broken:
            break
    return broken or found[-1]


def kind_of(call: Call, fault: str) -> str:
    """Return what findings of one kind have in common: function, and message without numbers."""
    return f"{call.title}: {re.sub(r'[0-9.e+-]+', '#', fault[:60])} {fault[-60:]}"


class Findings:
    """Calls with faults, the first of each kind.

    Parameters
    ----------
    family : str
        The functions.
    """

    def __init__(self, family: str) -> None:
        self.family = family
        self._kinds: set[str] = set()

    def one_input(self, content: bytes) -> None:
        """Make the call that bytes choose, and print a finding of a new kind."""
        from calls import chosen_call

        call = chosen_call(self.family, content)
        fault = fault_of(call)
        kind = kind_of(call, fault)
        if fault and kind not in self._kinds:
            self._kinds.add(kind)
            print(search.FOUND + " ".join(f"{call.note}: {fault}".split()), flush=True)


def work_elsewhere() -> None:
    """Go where names that are taken for those of files do no harm."""
    folder = Path(tempfile.mkdtemp()) / "a" / "b" / "c"
    folder.mkdir(parents=True)
    os.chdir(folder)


def fuzz(family: str, options: argparse.Namespace) -> None:
    """Fuzz one family in this process, which libFuzzer ends."""
    import atheris

    options.findings = options.findings.absolute()
    with atheris.instrument_imports(list(search.INSTRUMENTED), search.compiled_modules()):
        from calls import prepared, seeds

        prepared(family)
    warnings.simplefilter("error")
    findings, corpus = Findings(family), Path(tempfile.mkdtemp())
    for number, seed in enumerate(seeds(family)):
        (corpus / f"usual-{number}").write_bytes(seed)
    work_elsewhere()

    def mutated(content: bytes, most: int, seed: int) -> bytes:
        anew = Random(seed)
        # libFuzzer keeps short inputs, in which most arguments are usual.
        return anew.randbytes(most) if anew.random() < 0.5 else atheris.Mutate(content, most)

    arguments = search.of_libfuzzer(
        family, options, corpus, longest=LONGEST, timeout=HANGING, memory=megabytes()
    )
    atheris.Setup([*arguments, "-len_control=0"], findings.one_input, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(search.run(__file__, __doc__.splitlines()[0], families, fuzz))
