from __future__ import annotations

import functools
import html
import json

import numpy as np
import pytest
from scipy.stats import norm

from clt_sim import Estimate, claims
from clt_sim.claims.claim import Claim
from clt_sim.claims.finding import CONFIDENCE, Finding, finding


@functools.cache
def draft(name):
    """Every claim is run once for all tests of a process."""
    return claims.check(name)


@pytest.mark.parametrize(
    ("low", "high", "below", "above"),
    [
        (0.1, 0.2, "holds", "refuted"),
        (0.1, 0.4, "undecided", "undecided"),
        (0.31, 0.4, "refuted", "holds"),
        (0.3, 0.4, "undecided", "undecided"),
        (0.1, 0.3, "holds", "refuted"),
        (-np.inf, np.inf, "undecided", "undecided"),
    ],
)
def test_the_whole_interval_decides(low, high, below, above):
    value = 0.5 * (low + high) if np.isfinite(low) else 0.0
    assert Finding("x", value, low, high, "below", 0.3).status == below
    assert Finding("x", value, low, high, "above", 0.3).status == above


def test_a_value_outside_of_its_interval_and_unknown_sides_are_refused():
    with pytest.raises(ValueError, match=r"0\.5 is not in \[0\.1, 0\.2\]"):
        Finding("x", 0.5, 0.1, 0.2, "below", 0.3)
    with pytest.raises(ValueError, match="side must be 'below' or 'above', not 'left'"):
        Finding("x", 0.1, 0.1, 0.2, "left", 0.3)
    with pytest.raises(ValueError, match="nan is not in"):
        Finding("x", np.nan, 0.1, 0.2, "below", 0.3)


def test_the_interval_of_an_estimate_is_that_of_its_confidence():
    one = finding("x", Estimate(1.0, 0.5), "below", 3.0)
    assert (one.low, one.high) == pytest.approx(norm.interval(CONFIDENCE, 1.0, 0.5))


def test_one_refuted_finding_refutes_and_conditions_do_not_count():
    def one(value, *, decides=True):
        return Finding("x", value, value - 1.0, value + 1.0, "below", 3.0, decides)

    claim = claims.get("sums-approach-normal")
    assert claim.status([one(0.0), one(1.0), one(9.0, decides=False)]) == "holds"
    assert claim.status([one(0.0), one(2.5)]) == "undecided"
    assert claim.status([one(0.0), one(2.5), one(9.0)]) == "refuted"


def test_unknown_names_and_parameters_are_refused_before_work():
    with pytest.raises(ValueError, match="sums-approach-normal"):
        claims.check("sums-aproach-normal")
    with pytest.raises(ValueError, match="within"):
        claims.check("sums-approach-normal", witin=0.1)
    with pytest.raises(ValueError, match="draft"):
        claims.check("sums-approach-normal", quality="drafty")
    with pytest.raises(ValueError, match="seed"):
        claims.check("sums-approach-normal", seed=-1)


@pytest.mark.parametrize("name", claims.names())
def test_every_claim_says_what_it_is(name):
    claim = claims.get(name)
    assert isinstance(claim, Claim)
    assert claim.statement.endswith(".")
    assert claim.rule.endswith(".")
    assert claim.turns.endswith(".")
    assert claim.source.reference
    assert claim.source.place
    assert claims.get(str(claim)) == claim


@pytest.mark.parametrize("name", claims.names())
def test_every_claim_is_decided_by_its_findings(name):
    verdict = draft(name)
    assert verdict.status == verdict.claim.status(verdict.findings)
    deciding = [one for one in verdict.findings if one.decides]
    assert deciding
    assert list(verdict.findings[: len(deciding)]) == deciding
    assert len({one.question for one in verdict.findings}) == len(verdict.findings)
    assert verdict.explanation
    assert json.loads(json.dumps(verdict.to_dict(), allow_nan=False))["status"] == verdict.status


@pytest.mark.parametrize("name", claims.names())
def test_every_verdict_shows_itself(name):
    verdict = draft(name)
    assert all(one.question in str(verdict) for one in verdict.findings)
    page = verdict._repr_html_()
    assert all(html.escape(one.question) in page for one in verdict.findings)
    kinds = {one.decides for one in verdict.findings}
    assert page.count("<tr>") == 4 + len(kinds) + len(verdict.findings)
    with pytest.raises(TypeError, match="three answers"):
        bool(verdict)


def test_a_margin_that_no_sum_meets_refutes():
    verdict = claims.check("sums-approach-normal(within=0.0001)")
    assert verdict.status == "refuted"
    assert verdict.findings[0].status == "refuted"
