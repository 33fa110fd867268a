"""Verdicts on models: what is counted, when it stops, and how often it is wrong."""

from __future__ import annotations

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.engine.tasks import cut
from clt_sim.verdicts import certificate as certificates
from clt_sim.verdicts import is_gaussian
from clt_sim.verdicts.counts import count_task
from clt_sim.verdicts.sequential import looks, spent

MODEL = clt.WeightedSum(n=4, inputs="uniform", weights=1.0)
PEAKED = clt.WeightedSum(n=1, inputs="laplace", weights=1.0)


def test_counts_are_those_of_the_draws():
    (task,) = cut(MODEL, (MODEL.n,), 3, 100_000)
    (counted,) = count_task(task)
    draws = np.sort(clt.sample(MODEL, 100_000, seed=3))
    steps = counted.steps()
    assert counted.count == 100_000
    places = steps.places[::97]
    below = np.searchsorted(draws, places) / draws.size
    assert steps.left[::97] == pytest.approx(below, abs=1e-12)
    assert (counted + counted).count == 200_000


def test_draws_outside_all_cells_are_kept():
    model = clt.WeightedSum(n=1, inputs="student-t(df=2.5)", weights=1.0)
    (task,) = cut(model, (1,), 0, 65_536)
    (counted,) = count_task(task)
    draws = clt.sample(model, 65_536)
    reach = 8.0 * counted.grid.scale
    assert counted.counts[0] == np.sum(draws < counted.grid.location - reach) > 0
    assert counted.counts[-1] == np.sum(draws >= counted.grid.location + reach) > 0


def test_looks_spend_no_more_than_alpha():
    assert sum(spent(k, 0.05) for k in range(1, 100_000)) <= 0.05
    assert list(looks(1000)) == [1000]
    assert list(looks(65_536)) == [65_536]


@pytest.mark.parametrize(("share", "right"), [(0.9, "refuted"), (1.1, "holds")])
def test_false_verdicts(share, right, monkeypatch):
    """Margins 10 % below and above the distance, 200 seeds: at most 5 % may be false.

    That 22 are, at a rate of 5 %, has a probability below 1e-3. The control has hardly any radius
    and a margin that is close.
    """
    distance = clt.gaussianity(clt.laws.get("laplace"), measures="kolmogorov")["kolmogorov"].value

    def statuses(seeds):
        margin = share * distance
        asked = (is_gaussian(PEAKED, within=margin, seed=s, budget=2**19) for s in range(seeds))
        return [verdict.status for verdict in asked]

    found = statuses(200)
    assert sum(status not in (right, "undecided") for status in found) < 22
    assert found.count(right) > 100
    radius = certificates.radius
    monkeypatch.setattr(certificates, "radius", lambda n, alpha: 0.01 * radius(n, alpha))
    close = (1.0 + (share - 1.0) / 200.0) * distance
    wrong = [is_gaussian(PEAKED, within=close, seed=s, budget=2**16).status for s in range(60)]
    assert sum(status not in (right, "undecided") for status in wrong) > 0.05 * 60


def test_it_stops_when_decided_and_says_so():
    calls = []
    verdict = is_gaussian(MODEL, within=0.02, progress=lambda *done: calls.append(done))
    assert (verdict.status, verdict.count) == ("holds", 65_536)
    assert calls == [(65_536, 10**9)]
    assert verdict == is_gaussian(MODEL, within=0.02)
    longer = is_gaussian(MODEL, within=0.01, seed=1)
    assert longer.status == "holds"
    assert longer.count in {2**k for k in range(17, 22)}
    assert "look" in longer.method


def test_undecided_at_the_end_of_the_budget():
    verdict = is_gaussian(MODEL, within=0.0095, budget=100_000)
    assert (verdict.status, verdict.count) == ("undecided", 100_000)
    assert verdict.draws_needed > 10**6
    enough = is_gaussian(MODEL, within=0.0095, budget=4 * verdict.draws_needed)
    assert enough.status == "holds"
    assert enough.count <= 4 * verdict.draws_needed


def test_no_number_of_draws_decides_within_a_cell():
    distance = clt.gaussianity(clt.exact(MODEL))["kolmogorov"].value
    coarse = clt.simulate(MODEL, draws=10**7)
    verdict = is_gaussian(coarse, within=distance + 0.002)
    assert verdict.status == "undecided"
    assert "no number of draws" in verdict.explanation
    assert is_gaussian(MODEL, within=distance + 0.002, budget=10**7).status == "holds"


def test_other_measures_and_raw_sums():
    assert is_gaussian(MODEL, measure="excess-kurtosis", within=0.2).status == "refuted"
    assert is_gaussian(MODEL, measure="skewness", within=0.05).status == "holds"
    assert is_gaussian(MODEL, measure="kolmogorov-nearest").status == "holds"
    raw = is_gaussian(MODEL, standardize=False)
    assert raw.status == "refuted"
    assert "N(0, 1)" in raw.explanation


def test_a_sum_with_atoms():
    model = clt.WeightedSum(n=2, inputs="rademacher", weights=1.0)
    distance = clt.gaussianity(clt.exact(model))["kolmogorov"].value  # 1/4 at 0
    verdict = is_gaussian(model, within=0.98 * distance, budget=10**6)
    assert verdict.status == "refuted"
    assert verdict.interval[0] <= distance <= verdict.interval[1]


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"budget": 0}, ValueError, "budget must be from 1"),
        ({"budget": 0.5}, TypeError, "budget must be a whole number"),
        ({"seed": -1}, ValueError, "seed must be from 0"),
        ({"progress": 3}, TypeError, "progress must be callable"),
    ],
)
def test_bad_arguments(arguments, error, match):
    with pytest.raises(error, match=match):
        is_gaussian(MODEL, **arguments)
