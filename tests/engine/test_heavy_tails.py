"""Sums without mean or variance: where they are counted, and that nothing is lost."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.engine import grids, tasks
from clt_sim.engine.tasks import Task, run_task
from clt_sim.summaries.histogram import BINS, HALF_RANGE

DRAWS = 2**18
LAWS = {
    "cauchy": stats.cauchy(),
    "cauchy(location=3, scale=0.1)": stats.cauchy(3.0, 0.1),
    "pareto": None,
    "pareto(shape=0.8, scale=2)": None,
    "student-t(df=2)": stats.t(2),
    "student-t(df=1.5, location=-1)": stats.t(1.5, -1.0),
}
INFINITE = [name for name in LAWS if not math.isfinite(clt.laws.get(name).variance)]
P = np.array([0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99])


def alone(law, **parts):
    return clt.WeightedSum(1, law, weights=1.0, **parts)


@pytest.mark.parametrize("law", INFINITE)
def test_the_grid_is_about_the_quartiles(law):
    """Within a factor of 2 of their distance, as the standard deviation of a normal law is."""
    exact = clt.laws.get(law)
    lower, middle, upper = exact.quantile([0.25, 0.5, 0.75])
    summary = clt.simulate(alone(law), 1000)
    width = (upper - lower) / 1.349
    assert 0.9 * width < summary.scale < 2.2 * width
    assert abs(summary.location - middle) < 0.2 * width
    assert math.frexp(summary.scale)[0] == 0.5


def test_the_grid_is_the_same_for_every_seed_and_part():
    model = clt.WeightedSum(8, "cauchy", weights="normal")
    first, second = (clt.simulate(model, 5000, seed=seed) for seed in (1, 2))
    assert first.histogram.grid == second.histogram.grid
    grids.terms_grid.cache_clear()
    assert clt.simulate(model, 5000, seed=3).histogram.grid == first.histogram.grid


def test_the_grid_moves_with_the_bias():
    plain, moved = (clt.simulate(alone("cauchy", bias=b), 1000) for b in (0.0, 1e6))
    assert moved.location == plain.location + 1e6
    assert np.array_equal(moved.histogram.counts, plain.histogram.counts)


@pytest.mark.parametrize("law", INFINITE)
def test_far_draws_are_counted_outside(law):
    summary, x = clt.simulate(alone(law), DRAWS, seed=4), clt.sample(alone(law), DRAWS, seed=4)
    edges = summary.histogram.edges
    assert summary.histogram.underflow == np.sum(x < edges[0])
    assert summary.histogram.overflow == np.sum(x >= edges[-1])
    assert summary.histogram.total == DRAWS
    assert (summary.minimum, summary.maximum) == (x.min(), x.max())
    low, high = (float(part) for part in clt.laws.get(law).cdf(edges[[0, -1]]))
    outside = low + 1.0 - high
    found = (summary.histogram.underflow + summary.histogram.overflow) / DRAWS
    error = math.sqrt(outside / DRAWS)
    assert abs(found - outside) < 5.0 * error
    assert found > 5.0 * error  # there is something to drop


@pytest.mark.parametrize("law", INFINITE)
def test_quantiles_are_right(law):
    """To the width of a bin and five standard errors; those of scipy are a second oracle."""
    exact, summary = clt.laws.get(law), clt.simulate(alone(law), DRAWS, seed=5)
    inside = summary.histogram.edges[[0, -1]]
    levels = P[(exact.quantile(P) > inside[0]) & (exact.quantile(P) < inside[1])]
    width = summary.scale * 2.0 * HALF_RANGE / BINS
    error = 5.0 * np.sqrt(levels * (1.0 - levels) / DRAWS)
    found = summary.quantile(levels)
    assert levels.size >= 5
    for cdf in filter(None, (exact.cdf, LAWS[law] and LAWS[law].cdf)):
        assert np.all(cdf(found + width) > levels - error)
        assert np.all(cdf(found - width) < levels + error)
        assert np.any(cdf(1.05 * found + width) < levels - error) or np.any(
            cdf(1.05 * found - width) > levels + error
        )


@pytest.mark.parametrize("n", [2, 50])
def test_the_mean_of_cauchy_draws_is_one_of_them(n):
    x = clt.sample(clt.WeightedSum(n, "cauchy", weights=1.0 / n), DRAWS, seed=6)
    assert stats.kstest(x, stats.cauchy.cdf).pvalue > 1e-5
    assert stats.kstest(x, stats.cauchy(0.0, 1.03).cdf).pvalue < 1e-5


def test_parts_of_a_run_merge_to_the_same_bytes(tmp_path, monkeypatch):
    model, draws = clt.WeightedSum(4, "pareto(shape=0.8)", weights="normal"), 3 * driver.CHUNK - 7

    def saved(summary):
        summary.save(tmp_path / "summary.npz")
        return (tmp_path / "summary.npz").read_bytes()

    whole = saved(clt.simulate(model, draws, seed=7))
    parts = [run_task(Task(model, (4,), 7, draws, chunk, chunk + 1))[0] for chunk in range(3)]
    assert {saved(a + b + c) for a, b, c in itertools.permutations(parts)} == {whole}
    monkeypatch.setattr(tasks, "TASK_CHUNKS", 1)
    for threads in (1, 2):
        assert saved(clt.simulate(model, draws, seed=7, threads=threads)) == whole


@pytest.mark.parametrize(
    ("law", "names"),
    [
        ("cauchy", ["mean", "variance", "skewness", "excess_kurtosis"]),
        ("student-t(df=2)", ["mean", "variance", "skewness", "excess_kurtosis"]),
        ("student-t(df=3)", ["variance", "skewness", "excess_kurtosis"]),
        ("student-t(df=5)", ["skewness", "excess_kurtosis"]),
        ("student-t(df=7)", ["excess_kurtosis"]),
        ("normal", []),
    ],
)
def test_moments_whose_estimators_have_no_variance_have_an_infinite_error(law, names):
    """The estimator of a moment of order k has one where moments of order 2k are finite."""
    summary = clt.simulate(alone(law), 10_000)
    every = ["mean", "variance", "skewness", "excess_kurtosis"]
    infinite = [name for name in every if math.isinf(getattr(summary, name).stderr)]
    assert infinite == names


@pytest.mark.parametrize(
    ("parts", "index"),
    [
        ({"inputs": "student-t(df=6)"}, 6.0),
        ({"inputs": "student-t(df=6)", "nonlinearity": "square"}, 3.0),
        ({"inputs": "student-t(df=6)", "nonlinearity": "tanh"}, math.inf),
        ({"inputs": "pareto(shape=2)", "nonlinearity": "elu"}, 2.0),
        ({"weights": "pareto(shape=2.5)"}, 2.5),
        ({"bias": "cauchy"}, 1.0),
        ({"inputs": "exponential(scale=0.25)", "nonlinearity": "exp"}, 4.0),
        ({"dependence": "random-scale(factor='pareto(shape=1.5)')"}, 1.5),
    ],
)
def test_tail_index_of_a_sum(parts, index):
    assert clt.WeightedSum(3, **parts).tail_index == index


def test_medians_of_a_sum_of_both_signs_are_at_the_bias():
    summary = clt.simulate(clt.WeightedSum(5, "cauchy", weights="cauchy", bias=2.0), DRAWS, seed=8)
    # A share of 1/2 to five standard errors.
    below = summary.cdf(2.0)
    assert abs(below - 0.5) < 5.0 * 0.5 / math.sqrt(DRAWS)
