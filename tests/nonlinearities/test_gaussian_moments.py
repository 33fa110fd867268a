"""Gaussian moments against arbitrary-precision quadrature and closed forms."""

from __future__ import annotations

import functools
import math

import mpmath as mp
import numpy as np
import pytest

import clt_sim as clt

VARIANCES = (0.0, 0.01, 1.0, 4.0, 100.0)
FAR_VARIANCES = (1e-8, 1e4, 1e8)

density = functools.cache(mp.npdf)


def over_one_period(function, k, variance):
    """Return E[f(X)^k] and E|f(X)|^k for a function of period 2 pi.

    X modulo 2 pi has the wrapped normal density, a theta function; the trapezoidal rule converges
    geometrically.
    """
    n = 64
    points = [2 * mp.pi * (j + mp.mpf(1) / 2) / n for j in range(n)]
    nome = mp.exp(-mp.mpf(variance) / 2)
    parts = [mp.jtheta(3, x / 2, nome) * function(x) ** k / n for x in points]
    return mp.fsum(parts), mp.fsum(abs(part) for part in parts)


def moved_normal(k, sd):
    """Return E[exp(k sd Z)] twice: the integrand is largest at k sd, with a width of 1."""
    largest = k * sd
    unit = density(largest) * mp.exp(k * sd * largest)
    ends = mp.linspace(largest - 14, largest + 14, 8)
    moment = unit * mp.quad(lambda z: density(z) * mp.exp(k * sd * z) / unit, ends)
    return moment, moment


def normal_average(definition, variance):
    """Return a function of k: E[f(sqrt(v) Z)^k], and the sum of the sizes of its parts.

    By Gauss's rule on panels that end at the kinks and wherever else a function changes.
    """
    sd = math.sqrt(variance)
    places = (0, 1, 3, 6, 12, 20, *(y / sd for y in (1, 3, *(4.0**k for k in range(1, 10)))))
    inner = {x for x in places if x <= 20}
    ends = np.array(sorted({*inner, *(-x for x in inner)}), float)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    half = np.diff(ends)[:, None] / 2
    z = ends[:-1, None] + half * (1 + nodes)
    masses = half * weights * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    values = np.array([float(definition(x)) for x in (sd * z).ravel().tolist()]).reshape(z.shape)

    def average(k):
        parts = [math.fsum(part) for part in masses * values**k]
        return math.fsum(parts), math.fsum(map(abs, parts))

    return average


def quadrature(phi, definition, variance):
    """Return a function of k: E[f(sqrt(v) Z)^k], and the sum of the sizes of its parts."""
    if phi.name in {"sin", "cos"} and variance >= 4.0:
        function = functools.cache(definition)
        return lambda k: over_one_period(function, k, variance)
    if phi.name == "exp":
        return lambda k: moved_normal(k, mp.sqrt(variance))
    return normal_average(definition, variance)


@pytest.mark.parametrize("variance", VARIANCES)
def test_moments_are_integrals(phi, definition, variance):
    average = quadrature(phi, definition, variance) if variance else None
    for k in range(4 if phi.name == "exp" and variance > 4.0 else 9):
        if average is None:
            expected = definition(0) ** k
            size = abs(expected)
        else:
            expected, size = average(k)
        assert abs(phi.gaussian_moment(k, variance) - expected) <= 1e-12 * size, k


@pytest.mark.parametrize("variance", FAR_VARIANCES)
def test_moments_at_far_scales(phi, definition, variance):
    if phi.name == "exp" and variance > 1.0:
        for k in (1, 2):
            with pytest.raises(OverflowError, match=rf"moment of order {k} of exp .* too large\.$"):
                phi.gaussian_moment(k, variance)
        return
    average = quadrature(phi, definition, variance)
    for k in (1, 2):
        expected, size = average(k)
        assert abs(phi.gaussian_moment(k, variance) - expected) <= 1e-12 * size, k


def test_a_relative_error_of_two_in_10_to_the_12_is_noticed():
    """The negative control, for a nonlinearity without a closed form."""
    phi = clt.nonlinearities.get("mish")
    expected, size = normal_average(lambda x: x * mp.tanh(mp.log1p(mp.exp(x))), 1.0)(2)
    assert abs(phi.gaussian_moment(2) * (1 + 2e-12) - expected) > 1e-12 * size


@pytest.mark.parametrize("v", [0.01, 0.5, 1.0, 4.0, 100.0])
class TestClosedForms:
    def test_relu(self, v):
        moment = clt.nonlinearities.ReLU().gaussian_moment
        s = math.sqrt(v)
        assert moment(1, v) == pytest.approx(s / math.sqrt(2 * math.pi), rel=1e-15)
        assert moment(2, v) == pytest.approx(v / 2, rel=1e-15)
        assert moment(3, v) == pytest.approx(s**3 * math.sqrt(2 / math.pi), rel=1e-15)
        assert moment(4, v) == pytest.approx(3 * v**2 / 2, rel=1e-15)

    @pytest.mark.parametrize("a", [0.0, 0.1, -0.5, 1.0, 3.0])
    def test_leaky_relu(self, v, a):
        moment = clt.nonlinearities.LeakyReLU(a).gaussian_moment
        s = math.sqrt(v)
        assert moment(1, v) == pytest.approx((1 - a) * s / math.sqrt(2 * math.pi), rel=1e-15)
        assert moment(2, v) == pytest.approx((1 + a**2) * v / 2, rel=1e-15)
        expected = (1 - a**3) * s**3 * math.sqrt(2 / math.pi)
        assert moment(3, v) == pytest.approx(expected, rel=1e-15)
        assert moment(4, v) == pytest.approx((1 + a**4) * 3 * v**2 / 2, rel=1e-15)

    def test_gelu(self, v):
        moment = clt.nonlinearities.GELU().gaussian_moment
        first = v / math.sqrt(2 * math.pi * (1 + v))
        bracket = math.asin(v / (1 + v)) + 2 * v / ((1 + v) * math.sqrt(1 + 2 * v))
        assert moment(1, v) == pytest.approx(first, rel=1e-13)
        assert moment(2, v) == pytest.approx(v / 4 + v / (2 * math.pi) * bracket, rel=1e-13)

    def test_elu(self, v):
        """Complete the square: ``E[exp(jX); X < 0] = exp(j^2 v/2) Phi(-j s)``."""
        moment = clt.nonlinearities.ELU().gaussian_moment
        with mp.workdps(60):
            s = mp.sqrt(v)
            single = mp.exp(mp.mpf(v) / 2) * mp.ncdf(-s)
            double = mp.exp(2 * mp.mpf(v)) * mp.ncdf(-2 * s)
            first = s / mp.sqrt(2 * mp.pi) + single - mp.mpf(1) / 2
            second = mp.mpf(v) / 2 + double - 2 * single + mp.mpf(1) / 2
        assert moment(1, v) == pytest.approx(float(first), rel=1e-12)
        assert moment(2, v) == pytest.approx(float(second), rel=1e-13)

    def test_erf(self, v):
        moment = clt.nonlinearities.Erf().gaussian_moment
        assert moment(2, v) == pytest.approx(
            2 / math.pi * math.asin(2 * v / (1 + 2 * v)), rel=1e-13
        )

    def test_silu_by_stein(self, v):
        """E[X f(X)] = v E[f'(X)], and the sigmoid's derivative is s - s^2."""
        sigmoid = clt.nonlinearities.Sigmoid().gaussian_moment
        expected = v * (sigmoid(1, v) - sigmoid(2, v))
        assert clt.nonlinearities.SiLU().gaussian_moment(1, v) == pytest.approx(expected, rel=1e-13)

    def test_softplus_by_symmetry(self, v):
        """softplus(x) - softplus(-x) = x, so its mean is that of log(2 cosh(x/2))."""
        softplus = clt.nonlinearities.Softplus()
        parts = mp.linspace(-40 * mp.sqrt(v), 40 * mp.sqrt(v), 161)
        even = mp.quad(lambda x: mp.npdf(x, 0, mp.sqrt(v)) * mp.log(2 * mp.cosh(x / 2)), parts)
        assert softplus.gaussian_moment(1, v) == pytest.approx(float(even), rel=1e-12)

    def test_hard_tanh(self, v):
        """Second moment of the normal truncated at one, plus the mass beyond."""
        s = math.sqrt(v)
        beyond = math.erfc(1 / (s * math.sqrt(2)))
        edge = s * math.sqrt(2 / math.pi) * math.exp(-0.5 / v)
        moment = clt.nonlinearities.HardTanh().gaussian_moment
        assert moment(2, v) == pytest.approx(v * (1 - beyond) - edge + beyond, rel=1e-11)

    def test_sine(self, v):
        moment = clt.nonlinearities.Sin().gaussian_moment
        assert moment(2, v) == pytest.approx((1 - math.exp(-2 * v)) / 2, rel=1e-13)
        fourth = (3 - 4 * math.exp(-2 * v) + math.exp(-8 * v)) / 8
        assert moment(4, v) == pytest.approx(fourth, rel=1e-11)
        assert moment(1, v) == moment(3, v) == 0.0

    def test_cosine(self, v):
        moment = clt.nonlinearities.Cos().gaussian_moment
        assert moment(1, v) == pytest.approx(math.exp(-v / 2), rel=1e-15)
        assert moment(2, v) == pytest.approx((1 + math.exp(-2 * v)) / 2, rel=1e-15)

    def test_sine_and_cosine_are_on_the_circle(self, v):
        """E[(sin^2 + cos^2)^2] = 1, with the mixed moment from the double angle."""
        sine, cosine = clt.nonlinearities.Sin(), clt.nonlinearities.Cos()
        mixed = sine.gaussian_moment(2, 4 * v) / 4
        fourths = sine.gaussian_moment(4, v) + cosine.gaussian_moment(4, v)
        assert fourths + 2 * mixed == pytest.approx(1.0, rel=1e-14)

    def test_exponential(self, v):
        moment = clt.nonlinearities.Exp().gaussian_moment
        for k in (1, 2, 3):
            lognormal = clt.laws.Lognormal(0.0, math.sqrt(v)).moment(k)
            if math.isfinite(lognormal):
                assert moment(k, v) == pytest.approx(lognormal, rel=1e-12)

    def test_odd_symmetry(self, v):
        assert clt.nonlinearities.Tanh().gaussian_moment(3, v) == pytest.approx(0, abs=1e-15)
        assert clt.nonlinearities.Sigmoid().gaussian_moment(1, v) == pytest.approx(0.5, rel=1e-14)
        assert clt.nonlinearities.Identity().gaussian_moment(3, v) == 0.0


def test_gelu_closed_form_is_far_from_relu():
    """The negative control: the tolerance above tells GELU from its neighbour."""
    assert clt.nonlinearities.ReLU().gaussian_moment(2) != pytest.approx(
        clt.nonlinearities.GELU().gaussian_moment(2), rel=1e-2
    )


@pytest.mark.parametrize("k", [-1, 0.5, "1", None, True, float("nan")])
def test_bad_order(phi, k):
    with pytest.raises((TypeError, ValueError), match=r"^k must be"):
        phi.gaussian_moment(k)


@pytest.mark.parametrize(
    ("variance", "error"),
    [
        (-1e-9, ValueError),
        (math.inf, ValueError),
        (math.nan, ValueError),
        ("1", TypeError),
        (None, TypeError),
        (True, TypeError),
    ],
)
def test_bad_variance(phi, variance, error):
    with pytest.raises(error, match=r"^variance must be"):
        phi.gaussian_moment(2, variance)
