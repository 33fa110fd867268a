from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

import pytest

from clt_sim import claims
from clt_sim.claims import Claim, Finding, Source


def found(value, *, decides=True):
    return Finding("the number", value, value - 0.1, value + 0.1, "below", 1.0, decides)


@dataclass(frozen=True, slots=True)
class Known(Claim):
    """A claim about known numbers."""

    name: ClassVar[str] = "known"
    statement: ClassVar[str] = "The numbers are [small]."
    source: ClassVar[Source] = Source("Author 2000, Title", "page 1")
    rule: ClassVar[str] = "Holds if they are below 1."
    turns: ClassVar[str] = "Elsewhere."

    values: tuple[float, ...] = (0.5,)

    def findings(self, *, quality, seed, work):
        work.progress("counting", 0.5)
        if not self.values:
            raise KeyboardInterrupt
        return [*map(found, self.values), found(7.0, decides=False)]


@pytest.fixture
def _claims(monkeypatch):
    kinds = {"holds": (0.5, 0.2), "refuted": (0.5, 2.0), "undecided": (0.95,), "endless": ()}

    def get(name):
        if name not in kinds:
            raise ValueError(f"unknown claim {name!r}.")
        return Known(kinds[name])

    monkeypatch.setattr(claims, "names", lambda: ("holds", "undecided"))
    monkeypatch.setattr(claims, "get", get)


@pytest.mark.usefixtures("_claims")
@pytest.mark.parametrize(
    ("names", "status", "verdicts"),
    [
        ((), 3, ["holds", "undecided"]),
        (("holds",), 0, ["holds"]),
        (("holds", "refuted", "undecided"), 1, ["holds", "refuted", "undecided"]),
    ],
)
def test_verdicts_are_a_table_and_the_status(names, status, verdicts, clt_sim):
    found_status, out, err = clt_sim("check", *names)
    assert (found_status, err) == (status, "")
    heading, *rows = out.splitlines()
    assert heading.split() == ["verdict", "claim", "findings", "statement"]
    assert [row.split()[0] for row in rows] == verdicts
    assert all(row.endswith("  The numbers are [small].") for row in rows)


@pytest.mark.usefixtures("_claims")
def test_only_findings_that_decide_are_counted(clt_sim):
    assert "known(values=(0.5, 2.0))  1 of 2 hold" in clt_sim("check", "refuted")[1]


@pytest.mark.usefixtures("_claims")
def test_json_is_that_of_the_verdicts(clt_sim):
    _, out, _ = clt_sim("check", "holds", "refuted", "--json", "--seed", "3", "--quality", "paper")
    expected = [
        claims.check(claims.get(name), seed=3, quality="paper") for name in ("holds", "refuted")
    ]
    assert json.loads(out) == [verdict.to_dict() for verdict in expected]


@pytest.mark.usefixtures("_claims")
def test_findings_are_printed_when_asked_for(clt_sim):
    verdict = claims.check(claims.get("refuted"))
    assert str(verdict) not in clt_sim("check", "refuted")[1]
    assert clt_sim("check", "refuted", "--findings")[1].endswith(f"\n{verdict}\n")


@pytest.mark.usefixtures("_claims")
def test_an_interrupt_leaves_the_verdicts_so_far(clt_sim):
    status, out, err = clt_sim("check", "holds", "endless", "refuted")
    assert (status, err) == (1, "clt-sim: stopped after 1 of 3 claims.\n")
    assert len(out.splitlines()) == 2


@pytest.mark.usefixtures("_claims")
def test_a_terminal_gets_colours(clt_sim, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[32mholds" in clt_sim("check", "holds")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in clt_sim("check", "holds")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sums-approach-norml",), "Did you mean 'sums-approach-normal'"),
        (("sums-approach-normal(withn=1)",), "Did you mean 'within'"),
        (("--quality", "drft"), "Did you mean 'draft'"),
        (("--seed", "-1"), "'-1' is not a whole number from 0"),
        (("--seed", "1e30"), "seed must be from 0"),
    ],
)
def test_wrong_usage_exits_with_2_before_any_claim(arguments, message, clt_sim, monkeypatch):
    monkeypatch.delattr(claims, "check")
    status, out, err = clt_sim("check", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
