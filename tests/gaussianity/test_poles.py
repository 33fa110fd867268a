"""Laws whose density has poles, against closed forms; stated errors have to bound true ones."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import scipy.special
import scipy.stats

from clt_sim import laws
from clt_sim._quadrature import integrate_adaptively
from clt_sim.gaussianity import gaussianity
from clt_sim.laws.poles import Poles

ROOT2 = mpmath.sqrt(2)
WIDTH = 0.5 * math.log(2.0 * math.pi * math.e)


class Known(laws.Law):
    """A law of scipy.stats."""

    def __init__(self, frozen, kinks=()):
        self.frozen, self._kinks = frozen, kinks

    support = property(lambda self: tuple(map(float, self.frozen.support())))
    kinks = property(lambda self: self._kinks)
    variance = property(lambda self: float(self.frozen.var()))

    def _moment(self, k):
        return float(self.frozen.moment(k)) if k else 1.0

    def pdf(self, x):
        with np.errstate(divide="ignore"):
            return self.frozen.pdf(x)

    def cdf(self, x):
        return self.frozen.cdf(x)

    def quantile(self, p):
        return self.frozen.ppf(p)

    def characteristic_function(self, t):
        raise NotImplementedError

    def __str__(self):
        return f"{self.frozen.dist.name}{self.frozen.args}"


def beta_entropy(a, b):
    with mpmath.workdps(30):
        a, b = mpmath.mpf(a), mpmath.mpf(b)
        entropy = (a + b - 2) * mpmath.digamma(a + b) + mpmath.log(mpmath.beta(a, b))
        return entropy - (a - 1) * mpmath.digamma(a) - (b - 1) * mpmath.digamma(b)


def gamma_entropy(a):
    with mpmath.workdps(30):
        a = mpmath.mpf(a)
        return a + mpmath.log(mpmath.gamma(a)) + (1 - a) * mpmath.digamma(a)


def check_negentropy(law, entropy, most):
    estimate = gaussianity(law, measures="negentropy")["negentropy"]
    expected = WIDTH + 0.5 * math.log(law.variance) - float(entropy)
    assert abs(estimate.value - expected) <= estimate.stderr + 4e-16 * abs(expected)
    assert estimate.stderr < most


@pytest.mark.parametrize(
    ("a", "b", "most"),
    [
        (0.5, 0.5, 1e-11),
        (0.3, 2.0, 1e-12),
        (0.01, 1.0, 1e-11),
        (1.5, 0.5, 1e-10),
        (0.9, 0.1, 1e-7),
        (0.05, 0.05, 1e-6),
        (2.0, 2.0, 1e-13),
        (1.0, 0.999, 1e-13),
    ],
)
def test_negentropy_of_beta_laws(a, b, most):
    check_negentropy(Known(scipy.stats.beta(a, b)), beta_entropy(a, b), most)


@pytest.mark.parametrize("shape", [0.001, 0.01, 0.05, 0.3, 0.99, 1.5, 20.0])
def test_negentropy_of_gamma_laws(shape):
    check_negentropy(Known(scipy.stats.gamma(shape)), gamma_entropy(shape), 1e-10)


@pytest.mark.parametrize("location", [0.0, -1.0, 30.0, 1000.0])
def test_negentropy_of_the_arcsine_law_anywhere(location):
    law = Known(scipy.stats.arcsine(location))
    check_negentropy(law, math.log(math.pi / 4.0), 1e-11 if location == 0.0 else 1e-5)


@pytest.mark.parametrize("sd_log", [0.5, 3.0, 7.0, 12.0])
def test_negentropy_of_lognormal_laws(sd_log):
    """Seen from afar the density is nearly a pole; its exponent changes slowly."""
    law = laws.Lognormal(sd_log=sd_log)
    check_negentropy(law, WIDTH + math.log(sd_log), 1e-10)


@pytest.mark.parametrize("shape", [0.1, 0.3, 0.75, 2.0, 4.5])
def test_negentropy_of_symmetric_weibull_laws(shape):
    # That of the magnitude (Cover & Thomas, table 17.1) and one bit for the sign.
    euler = -float(mpmath.digamma(1))
    entropy = euler * (1.0 - 1.0 / shape) - math.log(shape) + 1.0 + math.log(2.0)
    check_negentropy(laws.SymmetricWeibull(shape), entropy, 1e-10)


class Logarithmic(Known):
    """The product of two uniform variables, whose density ``-ln x`` is no power at 0."""

    support = (0.0, 1.0)
    variance = 1.0 / 9.0 - 1.0 / 16.0

    def __init__(self):
        self._kinks = ()

    def _moment(self, k):
        return 1.0 / (k + 1.0) ** 2

    def pdf(self, x):
        x = np.asarray(x, np.float64)
        inside = (x > 0.0) & (x < 1.0)
        return np.where(inside, -np.log(np.where(inside, x, 1.0)), 0.0)

    def cdf(self, x):
        x = np.clip(x, 0.0, 1.0)
        return x - scipy.special.xlogy(x, x)

    def quantile(self, p):
        with np.errstate(all="ignore"):
            p = np.asarray(p, np.float64)
            place = -p / scipy.special.lambertw(-p / math.e, -1).real
        return np.where(p == 0.0, 0.0, place)

    def __str__(self):
        return "product of two uniforms"


def test_negentropy_beside_a_logarithmic_pole():
    # E ln(f(X)) with E = -ln X, which has a gamma law of shape 2: 1 - Euler's constant.
    entropy = float(mpmath.euler) - 1.0
    check_negentropy(Logarithmic(), entropy, 1e-12)


def test_distances_of_the_arcsine_law():
    """F is below Phi in the middle of the positive half and above it at the end."""
    end = ROOT2
    with mpmath.workdps(25):
        lead = lambda z: mpmath.asin(z / end) / mpmath.pi + 0.5 - mpmath.ncdf(z)  # noqa: E731
        excess = lambda z: 1 / (mpmath.pi * mpmath.sqrt(2 - z * z)) - mpmath.npdf(z)  # noqa: E731
        turn = mpmath.findroot(excess, (0.8, 1.3), "anderson")
        meeting = mpmath.findroot(lead, (turn, 1.4142), "anderson")
        within = mpmath.quad(lambda z: abs(lead(z)), [0, turn, meeting, 1.41, end])
        beyond = mpmath.npdf(end) - end * mpmath.ncdf(-end)
        expected = {
            "kolmogorov": max(-lead(turn), mpmath.ncdf(-end)),
            "wasserstein-1": 2 * (within + beyond),
            # The positive part of phi - f: up to the turn and beyond the end.
            "total-variation": 2 * (-lead(turn) + mpmath.ncdf(-end)),
        }
    report = gaussianity(Known(scipy.stats.arcsine()))
    for name, value in expected.items():
        assert abs(report[name].value - value) <= report[name].stderr < 1e-13, name


def test_maxent_of_the_arcsine_law():
    # E exp(-z^2/2) with z = sqrt(2) sin(phase) is exp(-1/2) I_0(1/2).
    even = math.exp(-0.5) * float(scipy.special.i0(0.5))
    expected = 24.0 / (16.0 * math.sqrt(3.0) - 27.0) * (even - math.sqrt(0.5)) ** 2
    estimate = gaussianity(Known(scipy.stats.arcsine()))["negentropy-maxent"]
    assert abs(estimate.value - expected) <= estimate.stderr < 1e-12


def test_moments_beside_poles_far_from_0():
    report = gaussianity(Known(scipy.stats.arcsine(1e4)), measures=["skewness", "excess-kurtosis"])
    for name, value in (("skewness", 0.0), ("excess-kurtosis", -1.5)):
        assert abs(report[name].value - value) <= report[name].stderr < 1e-6


def test_cells_hold_their_mass_and_are_few():
    poles = Poles.of(laws.SymmetricWeibull(0.1))
    assert poles.place.tolist() == [0.0, 0.0]
    assert poles.inverse_exponent == pytest.approx([10.0, 10.0], rel=1e-6)
    low, high = poles.panels(np.linspace(-3.0, 3.0, 7))
    assert math.fsum(high - low) == pytest.approx(6.0 - np.ptp(poles.edge), abs=1e-15)
    for law in (laws.Normal(), laws.Uniform(), laws.SymmetricWeibull(2.0), laws.Rademacher()):
        assert Poles.of(law).place.size == 0


def test_negative_control_without_cells_the_error_is_large():
    """What doubles of x near 1 cannot tell is 1e-8 of the mass."""
    law = Known(scipy.stats.arcsine())
    low, high = Poles.of(laws.Normal()).panels(np.linspace(0.0, 1.0, 9))

    def integrand(x):
        return scipy.special.xlogy(law.pdf(x), law.pdf(x))

    with np.errstate(all="ignore"):
        entropy = -integrate_adaptively(integrand, low, high, precision=1e-15).value
    assert not abs(entropy - math.log(math.pi / 4.0)) < 1e-8
