"""The tail and exponential indices, by the growth of truncated moments."""

from __future__ import annotations

import math

import numpy as np
import pytest

import clt_sim as clt

TAILS = {
    "cauchy": lambda law: 1.0,
    "pareto": lambda law: law.shape,
    "student-t": lambda law: law.df,
}
"""Laws with tails that are powers (Johnson, Kotz & Balakrishnan 1994 and 1995)."""
RATES = {
    "cauchy": lambda law: 0.0,
    "exponential": lambda law: 1 / law.scale,
    "gamma": lambda law: 1 / law.scale,
    "laplace": lambda law: 1 / law.scale,
    "logistic": lambda law: 1 / law.scale,
    "lognormal": lambda law: 0.0,
    "pareto": lambda law: 0.0,
    "student-t": lambda law: 0.0,
    "symmetric-weibull": lambda law: {0.75: 0.0}.get(law.shape, math.inf),
}
"""Laws whose generating function is not finite everywhere (the same source)."""
COMPOSED = {"empirical", "mixture", "scipy", "sparse", "stable"}
"""Laws whose indices come from their parts or parameters; they have tests of their own."""


def test_tail_index(law):
    if law.name in COMPOSED:
        pytest.skip("composed")
    assert law.tail_index == TAILS.get(law.name, lambda law: math.inf)(law)


def test_exponential_index(law):
    if law.name in COMPOSED:
        pytest.skip("composed")
    expected = RATES.get(law.name, lambda law: math.inf)(law)
    assert law.exponential_index == pytest.approx(expected)


def log_survival(law, x):
    """Return log P(X > x) + log P(X < -x) from quadrature of the density over (x, 3x)."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    points = x * (2 + nodes)
    return math.log(x * float(weights @ (law.pdf(points) + law.pdf(-points))))


@pytest.mark.parametrize(
    "text", ["cauchy", "pareto(shape=.5)", "pareto", "student-t", "student-t(df=1.5,scale=3)"]
)
def test_tails_fall_as_the_power_of_the_tail_index(text):
    law = clt.laws.get(text)
    slope = (log_survival(law, 1e6) - log_survival(law, 1e5)) / math.log(10)
    assert -slope == pytest.approx(law.tail_index, rel=1e-4)


@pytest.mark.parametrize("text", ["normal", "exponential", "lognormal", "gamma", "logistic"])
def test_other_tails_fall_faster_than_any_power(text):
    law = clt.laws.get(text)
    powers = [x * law.pdf(x) for x in law.quantile([1 - 1e-6, 1 - 1e-9, 1 - 1e-12])]
    slopes = np.diff(np.log(powers)) / np.diff(
        np.log(law.quantile([1 - 1e-6, 1 - 1e-9, 1 - 1e-12]))
    )
    assert slopes[1] < slopes[0] < -4


@pytest.mark.parametrize("text", ["exponential(scale=3)", "gamma(shape=.3)", "laplace", "logistic"])
def test_tails_fall_at_the_rate_of_the_exponential_index(text):
    law = clt.laws.get(text)
    far = law.scale * np.array([300.0, 400.0])
    slope = float(np.diff(np.log(law.pdf(far)))[0] / np.diff(far)[0])
    assert -slope == pytest.approx(law.exponential_index, rel=0.01)


@pytest.mark.parametrize(
    "text", ["lognormal", "pareto", "student-t", "symmetric-weibull(shape=.5)"]
)
def test_tails_heavier_than_any_exponential(text):
    law = clt.laws.get(text)
    far = 10.0 ** np.array([2.0, 3.0, 4.0])
    rates = -np.diff(np.log(law.pdf(far))) / np.diff(far)
    assert law.exponential_index == 0.0
    assert rates[1] < 0.5 * rates[0]


@pytest.mark.parametrize("text", ["normal", "symmetric-weibull", "truncated-normal(high=None)"])
def test_tails_lighter_than_any_exponential(text):
    law = clt.laws.get(text)
    rates = -np.diff(np.log(law.pdf([4.0, 8.0, 16.0]))) / [4.0, 8.0]
    assert law.exponential_index == math.inf
    assert rates[1] > 1.5 * rates[0]
