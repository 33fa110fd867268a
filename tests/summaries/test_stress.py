"""Summaries of very few and of very many draws: right, or refused."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.summaries import NormalMixture, Reservoir, Run
from clt_sim.summaries.normal_mixture import MOST_IN_BIN

MODEL = clt.WeightedSum(4, "normal", "relu", "normal")
COUNT = 2**14


def again(summary, seed):
    """The same draws, as if they were of another seed."""
    run = Run(seed, 0, summary.count)
    if isinstance(summary, NormalMixture):
        return dataclasses.replace(summary, runs=(run,))
    words, seeds, places, values = summary.reservoir.arrays()
    places = np.arange(places.size)
    reservoir = Reservoir(words, np.full_like(seeds, seed), places, values)
    return dataclasses.replace(summary, runs=(run,), reservoir=reservoir)


def doubled(summary, times):
    """Add a summary to itself, and the sum to itself, and so on: 2**times of its draws."""
    for seed in range(times):
        summary = summary + again(summary, 100 + seed)
    return summary


@pytest.fixture(scope="module")
def base():
    return clt.simulate(MODEL, COUNT, seed=1, characteristic_function=True)


@pytest.mark.parametrize("power", [31, 53, 62])
def test_counts_beyond_31_and_53_bits(base, power, tmp_path):
    """As many copies of the same draws: all shares and moments stay, errors fall with the root."""
    times = power - 14
    many = doubled(base, times)
    assert many.count == many.histogram.total == 2**power
    assert many.exact_zeros == base.exact_zeros * 2**times
    assert many.near_zeros == base.near_zeros * 2**times
    assert many.histogram.underflow == base.histogram.underflow * 2**times
    np.testing.assert_array_equal(many.histogram.counts, base.histogram.counts * 2**times)
    assert many.raw_moments == base.raw_moments
    for name in ("mean", "skewness", "excess_kurtosis"):
        estimate, before = getattr(many, name), getattr(base, name)
        assert estimate.value == before.value, name
        assert estimate.stderr == pytest.approx(before.stderr * 2 ** (-times / 2), rel=1e-12), name
    assert many.variance.value == pytest.approx(base.variance.value * (COUNT - 1) / COUNT)
    x = np.linspace(-3.0, 3.0, 13)
    np.testing.assert_array_equal(many.cdf(x), base.cdf(x))
    np.testing.assert_array_equal(
        many.quantile([0.01, 0.5, 0.99]), base.quantile([0.01, 0.5, 0.99])
    )
    np.testing.assert_array_equal(many.histogram.density()[1], base.histogram.density()[1])
    np.testing.assert_array_equal(
        many.characteristic_function.values, base.characteristic_function.values
    )
    many.save(tmp_path / "many.npz")
    assert clt.Summary.load(tmp_path / "many.npz").to_dict() == many.to_dict()


def test_measures_of_so_many_draws(base):
    many = doubled(base, 48)
    for measure in ("skewness", "excess-kurtosis", "kolmogorov", "wasserstein-1"):
        value = clt.gaussianity(many, measures=measure)[measure].value
        assert value == pytest.approx(
            clt.gaussianity(base, measures=measure)[measure].value, abs=1e-5
        )
    exact_zero = clt.sparsity(many, measures="exact-zero")["exact-zero"]
    assert exact_zero.value == base.exact_zeros / base.count
    assert clt.is_gaussian(many, within=0.01).status == "refuted"
    assert clt.is_gaussian(many, within=0.2).status == "holds"


def test_counts_beyond_63_bits_are_refused(base):
    many = doubled(base, 48)
    with pytest.raises(ValueError, match="9223372036854775808 draws; at most 9223372036854775807"):
        many + again(many, 7)
    # A control: one draw less than that is counted.
    most = again(many, 7)
    fewer = dataclasses.replace(most, runs=(Run(7, 0, most.count - 1),))
    assert len((many + fewer).runs) == 1 + len(many.runs)


def test_conditional_variances_add_up_as_far_as_they_can(tmp_path):
    base = clt.simulate_conditional(MODEL, COUNT, seed=1)
    times = int(math.log2(MOST_IN_BIN / base.counts.max()))
    many = doubled(base, times)
    assert many.count == COUNT * 2**times > 2**45
    assert many.offsets.min() >= 0
    assert many.variance.value == base.variance.value
    assert many.excess_kurtosis.value == base.excess_kurtosis.value
    assert many.mass_at_location.value == base.mass_at_location.value
    np.testing.assert_array_equal(many.cdf([0.5, 1.0, 2.0]), base.cdf([0.5, 1.0, 2.0]))
    many.save(tmp_path / "many.npz")
    assert NormalMixture.load(tmp_path / "many.npz").to_dict() == many.to_dict()
    with pytest.raises(ValueError, match="draws in one bin; 8796093022208 can be added up"):
        many + again(many, 7)


def test_two_draws_have_no_errors_but_that_of_the_mean():
    """They are at equal distances from their mean: their kurtosis is 1 whatever the law."""
    summary = clt.simulate(MODEL, 2)
    x = np.sort(summary.samples)
    assert summary.mean.value == pytest.approx(x.mean(), rel=1e-12)
    assert summary.mean.stderr == pytest.approx((x[1] - x[0]) / math.sqrt(8.0), rel=1e-12)
    assert summary.variance.value == pytest.approx((x[1] - x[0]) ** 2 / 2.0, rel=1e-12)
    assert math.isnan(summary.variance.stderr)
    assert summary.skewness.value == pytest.approx(0.0, abs=1e-12)
    assert math.isnan(summary.skewness.stderr)
    assert summary.excess_kurtosis.value == pytest.approx(-2.0, rel=1e-12)
    assert math.isnan(summary.excess_kurtosis.stderr)


def test_three_draws_have_no_error_of_their_kurtosis():
    summary = clt.simulate(MODEL, 3)
    assert summary.excess_kurtosis.value == pytest.approx(-1.5, rel=1e-12)
    assert math.isnan(summary.excess_kurtosis.stderr)
    assert summary.variance.stderr == pytest.approx(
        summary.variance.value * 2.0 / 3.0 * math.sqrt(0.5 / 3.0), rel=1e-12
    )
    assert summary.skewness.stderr > 0.0
    # A control: four have all errors.
    assert clt.simulate(MODEL, 4).excess_kurtosis.stderr > 0.0


def test_one_draw_tells_nothing_of_errors():
    summary = clt.simulate(MODEL, 1)
    assert summary.mean.value == summary.minimum == summary.maximum == summary.samples[0]
    assert math.isnan(summary.mean.stderr)
    mixture = clt.simulate_conditional(MODEL, 1)
    assert mixture.variance.value > 0.0
    assert math.isnan(mixture.variance.stderr)
    assert (mixture.excess_kurtosis.value, math.isnan(mixture.excess_kurtosis.stderr)) == (
        0.0,
        True,
    )
    # A control.
    assert clt.simulate_conditional(MODEL, 2).variance.stderr > 0.0


@pytest.mark.parametrize("draws", [1, 2, 3])
def test_few_draws_are_kept_and_merged(draws, tmp_path):
    summary = clt.simulate(MODEL, draws, seed=2**64 - 1)
    summary.save(tmp_path / "few.npz")
    assert clt.Summary.load(tmp_path / "few.npz").to_dict() == summary.to_dict()
    both = summary + clt.simulate(MODEL, draws)
    assert both.count == both.samples.size == 2 * draws
