"""Streamed statistics of units against plain formulas, scipy.stats and fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from clt_sim.networks.recording.unit_moments import UnitMoments


def batches(values, cuts):
    moments = UnitMoments.empty(values.shape[1])
    for first, last in zip([0, *cuts], [*cuts, len(values)], strict=True):
        if first < last:
            moments = moments.extended(values[first:last])
    return moments


@pytest.fixture(scope="module")
def values():
    rng = np.random.default_rng(0)
    columns = [rng.normal(5.0, 2.0, 3000), rng.exponential(size=3000), np.full(3000, 0.3)]
    columns.append(np.maximum(rng.normal(size=3000), 0.0))
    return np.column_stack(columns)


@pytest.mark.parametrize("cuts", [[], [1], [700, 701, 2000]])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_moments_are_those_of_scipy(values, cuts, dtype):
    given_values = values.astype(dtype)
    exact = given_values.astype(np.float64)
    moments = batches(given_values, cuts)
    varying = ~moments.constant
    assert varying.tolist() == [True, True, False, True]
    assert moments.mean == pytest.approx(exact.mean(0), rel=1e-12)
    assert moments.variance == pytest.approx(exact.var(0), rel=1e-11, abs=1e-25)
    shape = exact[:, varying]
    assert moments.skewness[varying] == pytest.approx(stats.skew(shape), rel=1e-9, abs=1e-12)
    assert moments.excess_kurtosis[varying] == pytest.approx(stats.kurtosis(shape), rel=1e-9)
    assert np.isnan(moments.skewness[2])
    assert np.array_equal(moments.minimum, exact.min(0))
    assert np.array_equal(moments.maximum, exact.max(0))
    assert np.array_equal(moments.exact_zeros, (exact == 0).sum(0))
    if not cuts:
        rms = np.sqrt((exact**2).mean(0))
        assert np.array_equal(moments.near_zeros, (np.abs(exact) <= 0.1 * rms).sum(0))


def in_order(values):
    """Return the sums of the columns of an array in double precision, row added to row."""
    total = np.zeros(values.shape[1])
    for row in values:
        total = total + row
    return total


@pytest.mark.parametrize("units", [2, 3, 16, 100, 255, 256, 257, 512, 600])
@pytest.mark.parametrize("rows", [1, 60, 511, 512, 513, 1500])
@pytest.mark.parametrize("order", ["C", "F"])
def test_narrow_and_wide_arrays_of_few_and_many_rows(rows, units, order):
    rng = np.random.default_rng(rows + units)
    given_values = np.asarray(rng.normal(0.3, 1.0, (rows, units)), np.float32, order=order)
    given_values[rng.random(given_values.shape) < 0.3] = 0.0
    moments = UnitMoments.of(given_values)
    size = np.abs(given_values)
    rms = np.sqrt((given_values.astype(np.float64) ** 2).mean(axis=0))
    assert moments.mean == pytest.approx(given_values.mean(axis=0, dtype=np.float64), rel=1e-9)
    assert np.array_equal(moments.minimum, given_values.min(axis=0))
    assert np.array_equal(moments.maximum, given_values.max(axis=0))
    assert np.array_equal(moments.exact_zeros, (given_values == 0.0).sum(axis=0))
    assert np.array_equal(moments.near_zeros, (size <= 0.1 * rms).sum(axis=0))
    if order == "C":
        assert np.array_equal(moments.mean, in_order(given_values) / rows)


def test_one_unit_and_none():
    values = np.linspace(-1.0, 1.0, 2001)[:, None]
    moments = UnitMoments.of(values)
    assert (moments.count[0], moments.minimum[0], moments.maximum[0]) == (2001, -1.0, 1.0)
    assert (moments.exact_zeros[0], moments.near_zeros[0]) == (1, 115)
    assert UnitMoments.of(np.empty((600, 0))).count.size == 0


def test_near_zeros_settle_to_the_share_of_all_rows(values):
    shares = batches(values, range(100, 3000, 100)).near_zeros / 3000
    rms = np.sqrt((values**2).mean(0))
    assert shares == pytest.approx((np.abs(values) <= 0.1 * rms).mean(0), abs=0.005)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-100, 100), min_size=2, max_size=30), st.integers(1, 29))
def test_central_sums_are_those_of_fractions(numbers, cut):
    values = np.array(numbers, float)[:, None]
    moments = batches(values, [min(cut, len(numbers) - 1)])
    mean = Fraction(sum(numbers), len(numbers))
    for order, found in ((2, moments.m2), (3, moments.m3), (4, moments.m4)):
        exact = float(sum((number - mean) ** order for number in numbers))
        scale = float(sum(abs(number - mean) ** order for number in numbers))
        assert found[0] == pytest.approx(exact, rel=1e-12, abs=1e-12 * scale)


def test_an_offset_does_not_cancel():
    values = 1e6 + np.random.default_rng(1).normal(size=(5000, 2))
    moments = batches(values, [17, 1000, 1001])
    assert moments.excess_kurtosis == pytest.approx(stats.kurtosis(values), abs=1e-6)


def test_the_order_of_two_parts_has_no_part_in_the_result(values):
    a, b = UnitMoments.of(values[:1234]), UnitMoments.of(values[1234:])
    for one, two in zip((a + b).arrays(), (b + a).arrays(), strict=True):
        assert one.tobytes() == two.tobytes()


def test_nothing_added_changes_nothing(values):
    some = UnitMoments.of(values)
    for one, two in zip((some + UnitMoments.empty(4)).arrays(), some.arrays(), strict=True):
        assert np.array_equal(one, two)


def test_values_that_are_not_finite_are_counted_and_left_out(values):
    spoilt = values.copy()
    spoilt[5, 0], spoilt[6, 0], spoilt[7, 1] = np.nan, np.inf, -np.inf
    spoilt[:, 2] = np.nan
    moments = batches(spoilt, [6, 500])
    assert moments.non_finite.tolist() == [2, 1, 3000, 0]
    assert moments.count.tolist() == [2998, 2999, 0, 3000]
    kept = np.delete(values[:, 0], [5, 6])
    assert moments.mean[0] == pytest.approx(kept.mean())
    assert moments.excess_kurtosis[0] == pytest.approx(stats.kurtosis(kept))
    assert moments.maximum[0] == kept.max()
    columns = moments.columns()
    assert np.isnan([columns["mean"][2], columns["variance"][2], columns["skewness"][2]]).all()
    assert moments.constant[2]


def test_the_largest_doubles_have_a_mean():
    values = np.array([[1.7e308], [1.6e308], [1.5e308]])
    assert UnitMoments.of(values).mean == pytest.approx([1.6e308])


def test_arrays_are_checked(values):
    reals, counts = UnitMoments.of(values).arrays()
    assert np.array_equal(UnitMoments.from_arrays(reals, counts).mean, values.mean(0))
    with pytest.raises(ValueError, match="must be of the same units"):
        UnitMoments.from_arrays(reals[:, 1:], counts)
    counts[1, 0] = 10**9
    with pytest.raises(ValueError, match="above those of values"):
        UnitMoments.from_arrays(reals, counts)
