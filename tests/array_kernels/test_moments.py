"""Powers and extremes in one pass, against fractions and exact sums."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from clt_sim._array_kernels import moments
from clt_sim._array_kernels.moments import CHUNK, ORDERS, power_pass, power_pass_about
from clt_sim.summaries.array_moments import ArrayMoments

SIZES = (1, 2, 127, 128, 129, 1000, CHUNK, CHUNK + 1, 2 * CHUNK + 130)


def standardized(row):
    """Return E[z^k] of exact deviations from the exact mean, by exact sums of rounded powers."""
    mean = Fraction(math.fsum(row)) / row.size
    for _ in range(2):  # what rounding left of the sum
        mean += Fraction(math.fsum(float(Fraction(x) - mean) for x in row.tolist())) / row.size
    deviations = [float(Fraction(x) - mean) for x in row.tolist()]
    sd = math.sqrt(math.fsum(d * d for d in deviations) / row.size)
    return [math.fsum((d / sd) ** k for d in deviations) / row.size for k in range(ORDERS + 1)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sums_are_those_of_the_definition(size, dtype):
    row = np.random.default_rng(size).normal(3.0, 2.0, size).astype(dtype)
    found = power_pass_about(row, 3.0, 7.0)
    assert (found.centre, found.scale, found.count) == (3.0, 8.0, size)
    assert (found.least, found.greatest) == (min(3.0, row.min()), max(3.0, row.max()))
    z = (row.astype(np.float64) - 3.0) / 8.0
    for order, total in enumerate(found.totals(), start=1):
        exact = math.fsum(z**order)
        assert abs(total - exact) < 1e-14 * math.fsum(np.abs(z**order))


@pytest.mark.parametrize("offset", [0.0, 1e9, -1e12])
@pytest.mark.parametrize("draw", ["exponential", "normal", "student"])
def test_central_moments_keep_their_digits(offset, draw):
    rng = np.random.default_rng(5)
    size = 3_000
    row = (
        offset
        + {
            "exponential": rng.exponential(size=size),
            "normal": rng.standard_normal(size),
            "student": rng.standard_t(3.0, size),
        }[draw]
    )
    found = ArrayMoments(row).standardized
    assert found[1] == pytest.approx(0.0, abs=1e-13)
    # Each power is rounded a few times, and the odd ones of a symmetric law cancel.
    assert found[2:] == pytest.approx(standardized(row)[2:], rel=2e-13, abs=1e-12)


def test_a_centre_far_from_the_mean_would_lose_them():
    row = np.random.default_rng(5).exponential(size=1000)
    far = power_pass_about(row, float(row.min()) - 1e3, 1.0)
    assert far.is_finite
    assert not far.is_near


def test_a_pilot_that_is_not_typical_makes_a_second_pass():
    row = np.random.default_rng(1).standard_normal(256 * 40)
    row[::40] += 50.0  # all of the pilot
    first = power_pass(row)
    assert first.is_finite
    assert not first.is_near
    found = ArrayMoments(row).standardized
    assert found[2:] == pytest.approx(standardized(row)[2:], rel=1e-12)


@pytest.mark.parametrize("scale", [1e-300, 1e-50, 1e50, 1e300])
def test_a_constant_pilot_does_not_decide_the_scale(scale):
    row = np.zeros(256 * 40)
    row[1::80] = scale * np.random.default_rng(1).exponential(size=128)
    found = ArrayMoments(row).standardized
    assert found[2:] == pytest.approx(standardized(row / scale)[2:], rel=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 1, 77, 128 * 3, CHUNK, CHUNK + 99])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_what_is_not_finite_shows(bad, place, dtype):
    row = np.random.default_rng(2).standard_normal(CHUNK + 100).astype(dtype)
    assert power_pass(row).is_finite
    row[place] = bad
    assert not power_pass(row).is_finite


@given(
    arrays.arrays(
        np.float64,
        st.integers(2, 300),
        elements=st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False),
    )
)
def test_extremes_and_moments_of_any_finite_values(row):
    found = ArrayMoments(row)
    assert (found.least, found.greatest) == (row.min(), row.max())
    if found.least < found.greatest:
        assert np.isfinite(found.central).all()
        assert found.central[2] > 0.0


def test_extremes_and_total():
    row = np.random.default_rng(3).standard_normal(1001)
    least, greatest, total = moments.extremes_and_total(row)
    assert (least, greatest) == (row.min(), row.max())
    assert total == pytest.approx(math.fsum(row), rel=1e-13)
