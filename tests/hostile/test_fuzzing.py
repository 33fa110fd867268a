"""The search for faults of public functions finds those that are planted, and only those."""

from __future__ import annotations

import pathlib
import time
import warnings

import numpy as np
import pytest
from hostile.hostile_calls import FAMILIES
from hostile.hostile_verdicts import complaint

with pytest.MonkeyPatch.context() as patch:
    patch.syspath_prepend(pathlib.Path(__file__).parents[2] / "fuzzing")
    import calls as chosen
    import functions
    import limits
    import search
    from choices import Choices


def test_bytes_choose_and_none_choose_the_first():
    choices = Choices(b"\x05\x01\x02" + np.float64(-2.5).tobytes())
    assert (choices.below(4), choices.below(1000), choices.double()) == (1, 513, -2.5)
    assert (choices.below(7), choices.double(), choices.whole()) == (0, 0.0, 0)
    assert np.isnan(Choices(b"\xff" * 8).double())


@pytest.mark.parametrize("family", FAMILIES)
def test_seeds_are_the_usual_calls(family):
    known = chosen.calls(family)
    made = [chosen.chosen_call(family, seed) for seed in chosen.seeds(family)]
    assert sorted(call.title for call in made) == sorted(known)
    for call in made:
        usual = known[call.title][1]
        assert call.note == f"{call.title}()"
        assert all(call.arguments[name] is value for name, value in usual.items())


@pytest.mark.parametrize("family", FAMILIES)
def test_any_bytes_are_a_call_with_several_unusual_arguments(family):
    rng = np.random.default_rng(3)
    made = [chosen.chosen_call(family, rng.bytes(192)) for _ in range(150)]
    assert len({call.title for call in made}) > 10
    assert max(call.note.count("=") for call in made) > 1


def of_planted(fault):
    """Return a function that has a fault for one of many pairs of arguments."""

    def planted(x, y):
        if not isinstance(x, float) or not isinstance(y, int):
            raise TypeError("x must be a float, y an int")
        if x < 0.0 and y == 7:
            fault()
        return x

    return planted


def warn():
    warnings.warn("doubtful", RuntimeWarning, stacklevel=1)


def fail():
    raise ZeroDivisionError


def be_silent():
    raise ValueError


@pytest.mark.parametrize("fault", [warn, fail, be_silent], ids=lambda fault: fault.__name__)
def test_planted_faults_are_found_once(fault, monkeypatch, capsys):
    monkeypatch.setattr(
        chosen, "calls", lambda family: {"planted": (of_planted(fault), {"x": 1.0, "y": 7})}
    )
    findings, rng = functions.Findings("planted"), np.random.default_rng(1)
    for _ in range(1500):
        findings.one_input(rng.bytes(40))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{search.FOUND}planted(x=-")


def test_functions_without_faults_have_no_findings(monkeypatch, capsys):
    monkeypatch.setattr(
        chosen, "calls", lambda family: {"right": (of_planted(int), {"x": 1.0, "y": 7})}
    )
    findings, rng = functions.Findings("right"), np.random.default_rng(1)
    for _ in range(1500):
        findings.one_input(rng.bytes(40))
    assert capsys.readouterr().out == ""


def test_arguments_that_are_changed_are_a_fault():
    def changing(x):
        x[0] = 5.0

    assert complaint(changing, {"x": np.zeros(3)}) == "changed x"


def spend(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_what_is_slow_once_is_compiled_and_what_is_slow_twice_is_a_fault(monkeypatch):
    monkeypatch.setattr(limits, "MOST_SECONDS", 0.05)
    ends = iter([0.1, 0.0, 0.1, 0.1])
    call = chosen.Call("slow", lambda: spend(next(ends)), {}, "slow()")
    assert functions.fault_of(call) == ""
    assert functions.fault_of(call).startswith("too slow")


def test_what_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(limits, "MOST_SECONDS", 0.05)
    assert limits.broken_limit(lambda: spend(60.0)) == "too slow"


@pytest.mark.parametrize(
    ("text", "status", "line"),
    [
        (
            "stat::number_of_executed_units: 12\nstat::peak_rss_mb: 300\n",
            0,
            "12 inputs, 300 MB, ok",
        ),
        ("FOUND a()\n#7\tNEW rss: 90Mb\nFOUND b()\n", 0, "7 inputs, 90 MB, 2 FOUND"),
        ("#3\tNEW rss: 90Mb\n== ERROR: libFuzzer: timeout", 70, "3 inputs, 90 MB, 1 FOUND"),
    ],
    ids=["clean", "findings", "ended"],
)
def test_the_line_of_a_target(text, status, line):
    found, is_clean = search.reading("target", text, status)
    assert found.split(maxsplit=1)[1] == line
    assert is_clean == line.endswith("ok")
