"""What may be tested, how results read, and what is refused."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clt_sim as clt
from clt_sim.normality_tests import gaussianity_test, names
from clt_sim.normality_tests.moment_tests import OF_MOMENTS
from clt_sim.normality_tests.null_samples import null_departures, standardized_rows
from clt_sim.normality_tests.registry import STATISTICS

UNIFORM = clt.sample(clt.WeightedSum(n=1, inputs="uniform", weights=1.0), 200, precision="double")
NORMAL = clt.WeightedSum(n=1, inputs="normal", weights=1.0)


def test_names():
    assert names() == (
        "shapiro-wilk",
        "shapiro-francia",
        "anderson-darling",
        "lilliefors",
        "cramer-von-mises",
        "jarque-bera",
        "dagostino-k2",
        "epps-pulley",
        "energy",
        "vasicek",
    )
    assert all(statistic.name == name for name, statistic in STATISTICS.items())


@pytest.mark.parametrize("test", names())
def test_a_result_says_what_was_tested(test):
    result = gaussianity_test(UNIFORM, test)
    assert result.count == 200
    assert 0.0 < result.pvalue < 0.05  # also of the weakest test
    assert 0.0 < result.table_error < 0.03 * math.sqrt(result.pvalue)
    text, symbol = str(result), STATISTICS[test].symbol
    assert "\n" not in text
    assert text.startswith(f"{test}: {symbol} = ")
    assert text.endswith("(n = 200)")
    direction = "at most" if test in {"shapiro-wilk", "shapiro-francia", "vasicek"} else "at least"
    assert f"{symbol} would be {direction} {result.statistic:.6g}" in result.explanation
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.pvalue = 1.0


@pytest.mark.parametrize("test", names())
@settings(max_examples=10, deadline=None)
@given(shift=st.floats(-1e3, 1e3), log_scale=st.floats(-6, 6))
def test_location_and_scale_do_not_matter(test, shift, log_scale):
    expected = gaussianity_test(UNIFORM, test)
    result = gaussianity_test((UNIFORM + shift) * 10.0**log_scale, test)
    assert result.statistic == pytest.approx(expected.statistic, rel=1e-8)
    assert result.pvalue == pytest.approx(expected.pvalue, rel=1e-6)


@pytest.mark.parametrize("scale", [1e308, 1e-308, -1e-300])
def test_any_scale_that_numbers_can_have(scale):
    expected = gaussianity_test(UNIFORM, "anderson-darling").statistic
    result = gaussianity_test(UNIFORM * scale, "anderson-darling").statistic
    assert result == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("test", names())
def test_order_and_type_do_not_matter(test):
    whole = np.random.default_rng(0).permutation(np.arange(100) ** 2)
    expected = gaussianity_test(np.sort(whole).astype(float), test)
    assert gaussianity_test(whole, test) == expected
    assert gaussianity_test(whole.tolist(), test) == expected
    before = whole.copy()
    gaussianity_test(whole, test)
    assert np.array_equal(whole, before)


@pytest.mark.parametrize("test", names())
def test_the_fewest_values(test):
    least = STATISTICS[test].least
    result = gaussianity_test(np.arange(least) ** 2, test)
    assert 0.0 < result.pvalue <= 1.0
    with pytest.raises(
        ValueError, match=f"{test} needs at least {least} values; x has {least - 1}"
    ):
        gaussianity_test(np.arange(least - 1.0), test)


@pytest.mark.parametrize("test", names())
def test_ties_and_outliers_are_evidence(test):
    """Two values alone, and one value among a thousand: no p-value is cut off at 0."""
    two = gaussianity_test(np.arange(100) % 2, test)
    outlier = gaussianity_test(np.append(np.zeros(99), 1.0), test)
    assert two.pvalue < (0.01 if test == "jarque-bera" else 1e-4)
    assert outlier.pvalue < 1e-6
    if test == "vasicek":
        assert (outlier.statistic, outlier.pvalue) == (0.0, 0.0)
        assert "p < 1e-300" in str(outlier)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        ([1.0, np.nan, np.inf, 2.0], ValueError, r"x\[1\] is nan \(2 of 4 are not\)"),
        ([2.0] * 30, ValueError, "x must not be constant; all 30 values are 2.0"),
        (np.zeros((4, 4)), ValueError, "must have 1 dimension"),
        ([], ValueError, "not empty"),
        (["a", "b", "c"], TypeError, "x must be a 1-D array of real numbers or a Summary"),
        (np.array([1j, 2, 3]), TypeError, "real numbers"),
        (clt.laws.get("normal"), TypeError, "not Normal"),
        (np.ma.masked_array([1.0, 2.0, 3.0], [0, 1, 0]), TypeError, "masked"),
    ],
)
def test_what_is_not_a_sample_is_refused(x, error, message):
    with pytest.raises(error, match=message):
        gaussianity_test(x)


def test_unknown_tests_are_refused_with_the_nearest_match():
    with pytest.raises(
        ValueError, match=r"unknown test of normality 'shapiro-wilks'\. Did you mean"
    ):
        gaussianity_test(UNIFORM, "shapiro-wilks")


@pytest.mark.parametrize("test", names())
def test_a_summary_is_tested_by_its_moments_or_refused(test):
    summary = clt.simulate(NORMAL, draws=1000, seed=3, precision="double")
    if test not in OF_MOMENTS:
        with pytest.raises(ValueError, match=f"{test} needs every value.*jarque-bera or dagostino"):
            gaussianity_test(summary, test)
        return
    result = gaussianity_test(summary, test)
    draws = clt.sample(NORMAL, 1000, seed=3, precision="double")
    assert result.count == 1000
    assert result.pvalue == pytest.approx(gaussianity_test(draws, test).pvalue, rel=1e-9)


def test_a_constant_or_short_summary_is_refused():
    constant = clt.simulate(
        clt.WeightedSum(n=1, inputs="constant", weights=1.0), draws=100, precision="double"
    )
    with pytest.raises(ValueError, match="must not be constant; all 100 values"):
        gaussianity_test(constant, "jarque-bera")
    with pytest.raises(ValueError, match="dagostino-k2 needs at least 8 values; x has 7"):
        gaussianity_test(clt.simulate(NORMAL, draws=7, precision="double"), "dagostino-k2")


def test_rows_are_standardized_however_far_away():
    rows = np.random.default_rng(1).uniform(size=(3, 50)) * [[1e-200], [1.0], [1e200]]
    rows[1] += 1e8
    for z in standardized_rows(rows):
        assert np.all(np.diff(z) >= 0.0)
        assert z.mean() == pytest.approx(0.0, abs=1e-14)
        assert np.mean(z**2) == pytest.approx(1.0, rel=1e-13)


def test_null_samples_do_not_depend_on_who_else_asks():
    one = null_departures([STATISTICS["energy"]], 30, 50_000, seed=5)
    some = null_departures([STATISTICS["lilliefors"], STATISTICS["energy"]], 30, 50_000, seed=5)
    assert np.array_equal(one[0], some[1])
    shorter = null_departures([STATISTICS["energy"]], 30, 40_000, seed=5)
    assert np.array_equal(one[0, :34952], shorter[0, :34952])  # the batches that both have whole
    other = null_departures([STATISTICS["energy"]], 30, 40_000, seed=6)
    assert abs(np.corrcoef(shorter[0], other[0])[0, 1]) < 5 / math.sqrt(40_000)
