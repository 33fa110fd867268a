"""The command line, run in this process."""

from __future__ import annotations

import sys

import pytest

from clt_sim import cli


@pytest.fixture
def clt_sim(monkeypatch, capsys):
    """Return a function that runs the command line and returns status, stdout and stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["clt-sim", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_info:
            cli.main()
        out, err = capsys.readouterr()
        return exit_info.value.code or 0, out, err

    return run


@pytest.fixture
def interrupted(monkeypatch):
    """Have Ctrl-C come with the first report of progress that is counted."""
    from clt_sim.cli import progress

    def interrupt(done, total):
        if done:
            raise KeyboardInterrupt

    monkeypatch.setattr(progress.Bars, "counted", lambda *_: interrupt)
