"""Fits of rates against numpy, their intervals by simulation, and the warning."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.theory import (
    CertifiedBoundWarning,
    berry_esseen_bound,
    check_bound,
    fit_rate,
)

NS = np.array([2.0, 5.0, 10.0, 40.0, 100.0])


def test_an_exact_power():
    fit = fit_rate(NS, 3.0 * NS**-1.5)
    assert fit.exponent == pytest.approx(1.5, rel=1e-13)
    assert fit.constant == pytest.approx(3.0, rel=1e-13)
    assert fit.interval[1] - fit.interval[0] < 1e-12
    assert fit.agrees is None


def test_as_scipy_does_it():
    distances = NS**-0.5 * np.array([1.1, 0.95, 1.0, 1.07, 0.92])
    line = stats.linregress(np.log(NS), np.log(distances))
    fit = fit_rate(NS, distances, confidence=0.9)
    half = line.stderr * stats.t.ppf(0.95, 3)
    assert fit.exponent == pytest.approx(-line.slope, rel=1e-12)
    assert fit.constant == pytest.approx(math.exp(line.intercept), rel=1e-12)
    np.testing.assert_allclose(fit.interval, (-line.slope - half, -line.slope + half), rtol=1e-10)


def test_errors_are_weights_of_which_only_ratios_count():
    distances = NS**-0.5 * np.array([1.1, 0.95, 1.0, 1.07, 0.92])
    errors = np.array([1.0, 2.0, 3.0, 1.0, 2.0]) * 1e-3
    fit = fit_rate(NS, distances, errors)
    slope, _ = np.polyfit(np.log(NS), np.log(distances), 1, w=distances / errors)
    assert fit.exponent == pytest.approx(-slope, rel=1e-10)
    assert fit_rate(NS, distances, 7 * errors).interval == pytest.approx(fit.interval)


def test_a_point_with_a_huge_error_does_not_count():
    distances = NS**-1.0
    distances[2] = 5.0
    errors = 1e-6 * distances
    errors[2] = 1e6
    assert fit_rate(NS, distances, errors).exponent == pytest.approx(1.0, abs=1e-6)
    assert abs(fit_rate(NS, distances).exponent - 1.0) > 0.01


def coverage(noise_of, confidence, trials=4000):
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(trials):
        distances = NS**-0.5 * np.exp(noise_of(rng))
        hits += bool(fit_rate(NS, distances, confidence=confidence, theorem_exponent=0.5).agrees)
    return hits / trials


def test_coverage_of_the_interval():
    """By the binomial law the share differs by 4.4 standard errors once in 90,000 seeds."""
    allowed = 4.4 * math.sqrt(0.8 * 0.2 / 4000)
    assert abs(coverage(lambda rng: 0.1 * rng.standard_normal(5), 0.8) - 0.8) < allowed
    # The negative control: a trend in the noise is another exponent.
    assert abs(coverage(lambda rng: 0.1 * rng.standard_normal(5) + 0.1 * np.log(NS), 0.8) - 0.8) > (
        allowed
    )


def test_words():
    fit = fit_rate(NS, 3.0 * NS**-0.5 * np.array([1.1, 0.9, 1.1, 0.9, 1.0]), theorem_exponent=0.5)
    start = f"{fit.constant:.4g} n^-{fit.exponent:.4g} (95% interval of the exponent"
    assert str(fit).startswith(start)
    assert str(fit).endswith("theorem 0.5, inside)")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [1.0, 0.5]), "at least 3"),
        (([2, 2, 2], [1.0, 0.5, 0.2]), "not all equal"),
        (([1, 2, 3], [1.0, 0.5]), "distances must be 3 numbers"),
        (([1, 2, 3], [1.0, 0.0, 0.2]), "distances must be above 0"),
        (([0, 2, 3], [1.0, 0.5, 0.2]), "ns must be above 0"),
        (([1, 2, 3], [1.0, 0.5, math.nan]), "finite"),
        (([1, 2, 3], [1.0, 0.5, 0.2], [1.0, 0.0, 1.0]), "errors must be above 0"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit_rate(*arguments)


def test_confidence_is_a_probability():
    with pytest.raises(ValueError, match="confidence must be above 0 and below 1"):
        fit_rate(NS, 1 / NS, confidence=1.0)


def test_a_distance_above_its_bound_is_loud():
    with pytest.warns(CertifiedBoundWarning, match=r"1 of 2.*n = 20: 0.2 ± 0.01 above 0.159"):
        assert check_bound([10, 20], [0.2, 0.2], [0.01, 0.01], [0.2, 0.159]) == (20.0,)


def test_within_four_standard_errors_is_quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_bound([10, 20], [0.2, 0.2], [0.01, 0.01], [0.2, 0.161]) == ()


def test_exact_distances_of_binomials_are_below():
    ns = [4, 16, 64]
    distances = [stats.binom(n, 0.5).pmf(n // 2) / 2 for n in ns]  # the largest jump is at 0
    bounds = [berry_esseen_bound(clt.WeightedSum(n, "rademacher", weights=1.0)) for n in ns]
    assert check_bound(ns, distances, np.zeros(3), bounds) == ()
    with pytest.warns(CertifiedBoundWarning, match="3 of 3"):
        check_bound(ns, distances, np.zeros(3), np.multiply(0.75, bounds))


def test_check_bound_refuses():
    with pytest.raises(ValueError, match="errors must be at least 0"):
        check_bound([1], [0.1], [-0.1], [0.2])
    with pytest.raises(ValueError, match="bounds must be 1 numbers"):
        check_bound([1], [0.1], [0.1], [0.2, 0.3])
