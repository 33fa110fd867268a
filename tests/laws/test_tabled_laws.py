"""Quantiles and characteristic functions of laws without a kernel of their own, against mpmath."""

from __future__ import annotations

import functools
import math

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

import clt_sim as clt

PROBABILITIES = (2.0**-33, 1e-6, 0.01, 0.3, 0.5, 0.9, 1 - 1e-6, 1 - 2.0**-33)
"""The outermost are the most that a draw from 32 bits can ask for."""


def beta(a, b):
    return lambda x: mp.betainc(a, b, 0, x, regularized=True)


def student_t(df, scale=1):
    def cdf(x):
        z = mp.mpf(x) / scale
        tail = mp.betainc(mp.mpf(df) / 2, 0.5, 0, df / (df + z**2), regularized=True) / 2
        return tail if z < 0 else 1 - tail

    return cdf


def truncated_normal(location, scale, low, high):
    def mass(a, b):
        return mp.ncdf(b, location, scale) - mp.ncdf(a, location, scale)

    return lambda x: mass(low, x) / mass(low, high)


CDF = {
    "arcsine": lambda x: 2 * mp.asin(mp.sqrt(x)) / mp.pi,
    "arcsine(low=-1,high=3)": lambda x: 2 * mp.asin(mp.sqrt((x + 1) / 4)) / mp.pi,
    "beta": beta(2, 2),
    "beta(a=.5,b=.5)": beta(0.5, 0.5),
    "beta(a=.3,b=4)": beta(0.3, 4),
    "beta(a=30,b=50)": beta(30, 50),
    "cauchy": lambda x: mp.atan(x) / mp.pi + 0.5,
    "cauchy(scale=.03)": lambda x: mp.atan(x / mp.mpf(0.03)) / mp.pi + 0.5,
    "gamma": lambda x: mp.gammainc(2, 0, x, regularized=True),
    "gamma(shape=.3)": lambda x: mp.gammainc(0.3, 0, x, regularized=True),
    "gamma(shape=200,scale=.5)": lambda x: mp.gammainc(200, 0, 2 * x, regularized=True),
    "pareto": lambda x: 1 - x**-3,
    "pareto(shape=.5)": lambda x: 1 - 1 / mp.sqrt(x),
    "pareto(shape=40)": lambda x: 1 - x**-40,
    "student-t": student_t(5),
    "student-t(df=.5)": student_t(0.5),
    "student-t(df=1.5,scale=3)": student_t(1.5, 3),
    "student-t(df=1000)": student_t(1000),
    "truncated-normal": truncated_normal(0, 1, -2, 2),
    "truncated-normal(low=0,high=None)": truncated_normal(0, 1, 0, mp.inf),
    "truncated-normal(low=None,high=-5)": truncated_normal(0, 1, -mp.inf, -5),
    "truncated-normal(low=None,high=None)": truncated_normal(0, 1, -mp.inf, mp.inf),
    "truncated-normal(low=30,high=40)": truncated_normal(0, 1, 30, 40),
    "truncated-normal(low=-7,high=9)": truncated_normal(0, 1, -7, 9),
    "truncated-normal(low=-9,high=7)": truncated_normal(0, 1, -9, 7),
    "truncated-normal(low=3,high=3.001)": truncated_normal(0, 1, 3, mp.mpf(3.001)),
    "truncated-normal(location=1,low=0,high=3)": truncated_normal(1, 1, 0, 3),
}


@pytest.mark.parametrize("text", CDF)
def test_quantiles_invert_the_distribution_function(text):
    law = clt.laws.get(text)
    with mp.workdps(400 if "30" in text else 60):
        for p, x in zip(PROBABILITIES, law.quantile(PROBABILITIES).tolist(), strict=True):
            # To first order this is the relative error of x, in units of x.
            missed = float(CDF[text](mp.mpf(x)) - mp.mpf(p))
            assert abs(missed) <= 1e-11 * abs(x) * float(law.pdf(x)) + 1e-16 * (p == 0.5)


@pytest.mark.parametrize("text", CDF)
def test_distribution_function_in_both_tails(text):
    law = clt.laws.get(text)
    with mp.workdps(400 if "30" in text else 60):
        for x in law.quantile(PROBABILITIES).tolist():
            expected = float(CDF[text](mp.mpf(x)))
            rounding = 4e-16 * abs(x) * float(law.pdf(x))
            assert abs(float(law.cdf(x)) - expected) <= 1e-13 * expected + rounding


@functools.cache
def pareto(shape, t):
    """Return ``shape (-i t)^shape Gamma(-shape, -i t)``."""
    with mp.workdps(40):
        return complex(shape * mp.expint(1 + shape, mp.mpc(0, -t)))


@pytest.mark.parametrize("shape", [0.05, 0.5, 1.5, 3.25, 40.5, 1000.5])
def test_pareto_characteristic_function(shape):
    law = clt.laws.get("pareto", shape=shape)
    for t in (1e-12, 1e-3, 0.3, 2.0, 40.0, 1e4):
        value = law.characteristic_function([t, -t])
        assert abs(value[0] - pareto(shape, t)) < 1e-13
        assert value[1] == value[0].conjugate()


@pytest.mark.parametrize("df", [0.1, 0.5, 1.5, 2.0, 5.0, 19.9, 20.1, 41.0])
def test_student_t_characteristic_function(df):
    law = clt.laws.get("student-t", df=df)
    for t in (1e-12, 1e-3, 0.3, 2.0, 8.0, 60.0):
        with mp.workdps(60):
            n, y = mp.mpf(df) / 2, mp.sqrt(df) * mp.mpf(t)
            expected = y**n * mp.besselk(n, y) / (2 ** (n - 1) * mp.gamma(n))
        assert abs(law.characteristic_function(t) - float(expected)) < 1e-13
    assert law.characteristic_function(1e12) == 0.0


@pytest.mark.parametrize("df", [50.5, 1e3, 1e6])
def test_student_t_characteristic_function_for_many_degrees_of_freedom(df):
    law = clt.laws.get("student-t", df=df)
    nodes, weights = np.polynomial.legendre.leggauss(20)
    x = np.add.outer(np.arange(0.0, 40.0, 0.05), 0.025 * (1 + nodes))
    for t in (1e-9, 0.3, 2.0, 8.0):
        density = weights * stats.t(df).pdf(x)
        expected = np.sum(density * np.cos(t * x)) / np.sum(density)
        assert abs(law.characteristic_function(t) - expected) < 2e-13


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (2, 2), (0.02, 7), (30, 50), (300, 0.3)])
def test_beta_characteristic_function(a, b):
    law = clt.laws.get("beta", a=a, b=b)
    t = [1e-9, 0.3, 4.0, 30.0, 300.0, 3000.0]
    for at, value in zip(t, law.characteristic_function(t).tolist(), strict=True):
        with mp.workdps(60):
            expected = complex(mp.hyp1f1(a, a + b, mp.mpc(0, at), maxterms=10**5))
        assert abs(value - expected) < 1e-14 + 5e-16 * at


@pytest.mark.parametrize(
    ("low", "high"), [(-2, 2), (0, None), (None, 1), (3, 3.5), (-0.5, 4), (None, -6), (None, None)]
)
def test_truncated_normal_characteristic_function(low, high):
    law = clt.laws.get("truncated-normal", low=low, high=high)
    ends = [float(end) for end in law.quantile([1e-18, 0.5, 1 - 2.0**-53])]
    a, b = (-12 if low is None else low), (12 if high is None else high)
    points = sorted({float(a), *(end for end in ends if a < end < b), float(b)})
    for t in (1e-9, 0.3, 2.0, 9.0):
        with mp.workdps(25):
            expected = mp.quad(lambda x, t=t: mp.npdf(x) * mp.expj(t * x), points)
            expected /= mp.quad(mp.npdf, points)
        assert abs(law.characteristic_function(t) - complex(expected)) < 1e-14
        assert abs(law.characteristic_function(-t) - complex(expected).conjugate()) < 1e-14


@pytest.mark.parametrize("k", range(9))
def test_truncated_normal_moments(k):
    """The recursion by parts, at a precision that its cancellation leaves enough of."""
    law = clt.laws.get("truncated-normal(location=.5,scale=.25,low=0,high=1.5)")
    with mp.workdps(40):
        a, b = mp.mpf(-2), mp.mpf(4)
        mass = mp.ncdf(b) - mp.ncdf(a)
        moments = [mp.mpf(0), mp.mpf(1)]
        for j in range(1, k + 1):
            ends = mp.npdf(b) * mp.mpf(1.5) ** (j - 1) - (mp.npdf(a) if j == 1 else 0)
            following = moments[-1] / 2 + (j - 1) * moments[-2] / 16 - ends / (4 * mass)
            moments.append(following)
        assert law.moment(k) == pytest.approx(float(moments[-1]), rel=1e-14)


@pytest.mark.parametrize("text", CDF)
def test_ten_thousand_quantiles_at_once(text):
    law = clt.laws.get(text)
    p = np.linspace(0.0, 1.0, 10_001)
    x = law.quantile(p)
    assert np.all(np.diff(x) > 0.0)
    assert (float(x[0]), float(x[-1])) == law.support


def test_moments_too_large_for_a_float_are_refused():
    for text in ("gamma(shape=300)", "truncated-normal(low=1e9,high=2e9,location=1e9)"):
        with pytest.raises(OverflowError, match="the moment of order 200 of"):
            clt.laws.get(text).moment(200)
    assert math.isfinite(clt.laws.get("gamma").moment(150))
