"""The samples a summary keeps: a uniform choice of the draws that merges in any order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim._kernels import driver
from clt_sim.engine.tasks import Task, run_task
from clt_sim.summaries import Reservoir
from clt_sim.summaries.reservoir import SIZE

MODEL = clt.WeightedSum(3, "laplace", "tanh", "normal", bias=0.5)
FALSE_ALARM = 1e-5
DRAWS = 5 * driver.CHUNK + 100


def same(first, second):
    return all(map(np.array_equal, first.arrays(), second.arrays()))


def parts():
    """Summaries of the six chunks of a run, and of another seed."""
    run = [run_task(Task(MODEL, (3,), 4, DRAWS, chunk, chunk + 1))[0] for chunk in range(6)]
    return [*run, clt.simulate(MODEL, 700, seed=9)]


@pytest.mark.parametrize("draws", [1, 5, 1023, SIZE])
def test_all_draws_are_kept_where_there_are_few(draws):
    kept = clt.simulate(MODEL, draws, seed=2).reservoir
    x = clt.sample(MODEL, draws, seed=2)
    assert sorted(kept.places) == list(range(draws))
    assert np.array_equal(kept.values, x[kept.places])


@pytest.mark.parametrize("draws", [SIZE + 1, 1343, 1344, 1345, 1346, 5000, DRAWS])
def test_values_are_those_of_the_draws_at_their_places(draws):
    """Around the number of draws where only some of them are looked at, too."""
    summary = clt.simulate(MODEL, draws, seed=2)
    kept = summary.reservoir
    assert len(kept.values) == len(set(kept.places)) == SIZE
    assert np.array_equal(kept.values, clt.sample(MODEL, draws, seed=2)[kept.places])
    assert np.array_equal(summary.samples, kept.values)
    assert np.all(np.diff(kept.words.astype(np.int64)) >= 0)
    assert np.all(kept.seeds == 2)


def test_samples_are_of_all_prefixes():
    model = clt.WeightedSum(40, "laplace", "tanh", "normal")
    path = clt.simulate_path(model, [1, 40], 5000, seed=3)
    for n, summary in path.items():
        x = clt.sample(model.prefix(n), 5000, seed=3)
        assert np.array_equal(summary.samples, x[summary.reservoir.places])


def test_arrays_are_read_only():
    for array in clt.simulate(MODEL, 2000).reservoir.arrays():
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_parts_merge_in_any_order_to_the_reservoir_of_the_whole():
    whole, run = clt.simulate(MODEL, DRAWS, seed=4), parts()
    other = run.pop()
    for order in itertools.islice(itertools.permutations(run), 0, 720, 60):
        merged = sum(order[1:], order[0])
        assert same(merged.reservoir, whole.reservoir)
    left = (other + run[3]) + ((run[5] + run[0]) + (run[1] + (run[2] + run[4])))
    assert same(left.reservoir, (whole + other).reservoir)


def test_a_merge_of_the_wrong_part_would_be_noticed():
    run = parts()
    assert not same((run[0] + run[1]).reservoir, (run[0] + run[2]).reservoir)


def test_the_least_words_of_all_are_kept():
    summaries = parts()
    arrays = [summary.reservoir.arrays() for summary in summaries]
    words, _, _, values = (np.concatenate(array) for array in zip(*arrays, strict=True))
    merged = sum(summaries[1:], summaries[0]).reservoir
    order = np.argsort(words, kind="stable")[:SIZE]
    assert np.array_equal(merged.words, words[order])
    assert sorted(merged.values) == sorted(values[order])


def test_equal_words_are_kept_by_seed_and_place():
    words = np.zeros(3000, np.uint32)
    seeds = np.repeat(np.array([7, 2**64 - 1, 3], np.uint64), 1000)
    places = np.tile(np.arange(1000)[::-1], 3)
    kept = Reservoir.least(words, seeds, places, np.arange(3000.0))
    assert np.array_equal(kept.seeds, np.repeat(np.array([3, 7], np.uint64), [1000, 24]))
    assert np.array_equal(kept.places, [*range(1000), *range(24)])
    assert kept.values[:2].tolist() == [2999.0, 2998.0]


def places_pvalue(places, draws):
    """Chi-square of the places in 32 equal parts of the run."""
    counts = np.histogram(places, bins=32, range=(0, draws))[0]
    return stats.chisquare(counts).pvalue


def kept_places(draws, seeds):
    model = clt.WeightedSum(1, weights=1.0)
    return [clt.simulate(model, draws, seed=seed).reservoir.places for seed in seeds]


@pytest.mark.parametrize("draws", [2000, 2**16, 10 * driver.CHUNK])
def test_places_are_uniform(draws):
    """Of 40 seeds together; the choice within one run is without replacement."""
    places = np.concatenate(kept_places(draws, range(40)))
    assert places_pvalue(places, draws) > FALSE_ALARM
    assert places_pvalue(places**2 / draws, draws) < FALSE_ALARM


def test_places_within_a_block_and_their_neighbours_are_uniform():
    """How often each of the 256 lanes and of the 4 words of a lane are chosen."""
    places = np.concatenate(kept_places(4 * driver.CHUNK, range(40)))
    for part in (places % 256, places // 256 % 4, places // 1024 % 32):
        assert stats.chisquare(np.bincount(part)).pvalue > FALSE_ALARM


def test_values_are_in_random_order():
    """A sample that is cut short is a sample, too: halves have the same law."""
    samples = clt.simulate(MODEL, 2**20, seed=5).samples
    assert stats.ks_2samp(samples[:512], samples[512:]).pvalue > FALSE_ALARM
    assert stats.ks_2samp(*np.split(np.sort(samples), 2)).pvalue < FALSE_ALARM


def test_samples_have_the_law_of_the_draws():
    """Words do not depend on values: of normal draws the sample is normal."""
    model = clt.WeightedSum(1, weights=1.0)
    samples = [clt.simulate(model, 2**17, seed=seed).samples for seed in range(20)]
    joined = np.concatenate(samples)
    assert stats.kstest(joined, stats.norm.cdf).pvalue > FALSE_ALARM
    assert stats.kstest(joined, stats.norm(0.1).cdf).pvalue < FALSE_ALARM
