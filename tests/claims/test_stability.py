from __future__ import annotations

import functools

import numpy as np
import pytest

from clt_sim import claims
from clt_sim.claims import stability, trained
from clt_sim.claims.trained import histories
from clt_sim.experiments.trained_networks import Kind
from clt_sim.experiments.work import Work

STABLE = "batch-normalized-activations-not-stable"


@functools.cache
def draft(name):
    return claims.check(name)


def history(phi="relu"):
    kind = Kind(phi, "batch")
    return histories([kind], None, quality="draft", seed=0, work=Work(), records=100)[kind][0]


def test_normalized_u_is_not_seen_to_be_less_stable():
    assert draft(STABLE).status == "undecided"
    decisive, *conditions = draft(STABLE).findings
    assert decisive.high < 2.0
    # Both kinds are far more stable than none.
    assert [one.status for one in conditions[:2]] == ["holds", "holds"]
    assert all(one.high < 0.5 for one in conditions[:2])


def test_without_normalization_the_same_rule_holds(monkeypatch):
    # Negative control: no normalization in the place of that of u.
    compared = {"BN(u)": None, "BN(Wu+b)": "batch", "none": "batch-u"}
    monkeypatch.setattr(stability, "_COMPARED", compared)
    assert claims.check(STABLE).status == "holds"


def test_instability_against_a_loop_over_units():
    percentiles = history().percentiles
    each = []
    for unit in range(percentiles.shape[2]):
        low, _, high = percentiles[-1, :, unit]
        middle = percentiles[:, 1, unit]
        each.append((max(middle) - min(middle)) / (high - low))
    assert stability._instability(history()) == pytest.approx(np.median(each))


def test_the_whole_training_is_recorded():
    draft(STABLE)
    kept = [one for training, one in trained._HISTORIES.items() if training.records > 1]
    assert {len(one.steps) for one in kept} == {101}
