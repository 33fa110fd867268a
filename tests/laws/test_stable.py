"""Stable laws against closed forms and the Fourier integral of the characteristic function."""

from __future__ import annotations

import functools
import math

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.laws.stable_integrals import RightSide
from clt_sim.models.density_average import density_average

CASES = [(1.5, 0.0), (1.5, -1.0), (1.1, 0.3), (1.9, -0.5), (0.7, 0.5), (1.99, 0.9)]


def by_fourier(alpha, beta, x):
    """Return density and distribution function (Gil-Pelaez)."""

    tangent = mp.tan(mp.pi * alpha / 2)

    @functools.cache
    def integrand(t):
        power = t**alpha
        return mp.exp(-power) * mp.expj(power * beta * tangent - t * x) / mp.pi

    ends = [0, *(mp.mpf(2) ** k for k in range(-30, 8))]
    density = mp.quad(lambda t: mp.re(integrand(t)), ends)
    return float(density), float(0.5 - mp.quad(lambda t: mp.im(integrand(t)) / t, ends))


@pytest.mark.parametrize(("alpha", "beta"), CASES)
def test_density_and_cdf(alpha, beta):
    law = clt.laws.Stable(alpha, beta)
    for x in (-2.0, 0.01, 3.0):
        density, mass = by_fourier(alpha, beta, x)
        assert law.pdf(x) == pytest.approx(density, abs=1e-12)
        assert law.cdf(x) == pytest.approx(mass, abs=1e-12)
        assert law.cdf(x) != pytest.approx(mass + 1e-10, abs=1e-12)  # the negative control


def test_levy():
    law, peer = clt.laws.Stable(0.5, 1.0, scale=2.0), stats.levy(scale=2.0)
    x = np.geomspace(0.01, 1e12, 60)
    np.testing.assert_allclose(law.pdf(x), peer.pdf(x), rtol=1e-12)
    np.testing.assert_allclose(law.cdf(x), peer.cdf(x), rtol=1e-12)
    p = np.array([1e-100, 1e-9, 0.1, 0.5, 0.999])
    np.testing.assert_allclose(law.quantile(p), peer.ppf(p), rtol=1e-11)
    mirrored = clt.laws.Stable(0.5, -1.0, scale=2.0)
    np.testing.assert_allclose(mirrored.pdf(-x), peer.pdf(x), rtol=1e-12)


def test_series_and_integral_meet():
    side = RightSide(1.5, 0.3)
    edge = 1e5 ** (1 / 1.5) / side._scale
    x = edge * np.array([1 - 1e-12, 1 + 1e-12])
    np.testing.assert_allclose(*side.pdf(x), rtol=1e-11)
    np.testing.assert_allclose(*side.tails(x)[1], rtol=1e-11)


def test_far_tail_is_a_power():
    law = clt.laws.Stable(1.5)
    x = -np.array([1e40, 1e50])
    constant = math.gamma(1.5) * math.sin(0.75 * math.pi) / math.pi
    np.testing.assert_allclose(law.cdf(x), constant * np.abs(x) ** -1.5, rtol=1e-13)
    np.testing.assert_allclose(law.quantile(law.cdf(x)), x, rtol=1e-12)


@pytest.mark.parametrize(("alpha", "beta"), [(1.5, 0.3), (0.7, 1.0), (1.3, 1.0), (0.3, 0.0)])
def test_quantiles_in_both_tails(alpha, beta):
    law = clt.laws.Stable(alpha, beta)
    p = np.concatenate([2.0 ** -np.arange(1.0, 34), 1 - 2.0 ** -np.arange(2.0, 34)])
    q = law.quantile(np.sort(p))
    assert np.all(np.diff(q) > 0)
    np.testing.assert_allclose(law.cdf(q), np.sort(p), rtol=1e-11)
    above = RightSide(alpha, beta).tails(law.quantile(1 - 2.0 ** -np.arange(6.0, 34)))[1]
    np.testing.assert_allclose(above, 2.0 ** -np.arange(6.0, 34), rtol=1e-9)


@pytest.mark.parametrize("alpha", [0.3, 0.6, 0.95])
def test_kinks_make_quadrature_find_all_mass(alpha):
    law = clt.laws.Stable(alpha, 0.3)
    assert density_average(law, np.ones_like) == pytest.approx(1.0, abs=1e-11)
    assert clt.laws.Stable(alpha, 1.0).kinks == clt.laws.Stable(1.5, 0.3).kinks == ()


def test_members():
    assert clt.laws.Stable(2.0, scale=3.0).variance == 18.0
    x = np.linspace(-3, 3, 13)
    np.testing.assert_array_equal(clt.laws.Stable(1.0).pdf(x), clt.laws.Cauchy().pdf(x))


def test_moments():
    assert clt.laws.Stable(1.5, location=2.0).mean == 2.0
    assert clt.laws.Stable(1.5).moment(2) == math.inf
    assert math.isnan(clt.laws.Stable(1.5).moment(3))
    assert clt.laws.Stable(1.5, -1.0).moment(3) == -math.inf
    assert clt.laws.Stable(0.5, 1.0).mean == math.inf


@pytest.mark.parametrize(
    ("alpha", "beta", "message"),
    [
        (0.2, 0.0, "alpha must be from 0.3 to 2"),
        (2.1, 0.0, "alpha must be from 0.3 to 2"),
        (1.5, 1.1, "beta must be from -1 to 1"),
    ],
)
def test_refusals(alpha, beta, message):
    with pytest.raises(ValueError, match=message):
        clt.laws.Stable(alpha, beta)
