"""Stable laws with an index near 1, against the Fourier integral and against themselves."""

from __future__ import annotations

import functools
import math

import mpmath as mp
import numpy as np
import pytest

import clt_sim as clt
from clt_sim.laws import stable_panels
from clt_sim.laws.stable_half_line import HalfLine
from clt_sim.laws.stable_near_one import NearOne

CASES = [
    (1.0, 0.5),
    (1.0, -1.0),
    (1.0, 0.01),
    (1.0001, 0.0),
    (1.0 + 1e-8, 1.0),
    (1.0 - 1e-12, 0.3),
    (0.99, -0.7),
    (1.01, 1e-4),
    (0.81, 1.0),
    (1.19, 0.2),
]


def by_fourier(alpha, beta, x):
    """Return density and distribution function in Nolan's parametrisation 0 (Gil-Pelaez)."""
    ends = [0, *(mp.mpf(2) ** k for k in range(-60, -4, 3)), *(mp.mpf(j) / 4 for j in range(1, 8))]
    ends += range(2, 90, 3)
    with mp.workdps(30):
        a = mp.mpf(alpha)
        tangent = 0 if alpha == 1 else mp.tan(mp.pi * a / 2)

        @functools.cache
        def integrand(t):
            turn = tangent * (t ** (1 - a) - 1) if tangent else 2 / mp.pi * mp.log(t)
            power = t**a
            return mp.exp(-power) * mp.expj(-power * beta * turn - t * x) / mp.pi

        density = mp.quad(lambda t: mp.re(integrand(t)), ends)
        return float(density), float(0.5 - mp.quad(lambda t: mp.im(integrand(t)) / t, ends))


@pytest.mark.parametrize(("alpha", "beta"), CASES)
def test_density_and_masses(alpha, beta):
    law = NearOne(alpha, beta)
    for x in (-0.6, 2.5):
        density, mass = by_fourier(alpha, beta, x)
        found = law.masses(np.array([x]))
        assert found.density[0] == pytest.approx(density, rel=1e-12)
        assert found.below[0] == pytest.approx(mass, abs=1e-14)
        assert found.above[0] == pytest.approx(1 - mass, abs=1e-14)
        assert found.below[0] != pytest.approx(mass + 1e-12, abs=1e-14)  # the negative control


@pytest.mark.parametrize(("alpha", "beta"), CASES)
def test_quantiles_in_both_tails(alpha, beta):
    law = NearOne(alpha, beta)
    p = np.unique(np.concatenate([2.0 ** -np.arange(1.0, 50), 1 - 2.0 ** -np.arange(2.0, 50)]))
    x = law.quantile(p, 1 - p)
    assert np.all(np.diff(x) > 0)
    found = law.masses(x)
    rounding = 4e-16 * np.abs(x) * found.density
    assert np.all(np.abs(found.below - p) <= 1e-11 * p + rounding + 1e-16)
    assert np.all(np.abs(found.above - (1 - p)) <= 1e-11 * (1 - p) + rounding + 1e-16)


@pytest.mark.parametrize("alpha", [1.0, 1.0 + 1e-7, 0.85])
def test_heavy_tails_are_powers(alpha):
    """P(X > x) ~ (1 + beta) Gamma(alpha) sin(pi alpha/2)/pi x^-alpha (Nolan 2020, theorem 1.2)."""
    law = NearOne(alpha, 0.5)
    x = np.array([-1e40, -1e20, 1e20, 1e40])
    found = law.masses(x)
    constant = math.gamma(alpha) * math.sin(0.5 * math.pi * alpha) / math.pi
    power = constant * np.abs(x) ** -alpha
    np.testing.assert_allclose(found.below[:2], 0.5 * power[:2], rtol=1e-10)
    np.testing.assert_allclose(found.above[2:], 1.5 * power[2:], rtol=1e-10)
    share = np.array([0.5, 0.5, 1.5, 1.5])
    np.testing.assert_allclose(found.density, share * alpha * power / np.abs(x), rtol=1e-9)


def test_light_tail():
    """The saddle-point expansion of the inverse of E[exp(-s X)] = exp((2/pi) s log s)."""
    law = NearOne(1.0, 1.0)
    x = np.array([-4.0, -4.4])
    s = np.exp(-0.5 * math.pi * x - 1.0)
    leading = 0.5 * np.sqrt(s) * np.exp(-2.0 / math.pi * s)
    corrected = leading * (1.0 + math.pi / (48.0 * s))
    np.testing.assert_allclose(law.masses(x).density, corrected, rtol=1e-5)
    assert np.all(np.abs(law.masses(x).density / leading - 1.0) > 1e-4)


def test_steep_and_wide_panels_meet():
    half = HalfLine(1.0, 0.5, bulk=True)
    x = -np.geomspace(1e5, 2e6, 60)  # the slope is 1e6 in between
    found = stable_panels.masses(half, x)
    for smooth in (found.density * x**2, found.below * x):
        assert np.all(np.abs(np.diff(smooth, 6)) < 3e-9 * np.abs(smooth[3:-3]))


def test_index_1_is_the_limit():
    x = np.linspace(-5, 20, 26)
    at = NearOne(1.0, 0.7).masses(x)
    for alpha in (1.0 + 1e-9, 1.0 - 1e-9):
        np.testing.assert_allclose(NearOne(alpha, 0.7).masses(x).below, at.below, rtol=1e-7)
    assert np.abs(NearOne(1.01, 0.7).masses(x).below - at.below).max() > 1e-4


@pytest.mark.parametrize("beta", [-1.0, -0.3, 0.0, 0.8, 1.0])
@pytest.mark.parametrize("alpha", [0.79, 1.21])
def test_methods_meet(alpha, beta):
    other, law = clt.laws.Stable(alpha, beta), NearOne(alpha, beta)
    assert other._near_one is None
    p = np.linspace(0.01, 0.99, 45)
    x = other.quantile(p)
    found = law.masses(x + law.zeta)
    np.testing.assert_allclose(found.below, p, rtol=1e-11)
    np.testing.assert_allclose(found.density, other.pdf(x), rtol=1e-10)


def test_location_and_scale():
    standard, law = clt.laws.Stable(1.0, 0.5), clt.laws.Stable(1.0, 0.5, location=3.0, scale=2.0)
    x = np.linspace(-10, 10, 9)
    np.testing.assert_allclose(law.cdf(x), standard.cdf((x - 3) / 2), rtol=1e-14)
    np.testing.assert_allclose(law.pdf(x), standard.pdf((x - 3) / 2) / 2, rtol=1e-14)


@pytest.mark.parametrize("alpha", [1.0, 0.95, 1.1])
def test_sums_are_stable(alpha):
    """The characteristic function of n**(-1/alpha) times a sum of n draws, shifted."""
    law, t, n = clt.laws.Stable(alpha, 0.6), np.array([-2.0, 0.0, 0.4, 1.5]), 5
    of_sum = law.characteristic_function(t / n ** (1 / alpha)) ** n
    shift = 2 / math.pi * 0.6 * math.log(n) if alpha == 1 else 0.0
    np.testing.assert_allclose(of_sum, np.exp(1j * shift * t) * law.characteristic_function(t))


def test_ends_and_nan():
    law = clt.laws.Stable(0.9, 1.0)
    np.testing.assert_array_equal(law.cdf([-np.inf, -1.0, np.inf, np.nan]), [0.0, 0.0, 1.0, np.nan])
    np.testing.assert_array_equal(law.pdf([-np.inf, -1.0, np.inf, np.nan]), [0.0, 0.0, 0.0, np.nan])
    np.testing.assert_array_equal(law.quantile([0.0, 1.0, 2.0]), [0.0, np.inf, np.nan])
    mirrored = clt.laws.Stable(0.9, -1.0)
    np.testing.assert_array_equal(mirrored.cdf([0.5, -np.inf]), [1.0, 0.0])


def test_moments_at_1():
    assert clt.laws.Stable(1.0, 1.0).mean == math.inf
    assert math.isnan(clt.laws.Stable(1.0, 0.5).mean)
    assert clt.laws.Stable(1.0, -1.0).exponential_index == math.inf


def test_log_g_does_not_slope_where_it_is_all_rounding():
    """Products of matrices add up in an order that depends on the processor: noise of 1e272."""
    half = HalfLine(1.0, 1.0, bulk=True)
    x, y = -np.geomspace(1e280, 1e300, 500), np.linspace(0.0, 600.0, 500)
    assert np.all(stable_panels._slope(half, x, y) == stable_panels._LEAST_SLOPE)
