"""Moments of phi(X) against QUADPACK and closed forms, over laws and nonlinearities."""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass
from typing import ClassVar

import mpmath as mp
import numpy as np
import pytest
import specimens
from scipy.integrate import quad

import clt_sim as clt
from clt_sim.models.density_average import density_average
from clt_sim.models.expectation import expectation, variance

SHIFTED = (
    "normal(mean=3,sd=50)",
    "normal(mean=-8)",
    "laplace(mean=1,scale=20)",
    "laplace(scale=.01)",
)
EVERY_LAW = [*specimens.laws(), *map(clt.laws.get, SHIFTED)]


def has_pole(law):
    ends = [end for end in law.support if math.isfinite(end)]
    return not law.atoms and bool(np.isinf(law.pdf(ends)).any())


LAWS = [
    law
    for law in EVERY_LAW
    if math.isinf(law.tail_index) and law.name != "scipy" and not has_pole(law)
]
"""Those that QUADPACK can do; the others have closed forms below. SciPy's are slow."""
FEW_LAWS = [clt.laws.get(text) for text in (*SHIFTED, "lognormal", "wikipedia", "exponential")]
OSCILLATING = {"sin", "cos", "exp"}
PHIS = [
    clt.nonlinearities.get(name) for name in clt.nonlinearities.names() if name not in OSCILLATING
]
FEW_PHIS = [clt.nonlinearities.get(name) for name in ("relu", "step", "tanh", "gelu", "square")]
"""One of each kind: a kink, a jump, bounded, one-sided, of order 2."""
get = clt.nonlinearities.get


def by_quadpack(law, phi, function, negligible=1e-30):
    """Return E[f(phi(X))] and E|f(phi(X))| by QUADPACK, piece by piece."""
    parts = [(mass * function(float(phi(x))), 0.0) for x, mass in law.atoms.items()]
    if law.without_atoms is not None:
        parts += density_parts(law, phi, function, negligible)
    size = math.fsum(abs(value) for value, _ in parts)
    assert math.fsum(error for _, error in parts) <= 2e-11 * size + 1e-25
    return math.fsum(value for value, _ in parts), size


@functools.cache
def remembered(function):
    """Return it for numbers, each computed once: QUADPACK begins at the same ones every time."""
    return functools.cache(lambda x: float(function(x)))


def density_parts(law, phi, function, negligible):
    """Return integrals and their errors."""
    rest = law.without_atoms
    places = rest.quantile([1e-14, 1e-8, 1e-4, 0.05, 0.3, 0.5, 0.7, 0.95, 1 - 1e-4, 1 - 1e-8])
    places = {*places.tolist(), *law.kinks, *phi.kinks, -30, -9, -3, -1, 0, 1, 3, 9, 30}
    low, high = law.support
    ends = [low, *sorted(x for x in places if low < x < high), high]
    density, value = remembered(law.pdf), remembered(phi)

    def integrand(x):
        weight = density(x)
        return weight * function(value(x)) if weight else 0.0

    # An absolute tolerance, for parts that weigh nothing; full output in place of warnings.
    return [
        quad(integrand, a, b, epsabs=negligible, epsrel=1e-11, limit=200, full_output=1)[:2]
        for a, b in itertools.pairwise(ends)
    ]


def check_moment(law, phi, k):
    expected, size = by_quadpack(law, phi, lambda y: y**k)
    assert abs(expectation(law, phi, k) - expected) <= 1e-10 * size


def check_variance(law, phi):
    centre, _ = by_quadpack(law, phi, lambda y: y)
    # Near the centre the square of a difference is rounding alone.
    expected, _ = by_quadpack(law, phi, lambda y: (y - centre) ** 2, negligible=1e-27)
    assert variance(law, phi) == pytest.approx(expected, rel=1e-9, abs=1e-25)


@pytest.mark.parametrize("law", LAWS, ids=str)
@pytest.mark.parametrize("phi", FEW_PHIS, ids=str)
def test_moments_over_every_law(law, phi):
    for k in (1, 3):
        check_moment(law, phi, k)


@pytest.mark.parametrize("law", FEW_LAWS, ids=str)
@pytest.mark.parametrize("phi", PHIS, ids=str)
def test_moments_of_every_nonlinearity(law, phi):
    for k in (1, 2, 3, 4):
        check_moment(law, phi, k)


@pytest.mark.parametrize("law", LAWS, ids=str)
@pytest.mark.parametrize("phi", FEW_PHIS, ids=str)
def test_variance_over_every_law(law, phi):
    check_variance(law, phi)


@pytest.mark.parametrize("law", FEW_LAWS, ids=str)
@pytest.mark.parametrize("phi", PHIS, ids=str)
def test_variance_of_every_nonlinearity(law, phi):
    check_variance(law, phi)


@pytest.mark.parametrize("law", EVERY_LAW, ids=str)
def test_order_zero_is_one(law):
    for phi in (*FEW_PHIS, get("exp"), get("cos")):
        assert expectation(law, phi, 0) == 1.0


@pytest.mark.parametrize("law", EVERY_LAW, ids=str)
def test_density_has_the_mass_of_the_law(law):
    """The panels miss nothing, at poles and in tails: the average of 1 is 1."""
    rest = law.without_atoms
    if rest is not None:
        assert density_average(rest, np.ones_like) == pytest.approx(1.0, rel=1e-12)


class TestHeavyTails:
    """Moments that are infinite, and those that are hardly finite."""

    @pytest.mark.parametrize("df", [1.0001, 1.1, 1.9, 2.0001, 2.05, 2.1, 2.5, 3.0, 7.0, 60.0])
    @pytest.mark.parametrize("k", [1, 2, 3])
    def test_student_t(self, df, k):
        """E|X|^k = df^(k/2) Gamma((k+1)/2) Gamma((df-k)/2) / (sqrt(pi) Gamma(df/2))."""
        law = clt.laws.StudentT(df=df)
        if k >= df:
            assert expectation(law, get("abs"), k) == math.inf
            assert expectation(law, get("relu"), k) == math.inf
            return
        with mp.workdps(30):
            n = mp.mpf(df)
            expected = n ** (mp.mpf(k) / 2) / mp.sqrt(mp.pi) / mp.gamma(n / 2)
            expected *= mp.gamma(mp.mpf(k + 1) / 2) * mp.gamma((n - k) / 2)
        assert expectation(law, get("abs"), k) == pytest.approx(float(expected), rel=1e-11)
        assert expectation(law, get("relu"), k) == pytest.approx(float(expected / 2), rel=1e-11)
        leaky = expectation(law, get("leaky-relu(slope=-.5)"), k)
        assert leaky == pytest.approx(float(expected) * (1 + 0.5**k) / 2, rel=1e-11)

    @pytest.mark.parametrize("shape", [0.05, 0.5, 1.0, 1.001, 2.05, 3.0, 41.0])
    @pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
    def test_pareto(self, shape, scale):
        law = clt.laws.Pareto(shape=shape, scale=scale)
        for k in (1, 2, 3):
            value = expectation(law, get("relu"), k)
            exact = shape / (shape - k) * scale**k if k < shape else math.inf
            assert value == pytest.approx(exact, rel=1e-11)
        if shape > 2.0:
            exact = shape / (shape - 1) ** 2 / (shape - 2) * scale**2
            assert variance(law, get("relu")) == pytest.approx(exact, rel=1e-10)
        else:
            assert variance(law, get("relu")) == math.inf
        # Above a, X is Pareto again, of the same shape and the scale a.
        a = Shifted().threshold
        if scale < a and shape > 1.0:
            mean_excess = (scale / a) ** shape * a / (shape - 1)
            assert expectation(law, Shifted(), 1) == pytest.approx(mean_excess, rel=1e-11)

    @pytest.mark.parametrize("shape", [0.05, 0.5, 2.0])
    def test_bounded_functions_of_pareto(self, shape):
        """X = exp(T/shape) with a standard exponential T."""
        with mp.workdps(20):
            ends = sorted({0, 1, 5, 20, 60, *(shape * x for x in (0.5, 1, 2, 3, 4, 5))})
            exact = mp.quad(lambda t: mp.exp(-t) * mp.tanh(mp.exp(t / shape)), ends)
        value = expectation(clt.laws.Pareto(shape=shape), get("tanh"), 1)
        assert value == pytest.approx(float(exact), rel=1e-11)

    def test_sides(self):
        cauchy = clt.laws.Cauchy()
        assert math.isnan(expectation(cauchy, get("leaky-relu"), 1))
        assert math.isnan(variance(cauchy, get("leaky-relu")))
        assert expectation(cauchy, get("leaky-relu(slope=-1)"), 1) == math.inf
        assert expectation(cauchy, get("leaky-relu"), 2) == math.inf
        for name in ("relu", "softplus", "gelu", "elu", "square", "exp"):
            assert expectation(cauchy, get(name), 1) == math.inf
            assert variance(cauchy, get(name)) == math.inf

    @pytest.mark.parametrize("scale", [1e-3, 1.0, 50.0])
    def test_bounded_functions_of_cauchy(self, scale):
        law = clt.laws.Cauchy(scale=scale)
        assert expectation(law, get("sigmoid"), 1) == pytest.approx(0.5, rel=1e-12)
        assert expectation(law, get("step"), 1) == pytest.approx(0.5, rel=1e-12)
        # E[x^2/(1 + |x|)^2], by partial fractions
        with mp.workdps(20):
            s = mp.mpf(scale)
            ends = [0, s / 10, s, 1, 10 * s + 10, 1e3 * s + 1e3, mp.inf]
            exact = mp.quad(
                lambda x: 2 * s / (mp.pi * (s * s + x * x)) * (x / (1 + x)) ** 2, sorted(set(ends))
            )
        value = expectation(law, get("softsign"), 2)
        assert value == pytest.approx(float(exact), rel=1e-11)
        cosine = math.exp(-scale)
        assert expectation(law, get("cos"), 1) == pytest.approx(cosine, rel=1e-13)
        sine = (1.0 - math.exp(-2.0 * scale)) / 2.0
        assert variance(law, get("sin")) == pytest.approx(sine, rel=1e-12)

    @pytest.mark.parametrize("alpha", [1.1, 1.5, 1.9])
    def test_stable(self, alpha):
        """E|X| = 2 Gamma(1 - 1/alpha)/pi for the symmetric law of scale 1."""
        law = clt.laws.Stable(alpha=alpha)
        exact = 2.0 * math.gamma(1.0 - 1.0 / alpha) / math.pi
        assert expectation(law, get("abs"), 1) == pytest.approx(exact, rel=1e-10)
        assert expectation(law, get("square"), 1) == math.inf

    def test_variance_of_a_mean_that_is_finite(self):
        law = clt.laws.StudentT(df=1.5)
        assert math.isfinite(expectation(law, get("relu"), 1))
        assert variance(law, get("relu")) == math.inf
        assert math.isfinite(variance(law, get("tanh")))

    def test_components_of_mixtures_differ(self):
        light, heavy = clt.laws.get("normal(mean=-5)"), clt.laws.Pareto(shape=1.5)
        law = clt.laws.Mixture((light, heavy, clt.laws.get("rademacher")), (0.25, 0.5, 0.25))
        relu = 0.25 * expectation(light, get("relu"), 1) + 0.5 * 3.0 + 0.25 * 0.5
        assert expectation(law, get("relu"), 1) == pytest.approx(relu, rel=1e-11)
        # Only the right side is heavy, which the tail index of the mixture does not say.
        assert expectation(law, get("leaky-relu"), 2) == math.inf
        assert expectation(law, get("leaky-relu"), 3) == math.inf
        close = clt.laws.Mixture((clt.laws.Pareto(2.05), clt.laws.Pareto(2.06)))
        exact = (2.05 / 0.05 + 2.06 / 0.06) / 2
        assert expectation(close, get("relu"), 2) == pytest.approx(exact, rel=1e-11)

    def test_another_tail_is_detected(self):
        """The negative control: a tail index that is off by 1e-9 fails the tolerance of 1e-10."""
        right = expectation(clt.laws.StudentT(df=2.1), get("abs"), 2)
        assert right != pytest.approx(2.1 / 0.1 * (1 + 1e-9), rel=1e-10)
        assert right != pytest.approx(
            expectation(clt.laws.StudentT(df=2.1 + 1e-9), get("abs"), 2), rel=1e-10
        )


class TestPoles:
    """Densities that are infinite at an end of the support."""

    @pytest.mark.parametrize(
        ("a", "b"), [(0.05, 0.05), (0.5, 0.5), (0.3, 2.0), (2.0, 0.3), (0.1, 8.0), (8.0, 0.1)]
    )
    def test_beta(self, a, b):
        law = clt.laws.Beta(a=a, b=b)
        with mp.workdps(30):
            x, y = mp.mpf(a), mp.mpf(b)
            first, second = x / (x + y), x * (x + 1) / (x + y) / (x + y + 1)
            spread = x * y / (x + y) ** 2 / (x + y + 1)
            exponential = mp.hyp1f1(x, x + y, 1)
        assert expectation(law, get("relu"), 1) == pytest.approx(float(first), rel=1e-10)
        assert expectation(law, get("square"), 1) == pytest.approx(float(second), rel=1e-10)
        assert variance(law, get("relu")) == pytest.approx(float(spread), rel=1e-10)
        assert expectation(law, get("exp"), 1) == pytest.approx(float(exponential), rel=1e-10)

    @pytest.mark.parametrize("shape", [0.05, 0.3, 1.0, 7.5])
    @pytest.mark.parametrize("scale", [1e-3, 1.0, 20.0])
    def test_gamma(self, shape, scale):
        law = clt.laws.Gamma(shape=shape, scale=scale)
        for k in (1, 2, 3):
            exact = scale**k * math.prod(shape + j for j in range(k))
            assert expectation(law, get("relu"), k) == pytest.approx(exact, rel=1e-11)

    @pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 3.0), (1e5, 1e5 + 1)])
    def test_arcsine(self, low, high):
        """X = (low + high)/2 + (high - low)/2 cos(pi U): a mean over evenly spaced angles."""
        law = clt.laws.Arcsine(low=low, high=high)
        angles = (np.arange(400) + 0.5) * math.pi / 400
        x = (low + high) / 2 + (high - low) / 2 * np.cos(angles)
        for name in ("tanh", "softplus", "square"):
            value = expectation(law, get(name), 1)
            assert value == pytest.approx(np.mean(get(name)(x)), rel=1e-10)


class TestAtoms:
    def test_atoms_and_density(self):
        slab = clt.laws.get("laplace(mean=1,scale=2)")
        law = clt.laws.Sparse(slab, zero_probability=0.75)
        for phi in FEW_PHIS:
            for k in (1, 2):
                at_zero = float(phi(0.0)) ** k
                exact = 0.75 * at_zero + 0.25 * by_quadpack(slab, phi, lambda y, k=k: y**k)[0]
                assert expectation(law, phi, k) == pytest.approx(exact, rel=1e-10)

    def test_equal_quartiles(self):
        law = clt.laws.Sparse("normal", zero_probability=0.9)
        assert len(set(law.quantile([0.25, 0.5, 0.75]).tolist())) == 1
        assert expectation(law, get("abs"), 1) == pytest.approx(0.1 * math.sqrt(2 / math.pi))

    def test_many_atoms(self):
        data = np.random.default_rng(1).normal(size=300_000)
        law = clt.laws.Empirical(tuple(data))
        assert expectation(law, get("relu"), 3) == pytest.approx(
            np.mean(np.maximum(data, 0.0) ** 3), rel=1e-12
        )
        assert variance(law, get("sin")) == pytest.approx(np.sin(data).var(), rel=1e-12)

    def test_atoms_that_are_too_far(self):
        law = clt.laws.Constant(1000.0)
        with pytest.raises(OverflowError, match=r"^an expectation over the atoms of constant.*"):
            expectation(law, get("exp"), 1)


class TestSineAndCosine:
    LIGHT = (
        *("normal(mean=.3,sd=2)", "normal(mean=1000,sd=1e-6)", "laplace(scale=1e-7,mean=1)"),
        *("logistic", "uniform(low=-1,high=9)", "wikipedia", "lognormal(mean_log=-5)"),
    )

    @pytest.mark.parametrize("law", [*map(clt.laws.get, LIGHT)], ids=str)
    @pytest.mark.parametrize("name", ["sin", "cos"])
    def test_laws_that_quadrature_can_do(self, law, name):
        phi = get(name)
        for k in (1, 2, 3, 4):
            exact = density_average(law, lambda x, k=k: phi(x) ** k)
            size = density_average(law, lambda x, k=k: np.abs(phi(x) ** k))
            assert abs(expectation(law, phi, k) - exact) <= 1e-9 * size
        centre = expectation(law, phi, 1)
        exact = density_average(law, lambda x: (phi(x) - centre) ** 2)
        assert variance(law, phi) == pytest.approx(exact, rel=1e-9)

    @pytest.mark.parametrize(("low", "high"), [(-50.0, 99.0), (0.0, 1e4)])
    def test_wide_uniform(self, low, high):
        law = clt.laws.Uniform(low, high)
        exact = (math.cos(low) - math.cos(high)) / (high - low)
        assert expectation(law, get("sin"), 1) == pytest.approx(exact, abs=1e-13)
        square = 0.5 - (math.sin(2 * high) - math.sin(2 * low)) / 4 / (high - low)
        assert expectation(law, get("sin"), 2) == pytest.approx(square, rel=1e-13)
        assert variance(law, get("sin")) == pytest.approx(square - exact**2, rel=1e-12)

    def test_circle(self):
        for law in (clt.laws.Laplace(1.0, 3.0), clt.laws.Exponential(7.0), clt.laws.Cauchy(2.0)):
            total = expectation(law, get("sin"), 2) + expectation(law, get("cos"), 2)
            assert total == pytest.approx(1.0, rel=1e-14)

    def test_quadrature_of_a_wide_law_is_wrong(self):
        """The negative control: why it takes the characteristic function."""
        law = clt.laws.Uniform(-5000.0, 9900.0)
        wrong = density_average(law, np.sin)
        assert wrong != pytest.approx(expectation(law, get("sin"), 1), abs=1e-10)


class TestExponential:
    FINITE = (
        *("normal(mean=.3,sd=2)", "exponential(scale=.3)", "laplace(scale=.3,mean=-2)"),
        *("logistic(scale=.1,mean=3)", "logistic(scale=.4)", "uniform(low=-3,high=2)"),
        *("symmetric-weibull(shape=1,scale=.4)", "symmetric-weibull(shape=2,scale=3)"),
        *("wikipedia", "gamma(shape=3,scale=.2)", "gamma(shape=1.3,scale=.4)", "triangular"),
    )

    @pytest.mark.parametrize("law", [*map(clt.laws.get, FINITE)], ids=str)
    @pytest.mark.parametrize("k", [1, 2])
    def test_transforms_are_integrals(self, law, k):
        exact = by_quadpack(law, get("exp"), lambda y: y**k)[0]
        assert expectation(law, get("exp"), k) == pytest.approx(exact, rel=1e-9)

    @pytest.mark.parametrize("law", [*map(clt.laws.get, FINITE)], ids=str)
    def test_variance(self, law):
        centre = by_quadpack(law, get("exp"), lambda y: y)[0]
        exact = by_quadpack(law, get("exp"), lambda y: (y - centre) ** 2)[0]
        assert variance(law, get("exp")) == pytest.approx(exact, rel=1e-9)

    def test_hardly_finite(self):
        for gap in (1e-2, 1e-6):
            exponential = clt.laws.Exponential(1.0 - gap)
            assert expectation(exponential, get("exp"), 1) == pytest.approx(1 / gap, rel=1e-9)
            laplace = clt.laws.Laplace(scale=1.0 - gap)
            assert expectation(laplace, get("exp"), 1) == pytest.approx(
                1 / gap / (2 - gap), rel=1e-9
            )
            # Close to its pole, pi y/sin(pi y) is y/(1 - y).
            logistic = clt.laws.Logistic(scale=1.0 - gap)
            series = (1 - gap) / gap * (1 + (math.pi * gap) ** 2 / 6)
            assert expectation(logistic, get("exp"), 1) == pytest.approx(series, rel=1e-6)

    def test_infinite(self):
        for name in ("exponential", "laplace", "logistic", "lognormal", "gamma(scale=2)"):
            assert expectation(clt.laws.get(name), get("exp"), 1) == math.inf
            assert variance(clt.laws.get(name), get("exp")) == math.inf
        half = clt.laws.Exponential(0.5)
        assert expectation(half, get("exp"), 1) == pytest.approx(2.0, rel=1e-14)
        assert expectation(half, get("exp"), 2) == variance(half, get("exp")) == math.inf

    def test_too_large(self):
        with pytest.raises(OverflowError, match=r"^E\[exp\(2 X\)\] for the law normal.* large\.$"):
            expectation(clt.laws.Normal(1.0, 50.0), get("exp"), 2)
        weibull = clt.laws.SymmetricWeibull(shape=1.5, scale=30.0)
        with pytest.raises(OverflowError, match=r"^an expectation over the law symmetric-weibull"):
            expectation(weibull, get("exp"), 1)

    def test_narrow_laws_do_not_cancel(self):
        """Near 0 the exponential is 1 + x."""
        for law in (clt.laws.Normal(sd=1e-7), clt.laws.Laplace(scale=1e-7)):
            assert variance(law, get("exp")) == pytest.approx(law.variance, rel=1e-6)


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
    growth: ClassVar[tuple[float, float]] = (0.0, 1.0)
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


@pytest.mark.parametrize("law", [law for law in EVERY_LAW if law.name != "scipy"], ids=str)
@pytest.mark.parametrize("phi", [get("relu"), get("cos")], ids=str)
def test_result_is_a_plain_float(law, phi):
    spread = variance(law, phi)
    assert type(expectation(law, phi, 2)) is type(spread) is float
    assert math.isfinite(spread) == (2 * phi.growth[1] < law.tail_index)
