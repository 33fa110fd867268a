"""Merging summaries: in any order to the same bytes, never the same draws twice."""

from __future__ import annotations

import itertools

import pytest

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.engine.tasks import Task, run_task
from clt_sim.summaries import Run


def saved(summary, folder):
    path = folder / "summary.npz"
    summary.save(path)
    return path.read_bytes()


def test_any_order_gives_the_same_bytes(parts, tmp_path):
    merged = {saved(a + b + c, tmp_path) for a, b, c in itertools.permutations(parts)}
    a, b, c = parts
    assert merged == {saved(a + (b + c), tmp_path)}


def test_a_merge_is_of_all_draws(parts):
    a, b, _ = parts
    both = a + b
    assert both.count == a.count + b.count
    assert (both.histogram.counts == a.histogram.counts + b.histogram.counts).all()
    assert both.histogram.overflow == a.histogram.overflow + b.histogram.overflow
    assert both.minimum == min(a.minimum, b.minimum)
    assert both.maximum == max(a.maximum, b.maximum)
    mean = (a.count * a.mean.value + b.count * b.mean.value) / both.count
    assert both.mean.value == pytest.approx(mean, rel=1e-14)


def test_parts_of_one_run_join_to_that_run(model, tmp_path):
    draws = 3 * driver.CHUNK - 5
    parts = [run_task(Task(model, (model.n,), 6, draws, chunk, chunk + 1))[0] for chunk in range(3)]
    whole = clt.simulate(model, draws, seed=6)
    assert whole.runs == (Run(6, 0, draws),)
    gap = parts[2] + parts[0]
    assert gap.runs == (Run(6, 0, driver.CHUNK), Run(6, 2 * driver.CHUNK, draws))
    assert saved(gap + parts[1], tmp_path) == saved(whole, tmp_path)


def test_the_same_draws_are_refused(model, parts):
    longer = clt.simulate(model, parts[0].count + 100, seed=1)
    message = f"draws 0 to {parts[0].count} of seed 1 are in both summaries; give each simulation"
    with pytest.raises(ValueError, match=message):
        longer + parts[0]
    with pytest.raises(ValueError, match="of seed 2 are in both"):
        parts[1] + (parts[0] + parts[1])


@pytest.mark.parametrize("change", [{"n": 2}, {"inputs": "laplace"}, {"bias": 1.0}])
def test_different_models_are_refused(change, model, parts):
    description = {**model.to_dict(), "weights": 1.0, **change}
    other = clt.simulate(clt.WeightedSum.from_dict(description), 1000, seed=9)
    with pytest.raises(ValueError, match="cannot merge different models: sum of 1 terms"):
        parts[0] + other


def test_different_precisions_are_refused(model, parts):
    other = clt.simulate(model, 1000, seed=9, precision="double")
    with pytest.raises(ValueError, match="cannot merge single and double precision"):
        parts[0] + other


def test_a_merge_has_all_zeros_and_a_sample_of_all_draws():
    model = clt.WeightedSum(3, "sparse(zero_probability=0.7)", weights=1.0)
    first, second = (clt.simulate(model, draws, seed=draws) for draws in (700, 5000))
    both = first + second
    assert both.exact_zeros == first.exact_zeros + second.exact_zeros > 0
    assert both.near_zeros == first.near_zeros + second.near_zeros
    seeds = both.reservoir.seeds.tolist()
    assert len(both.samples) == 1024
    # 700 of 5700 draws: within five standard deviations of the share.
    assert abs(seeds.count(700) - 1024 * 700 / 5700) < 5 * (1024 * 700 / 5700) ** 0.5


def test_what_is_no_summary_is_refused(parts):
    with pytest.raises(TypeError, match="unsupported operand"):
        parts[0] + 1


def test_histograms_on_different_grids_are_refused(parts):
    other = clt.simulate(clt.WeightedSum(2, "exponential", weights=1.0), 1000)
    with pytest.raises(ValueError, match="cannot be merged"):
        parts[0].histogram + other.histogram
