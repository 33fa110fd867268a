"""The debiased negentropy: its mean for normal samples by other routes, and its bias."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from scipy.special import ndtr

from clt_sim.gaussianity.measures import debiased
from clt_sim.gaussianity.measures.debiased import NegentropyDebiased, normal_mean
from clt_sim.gaussianity.measures.spacings import NegentropyVasicek, window_length
from clt_sim.gaussianity.views.sample import Sample

MEASURE = NegentropyDebiased()


def estimates(rows, *, standardize=True):
    values = []
    for row in rows:
        sample = Sample.of(row)
        values.append(MEASURE.of_sample(sample.standardize() if standardize else sample)[0])
    return np.array(values)


def sigmas(values, expected):
    return abs(np.mean(values) - expected) / (np.std(values) / math.sqrt(len(values)))


def mean_log_gap(count, low, high):
    """Return E ln(X_(high) - X_(low)) of N(0, 1) from the joint density, on a grid."""
    x = np.linspace(-12.0, 9.0, 400)[:, None]
    log_gap = np.linspace(-14.0, 3.2, 400)
    y = x + np.exp(log_gap)
    density = (
        ndtr(x) ** (low - 1)
        * (ndtr(y) - ndtr(x)) ** (high - low - 1)
        * ndtr(-y) ** (count - high)
        * np.exp(-0.5 * (x**2 + y**2) + log_gap)
    )
    return float(np.sum(density * log_gap) / np.sum(density))


@pytest.mark.parametrize("count", [5, 6, 13])
def test_mean_of_normal_samples_from_each_pair_of_order_statistics(count):
    m = window_length(count)
    pairs = [(max(i - m, 1), min(i + m, count)) for i in range(1, count + 1)]
    entropy = np.mean([mean_log_gap(count, *pair) for pair in pairs]) + math.log(count / (2 * m))
    raw = 0.5 * math.log(2.0 * math.pi * math.e) - entropy
    assert normal_mean(count, standardized=False) == pytest.approx(raw, abs=1e-9)


@pytest.mark.parametrize(("count", "repeats"), [(5, 50_000), (40, 20_000), (500, 2000)])
def test_mean_of_normal_samples_by_monte_carlo(count, repeats):
    """6 comparisons beyond 4 sigma: 4e-4 of all seeds."""
    x = np.random.default_rng(count).standard_normal((repeats, count))
    entropy = scipy.stats.differential_entropy(x, axis=1, method="vasicek")
    raw = 0.5 * math.log(2.0 * math.pi) + 0.5 * np.mean(x**2, axis=1) - entropy
    shape = 0.5 * math.log(2.0 * math.pi * math.e) + np.log(x.std(axis=1)) - entropy
    assert sigmas(raw, normal_mean(count, standardized=False)) < 4.0
    assert sigmas(shape, normal_mean(count)) < 4.0
    assert sigmas(shape, normal_mean(count + count // 5)) > 8.0  # that of other samples


def test_quadrature_has_converged():
    for count in (5, 8, 30, 100, 1000, 10**4, 10**6, 10**8):
        fine = debiased._normal_mean(count, 300)
        assert debiased._normal_mean(count, debiased._POINTS) == pytest.approx(fine, abs=1e-11)


def test_mean_is_bounded_in_units_of_its_order():
    """It changes sign: ends outweigh tails in small samples, and tails ends in large ones."""
    scaled = [normal_mean(10**power) * 10 ** (power / 2) for power in range(1, 9)]
    assert scaled == sorted(scaled, reverse=True)
    assert scaled[0] < 1.5
    assert scaled[-1] > -1.5


@pytest.mark.parametrize("count", [5, 12, 80])
def test_normal_samples_have_mean_0(count):
    """6 comparisons beyond 4 sigma: 4e-4 of all seeds."""
    rows = np.random.default_rng(count).normal(3.0, 2.0, (1500, count))
    assert sigmas(estimates(rows), 0.0) < 4.0
    relative_entropy = 0.5 * (9.0 + 4.0 - 1.0) - math.log(2.0)
    assert sigmas(estimates(rows, standardize=False), relative_entropy) < 4.0


@pytest.mark.parametrize(("law", "bias"), [("uniform", 0.020), ("laplace", -0.014)])
def test_other_laws_have_the_bias_that_is_stated(law, bias):
    exact = {"uniform": math.pi * math.e / 6.0, "laplace": math.pi / math.e}
    rows = getattr(np.random.default_rng(1), law)(size=(300, 1000))
    values = estimates(rows)
    noise = values.std() / math.sqrt(300)
    assert abs(values.mean() - 0.5 * math.log(exact[law]) - bias) < 4.0 * noise + 0.001


def test_it_is_vasiceks_but_for_a_constant():
    sample = Sample.of(np.random.default_rng(2).random(100)).standardize()
    value, influence = MEASURE.of_sample(sample)
    plain, same = NegentropyVasicek().of_sample(sample)
    assert plain - value == pytest.approx(normal_mean(100), abs=1e-14)
    assert (influence == same).all()
    # 20 000 normal values are told from as many of Student's t with 5 degrees of freedom.
    rng = np.random.default_rng(3)
    normal, heavy = rng.standard_normal(20_000), rng.standard_t(5, 20_000)
    for row, telling in ((normal, False), (heavy, True)):
        sample = Sample.of(row).standardize()
        value, influence = MEASURE.of_sample(sample)
        assert (value > 4.0 * sample.stderr(influence)) == telling


def test_too_few_values():
    with pytest.raises(ValueError, match="count must be"):
        normal_mean(4)
