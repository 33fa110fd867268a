from __future__ import annotations

import os
import subprocess
import sys

import pytest

import clt_sim as clt
from clt_sim import claims, figures
from clt_sim.cli.names import declared_names
from clt_sim.models import dependence


@pytest.mark.parametrize(
    ("package", "names"),
    [
        ("laws", clt.laws.names()),
        ("nonlinearities", clt.nonlinearities.names()),
        ("figures", figures.names()),
        ("claims", claims.names()),
        ("models/dependence.py", dependence.registry.names()),
    ],
    ids=["laws", "nonlinearities", "figures", "claims", "dependences"],
)
def test_names_in_the_source_are_those_that_are_registered(package, names):
    assert declared_names(package) == list(names)


def completed(words):
    """Return what bash would show for a line, and which heavy packages that loads."""
    code = (
        "import sys\nfrom clt_sim import cli\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        "print(*({'numpy', 'numba', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    line = {"COMP_WORDS": f"clt-sim {words}", "COMP_CWORD": str(len(words.split()))}
    environment = {**os.environ, "_CLT_SIM_COMPLETE": "bash_complete", **line}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    *items, loaded = done.stdout.split("\n")[:-1]
    return [item.removeprefix("plain,") for item in items], loaded


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("simu", "simulate"),
        ("exact --inputs stud", "student-t"),
        ("exact --method lat", "lattice"),
        ("figure ioffe", "ioffe-szegedy"),
        ("check sums-approach-normal", "sums-approach-normal"),
        ("train --normalization noisy", "noisy-batch"),
    ],
)
def test_names_complete_without_loading_what_they_name(words, expected):
    items, loaded = completed(words)
    assert expected in items
    assert loaded == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_call_the_program(shell, clt_sim):
    status, out, _ = clt_sim("completion", shell)
    assert status == 0
    assert f"_CLT_SIM_COMPLETE={shell}_complete" in out


def test_another_shell_is_wrong_usage(clt_sim):
    status, out, err = clt_sim("completion", "fsh")
    assert (status, out) == (2, "")
    assert "Did you mean 'fish'" in err
