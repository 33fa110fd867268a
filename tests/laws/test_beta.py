"""Beta laws with equal and large exponents, against an incomplete beta function of 60 digits."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

import clt_sim as clt


@pytest.mark.parametrize("exponent", [700.5, 1000.0, 12_345.6, 2.0**19, 1e10])
def test_both_tails_of_equal_exponents(exponent):
    """Those of 1e10 had a relative error of 8e-7 with SciPy 1.15."""
    law = clt.laws.Beta(exponent, exponent, -1.0, 1.0)
    for sds in (0.3, 1.3, 4.0, 10.0):
        x = sds / math.sqrt(2.0 * exponent + 1.0)
        with mpmath.workdps(60):
            square = mpmath.mpf(x) ** 2
            tail = mpmath.betainc(0.5, exponent, square, 1, regularized=True) / 2
            assert abs(law.cdf(-x) / tail - 1) < 3e-13
            assert abs(law.cdf(x) + tail - 1) < 1e-14


def test_the_routes_meet():
    places = np.linspace(0.4, 0.6, 101)
    for low, high in ((0.0, 1.0), (-3e200, 5e199)):
        x = low + (high - low) * places
        by_student = clt.laws.Beta(1000.0, 1000.0, low, high).cdf(x)
        by_incomplete_beta = clt.laws.Beta(1000.0, 1000.0 * (1.0 + 1e-15), low, high).cdf(x)
        np.testing.assert_allclose(by_student, by_incomplete_beta, rtol=1e-10)


def test_ends_of_equal_exponents():
    values = clt.laws.Beta(5000.0, 5000.0).cdf([-math.inf, 0.0, 0.5, 1.0, math.inf, math.nan])
    np.testing.assert_array_equal(values, [0.0, 0.0, 0.5, 1.0, 1.0, math.nan])


def test_intervals_without_a_double_inside():
    low = 2.0
    high = math.nextafter(low, 3.0)
    assert clt.laws.Beta(5000.0, 5000.0, low, high).cdf([low, high]).tolist() == [0.0, 1.0]
