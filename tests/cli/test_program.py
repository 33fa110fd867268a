"""How the program as a whole behaves: help, statuses, messages."""

from __future__ import annotations

import subprocess
import sys

import pytest

import clt_sim as clt
from clt_sim import cli

HEAVY = "{'numpy', 'numba', 'matplotlib', 'scipy', 'rich'}"
NAMES = ("check", "completion", "exact", "figure", "figures", "list", "record", "simulate", "train")


def test_version(clt_sim):
    assert clt_sim("--version") == (0, f"clt-sim {clt.__version__}\n", "")


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_names_the_commands_and_the_statuses(arguments, clt_sim):
    status, out, err = clt_sim(*arguments)
    assert (status, err) == (0, "")
    assert all(f"\n  {name} " in out for name in NAMES)
    assert set(cli.commands.commands) == set(NAMES)
    assert "3  a verdict is undecided" in out


@pytest.mark.parametrize("name", NAMES)
def test_help_of_every_command_has_an_example(name, clt_sim):
    status, out, _ = clt_sim(name, "--help")
    assert status == 0
    assert "For example:" in out
    assert out.count("clt-sim") > 1
    assert "--debug" in out
    assert "..." not in out.split("Options:")[1]


def test_no_command_is_cut_off_in_the_help(clt_sim):
    assert "..." not in clt_sim("--help")[1].partition("Commands:")[2]


@pytest.mark.parametrize("arguments", [["--version"], *([name, "--help"] for name in NAMES)])
def test_version_and_help_load_nothing_heavy(arguments):
    code = (
        f"import sys; sys.argv = ['clt-sim', *{arguments}]\n"
        "from clt_sim import cli\n"
        "try:\n    cli.main()\nexcept SystemExit as end:\n    assert not end.code\n"
        f"assert not {HEAVY} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)


def test_python_m_runs_the_same_program():
    command = [sys.executable, "-m", "clt_sim", "exact", "-n", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("clt-sim exact: Invalid value for '-n'")


def test_a_closed_pipe_is_silent():
    command = [sys.executable, "-m", "clt_sim", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("figur",), "clt-sim: No such command 'figur'. Did you mean 'figure'? Known: check,"),
        (("simulat", "-n", "3"), "Did you mean 'simulate'"),
        (("--nonsense",), "No such option"),
        (("exact", "--nonsense"), "clt-sim exact: No such option"),
        (("list", "--jsn"), "json"),
    ],
)
def test_wrong_usage_is_one_line_and_exits_with_2(arguments, message, clt_sim):
    status, out, err = clt_sim(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert " --help." in err
    assert "?." not in err


@pytest.fixture
def _faulty(monkeypatch):
    from clt_sim import figures

    def build(*args, **kwargs):
        raise TypeError("a fault")

    monkeypatch.setattr(figures, "build", build)


@pytest.mark.usefixtures("_faulty")
def test_a_fault_of_the_program_is_not_called_wrong_usage(clt_sim):
    status, out, err = clt_sim("figure", "sum-of-n")
    assert (status, out) == (1, "")
    assert err == "clt-sim: a fault of the program: TypeError: a fault (--debug shows where)\n"


@pytest.mark.usefixtures("_faulty")
@pytest.mark.parametrize(
    "arguments", [("--debug", "figure", "sum-of-n"), ("figure", "sum-of-n", "--debug")]
)
def test_debug_shows_the_traceback_and_keeps_the_status(arguments, clt_sim):
    status, _, err = clt_sim(*arguments)
    assert status == 1
    assert "Traceback" in err
    assert 'raise TypeError("a fault")' in err
    assert err.endswith("a fault (--debug shows where)\n")


def test_debug_shows_where_wrong_usage_was_seen(clt_sim):
    status, _, err = clt_sim("exact", "-n", "2", "--inputs", "lapla", "--debug")
    assert status == 2
    assert "registry.py" in err
    assert "Traceback" not in clt_sim("exact", "-n", "2", "--inputs", "lapla")[2]


def test_memory_that_is_missing_is_a_failure(clt_sim, monkeypatch):
    from clt_sim import figures

    def build(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(figures, "build", build)
    assert clt_sim("figure", "sum-of-n")[::2] == (1, "clt-sim: MemoryError\n")


def test_an_interrupt_of_any_command_is_one_line(clt_sim, monkeypatch):
    from clt_sim import figures

    def names():
        raise KeyboardInterrupt

    monkeypatch.setattr(figures, "names", names)
    status, out, err = clt_sim("list")
    assert (status, out, err.strip()) == (1, "", "clt-sim: stopped.")
