"""Summaries along n: each is what `simulate` gives for that n."""

from __future__ import annotations

import math

import numpy as np
import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.engine import tasks

MODELS = [
    clt.WeightedSum(70, "laplace", "tanh", "normal", bias=0.5),
    clt.WeightedSum(70, "exponential", "relu", weights=np.linspace(-1.0, 2.0, 70)),
]
NS = (1, 2, 31, 32, 33, 64, 70)
"""Around the number of terms that are folded together, too."""


def saved(summary, folder):
    summary.save(folder / "summary.npz")
    return (folder / "summary.npz").read_bytes()


@pytest.mark.parametrize("model", MODELS, ids=["random", "fixed"])
def test_each_summary_is_that_of_simulate(model, tmp_path):
    draws = driver.CHUNK + 7
    path = clt.simulate_path(model, NS, draws, seed=5)
    assert tuple(path) == NS
    for n, summary in path.items():
        alone = clt.simulate(model.prefix(n), draws, seed=5)
        assert saved(summary, tmp_path) == saved(alone, tmp_path), n


def test_the_bytes_do_not_depend_on_threads_and_tasks(monkeypatch, tmp_path):
    draws = 5 * driver.CHUNK
    expected = clt.simulate_path(MODELS[0], NS, draws, threads=1)
    monkeypatch.setattr(tasks, "TASK_CHUNKS", 1)
    again = clt.simulate_path(MODELS[0], NS, draws, threads=3)
    assert [saved(s, tmp_path) for s in expected.values()] == [
        saved(s, tmp_path) for s in again.values()
    ]


def test_draws_are_shared_along_n():
    """The sums of the first 63 of 64 terms and of all 64 have correlation sqrt(63/64)."""
    model = clt.WeightedSum(64, "normal", weights=1.0)
    x, y = (clt.sample(model.prefix(n), 20_000, seed=1) for n in (63, 64))
    assert np.corrcoef(x, y)[0, 1] == pytest.approx(math.sqrt(63 / 64), abs=1e-3)


def test_independent_points_have_seeds_of_their_own():
    model = clt.WeightedSum(8, "uniform", weights=1.0)
    path = clt.simulate_path(model, [4, 8], 1000, seed=3, independent=True)
    seeds = {summary.runs[0].seed for summary in path.values()}
    assert len(seeds) == 2
    assert 3 not in seeds
    for n, summary in path.items():
        alone = clt.simulate(model.prefix(n), 1000, seed=summary.runs[0].seed)
        assert summary.mean == alone.mean
    again = clt.simulate_path(model, [8], 1000, seed=3, independent=True)
    assert again[8].mean == path[8].mean
    x, y = (clt.sample(model.prefix(n), 20_000, seed=path[n].runs[0].seed) for n in (4, 8))
    # Four standard errors of the correlation of independent draws: false alarm rate 6e-5.
    assert abs(np.corrcoef(x, y)[0, 1]) < 4 / math.sqrt(20_000)
    shared = clt.sample(model.prefix(4), 20_000, seed=1)
    assert abs(np.corrcoef(shared, clt.sample(model, 20_000, seed=1))[0, 1]) > 0.5


def test_repeated_and_unsorted_ns_count_once():
    assert list(clt.simulate_path(MODELS[0], [8, 2, 8], 100)) == [2, 8]


def test_progress_is_of_draws(monkeypatch):
    monkeypatch.setattr(tasks, "TASK_CHUNKS", 1)
    seen = []
    draws = 3 * driver.CHUNK
    clt.simulate_path(
        MODELS[0], [1, 2], draws, threads=2, progress=lambda done, all_: seen.append((done, all_))
    )
    assert seen == [(driver.CHUNK * k, draws) for k in (1, 2, 3)]


@pytest.mark.parametrize(
    ("ns", "error", "message"),
    [
        ([], ValueError, "ns must not be empty"),
        ([0], ValueError, "each of ns must be from 1 to 70, not 0"),
        ([71], ValueError, "each of ns must be from 1 to 70, not 71"),
        ([1.5], TypeError, "each of ns must be a whole number"),
        ("12", TypeError, "ns must be a list of whole numbers"),
        (3, TypeError, "ns must be a list of whole numbers"),
    ],
)
def test_bad_ns_are_refused_before_work(ns, error, message, monkeypatch):
    monkeypatch.setattr(driver, "sample_chunks", None)
    with pytest.raises(error, match=message):
        clt.simulate_path(MODELS[0], ns)


def test_prefixes_of_a_model():
    assert MODELS[1].prefix(3).weights.values.tolist() == MODELS[1].weights.values[:3].tolist()
    assert MODELS[0].prefix(70) == MODELS[0]
    with pytest.raises(ValueError, match="n must be from 1 to 70, not 71"):
        MODELS[0].prefix(71)
