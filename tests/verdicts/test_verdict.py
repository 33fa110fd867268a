"""What an interval decides, and how the verdict says it."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest

from clt_sim.verdicts.interval import Interval, absolute
from clt_sim.verdicts.verdict import draws_needed, judge


def interval(least, most=None, *, reach=0.0, count=100, floor=-math.inf):
    most = least if most is None else most
    return Interval(least, least, most, reach, reach, floor, count, "100 draws", "by hand")


def verdict(given, within):
    return judge(given, measure="skewness", noun="skewness", within=within, confidence=0.95)


@pytest.mark.parametrize(
    ("given", "within", "status"),
    [
        (interval(0.02, reach=0.01), 0.03, "holds"),
        (interval(0.02, reach=0.01), 0.029, "undecided"),
        (interval(0.02, reach=0.01), 0.01, "undecided"),
        (interval(0.02, reach=0.01), 0.0099, "refuted"),
        (interval(-0.02, reach=0.01), 0.03, "holds"),
        (interval(-0.02, reach=0.01), 0.009, "refuted"),
        (interval(0.001, reach=0.5), 0.4, "undecided"),
        (interval(math.inf, count=None), 0.4, "refuted"),
        (interval(0.3, count=None), 0.4, "holds"),
    ],
)
def test_status(given, within, status):
    assert verdict(given, within).status == status


def test_the_ends():
    given = interval(0.02, 0.03, reach=0.05, floor=0.0)
    assert (given.low, given.high) == (0.0, 0.08)
    assert given.known_size == (0.02, 0.03)
    assert absolute(-3.0, -1.0) == (1.0, 3.0)


def test_draws_needed():
    # Half the reach needs four times the draws.
    assert draws_needed(interval(0.25, reach=0.5), 0.5) == 400
    assert draws_needed(interval(-0.5, reach=0.5), 0.25) == 400
    assert draws_needed(interval(0.02, 0.04, reach=0.02), 0.03) is None
    assert draws_needed(interval(0.25, 0.5, reach=0.5), 0.75) == 400
    assert draws_needed(interval(0.02, count=None), 0.02) is None
    assert draws_needed(interval(0.02, reach=0.02), 0.02 + 1e-12) is None


def test_words():
    assert str(verdict(interval(0.02, reach=0.01), 0.05)) == (
        "holds: the skewness is between 0.01 and 0.03 with 95 % confidence (100 draws), within the"
        " margin of 0.05."
    )
    assert (
        "about 3 200 draws would decide it" in verdict(interval(0.5, reach=1.4), 0.75).explanation
    )
    wide = verdict(interval(0.02, 0.04, reach=0.02), 0.03)
    assert "no number of draws would decide it" in wide.explanation
    assert "between 0.02 and 0.04" in wide.explanation
    assert wide.draws_needed is None
    assert "nothing was drawn" in verdict(interval(0.02, count=None), 0.03).explanation


def test_a_value_that_is_not_a_bool():
    given = verdict(interval(0.02, reach=0.01), 0.05)
    with pytest.raises(TypeError, match="three answers"):
        bool(given)
    with pytest.raises(dataclasses.FrozenInstanceError):
        given.status = "refuted"
    assert json.loads(json.dumps(given.to_dict()))["interval"] == [0.01, 0.03]
    assert given.to_dict().keys() == {field.name for field in dataclasses.fields(given)}
    assert verdict(interval(0.02, reach=0.01), 0.05) == given
