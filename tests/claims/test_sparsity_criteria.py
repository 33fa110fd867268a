from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from scipy import stats

from clt_sim import claims
from clt_sim.claims import sparsity_criteria
from clt_sim.sparsity import axioms, hurley_rickard

NAME = sparsity_criteria.HoyerFailsCloningOnly.name


@functools.cache
def draft():
    return claims.check(NAME)


def found(*words):
    (one,) = [f for f in draft().findings if all(word in f.question for word in words)]
    return one


def test_hoyer_fails_cloning_and_nothing_else():
    verdict = draft()
    assert verdict.status == "holds"
    assert sum(one.decides for one in verdict.findings) == 6
    for measure, row in axioms(
        {name: hurley_rickard[name] for name in ("hoyer", "gini", "pq-mean")}
    ).findings.items():
        for key, one in row.items():
            share = found(f"{measure}: share", f" {key} ")
            assert (share.value == 0.0) == one.holds


def test_hoyer_on_vectors_that_can_be_done_by_hand():
    hoyer, root = hurley_rickard["hoyer"], math.sqrt
    assert hoyer([1.0, 2.0]) == pytest.approx((root(2) - 3 / root(5)) / (root(2) - 1))
    assert hoyer([1.0, 2.0, 1.0, 2.0]) == pytest.approx((2 - 6 / root(10)) / (2 - 1))
    for zeros in (1, 5):
        assert hoyer([3.0, *[0.0] * zeros]) == pytest.approx(1.0)
    normal = np.abs(np.random.default_rng(0).standard_normal(10_000))
    first, second = (
        (root(c.size) - c.sum() / root(c @ c)) / (root(c.size) - 1)
        for c in (normal, np.tile(normal, 2))
    )
    assert found("relative change").value == pytest.approx(abs(second / first - 1.0))


@pytest.mark.parametrize("successes", [0, 1, 200, 399, 400])
def test_intervals_of_shares_are_those_of_clopper_and_pearson(successes):
    exact = stats.binomtest(successes, 400).proportion_ci(0.999, method="exact")
    assert sparsity_criteria._share_interval(successes, 400) == pytest.approx(tuple(exact))


@pytest.mark.parametrize("measure", ["gini", "l2/l1", "kappa4"])
def test_other_measures_refute(measure):
    """The negative control: one fails nothing, the others more."""
    assert claims.check(NAME, measure=measure).status == "refuted"


def test_unknown_measures_are_refused_with_the_nearest():
    with pytest.raises(ValueError, match="hoyer"):
        claims.get(NAME, measure="hoier")
