"""Measures of known laws against closed forms and independent quadrature in 30 digits."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np
import pytest
import scipy.stats
from scipy.special import ndtr

import clt_sim as clt
from clt_sim import Estimate, laws
from clt_sim.gaussianity import gaussianity
from clt_sim.gaussianity.views.distribution import Distribution

ROOT3 = mpmath.sqrt(3)
ROOT2 = mpmath.sqrt(2)


def _wikipedia_pdf(z):
    x = mpmath.mpf(13) / 12 + z * mpmath.sqrt(mpmath.mpf(35) / 144)
    density = 0 if x < 0 or x > 2 else (x if x < 1 else mpmath.mpf(1) / 2)
    return density * mpmath.sqrt(mpmath.mpf(35) / 144)


def _wikipedia_cdf(z):
    x = mpmath.mpf(13) / 12 + z * mpmath.sqrt(mpmath.mpf(35) / 144)
    return 0 if x < 0 else (x * x / 2 if x < 1 else min(x / 2, 1))


def _place(x):
    return (mpmath.mpf(x) - mpmath.mpf(13) / 12) / mpmath.sqrt(mpmath.mpf(35) / 144)


# law: standardised density and distribution function, and where they are not smooth
ORACLES = {
    "uniform": (
        lambda z: 1 / (2 * ROOT3) if abs(z) < ROOT3 else 0,
        lambda z: min(max((z + ROOT3) / (2 * ROOT3), 0), 1),
        [-ROOT3, ROOT3],
    ),
    "laplace": (
        lambda z: mpmath.exp(-ROOT2 * abs(z)) / ROOT2,
        lambda z: mpmath.exp(ROOT2 * z) / 2 if z < 0 else 1 - mpmath.exp(-ROOT2 * z) / 2,
        [0],
    ),
    "exponential": (
        lambda z: mpmath.exp(-1 - z) if z > -1 else 0,
        lambda z: 1 - mpmath.exp(-1 - z) if z > -1 else 0,
        [-1],
    ),
    "wikipedia": (_wikipedia_pdf, _wikipedia_cdf, [_place(0), _place(1), _place(2)]),
}


def _pieces(function, kinks):
    """Cut [-40, 40] at kinks and at the sign changes of a function."""
    fine = [mpmath.mpf(k) / 8 + mpmath.mpf(1) / 17 for k in range(-14 * 8, 10 * 8)]
    grid = [-40, -24, *fine, 12, 16, 24, 40]
    points = sorted([*grid, *kinks])
    cuts = [points[0], *kinks, points[-1]]
    for low, high in itertools.pairwise(points):
        inner = (
            low + (high - low) * mpmath.mpf("1e-12"),
            high - (high - low) * mpmath.mpf("1e-12"),
        )
        if function(inner[0]) * function(inner[1]) < 0:
            cuts.append(mpmath.findroot(function, inner, solver="anderson", verify=False))
    return sorted(cuts)


@pytest.mark.parametrize("name", ORACLES)
def test_distances_of_continuous_laws(name):
    pdf, cdf, kinks = ORACLES[name]
    with mpmath.workdps(30):
        excess = lambda z: pdf(z) - mpmath.npdf(z)  # noqa: E731
        lead = lambda z: cdf(z) - mpmath.ncdf(z)  # noqa: E731
        panels = [-6, -4, -2, 2, 4, 6, 8, 12, 16, 24]
        turns = _pieces(excess, kinks)
        split = sorted([*_pieces(lead, kinks), *panels])
        cuts = sorted([*turns, *panels])
        expected = {
            "kolmogorov": max(abs(lead(z)) for z in turns),
            "wasserstein-1": mpmath.quad(lambda z: abs(lead(z)), split),
            "total-variation": mpmath.quad(lambda z: abs(excess(z)), cuts) / 2,
        }
    report = gaussianity(laws.get(name))
    for measure, value in expected.items():
        assert report[measure].value == pytest.approx(float(value), abs=1e-12), measure
        assert report[measure].stderr < 1e-12


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (laws.Uniform(-3.0, 8.0), 0.5 * math.log(math.pi * math.e / 6.0)),
        (laws.Laplace(mean=5.0, scale=3.0), 0.5 * math.log(math.pi / math.e)),
        (laws.Exponential(scale=0.01), 0.5 * math.log(2.0 * math.pi / math.e)),
        (laws.Normal(mean=1.0, sd=7.0), 0.0),
    ],
)
def test_negentropy_closed_forms(law, expected):
    estimate = gaussianity(law)["negentropy"]
    assert estimate.value == pytest.approx(expected, abs=1e-13)
    assert estimate.stderr < 1e-12


@pytest.mark.parametrize(
    ("law", "skewness", "excess_kurtosis"),
    [
        (laws.Uniform(), 0.0, -1.2),
        (laws.Laplace(mean=2.0), 0.0, 3.0),
        (laws.Exponential(scale=4.0), 2.0, 6.0),
        (laws.Wikipedia(), 118.0 * math.sqrt(35.0) / 6125.0, -6078.0 / 6125.0),
        (laws.Rademacher(), 0.0, -2.0),
        (laws.Normal(mean=3.0, sd=0.5), 0.0, 0.0),
    ],
)
def test_moments_closed_forms(law, skewness, excess_kurtosis):
    report = gaussianity(law, measures=["skewness", "excess-kurtosis"])
    for name, expected in (("skewness", skewness), ("excess-kurtosis", excess_kurtosis)):
        assert abs(report[name].value - expected) <= report[name].stderr + 1e-14
        assert report[name].stderr < 1e-10


def test_maxent_of_the_uniform_and_the_rademacher_law():
    k2b = 24.0 / (16.0 * math.sqrt(3.0) - 27.0)
    # E exp(-z^2/2) of U(-sqrt 3, sqrt 3) is sqrt(2 pi)/(2 sqrt 3) (2 Phi(sqrt 3) - 1)
    root3 = math.sqrt(3.0)
    even = math.sqrt(2.0 * math.pi) / (2.0 * root3) * (2.0 * float(ndtr(root3)) - 1.0)
    expected = k2b * (even - math.sqrt(0.5)) ** 2
    assert gaussianity(laws.Uniform())["negentropy-maxent"].value == pytest.approx(expected, 1e-12)
    expected = k2b * (math.exp(-0.5) - math.sqrt(0.5)) ** 2
    report = gaussianity(laws.Rademacher())
    assert report["negentropy-maxent"].value == pytest.approx(expected, 1e-12)


def test_rademacher_closed_forms():
    report = gaussianity(laws.Rademacher())
    assert report["kolmogorov"].value == pytest.approx(float(ndtr(1.0)) - 0.5, abs=1e-15)
    assert report["total-variation"].value == 1.0
    phi1 = math.exp(-0.5) / math.sqrt(2.0 * math.pi)
    # By symmetry twice the part below 0: Phi up to -1, then 1/2 - Phi.
    primitive_at_minus_1 = -float(ndtr(-1.0)) + phi1
    expected = 2.0 * (
        primitive_at_minus_1 + 0.5 - (1.0 / math.sqrt(2.0 * math.pi) - primitive_at_minus_1)
    )
    assert report["wasserstein-1"].value == pytest.approx(expected, abs=1e-15)
    assert "atoms" in report.unavailable["negentropy"]


def test_raw_normal_with_another_scale():
    raw = gaussianity(laws.Normal(sd=2.0), standardize=False)
    shape = gaussianity(laws.Normal(sd=2.0))
    crossing = math.sqrt(8.0 * math.log(2.0) / 3.0)  # where the two densities are equal
    distance = float(ndtr(crossing) - ndtr(crossing / 2.0))
    assert raw["kolmogorov"].value == pytest.approx(distance, abs=1e-14)
    assert raw["total-variation"].value == pytest.approx(2.0 * distance, abs=1e-13)
    assert raw["wasserstein-1"].value == pytest.approx(math.sqrt(2.0 / math.pi), abs=1e-13)
    assert raw["negentropy"].value == pytest.approx(1.5 - math.log(2.0), abs=1e-13)
    assert "standardised" in raw.unavailable["negentropy-maxent"]
    assert "raw" in raw.title
    assert "standardised" in shape.title
    for name in ("kolmogorov", "wasserstein-1", "total-variation", "negentropy"):
        assert abs(shape[name].value) < 1e-14


@pytest.mark.parametrize("location", [-1e3, 40.0])
def test_raw_laws_far_from_the_origin(location):
    report = gaussianity(laws.Normal(mean=location, sd=1e-3), standardize=False)
    assert report["kolmogorov"].value == pytest.approx(1.0, abs=1e-12)
    assert report["wasserstein-1"].value == pytest.approx(abs(location), rel=1e-12)
    assert report["total-variation"].value == pytest.approx(1.0, abs=1e-10)


@pytest.mark.parametrize("name", ["uniform", "wikipedia"])
def test_exact_law_of_one_term_is_the_law(name):
    model = clt.WeightedSum(n=1, inputs=name, weights=2.0, bias=1.0)
    exact, law = gaussianity(clt.exact(model)), gaussianity(laws.get(name))
    assert "piecewise-polynomial" in exact.route
    for measure in law:
        assert exact[measure].value == pytest.approx(law[measure].value, abs=1e-12)


def test_sums_approach_the_normal_law():
    reports = [
        gaussianity(clt.exact(clt.WeightedSum(n=n, inputs="uniform", weights=1.0)))
        for n in (1, 2, 4, 8)
    ]
    for name in ("kolmogorov", "wasserstein-1", "total-variation", "negentropy"):
        values = [report[name].value for report in reports]
        assert values == sorted(values, reverse=True)
    # n KS -> |excess kurtosis|/24 max|He3 phi| (Edgeworth), with a correction of order 1/n
    assert 8.0 * reports[-1]["kolmogorov"].value == pytest.approx(1.2 / 24.0 * 0.5505878, rel=0.1)


class _HalfZero(laws.Law):
    """Z with probability 1/2, else 0: an atom beside a density."""

    name = "half-zero"
    kernel = -1
    support = (-math.inf, math.inf)
    atoms = {0.0: 0.5}  # noqa: RUF012

    def _moment(self, k):
        return 1.0 if k == 0 else 0.5 * laws.Normal().moment(k)

    def pdf(self, x):
        return 0.5 * laws.Normal().pdf(x)

    def cdf(self, x):
        return 0.5 * laws.Normal().cdf(x) + 0.5 * (np.asarray(x) >= 0.0)

    def quantile(self, p):
        p = np.asarray(p, np.float64)
        outer = np.where(p <= 0.25, 2.0 * p, 2.0 * p - 1.0)
        return np.where((p > 0.25) & (p <= 0.75), 0.0, laws.Normal().quantile(outer))

    def characteristic_function(self, t):
        raise NotImplementedError

    def __str__(self):
        return self.name


def test_law_with_an_atom_and_a_density():
    report = gaussianity(_HalfZero(), standardize=False)
    assert report["kolmogorov"].value == pytest.approx(0.25, abs=1e-14)
    assert report["total-variation"].value == pytest.approx(0.5, abs=1e-14)
    # |F - Phi| is (1/2)(1/2 - |Phi - 1/2|) on either side: its integral is E|Z|/2.
    assert report["wasserstein-1"].value == pytest.approx(math.sqrt(0.5 / math.pi), abs=1e-13)
    shape = gaussianity(_HalfZero())
    assert shape["excess-kurtosis"].value == pytest.approx(3.0, abs=1e-13)
    w = 0.5 + 0.5 / math.sqrt(3.0)  # E exp(-z^2/2) at variance 2 is 1/sqrt 3
    expected = 24.0 / (16.0 * math.sqrt(3.0) - 27.0) * (w - math.sqrt(0.5)) ** 2
    assert shape["negentropy-maxent"].value == pytest.approx(expected, rel=1e-12)


class _Cauchy(laws.Law):
    name = "cauchy"
    tail_index = 1.0
    support = (-math.inf, math.inf)

    def _moment(self, k):
        return 1.0 if k == 0 else math.nan if k % 2 else math.inf

    def pdf(self, x):
        return 1.0 / (math.pi * (1.0 + np.asarray(x, np.float64) ** 2))

    def cdf(self, x):
        return 0.5 + np.arctan(np.asarray(x, np.float64)) / math.pi

    def quantile(self, p):
        return np.tan(math.pi * (np.asarray(p, np.float64) - 0.5))

    def characteristic_function(self, t):
        return np.exp(-np.abs(t)).astype(np.complex128)

    def __str__(self):
        return self.name


def test_law_without_variance():
    shape = gaussianity(_Cauchy())
    assert not shape.estimates
    assert all("finite" in reason for reason in shape.unavailable.values())
    raw = gaussianity(_Cauchy(), standardize=False)
    assert {"kolmogorov", "kuiper", "total-variation", "hellinger", "epps-pulley"} <= set(raw)
    infinite = {"wasserstein-1", "wasserstein-2", "anderson-darling", "negentropy"}
    assert all("infinite" in raw.unavailable[name] for name in infinite)
    # f = phi where the difference of the distribution functions is largest
    with mpmath.workdps(20):
        turn = mpmath.findroot(lambda z: 1 / (mpmath.pi * (1 + z**2)) - mpmath.npdf(z), 1.85)
        lead = abs(mpmath.mpf(1) / 2 + mpmath.atan(turn) / mpmath.pi - mpmath.ncdf(turn))
    assert raw["kolmogorov"].value == pytest.approx(float(lead), abs=1e-12)
    assert raw["total-variation"].value == pytest.approx(2 * float(lead), abs=1e-12)


class _StudentT(_Cauchy):
    """Student's t with 3 degrees of freedom: a variance, but no fourth moment."""

    name = "t"
    tail_index = 3.0

    def _moment(self, k):
        return {0: 1.0, 1: 0.0, 2: 3.0, 3: math.nan}.get(k, math.inf)

    def pdf(self, x):
        return scipy.stats.t.pdf(x, 3)

    def cdf(self, x):
        return scipy.stats.t.cdf(x, 3)

    def quantile(self, p):
        return scipy.stats.t.ppf(p, 3)


def test_law_with_a_heavy_tail():
    report = gaussianity(_StudentT())
    entropy = float(scipy.stats.t(3).entropy())
    negentropy = report["negentropy"]
    assert abs(negentropy.value - (0.5 * math.log(6.0 * math.pi * math.e) - entropy)) < 1e-12
    with mpmath.workdps(20):
        root3 = mpmath.sqrt(3)

        def lead(z):  # 1 - F = 1/2 - (atan(z) + z/(1 + z^2))/pi at scale sqrt 3
            upper = mpmath.atan(1 / z) / mpmath.pi - z / (mpmath.pi * (1 + z * z))
            return upper - mpmath.ncdf(-z)

        assert (
            abs(lead(mpmath.mpf(2)) - scipy.stats.t.sf(float(2.0 * root3), 3) + mpmath.ncdf(-2))
            < 1e-12
        )
        turn = mpmath.findroot(lead, (1.5, 2.5), solver="anderson")
        ends = [mpmath.mpf("1e-9"), 1, turn, 4, 10, 100, 10**4, 10**8, 10**12]
        expected = 2 * mpmath.quad(lambda z: abs(lead(z)), ends)
    distance = report["wasserstein-1"]
    assert abs(distance.value - expected) < distance.stderr < 1e-8
    assert report["excess-kurtosis"] == Estimate(math.inf, 0.0)
    assert "order 3 does not exist" in report.unavailable["skewness"]


def test_constant_law_is_refused():
    with pytest.raises(ValueError, match="x must not be constant"):
        Distribution.of(_Constant(), standardize=False)


class _Constant(_Cauchy):
    variance = 0.0
    mean = 1.0


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize(
    ("law", "skewness", "excess_kurtosis"),
    [
        ("normal(mean=1e6)", 0.0, 0.0),
        ("laplace(mean=-1e5)", 0.0, 3.0),
        ("uniform(low=100000.0, high=100001.0)", 0.0, -1.2),
    ],
)
def test_moments_of_a_law_far_from_0(law, skewness, excess_kurtosis, standardize):
    """The binomial sum of the raw moments has lost all digits there."""
    report = gaussianity(clt.laws.get(law), standardize=standardize)
    for name, value in (("skewness", skewness), ("excess-kurtosis", excess_kurtosis)):
        assert abs(report[name].value - value) <= report[name].stderr < 1e-8
