"""Intervals by inverted tests: against closed forms, and that those of distances cover."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.gaussianity.registry import MEASURES
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.verdicts import is_gaussian, large_sample, process
from clt_sim.verdicts.boundary import lower_share
from clt_sim.verdicts.inversion import (
    GrowingNoise,
    furthest,
    invert,
    kolmogorov_interval,
    wasserstein_interval,
)
from clt_sim.verdicts.large_sample import by_process

NORMAL = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
SAMPLES = 300
STDERR = 0.5
"""Of a distance, in units of ``n^(-1/2)``."""


@pytest.mark.parametrize("observed", [0.3, 1.0, 2.5, 10.0, 3000.0])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.5])
def test_the_interval_for_the_size_of_a_normal_mean(observed, alpha):
    """|mean + N|, for which scipy's folded normal law has the quantiles."""
    low, high = invert(lambda mean: np.abs(mean + NORMAL), observed, alpha)

    def below(mean):
        return stats.foldnorm.cdf(observed, mean)

    def share(mean):
        beyond = stats.foldnorm.sf(stats.foldnorm.median(0.0), mean)
        return lower_share(stats.norm.ppf(beyond), alpha)

    assert high >= observed
    if high > observed:
        assert below(high) == pytest.approx(share(high), abs=1e-3)
    else:
        assert below(high) < share(high) + 1e-3
    if low > 0.0:
        assert below(low) == pytest.approx(1.0 - alpha + share(low), abs=1e-3)
    else:
        assert below(0.0) < 1.0 - alpha + 1e-3


@pytest.mark.parametrize("mean", [0.0, 0.3, 1.0, 2.0, 5.0])
def test_next_to_the_boundary_95_percent_are_covered(mean):
    """With half of the errors on either side it would be 97.5 % at 0."""

    def ends(observed):
        return invert(lambda m: np.abs(m + NORMAL), observed, 0.05)

    def last(is_so, low, high):
        """Return the last observation for which it is so: the ends grow with what is observed."""
        for _ in range(20):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if is_so(middle) else (low, middle)
        return low

    furthest = last(lambda observed: ends(observed)[0] <= mean, mean, mean + 4.0)
    nearest = last(lambda observed: ends(observed)[1] < mean, 0.0, mean)
    missed = stats.foldnorm.sf(furthest, mean) + stats.foldnorm.cdf(nearest, mean)
    assert missed == pytest.approx(0.05, abs=0.002)


def test_what_cannot_be_observed_takes_no_share_of_the_errors():
    """Where all that could be observed is beyond the hypothesis, all errors are on that side."""
    low, high = invert(lambda mean: mean + np.abs(NORMAL), 7.0, 0.05)
    assert low == pytest.approx(7.0 - stats.halfnorm.ppf(0.95), abs=2e-3)
    assert high == pytest.approx(7.0, abs=2e-3)


@pytest.mark.parametrize("mean", [0.0, 0.5, 1.0, 1.5, 2.0, 3.0])
def test_intervals_grow_with_what_is_observed(mean):
    """So the observations whose interval has a hypothesis are one stretch."""
    observed = np.sort(np.abs(mean + np.linspace(-2.0, 2.0, 41)))
    ends = np.array([invert(lambda m: np.abs(m + NORMAL), each, 0.05) for each in observed])
    assert np.all(np.diff(ends, axis=0) >= -0.02)


def test_few_evaluations_are_enough():
    calls = []

    def draws(mean):
        calls.append(mean)
        return np.abs(mean + NORMAL)

    invert(draws, 50.0, 0.05)
    assert len(calls) < 10


def draws_of(name, count, samples):
    rng = np.random.default_rng(17)
    if name == "sum of 16 relu":
        for _ in range(samples):
            yield np.maximum(rng.standard_normal((16, count)), 0.0).sum(axis=0)
    else:
        for _ in range(samples):
            yield clt.laws.get(name).sample(count, rng=rng)


def law_of(name):
    if name == "sum of 16 relu":
        return clt.exact(clt.WeightedSum(16, "normal", "relu", weights=1.0))
    return clt.laws.get(name)


@functools.cache
def ends(name, measure, count):
    """Return the truth, and values and ends of the intervals of samples."""
    truth = is_gaussian(law_of(name), measure=measure).value
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "_LEAST_PATHS", 1000)  # enough here, and quick
        found = [
            by_process(MEASURES[measure], Sample.of(draws).standardize(), 0.95, "")
            for draws in draws_of(name, count, SAMPLES)
        ]
    return truth, np.array([(each.value, each.low, each.high) for each in found]).T


CASES = [
    ("uniform", "kolmogorov", 1000),
    ("sum of 16 relu", "kolmogorov", 1000),
    ("uniform", "wasserstein-1", 1000),
    ("sum of 16 relu", "wasserstein-1", 1000),
]


@pytest.mark.parametrize(("name", "measure", "count"), CASES)
def test_intervals_cover(name, measure, count):
    """Of 300 intervals of 95 % 274 or more cover, but in a case of 500."""
    truth, (_, low, high) = ends(name, measure, count)
    covered = np.count_nonzero((low <= truth) & (truth <= high))
    assert covered >= stats.binom.ppf(0.002, SAMPLES, 0.95)


@pytest.mark.parametrize(("name", "measure", "count"), CASES)
def test_negative_control_shorter_intervals_do_not(name, measure, count):
    truth, (value, low, high) = ends(name, measure, count)
    low, high = value + 0.7 * (low - value), value + 0.7 * (high - value)
    covered = np.count_nonzero((low <= truth) & (truth <= high))
    assert covered < stats.binom.ppf(0.002, SAMPLES, 0.95)


@pytest.mark.parametrize(("measure", "count"), [("kolmogorov", 300), ("wasserstein-1", 500)])
def test_normal_samples_begin_at_zero(measure, count):
    """5 % do not: from 5 to 27 of 300, but in a case of 250."""
    _, (_, low, _) = ends("normal", measure, count)
    above = np.count_nonzero(low > 0.0)
    assert stats.binom.ppf(0.002, SAMPLES, 0.05) <= above
    assert above <= stats.binom.ppf(0.998, SAMPLES, 0.05)


@pytest.mark.parametrize(
    ("name", "measure", "longest"),
    [("uniform", "kolmogorov", 5.0), ("exponential", "wasserstein-1", 4.3)],
)
def test_intervals_far_from_normal_have_the_length_of_the_standard_error(name, measure, longest):
    """3.92 standard errors where the largest difference is at one place."""
    draws = next(iter(draws_of(name, 20_000, 1)))
    sample = Sample.of(draws).standardize()
    _, influence = MEASURES[measure].of_sample(sample)
    interval = by_process(MEASURES[measure], sample, 0.95, "")
    length = (interval.above + interval.below) / sample.stderr(influence)
    assert 3.5 < length < longest


def test_lattices_have_intervals_that_cover(monkeypatch):
    monkeypatch.setattr(process, "_LEAST_PATHS", 1000)
    law = clt.exact(clt.WeightedSum(16, "bernoulli", weights=1.0))
    rng = np.random.default_rng(1)
    truth = is_gaussian(law, measure="kolmogorov").value
    covered = 0
    for _ in range(100):
        draws = rng.binomial(16, 0.5, 1000).astype(float)
        low, high = is_gaussian(draws).interval
        covered += low <= truth <= high
    assert covered >= stats.binom.ppf(0.002, 100, 0.95)


@pytest.mark.parametrize(("measure", "distance"), [("kolmogorov", 0.16), ("wasserstein-1", 0.32)])
def test_skewed_influence_makes_the_upper_end_longer(measure, distance):
    draws = next(iter(draws_of("exponential", 1000, 1)))
    fitted = process.FittedProcess.of(Sample.of(draws).standardize())
    paths, root = fitted.paths(0.05), np.sqrt(1000)

    def interval(skewness):
        noise = GrowingNoise(root * distance, STDERR, skewness / root)
        if measure == "kolmogorov":
            return kolmogorov_interval(fitted, paths[0], noise, 0.95)
        return wasserstein_interval(fitted, paths, noise, 0.95)

    symmetric, skewed, other = map(interval, (0.0, 5.0, -5.0))
    # With t errors of the upper part, t^2 = r^2 (1 + 2 t 5/sqrt(1000)) for the r of no skewness.
    errors = root * (symmetric[1] - distance) / STDERR
    growth = 2.0 * 5.0 / root
    longer = 0.5 * (growth * errors**2 + np.sqrt(growth**2 * errors**4 + 4.0 * errors**2))
    assert root * (skewed[1] - distance) / STDERR == pytest.approx(longer, rel=0.05)
    assert skewed[0] == symmetric[0]
    assert other == symmetric


@pytest.mark.parametrize(
    ("least", "covers"), [(large_sample.LEAST_DECIDING_SCALE, True), (0, False)]
)
def test_rare_far_values_make_intervals_longer(monkeypatch, least, covers):
    """Without that, which is the negative control, a quarter of the intervals misses."""
    monkeypatch.setattr(process, "_LEAST_PATHS", 1000)
    monkeypatch.setattr(large_sample, "LEAST_DECIDING_SCALE", least)
    law = clt.laws.get("lognormal(sd_log=1.0)")
    truth = is_gaussian(law, measure="kolmogorov").value
    covered = 0
    for draws in draws_of("lognormal(sd_log=1.0)", 1000, 100):
        interval = by_process(MEASURES["kolmogorov"], Sample.of(draws).standardize(), 0.95, "")
        covered += interval.low <= truth <= interval.high
    assert (covered >= stats.binom.ppf(0.002, 100, 0.95)) == covers


@pytest.mark.parametrize("measure", ["kolmogorov", "wasserstein-1"])
def test_the_longest_interval_is_that_of_the_size_of_the_process(measure):
    draws = next(iter(draws_of("exponential", 1000, 1)))
    fitted = process.FittedProcess.of(Sample.of(draws).standardize())
    heights, _ = fitted.paths(0.05)
    sizes = np.abs(heights)
    largest = sizes.max(axis=0) if measure == "kolmogorov" else fitted.widths() @ sizes
    reach = furthest(fitted, heights, measure, 0.95) * np.sqrt(1000)
    # Between the places of the process its largest size is a little larger.
    assert np.quantile(largest, 0.95) * (1 - 1e-6) <= reach <= np.quantile(largest, 0.95) + 0.05
