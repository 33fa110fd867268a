"""Measures of smooth laws to 1e-9, against closed forms and quadrature in mpmath."""

from __future__ import annotations

import functools
import itertools
import math

import mpmath
import pytest
from mpmath import mp

import clt_sim as clt
from clt_sim import laws
from clt_sim.gaussianity import gaussianity

MEASURES = ("kolmogorov", "wasserstein-1", "wasserstein-2", "total-variation", "negentropy")
ACCURACY = 1e-9
LARGEST_ERROR = 2e-9
"""A stated error above it is absurd for a smooth law."""
DIGITS = 18
_quad = functools.partial(mp.quad, maxdegree=4)


class Oracle:
    """The standardised law of an x in mpmath, from its density and both tails."""

    def __init__(self, pdf, cdf, sf, mean, sd, kinks=(), support=(-mp.inf, mp.inf)):
        self.functions = pdf, cdf, sf
        self.mean, self.sd = mp.mpf(mean), mp.mpf(sd)
        self.low, self.high = (self.z(end) for end in support)
        self.kinks = [self.z(kink) for kink in kinks]

    def z(self, x):
        return (mp.mpf(x) - self.mean) / self.sd

    def x(self, z):
        return self.mean + self.sd * z

    def pdf(self, z):
        return self.sd * self.functions[0](self.x(z)) if self.low < z < self.high else mp.zero

    def tail(self, z, upper):
        if z <= self.low or z >= self.high:
            return mp.one if (z <= self.low) == upper else mp.zero
        return self.functions[1 + upper](self.x(z))

    def lead(self, z):
        if z < 0:
            return self.tail(z, upper=False) - mp.ncdf(z)
        return mp.ncdf(-z) - self.tail(z, upper=True)

    def excess(self, z):
        return self.pdf(z) - mp.npdf(z)

    def grid(self):
        """Return ascending places that hold the law and N(0, 1) to 1e-15 and more."""
        ends = [end for end in (self.low, self.high) if mp.isfinite(end)]
        far = [place for place in (-45, -20, 20, 45) if self.low < place < self.high]
        places = [*far, *range(-9, 10), *self.kinks, *ends]
        return sorted({mp.mpf(place) for place in places})

    def zeros(self, function):
        """Return the grid with all sign changes of a function."""
        fine = self.grid()
        inner = [low + (high - low) * k / 3 for low, high in _pairs(fine) for k in (1, 2)]
        places = sorted(place for place in [*fine, *inner] if abs(place) <= 10)
        found = []
        for low, high in _pairs(places):
            ends = low + (high - low) / 10**9, high - (high - low) / 10**9
            if function(ends[0]) * function(ends[1]) < 0:
                found.append(mp.findroot(function, ends, solver="anderson", tol=1e-24))
        return sorted([*fine, *found])

    def measures(self):
        leads, excesses = self.zeros(self.lead), self.zeros(self.excess)
        special = [*excesses, *(end for end in (self.low, self.high) if mp.isfinite(end))]
        return {
            "kolmogorov": max(abs(self.lead(z)) for z in special),
            "wasserstein-1": _quad(lambda z: abs(self.lead(z)), leads),
            "wasserstein-2": self.wasserstein_2(),
            "total-variation": _quad(lambda z: abs(self.excess(z)), excesses) / 2,
            "negentropy": self.negentropy(),
        }

    def inside(self):
        return [z for z in self.grid() if self.low <= z <= self.high]

    def negentropy(self):
        def integrand(z):
            f = self.pdf(z)
            return f * mp.log(f) if f > 0 else mp.zero

        return _quad(integrand, self.inside()) + (mp.log(2 * mp.pi) + 1) / 2

    def wasserstein_2(self):
        """Integrate ``(z - Phi^-1(F(z)))^2 f(z)``, the definition."""

        def integrand(z):
            return (z - self.number(z)) ** 2 * self.pdf(z)

        return mp.sqrt(_quad(integrand, self.inside()))

    def number(self, z):
        below = self.tail(z, upper=False)
        upper = below > 0.5
        p = self.tail(z, upper=True) if upper else below
        if p <= 0:
            return z
        number = _normal_quantile(p)
        return -number if upper else number


def _pairs(places):
    return list(itertools.pairwise(places))


def _normal_quantile(p):
    """Return the normal quantile at p below 1/2, by Newton steps on the logarithm."""
    z = -mp.sqrt(-2 * mp.log(p)) if p < 0.1 else mp.sqrt(2 * mp.pi) * (p - mp.mpf(1) / 2)
    for _ in range(60):
        mass = mp.ncdf(z)
        step = mp.log(mass / p) * mass / mp.npdf(z)
        z -= step
        if abs(step) < mp.mpf(10) ** (5 - mp.dps) * (1 + abs(z)):
            break
    return z


def _uniform_sum(n):
    """Return the Irwin-Hall law; the upper tail is the lower one mirrored."""
    signs = [(-1) ** k * mp.binomial(n, k) for k in range(n + 1)]

    def power_sum(x, power):
        terms = [sign * (x - k) ** power for k, sign in enumerate(signs) if x > k]
        return mp.fsum(terms) / mp.factorial(power)

    def cdf(x):
        return power_sum(x, n) if x < mp.mpf(n) / 2 else 1 - power_sum(n - x, n)

    def pdf(x):
        return power_sum(min(x, n - x), n - 1) if n > 1 else mp.one

    return Oracle(
        pdf, cdf, lambda x: cdf(n - x), mp.mpf(n) / 2, mp.sqrt(mp.mpf(n) / 12),
        range(1, n), (0, n),
    )  # fmt: skip


def _laplace():
    def tail(x):
        return mp.exp(-x) / 2 if x > 0 else 1 - mp.exp(x) / 2

    return Oracle(lambda x: mp.exp(-abs(x)) / 2, lambda x: tail(-x), tail, 0, mp.sqrt(2), [0])


def _logistic():
    def tail(x):
        return 1 / (1 + mp.exp(x))

    return Oracle(lambda x: tail(x) * tail(-x), lambda x: tail(-x), tail, 0, mp.pi / mp.sqrt(3))


def _gamma(shape):
    """Return the law of the sum of so many standard exponential variables."""

    def below(x):
        return mp.exp(-x) * mp.nsum(lambda k: x**k / mp.factorial(k), [shape, mp.inf])

    def above(x):
        return mp.exp(-x) * mp.fsum(x**k / mp.factorial(k) for k in range(shape))

    return Oracle(
        lambda x: x ** (shape - 1) * mp.exp(-x) / mp.factorial(shape - 1),
        lambda x: below(x) if x < 0.1 else 1 - above(x),
        above, shape, mp.sqrt(shape), support=(0, mp.inf),
    )  # fmt: skip


def _sum_law(n):
    return clt.exact(clt.WeightedSum(n=n, inputs="uniform", weights=1.0))


CASES = {
    "uniform": (laws.Uniform, lambda: _uniform_sum(1)),
    "laplace": (lambda: laws.Laplace(mean=2.0, scale=3.0), _laplace),
    "logistic": (laws.Logistic, _logistic),
    "exponential": (lambda: laws.Exponential(scale=0.5), lambda: _gamma(1)),
    "gamma": (lambda: laws.Gamma(shape=4.0), lambda: _gamma(4)),
    **{
        f"sum of {n}": (functools.partial(_sum_law, n), functools.partial(_uniform_sum, n))
        for n in (2, 3, 8)
    },
}


def _check(report, expected):
    for name, value in expected.items():
        estimate = report[name]
        gap = abs(mp.mpf(estimate.value) - value)
        assert gap < ACCURACY, (name, float(gap))
        assert gap <= estimate.stderr + 1e-15, (name, float(gap), estimate)
        assert estimate.stderr < LARGEST_ERROR, (name, estimate)


@pytest.mark.parametrize("name", CASES)
def test_smooth_laws(name):
    law, oracle = CASES[name]
    with mpmath.workdps(DIGITS):
        expected = oracle().measures()
        assert set(expected) == set(MEASURES)
        _check(gaussianity(law(), measures=MEASURES), expected)


@pytest.mark.parametrize(
    ("law", "negentropy"),
    [
        (laws.Uniform(), 0.5 * math.log(math.pi * math.e / 6.0)),
        (laws.Laplace(), 0.5 * math.log(math.pi / math.e)),
        (laws.Exponential(), 0.5 * math.log(2.0 * math.pi / math.e)),
        (laws.Logistic(), 0.5 * math.log(2.0 * math.pi * math.e * math.pi**2 / 3.0) - 2.0),
    ],
    ids=str,
)
def test_negentropy_closed_forms(law, negentropy):
    _check(gaussianity(law, measures="negentropy"), {"negentropy": negentropy})


@pytest.mark.parametrize(("mean", "sd"), [(0.3, 1.2), (-2.0, 0.4), (0.0, 1.5), (0.01, 1.001)])
def test_raw_normal_laws(mean, sd):
    """With the densities equal at the two roots of a quadratic."""
    with mpmath.workdps(DIGITS):
        m, s = mp.mpf(mean), mp.mpf(sd)
        root = mp.sqrt(m**2 + 2 * (s**2 - 1) * mp.log(s)) * s
        roots = [(sign * root - m) / (s**2 - 1) for sign in (1, -1)]
        leads = [mp.ncdf((root - m) / s) - mp.ncdf(root) for root in roots]
        # The coupling m + s Z of Z is monotone: the distance is that of m + (s - 1) Z from 0.
        shift, spread = m, abs(s - 1)
        expected = {
            "kolmogorov": max(map(abs, leads)),
            "wasserstein-1": spread * 2 * mp.npdf(shift / spread)
            + shift * (1 - 2 * mp.ncdf(-shift / spread)),
            "wasserstein-2": mp.hypot(shift, spread),
            "total-variation": abs(leads[0] - leads[1]),
            "negentropy": (s**2 + m**2 - 1) / 2 - mp.log(s),
        }
        law = laws.Normal(mean=mean, sd=sd)
        _check(gaussianity(law, standardize=False, measures=MEASURES), expected)


@pytest.mark.parametrize("law", [laws.Normal(), laws.Normal(mean=-3.0, sd=0.1)], ids=str)
def test_the_normal_law_is_at_distance_0(law):
    _check(gaussianity(law, measures=MEASURES), dict.fromkeys(MEASURES, mp.zero))


def test_negative_control_a_law_that_is_nearly_right_is_told_apart():
    """Gamma laws whose shapes differ by 1e-7."""
    with mpmath.workdps(DIGITS):
        expected = {"negentropy": _gamma(4).negentropy()}
        with pytest.raises(AssertionError):
            _check(gaussianity(laws.Gamma(shape=4.0000001), measures="negentropy"), expected)
