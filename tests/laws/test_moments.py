"""Exact moments of laws against closed forms and brute force, and what overflows."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest

import clt_sim as clt


@pytest.mark.parametrize("k", range(7))
def test_triangular_moments_are_integrals_of_its_pieces(k):
    law = clt.laws.Triangular(-1.5, -1.0, 3.25)
    expected = sum(
        c * (piece.high ** (j + k + 1) - piece.low ** (j + k + 1)) / (j + k + 1)
        for piece in law.pieces
        for j, c in enumerate(piece.coefficients)
    )
    assert law.moment(k) == float(expected)
    knots = [Fraction(x) for x in (law.low, law.mode, law.high)]
    products = [math.prod(c) for c in itertools.combinations_with_replacement(knots, k)]
    assert expected == sum(products, Fraction(0)) / len(products)


@pytest.mark.parametrize("j", range(2, 31, 2))
def test_central_moments_of_the_logistic_law_by_bernoulli_numbers(j):
    """Johnson, Kotz & Balakrishnan 1995: pi^j (2^j - 2) |B_j|."""
    expected = mp.pi**j * (2**j - 2) * abs(mp.bernoulli(j))
    assert clt.laws.Logistic().moment(j) == pytest.approx(float(expected), rel=2e-15)


@pytest.mark.parametrize("shape", [0.3, 1.0, 1.7, 2.0, 6.0])
def test_symmetric_weibull_characteristic_function(shape):
    """The series ``sum (-t^2)^j Gamma(1 + 2j/shape)/(2j)!``; where it diverges, another ray."""
    law = clt.laws.SymmetricWeibull(shape, 1.25)
    t = np.array([1e-9, 0.3, 2.0, 4.0])
    value = law.characteristic_function(t)
    assert np.all(value.imag == 0.0)
    for at, found in zip(t.tolist(), value.real.tolist(), strict=True):
        assert abs(found - _symmetric_weibull(shape, 1.25 * at)) < 1e-13


def _symmetric_weibull(shape, t):
    def term(j):
        return (-(mp.mpf(t) ** 2)) ** j * mp.gamma(1 + 2 * j / mp.mpf(shape)) / mp.factorial(2 * j)

    def on_a_ray(y):
        x = mp.exp(y) * mp.expjpi(mp.mpf(1) / 4)
        return mp.exp(1j * t * x - x**shape) * shape * x**shape

    with mp.workdps(80):
        if shape > 1.0:
            return float(mp.fsum(term(j) for j in range(600)))
        if shape == 1.0:
            return float(1 / (1 + mp.mpf(t) ** 2))
    return float(mp.re(mp.quad(on_a_ray, range(-160, 30, 5))))


@pytest.mark.parametrize("sd_log", [0.1, 1.0, 3.0])
def test_lognormal_characteristic_function(sd_log):
    """On another line of integration than the law's."""
    law = clt.laws.Lognormal(0.25, sd_log)
    up = mp.mpf("0.6") / max(1, mp.mpf(sd_log))
    for t in (1e-9, 0.3, 2.0, 40.0):

        def integrand(z, t=t):
            w = z + 1j * up
            return mp.npdf(w) * mp.exp(1j * t * mp.exp(0.25 + sd_log * w))

        expected = mp.quad(integrand, list(range(-14, 15)))
        assert abs(law.characteristic_function(t) - complex(expected)) < 1e-13
        assert abs(law.characteristic_function(-t) - complex(expected).conjugate()) < 1e-13


def test_moments_too_large_for_a_float_are_infinite():
    assert clt.laws.Lognormal(sd_log=2.0).moment(30) == math.inf
    assert clt.laws.Lognormal(sd_log=30.0).variance == math.inf
    assert clt.laws.SymmetricWeibull(shape=0.01).moment(2) == math.inf
