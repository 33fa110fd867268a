"""Statistics of the distribution function and of moments, against mpmath and SciPy."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from clt_sim.normality_tests import gaussianity_test
from clt_sim.normality_tests.moment_tests import OF_MOMENTS, dagostino_coefficients
from clt_sim.normality_tests.null_samples import departures, standardized_rows
from clt_sim.normality_tests.null_table import null_tables
from clt_sim.normality_tests.registry import STATISTICS


def standardized(values):
    return standardized_rows(np.array(values, float)[np.newaxis])[0]


def departure(name, z):
    return float(departures(STATISTICS[name], z[np.newaxis])[0])


def with_unbiased_variance(z):
    return z * math.sqrt((len(z) - 1) / len(z))


def anderson_darling(z):
    n, z = len(z), with_unbiased_variance(z)
    pairs = zip(z, z[::-1], strict=True)
    terms = [(2 * i + 1) * mp.log(mp.ncdf(a) * mp.ncdf(-b)) for i, (a, b) in enumerate(pairs)]
    return float(-n - mp.fsum(terms) / n)


REFERENCES = {
    "anderson-darling": anderson_darling,
    "cramer-von-mises": lambda z: stats.cramervonmises(with_unbiased_variance(z), "norm").statistic,
    "lilliefors": lambda z: stats.kstest(with_unbiased_variance(z), "norm").statistic,
    "jarque-bera": lambda z: stats.jarque_bera(z).statistic,
    "dagostino-k2": lambda z: stats.normaltest(z).statistic,
}
SAMPLES = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "exponential": lambda rng, n: rng.standard_exponential(n),
    "outlier": lambda rng, n: np.append(rng.standard_normal(n - 1), 1e4),
    "two values": lambda rng, n: np.where(np.arange(n) < n // 2 - 1, -1.0, 1.0),
    "far away": lambda rng, n: 1e9 + rng.uniform(size=n),
}


@pytest.mark.filterwarnings("ignore:`kurtosistest` p-value may be inaccurate")  # SciPy 1.14
@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("n", [8, 33, 400])
def test_departures_agree_with_references(sample, n):
    z = standardized(SAMPLES[sample](np.random.default_rng(n), n))
    for name, reference in REFERENCES.items():
        assert departure(name, z) == pytest.approx(reference(z), rel=1e-11, abs=1e-13)


def test_anderson_darling_keeps_its_digits_in_long_samples():
    z = standardized(np.random.default_rng(0).standard_normal(1_000_000))
    x = with_unbiased_variance(z)
    log_lower, log_upper = stats.norm.logcdf(x), stats.norm.logsf(x)
    weights = np.arange(1, 2 * z.size, 2, dtype=np.longdouble)
    reference = -z.size - np.sum(weights * (log_lower + log_upper[::-1])) / z.size
    assert departure("anderson-darling", z) == pytest.approx(float(reference), abs=1e-8)


@pytest.mark.parametrize("name", OF_MOMENTS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_moments_alone_give_the_same(name, sample):
    for n in (8, 100, 5000):
        z = standardized(SAMPLES[sample](np.random.default_rng(n), n))
        shape = float(np.mean(z**3)), float(np.mean(z**4)) - 3.0
        expected = departure(name, z)
        assert OF_MOMENTS[name](*shape, n) == pytest.approx(expected, rel=1e-11, abs=1e-12)


def test_scores_of_moments_are_precise_up_to_1e15_draws():
    """Both scores are linear in the moments in the limit: K^2 is then JB."""
    for n in (10**9, 10**12, 10**15):
        skewness, excess = 1.3 * math.sqrt(6 / n), -0.7 * math.sqrt(24 / n)
        k2, jb = (OF_MOMENTS[name](skewness, excess, n) for name in ("dagostino-k2", "jarque-bera"))
        assert jb == pytest.approx(1.3**2 + 0.7**2, rel=1e-12)
        assert k2 == pytest.approx(jb, rel=20 / math.sqrt(n) + 1e-12)
    assert np.all(np.isfinite(dagostino_coefficients(10**15)))


def test_score_of_the_kurtosis_where_its_denominator_is_0():
    """There the root has a pole: two values of near equal number are all but impossible."""
    mean, slope = dagostino_coefficients(1000)[2:4]
    assert OF_MOMENTS["dagostino-k2"](0.0, mean - 1.0 / slope, 1000) > 1e9


# D'Agostino & Stephens, "Goodness-of-fit techniques" (1986), table 4.7: upper points of modified
# statistics, simulated.
MODIFIED = {
    "anderson-darling": (lambda n: 1 + 0.75 / n + 2.25 / n**2, (0.631, 0.752, 0.873, 1.035)),
    "cramer-von-mises": (lambda n: 1 + 0.5 / n, (0.104, 0.126, 0.148, 0.179)),
}


@pytest.mark.parametrize("n", [10, 20, 55, 500, 10**7])
@pytest.mark.parametrize("name", MODIFIED)
def test_pvalues_agree_with_published_points(name, n):
    factor, points = MODIFIED[name]
    for point, p in zip(points, (0.1, 0.05, 0.025, 0.01), strict=True):
        score = float(STATISTICS[name].scores(point / factor(n), n))
        assert null_tables()[name].pvalue(score, n)[0] == pytest.approx(p, rel=0.1)


@pytest.mark.parametrize("n", [10, 20, 55, 100])
def test_lilliefors_agrees_with_a_published_formula(n):
    """Dallal & Wilkinson (1986), for p below 0.1 and up to 100 values."""
    for d in np.array([0.85, 0.95, 1.05]) / (math.sqrt(n) + 0.85 / math.sqrt(n)):
        m = n + 2.78019
        log_p = -7.01256 * d**2 * m + 2.99587 * d * math.sqrt(m) - 0.122119
        log_p += 0.974598 / math.sqrt(n) + 1.67997 / n
        score = float(STATISTICS["lilliefors"].scores(d, n))
        p = null_tables()["lilliefors"].pvalue(score, n)[0]
        assert p == pytest.approx(math.exp(log_p), rel=0.08)


@pytest.mark.parametrize("n", [20, 100, 2000])
def test_pvalues_agree_with_scipy(n):
    rng = np.random.default_rng(n)
    for law in (rng.standard_normal, rng.standard_exponential, rng.uniform):
        for _ in range(20):
            x = law(size=n)
            p, expected = gaussianity_test(x, "shapiro-wilk").pvalue, stats.shapiro(x).pvalue
            assert p == pytest.approx(expected, abs=0.02)
            # The two scores of few values are not independent, as chi-squared has it.
            p, expected = gaussianity_test(x, "dagostino-k2").pvalue, stats.normaltest(x).pvalue
            assert p == pytest.approx(expected, abs=0.06)


def test_jarque_bera_is_chi_squared_in_the_limit():
    table = null_tables()["jarque-bera"]
    for p in (0.9, 0.05, 1e-4, 1e-9, 1e-200):
        score = math.log(stats.chi2(2).isf(p))
        assert table.pvalue(score, 10**12)[0] == pytest.approx(p, rel=1e-4)
        if 1e-3 < p < 0.5:
            # For 100 values chi-squared is off, as is well known; the table is not.
            assert table.pvalue(score, 100)[0] < 0.9 * p
