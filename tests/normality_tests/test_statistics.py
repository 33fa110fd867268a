"""Correlations with scores, energy, entropy and characteristic functions: five statistics."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
import scipy.stats
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

from clt_sim._kernels.epps_pulley import FAR
from clt_sim.normality_tests.energy import ENERGY
from clt_sim.normality_tests.epps_pulley import EPPS_PULLEY
from clt_sim.normality_tests.null_samples import departures, standardized_rows
from clt_sim.normality_tests.shapiro import (
    SHAPIRO_FRANCIA,
    SHAPIRO_WILK,
    blom_scores,
    shapiro_francia_weights,
    shapiro_wilk_weights,
)
from clt_sim.normality_tests.vasicek import VASICEK, half_width, spread

STATISTICS = [SHAPIRO_WILK, SHAPIRO_FRANCIA, EPPS_PULLEY, ENERGY, VASICEK]
each = pytest.mark.parametrize("statistic", STATISTICS, ids=lambda statistic: statistic.name)


def standardized(x):
    return standardized_rows(np.array(x, np.float64)[np.newaxis].copy())[0]


def departure(statistic, x):
    return float(departures(statistic, standardized(x)[np.newaxis])[0])


def printed(statistic, x):
    return statistic.conventional(departure(statistic, x))


def samples(n, *, seed=1):
    """A normal sample, a skew one, one with outliers on both sides and one with ties."""
    rng = np.random.default_rng(seed)
    return {
        "normal": rng.standard_normal(n),
        "exponential": rng.exponential(size=n),
        "cauchy": rng.standard_cauchy(n),
        "rounded": np.round(rng.standard_normal(n), 1),
    }


KINDS = ("normal", "exponential", "cauchy", "rounded")


# Correlations with scores


@pytest.mark.parametrize("n", [3, 10, 100, 1000, 5000])
@pytest.mark.parametrize("kind", KINDS)
def test_w_is_that_of_scipy(n, kind):
    """SciPy takes its normal scores from an approximation with an error of about 1e-9."""
    x = samples(n)[kind]
    assert printed(SHAPIRO_WILK, x) == pytest.approx(scipy.stats.shapiro(x).statistic, abs=4e-9)


@pytest.mark.parametrize("n", [4, 5, 6, 7, 12, 51])
def test_weights_are_those_of_the_algorithm(n):
    """Royston's formulas in mpmath, with his normalising constant as it is written."""
    probabilities = [(i - mp.mpf(3) / 8) / (n + mp.mpf(1) / 4) for i in range(1, n + 1)]
    scores = [mp.sqrt(2) * mp.erfinv(2 * p - 1) for p in probabilities]
    square_sum, u = sum(m**2 for m in scores), 1 / mp.sqrt(n)
    last = [0.221157, -0.147981, -2.071190, 4.434685, -2.706056]
    before = [0.042981, -0.293762, -1.752461, 5.682633, -3.582633]
    corrected = [
        scores[-1 - place] / mp.sqrt(square_sum) + sum(c * u**k for k, c in enumerate(row, 1))
        for place, row in enumerate((last, before)[: 1 if n <= 5 else 2])
    ]
    outer = range(1, len(corrected) + 1)
    factor = (square_sum - 2 * sum(scores[-place] ** 2 for place in outer)) / (
        1 - 2 * sum(weight**2 for weight in corrected)
    )
    expected = [m / mp.sqrt(factor) for m in scores]
    for place, weight in zip(outer, corrected, strict=True):
        expected[-place], expected[place - 1] = weight, -weight
    assert shapiro_wilk_weights(n) == pytest.approx([float(w) for w in expected], abs=2e-15)


@pytest.mark.parametrize("weights", [shapiro_wilk_weights, shapiro_francia_weights])
@pytest.mark.parametrize("n", [3, 4, 5, 6, 7, 50, 20_000, 1_000_000])
def test_weights_have_square_sum_one(weights, n):
    values = weights(n)
    assert math.fsum(values**2) == pytest.approx(1.0, abs=1e-12)
    assert np.array_equal(values, -values[::-1])
    assert np.all(np.diff(values) > 0.0)


@pytest.mark.parametrize("x", [(0, 1, 3), (-7, 2, 2), (1, 2, 1000001)])
def test_w_of_three_values_is_exact(x):
    low, _, high = x
    mean = Fraction(sum(x), 3)
    w = Fraction((high - low) ** 2, 2) / sum((value - mean) ** 2 for value in x)
    assert printed(SHAPIRO_WILK, x) == pytest.approx(float(w), abs=1e-15)


@pytest.mark.parametrize("n", [3, 10, 333])
@pytest.mark.parametrize("kind", KINDS)
def test_w_prime_is_a_squared_correlation(n, kind):
    x = np.sort(samples(n)[kind])
    expected = np.corrcoef(x, scipy.stats.norm.ppf((np.arange(n) + 0.625) / (n + 0.25)))[0, 1] ** 2
    assert printed(SHAPIRO_FRANCIA, x) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    ("statistic", "weights"),
    [(SHAPIRO_WILK, shapiro_wilk_weights), (SHAPIRO_FRANCIA, shapiro_francia_weights)],
    ids=["W", "W'"],
)
def test_what_is_missing_to_one_keeps_its_digits(statistic, weights):
    """W of this sample is 1 in double precision, and 1 - W near 3e-17."""
    a = weights(20)
    x = a + 1e-9 * np.random.default_rng(3).standard_normal(20)
    with mp.workdps(50):
        z = [mp.mpf(value) for value in standardized(x).tolist()]
        exact = [mp.mpf(weight) for weight in a.tolist()]
        mean = mp.fsum(z) / 20
        cross = mp.fdot(exact, z) ** 2 / mp.fdot(exact, exact)
        expected = float(1 - cross / mp.fsum((value - mean) ** 2 for value in z))
    assert 1e-18 < expected < 1e-16
    # A rounding error of 1e-16 in a value of z is one of 1e-7 in what z departs by.
    assert departure(statistic, x) == pytest.approx(expected, rel=2e-6)


# Characteristic functions


def double_sum(z):
    """The integral in closed form, as a sum over pairs in extended precision."""
    n = z.size
    wide = z.astype(np.longdouble)
    pairs = sum(np.exp(-0.5 * (wide - value) ** 2).sum() for value in wide)
    single = np.exp(-0.25 * wide**2).sum()
    return float(pairs / n - np.sqrt(np.longdouble(2)) * single + n / np.sqrt(np.longdouble(3)))


@pytest.mark.parametrize("n", [3, 4, 31, 32, 33, 1000])
@pytest.mark.parametrize("kind", KINDS)
def test_epps_pulley_is_the_sum_over_pairs(n, kind):
    z = standardized(samples(n)[kind])
    assert departure(EPPS_PULLEY, z) == pytest.approx(double_sum(z), rel=1e-12)


def test_values_far_on_both_sides():
    """Nearly all values are equal: those beyond 12 are summed as pairs, close and far ones."""
    z = standardized([*np.zeros(2500), *np.linspace(8, 11, 7), *np.linspace(-14, -10, 5)])
    assert z[4] < -12.0 < 12.0 < z[-4]
    assert departure(EPPS_PULLEY, z) == pytest.approx(double_sum(z), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_epps_pulley_is_the_integral(kind):
    z = standardized(samples(12)[kind])

    def integrand(t):
        gap = np.mean(np.exp(1j * t * z)) - math.exp(-0.5 * t * t)
        return abs(gap) ** 2 * math.exp(-0.5 * t * t) / math.sqrt(2.0 * math.pi)

    value, _ = quad(integrand, -12.0, 12.0, epsabs=1e-13, limit=200)
    assert departure(EPPS_PULLEY, z) == pytest.approx(12 * value, rel=1e-10)


def test_as_many_nodes_as_there_is_room_for():
    """The longest period that values not left out of the sum can ask for."""
    z = standardized([*np.zeros(286), 1.0, -1.0])
    assert 11.99 < z[-1] <= FAR
    assert departure(EPPS_PULLEY, z) == pytest.approx(double_sum(z), rel=1e-12)


# Energy


@pytest.mark.parametrize("n", [3, 32, 1001])
@pytest.mark.parametrize("kind", KINDS)
def test_energy_is_the_brute_force_sum(n, kind):
    z = standardized(samples(n)[kind])
    distances = 2.0 * scipy.stats.norm.pdf(z) + z * (2.0 * ndtr(z) - 1.0)
    pairs = np.abs(z[:, np.newaxis] - z).mean()
    expected = n * (2.0 * distances.mean() - 2.0 / math.sqrt(math.pi) - pairs)
    assert departure(ENERGY, z) == pytest.approx(expected, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_energy_is_an_integral_of_squares(kind):
    z = standardized(samples(15)[kind])
    ends = [-40.0, *z, 40.0]
    parts = [
        quad(lambda x, k=k: (k / 15 - ndtr(x)) ** 2, ends[k], ends[k + 1], epsabs=1e-14)[0]
        for k in range(16)
    ]
    assert departure(ENERGY, z) == pytest.approx(30.0 * sum(parts), rel=1e-9)


# Entropy


def log_k(z, m):
    """The logarithm of Vasicek's K by its definition, with the places counted from 1."""
    n, total = len(z), 0.0
    for i in range(1, n + 1):
        spacing = z[min(i + m, n) - 1] - z[max(i - m, 1) - 1]
        total += math.log(n * spacing / (2 * m)) / n
    return total


@pytest.mark.parametrize("n", [5, 31, 32, 33, 700])
@pytest.mark.parametrize("kind", ["normal", "exponential", "cauchy"])
def test_vasicek_is_its_definition(n, kind):
    z = standardized(samples(n)[kind])
    expected = math.exp(log_k(z, math.floor(math.sqrt(n) + 0.5)))
    assert printed(VASICEK, z) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(("equal", "place"), [(7, 0), (7, 33), (13, 10)])
def test_ties(equal, place):
    """Half-width 6: seven equal values at an end or thirteen inside leave a spacing of 0."""
    tied, fewer = np.arange(40.0), np.arange(40.0)
    tied[place : place + equal] = place
    fewer[place : place + equal - 1] = place
    assert departure(VASICEK, tied) == math.inf
    assert printed(VASICEK, tied) == 0.0
    assert math.isfinite(departure(VASICEK, fewer))


@pytest.mark.parametrize("n", [20, 110, 111, 1000, 10_000])
def test_spread_is_that_of_normal_samples(n):
    """Also on both sides of n = 110.25, where the half-width steps."""
    rows = standardized_rows(np.random.default_rng(n).standard_normal((2_000_000 // n, n)))
    logs = np.log(departures(VASICEK, rows))
    location, scale = spread(n)
    error = 4.0 * logs.std() / math.sqrt(len(logs))
    assert abs(logs.mean() - location) < error
    assert abs(logs.mean() - spread(2 * n)[0]) > error or n == 10_000
    assert 0.75 < logs.std() / scale < 1.35


@given(n=st.integers(1, 10**18))
@example(n=6)
@example(n=7)
def test_half_width_is_the_nearest_to_the_root(n):
    m = half_width(n)
    assert (2 * m - 1) ** 2 <= 4 * n < (2 * m + 1) ** 2


# All


@each
@settings(max_examples=25, deadline=None)
@given(
    shift=st.floats(-1e3, 1e3),
    scale=st.floats(1e-6, 1e6),
    n=st.integers(5, 70),
    seed=st.integers(0, 2**32 - 1),
)
def test_location_scale_and_side_do_not_matter(statistic, shift, scale, n, seed):
    x = np.random.default_rng(seed).standard_t(3, n)
    first = departure(statistic, x)
    assert departure(statistic, scale * (x + shift)) == pytest.approx(first, rel=1e-6, abs=1e-12)
    assert departure(statistic, -x) == pytest.approx(first, rel=1e-9, abs=1e-13)


@each
def test_an_outlier_departs_more_the_farther_it_lies(statistic):
    found = [departure(statistic, [*blom_scores(29), outlier]) for outlier in (4.0, 6.0, 20.0)]
    assert found == sorted(found)
    shown = [statistic.conventional(value) for value in found]
    assert shown == sorted(shown, reverse=statistic.rejects == "small")


@pytest.mark.parametrize("statistic", STATISTICS[:-1], ids=lambda statistic: statistic.name)
def test_departures_of_normal_samples_are_of_the_typical_size(statistic):
    """Over n from 20 to 2000, typical times a factor that changes slowly."""
    rng = np.random.default_rng(5)
    ratios = [
        np.median(departures(statistic, standardized_rows(rng.standard_normal((300, n)))))
        / statistic.typical(n)
        for n in (20, 200, 2000)
    ]
    assert 0.05 < min(ratios) < max(ratios) < 2.5 * min(ratios)


@each
@pytest.mark.parametrize("kind", ["exponential", "cauchy"])
def test_other_laws_depart_more(statistic, kind):
    found = samples(200)
    assert departure(statistic, found[kind]) > 1.3 * departure(statistic, found["normal"])
