"""Moments of phi(X) against quadrature and closed forms, for every law and nonlinearity."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import ClassVar

import mpmath as mp
import numpy as np
import pytest
from scipy.integrate import quad

import clt_sim as clt
from clt_sim.models.expectation import expectation, variance

SHIFTED = (
    "normal(mean=3,sd=50)",
    "normal(mean=-8)",
    "laplace(mean=1,scale=20)",
    "laplace(scale=.01)",
)
LAWS = [clt.laws.get(name) for name in (*clt.laws.names(), *SHIFTED)]
PHIS = [clt.nonlinearities.get(name) for name in clt.nonlinearities.names()]
every_law = pytest.mark.parametrize("law", LAWS, ids=str)
every_phi = pytest.mark.parametrize("phi", PHIS, ids=str)


def by_quadpack(law, phi, function, negligible=1e-30):
    """Return E[f(phi(X))] and E|f(phi(X))| by QUADPACK, piece by piece."""
    atoms = [mass * function(float(phi(x))) for x, mass in law.atoms.items()]
    if law.atoms:
        return math.fsum(atoms), math.fsum(map(abs, atoms))
    places = law.quantile([1e-14, 1e-8, 1e-4, 0.05, 0.3, 0.5, 0.7, 0.95, 1 - 1e-4, 1 - 1e-8])
    places = {*places.tolist(), *law.kinks, *phi.kinks, -30, -9, -3, -1, 0, 1, 3, 9, 30}
    low, high = law.support
    ends = [low, *sorted(x for x in places if low < x < high), high]

    def integrand(x):
        return float(law.pdf(x)) * function(float(phi(x)))

    # An absolute tolerance, for parts that weigh nothing.
    parts = [
        quad(integrand, a, b, epsabs=negligible, epsrel=1e-11)[0]
        for a, b in itertools.pairwise(ends)
    ]
    return math.fsum(parts), math.fsum(map(abs, parts))


@every_law
@every_phi
@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_moments_are_integrals(law, phi, k):
    expected, size = by_quadpack(law, phi, lambda y: y**k)
    assert abs(expectation(law, phi, k) - expected) <= 1e-10 * size


@every_law
@every_phi
def test_order_zero_is_one(law, phi):
    assert expectation(law, phi, 0) == pytest.approx(1.0, rel=1e-13)


@every_law
@every_phi
def test_variance_is_an_integral(law, phi):
    centre, _ = by_quadpack(law, phi, lambda y: y)
    # Near the centre the square of a difference is rounding alone.
    expected, _ = by_quadpack(law, phi, lambda y: (y - centre) ** 2, negligible=1e-27)
    assert variance(law, phi) == pytest.approx(expected, rel=1e-9, abs=1e-25)


@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0, 1000.0])
def test_exponential_closed_forms(scale):
    law = clt.laws.Exponential(scale)
    with mp.workdps(30):
        rate = 1 / mp.mpf(scale)
        # E tanh(X) = 1 + 2 sum_j (-1)^j rate/(rate + 2j), and the sum is a digamma difference.
        tanh = 1 + rate / 2 * (mp.digamma(rate / 4 + 0.5) - mp.digamma(rate / 4 + 1))
        # E sigmoid(X) = sum_j (-1)^j rate/(rate + j).
        sigmoid = rate / 2 * (mp.digamma((rate + 1) / 2) - mp.digamma(rate / 2))
    for phi, expected in (("tanh", tanh), ("sigmoid", sigmoid)):
        value = expectation(law, clt.nonlinearities.get(phi), 1)
        assert value == pytest.approx(float(expected), rel=1e-12)
    for k in (1, 2, 3, 4):
        value = expectation(law, clt.nonlinearities.ReLU(), k)
        assert value == pytest.approx(math.factorial(k) * scale**k, rel=1e-13)


@pytest.mark.parametrize("scale", [0.01, 1.0, 50.0, 1e4])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 8])
def test_laplace_tail_in_closed_form(scale, k):
    law = clt.laws.Laplace(scale=scale)
    half = math.factorial(k) * scale**k / 2
    assert expectation(law, clt.nonlinearities.ReLU(), k) == pytest.approx(half, rel=1e-13)
    leaky = expectation(law, clt.nonlinearities.LeakyReLU(0.5), k)
    assert leaky == pytest.approx(half * (1 + (-0.5) ** k), rel=1e-13)


@pytest.mark.parametrize(("mean", "sd"), [(3.0, 50.0), (-2.0, 1e4), (0.5, 0.001), (-8.0, 1.0)])
def test_shifted_normal_through_relu_and_gelu(mean, sd):
    """Truncated-normal moments; E[gelu] by Stein's identity."""
    law = clt.laws.Normal(mean, sd)
    with mp.workdps(40):
        m, s = mp.mpf(mean), mp.mpf(sd)
        density, mass = mp.npdf(m / s), mp.ncdf(m / s)
        relu = [m * mass + s * density, (m**2 + s**2) * mass + m * s * density]
        root = mp.sqrt(1 + s**2)
        gelu = m * mp.ncdf(m / root) + s**2 / root * mp.npdf(m / root)
        for k in (1, 2):
            value = expectation(law, clt.nonlinearities.ReLU(), k)
            assert abs(value / relu[k - 1] - 1) < 1e-11
        assert abs(expectation(law, clt.nonlinearities.GELU(), 1) / gelu - 1) < 1e-11


@pytest.mark.parametrize("sd", [50.0, 1e3, 1e6])
@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_saturating_functions_of_very_wide_normals(name, sd, k):
    phi = {"tanh": mp.tanh, "sigmoid": lambda x: 1 / (1 + mp.exp(-x))}[name]
    ends = [3 + sd * x for x in (-40, -12, -6, -3, -1, 1, 3, 6, 12, 40)]
    ends = sorted({*ends, -100, -30, -10, -3, 0, 3, 10, 30, 100})
    expected = mp.quad(lambda x: mp.npdf(x, 3, sd) * phi(x) ** k, ends)
    value = expectation(clt.laws.Normal(3, sd), clt.nonlinearities.get(name), k)
    assert value == pytest.approx(float(expected), rel=1e-11)


def test_variance_does_not_cancel():
    far = clt.laws.Uniform(1e7, 1e7 + 1)
    for phi in ("identity", "relu"):
        assert variance(far, clt.nonlinearities.get(phi)) == pytest.approx(1 / 12, rel=1e-8)
    # The sigmoid of a narrow input is linear with slope 1/4.
    narrow = clt.laws.Normal(sd=1e-7)
    assert variance(narrow, clt.nonlinearities.Sigmoid()) == pytest.approx(1e-14 / 16, rel=1e-8)


@dataclass(frozen=True, slots=True)
class Shifted(clt.nonlinearities.Nonlinearity):
    """A ReLU whose kink lies on no panel's end by chance."""

    name: ClassVar[str] = "shifted"
    kernel: ClassVar[int] = -1
    threshold: float = 0.3137

    @property
    def kinks(self):
        return (self.threshold,)

    def __call__(self, x):
        return np.maximum(x - self.threshold, 0.0)

    def derivative(self, x):
        return (x >= self.threshold) * 1.0


def test_kinks_anywhere():
    phi = Shifted()
    a = phi.threshold
    assert expectation(clt.laws.Uniform(), phi, 1) == pytest.approx((1 - a) ** 2 / 2, rel=1e-14)
    tail = math.erfc(a / math.sqrt(2)) / 2
    normal = math.exp(-a * a / 2) / math.sqrt(2 * math.pi) - a * tail
    assert expectation(clt.laws.Normal(), phi, 1) == pytest.approx(normal, rel=1e-13)


def test_another_scale_is_detected():
    """The negative control: one part in 1e9 more scale fails the tolerance of 1e-10."""
    relu = clt.nonlinearities.ReLU()
    wrong = expectation(clt.laws.Laplace(scale=1 + 1e-9), relu, 1)
    assert wrong != pytest.approx(expectation(clt.laws.Laplace(), relu, 1), rel=1e-10)


def test_result_is_a_plain_float():
    for law in LAWS:
        for phi in PHIS:
            assert type(expectation(law, phi, 2)) is float
            assert type(variance(law, phi)) is float
            assert np.isfinite(variance(law, phi))
