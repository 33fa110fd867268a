"""The limit of the standardised empirical process, against processes of drawn samples."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from scipy.special import ndtr

import clt_sim as clt
from clt_sim.gaussianity.registry import MEASURES
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.verdicts.large_sample import by_process
from clt_sim.verdicts.process import FittedProcess

PATHS = 1500
COUNT = 400


def drawn_maxima(law):
    """Return sqrt(n) times the sup of the process for drawn samples, from its definition."""
    rng = np.random.default_rng(11)
    x = np.sort(law.quantile(rng.random((PATHS, COUNT))), axis=1)
    mean, sd = law.mean, math.sqrt(law.variance)
    own_mean, own_sd = x.mean(axis=1, keepdims=True), x.std(axis=1, keepdims=True)
    fitted = ndtr((x - own_mean) / own_sd) - ndtr((x - mean) / sd) + law.cdf(x)
    right = np.arange(1, COUNT + 1) / COUNT - fitted
    return math.sqrt(COUNT) * np.maximum(right.max(1), (1.0 / COUNT - right).max(1))


def normal_scores(law, n):
    return Sample.of(law.quantile((np.arange(n) + 0.5) / n)).standardize()


@pytest.mark.parametrize("name", ["normal", "exponential", "uniform"])
def test_the_largest_height(name):
    law = clt.laws.get(name)
    process = FittedProcess.of(normal_scores(law, 2000))
    heights, _ = process.paths(0.05)
    limit = np.quantile(np.abs(heights).max(axis=0), [0.5, 0.95])
    drawn = np.quantile(drawn_maxima(law), [0.5, 0.95])
    # Steps between places hide 0.5826 sqrt(1/200), about 0.04; the quantiles have errors of 3 %.
    assert limit + 0.04 == pytest.approx(drawn, rel=0.08)


def test_known_mean_and_sd_would_be_wrong():
    # The negative control: without the fitted terms the quantile is 1.358, far from 0.895.
    process = FittedProcess.of(normal_scores(clt.laws.get("normal"), 2000))
    known = FittedProcess(
        process.places,
        process.lead,
        process.shares,
        0.0 * process.first,
        0.0 * process.second,
        0.0 * process.within,
        process.unseen,
        process.count,
    )
    bridges = np.abs(known.paths(0.05)[0]).max(axis=0)
    assert np.quantile(bridges, 0.95) + 0.04 == pytest.approx(1.358, abs=0.05)
    drawn = np.quantile(drawn_maxima(clt.laws.get("normal")), 0.95)
    assert drawn < 1.0


@functools.cache
def largest_leads(count):
    """Return n^(1/2) times the Kolmogorov distances of normal samples."""
    x = np.sort(np.random.default_rng(13).standard_normal((20_000, count)), axis=1)
    normal = ndtr((x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True))
    right = np.arange(1, count + 1) / count - normal
    return math.sqrt(count) * np.maximum(right.max(1), (1.0 / count - right).max(1))


@pytest.mark.parametrize("count", [100, 400])
def test_the_largest_lead_of_normal_samples(count):
    rng = np.random.default_rng(15)
    level = [0.5, 0.95]
    drawn = np.quantile(largest_leads(count), level)
    modelled, seen = np.zeros(2), np.zeros(2)
    for _ in range(10):
        process = FittedProcess.of(Sample.of(rng.standard_normal(count)).standardize())
        sizes = np.abs(process.paths(0.05)[0])
        modelled += np.quantile((sizes + process.unseen[:, None]).max(axis=0), level) / 10
        seen += np.quantile(sizes.max(axis=0), level) / 10
    # The 95 % quantile of 4000 draws, the same ones for all samples, has an error of 0.7 %.
    assert modelled == pytest.approx(drawn, rel=0.035)
    assert seen[0] < (1.0 - 0.035) * drawn[0]  # negative control: the places alone


def test_steps_have_the_variance_and_the_skewness_of_counts():
    process = FittedProcess.of(normal_scores(clt.laws.get("normal"), 100))
    noise = np.random.default_rng(14).standard_normal((process.places.size, 20_000), np.float32)
    steps = process._steps(noise)[process.shares > 0.0].astype(np.float64)
    shares = process.shares[process.shares > 0.0]
    # 100 cells: the mean of their ratios has an sd of 0.1 %, and of 0.4 %.
    assert np.mean(steps.var(axis=1) / shares) == pytest.approx(1.0, abs=0.005)
    third = np.mean(steps**3, axis=1) / (shares / math.sqrt(100))
    assert np.mean(third) == pytest.approx(1.0, abs=0.04)


@pytest.mark.parametrize("name", ["normal", "exponential"])
def test_intervals_cover(name):
    """25 samples each: that fewer than 20 are covered has a probability of 1e-3 at 95 %."""
    law = clt.laws.get(name)
    report = clt.gaussianity(law)
    rng = np.random.default_rng(5)
    for measure, count in (("kolmogorov", 300), ("wasserstein-1", 500)):
        truth = report[measure].value
        covered = 0
        for _ in range(25):
            sample = Sample.of(law.sample(count, rng=rng)).standardize()
            interval = by_process(MEASURES[measure], sample, 0.95, "")
            covered += interval.low <= truth <= interval.high
        assert covered >= 20


def test_w1_far_from_normal_has_the_normal_length():
    # Two atoms: only near the crossings of F and Phi is the interval wider than the usual one.
    draws = np.where(np.random.default_rng(6).random(20_000) < 0.3, 0.0, 1.0)
    sample = Sample.of(draws).standardize()
    value, influence = MEASURES["wasserstein-1"].of_sample(sample)
    interval = by_process(MEASURES["wasserstein-1"], sample, 0.95, "")
    usual = 1.96 * sample.stderr(influence)
    assert 1.9 * usual < interval.above + interval.below < 3.2 * usual
    assert interval.value == value


@pytest.mark.parametrize("measure", ["kolmogorov", "wasserstein-1"])
def test_mirrored_samples_have_about_the_same_interval(measure):
    draws = np.random.default_rng(7).exponential(size=1000)
    first, again, mirrored = (
        by_process(MEASURES[measure], Sample.of(values).standardize(), 0.95, "")
        for values in (draws, draws[::-1], -draws)
    )
    assert again == first
    assert mirrored.value == pytest.approx(first.value, rel=1e-9)
    # Other draws of the process: quantiles of 4000 differ by 3 % (one standard deviation).
    assert (mirrored.below, mirrored.above) == pytest.approx((first.below, first.above), rel=0.12)


@functools.cache
def drawn_scales(name):
    """Return the sd of the law over that of samples."""
    law = clt.laws.get(name)
    x = law.sample((8000, COUNT), rng=np.random.default_rng(12))
    return math.sqrt(law.variance) / x.std(axis=1)


@pytest.mark.parametrize("name", ["uniform", "gamma(shape=5)"])
def test_standard_deviations_of_samples_are_drawn_to_the_second_order(name):
    drawn = drawn_scales(name)
    _, scale = FittedProcess.of(normal_scores(clt.laws.get(name), COUNT)).paths(0.05)
    # Five standard errors of the mean of 4000 draws, and of their sd for kurtosis 4.
    assert scale.mean() == pytest.approx(drawn.mean(), abs=5.0 * drawn.std() / math.sqrt(4000))
    assert scale.std() == pytest.approx(drawn.std(), rel=0.07)
    level = [0.025, 0.975]
    assert np.quantile(scale, level) == pytest.approx(np.quantile(drawn, level), rel=0.015)


def test_negative_control_the_first_order_alone_has_another_mean():
    """1 - v/2, without 3 v^2/8, is 1 on average."""
    drawn = drawn_scales("gamma(shape=5)")
    assert drawn.mean() - 1.0 > 5.0 * drawn.std() / math.sqrt(drawn.size)
