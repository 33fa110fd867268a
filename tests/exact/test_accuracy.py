"""Relative accuracy against exact rational numbers, at the exact value of each float."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clt_sim as clt
from clt_sim.laws import Uniform, Wikipedia

FUNCTIONS = ("pdf", "cdf", "sf")


def places(law):
    """Both sides of every knot, points between, and points ever closer to both ends."""
    low, high = law.support
    knots = np.array([low, *law.kinks, high])
    between = (knots[:-1, None] + np.diff(knots)[:, None] * [0.001, 0.27, 0.5, 0.8, 0.9999]).ravel()
    near = 10.0 ** -np.arange(1, 17, 1.5)
    x = np.concatenate(
        [
            knots,
            np.nextafter(knots, -math.inf),
            np.nextafter(knots, math.inf),
            between,
            low + near,
            high - near,
        ]
    )
    return np.unique(x[(x > low) & (x < high)])


def largest_relative_error(got, x, exact):
    """The largest over points where the exact value is a float in the normal range."""
    errors = [
        abs(Fraction(value) - true) / true
        for value, true in zip(got.tolist(), map(exact, x.tolist()), strict=True)
        if true > Fraction(10) ** -300
    ]
    assert errors
    return float(max(errors))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("n", [2, 3, 4, 8])
def test_wikipedia(n, function, exact_weighted_sum):
    law = clt.exact(clt.WeightedSum(n=n, inputs="wikipedia", weights=1.0))
    oracle = exact_weighted_sum(Wikipedia().pieces, (1.0,) * n)
    x = places(law)
    error = largest_relative_error(getattr(law, function)(x), x, getattr(oracle, function))
    assert error <= min(1e-14, law.error)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("low", "high", "weight", "bias"),
    [(0.0, 1.0, 1.0, 0.0), (0.0, 1.0, 1 / 3, 0.0), (-1.0, 1.0, 1.0, 0.1), (-1.0, 1.0, 1 / 3, 0.1)],
)
@pytest.mark.parametrize("n", range(2, 13))
def test_uniform(n, low, high, weight, bias, function, irwin_hall):
    model = clt.WeightedSum(n=n, inputs=Uniform(low, high), weights=weight, bias=bias)
    law = clt.exact(model)
    oracle = irwin_hall(n, low, high, weight, bias)
    x = places(law)
    error = largest_relative_error(getattr(law, function)(x), x, getattr(oracle, function))
    assert error <= min(1e-14, law.error)


def test_densities_of_1e_minus_100(irwin_hall):
    law = clt.exact(clt.WeightedSum(n=12, inputs="uniform", weights=1.0))
    x = np.array([1e-9, 12.0 - 1e-9])
    got = law.pdf(x)
    assert np.all(got < 1e-100)
    assert largest_relative_error(got, x, irwin_hall(12, 0.0, 1.0, 1.0, 0.0).pdf) <= 1e-14


@pytest.mark.parametrize("function", FUNCTIONS)
def test_many_terms_stay_within_the_stated_bound(function, irwin_hall):
    law = clt.exact(clt.WeightedSum(n=60, inputs="uniform", weights=1.0))
    x = places(law)[::7]
    oracle = irwin_hall(60, 0.0, 1.0, 1.0, 0.0)
    error = largest_relative_error(getattr(law, function)(x), x, getattr(oracle, function))
    assert error <= law.error


def test_truncated_powers_in_floats_would_fail(irwin_hall):
    """Negative control: the measure of error sees the cancellation that the route avoids."""
    n, x = 12, np.array([11.3])
    terms = [(-1) ** k * math.comb(n, k) * (x - k) ** (n - 1) for k in range(n)]
    plain = sum(terms) / math.factorial(n - 1)
    assert largest_relative_error(plain, x, irwin_hall(n, 0.0, 1.0, 1.0, 0.0).pdf) > 1e-10


WEIGHTS = st.integers(-40, 40).filter(bool).map(lambda k: k / 8)
FLOATS = st.floats(0.01, 10.0) | st.floats(-10.0, -0.01)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    weights=st.lists(WEIGHTS | FLOATS, min_size=1, max_size=3).map(tuple),
    bias=st.floats(-5.0, 5.0),
    inputs=st.sampled_from([Wikipedia(), Uniform(-0.5, 2.0)]),
    shares=st.lists(st.floats(0.0, 1.0, exclude_max=True), min_size=3, max_size=3),
)
def test_any_weights(exact_weighted_sum, weights, bias, inputs, shares):
    law = clt.exact(clt.WeightedSum(len(weights), inputs, weights=weights, bias=bias))
    oracle = exact_weighted_sum(inputs.pieces, weights, bias)
    low, high = law.support
    x = low + (high - low) * np.array(shares)
    for function in FUNCTIONS:
        for value, place in zip(getattr(law, function)(x).tolist(), x.tolist(), strict=True):
            true = getattr(oracle, function)(place)
            assert abs(Fraction(value) - true) <= Fraction(law.error) * true + Fraction(10) ** -300


def test_knots_closer_together_than_floats(exact_weighted_sum):
    weights = (1.0, 2.0**-60)
    law = clt.exact(clt.WeightedSum(n=2, inputs="uniform", weights=weights))
    oracle = exact_weighted_sum(Uniform().pieces, weights)
    x = np.array([2.0**-70, 2.0**-61, 0.3, 1.0 - 2.0**-53, 1.0])
    for function in FUNCTIONS:
        got = getattr(law, function)(x)
        assert largest_relative_error(got, x, getattr(oracle, function)) <= law.error
