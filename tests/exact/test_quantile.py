from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

import clt_sim as clt
from clt_sim.laws import Uniform, Wikipedia


def law_of(n, inputs="uniform", weights=1.0, bias=0.0):
    return clt.exact(clt.WeightedSum(n=n, inputs=inputs, weights=weights, bias=bias))


@pytest.mark.parametrize("inputs", [Uniform(), Uniform(-1.0, 1.0), Wikipedia()])
def test_one_term_has_the_quantiles_of_the_input(inputs):
    p = np.linspace(0.0, 1.0, 1001)
    np.testing.assert_allclose(
        law_of(1, inputs).quantile(p), inputs.quantile(p), rtol=4e-16, atol=4e-16
    )


def test_two_uniforms_in_closed_form():
    p = np.array([1e-300, 1e-30, 1e-5, 0.1, 0.5, 0.9, 1.0 - 2.0**-53])
    expected = np.where(p <= 0.5, np.sqrt(2.0 * p), 2.0 - np.sqrt(2.0 * (1.0 - p)))
    np.testing.assert_allclose(law_of(2).quantile(p), expected, rtol=4e-16)


@pytest.mark.parametrize("n", [3, 8, 12])
def test_deep_left_tail_in_closed_form(n):
    """Below the first knot the cdf is ``x**n/n!``."""
    p = 10.0 ** -np.arange(30.0, 300.0, 15.0)
    expected = np.exp((np.log(p) + math.lgamma(n + 1)) / n)
    np.testing.assert_allclose(law_of(n).quantile(p), expected, rtol=1e-13)


@pytest.mark.parametrize("n", [2, 4, 8, 16])
@pytest.mark.parametrize("inputs", ["uniform", "wikipedia"])
def test_inverts_cdf_and_sf(inputs, n):
    law = law_of(n, inputs)
    p = np.concatenate([10.0 ** -np.arange(1.0, 31.0), np.linspace(0.001, 0.5, 301)])
    np.testing.assert_allclose(law.cdf(law.quantile(p)), p, rtol=n * 1e-15)
    q = 2.0 ** -np.arange(1.0, 54.0)
    x = law.quantile(1.0 - q)
    # The float x itself is off by half a unit, which the slope of sf turns into this much.
    allowed = 8.0 * n * 2.0**-53 * q + np.spacing(x) * law.pdf(x)
    assert np.all(np.abs(law.sf(x) - q) <= allowed)


def test_against_brent():
    law = law_of(3, "wikipedia", [1.0, -0.7, 0.3], 0.1)
    for p in (0.001, 0.2, 0.5, 0.77, 0.999):
        root = optimize.brentq(lambda x, p=p: law.cdf(x) - p, *law.support, xtol=1e-15)
        assert float(law.quantile(p)) == pytest.approx(root, rel=1e-13)


def test_ends_and_outside():
    law = law_of(2, Uniform(-1.0, 1.0), bias=0.25)
    p = [0.0, 1.0, -0.1, 1.1, math.nan, math.inf]
    np.testing.assert_array_equal(law.quantile(p), [-1.75, 2.25, *[math.nan] * 4])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    weights=st.lists(st.floats(0.05, 4.0), min_size=1, max_size=4),
    exponents=st.lists(st.floats(-250.0, -0.31), min_size=1, max_size=5),
)
def test_quantile_inverts_cdf(weights, exponents):
    law = law_of(len(weights), "wikipedia", weights)
    p = np.sort(10.0 ** np.array(exponents))
    x = law.quantile(p)
    assert np.all(np.diff(x) >= 0.0)
    np.testing.assert_allclose(law.cdf(x), p, rtol=2e-14)
