"""Indices of sparsity against closed forms, definitions and repeated samples."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.integrate
import specimens
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

import clt_sim as clt
from clt_sim import Estimate, laws
from clt_sim.sparsity import sparsity
from clt_sim.sparsity.draws import Draws
from clt_sim.sparsity.magnitudes import Magnitudes
from clt_sim.sparsity.registry import MEASURES

NAMES = ["near-zero", "exact-zero", "hoyer", "gini", "treves-rolls"]
ROOT2 = math.sqrt(2.0)

# |Z|, U(0, 1), |Laplace| = exponential, a sign: near-zero, Hoyer, Gini, Treves-Rolls
CLOSED = {
    laws.Normal(sd=3.0): (
        2.0 * float(ndtr(0.1)) - 1.0,
        1.0 - math.sqrt(2.0 / math.pi),
        ROOT2 - 1.0,
        1.0 - 2.0 / math.pi,
    ),
    laws.Uniform(-2.0, 2.0): (0.1 / math.sqrt(3.0), 1.0 - math.sqrt(0.75), 1.0 / 3.0, 0.25),
    laws.Laplace(): (1.0 - math.exp(-0.1 * ROOT2), 1.0 - 1.0 / ROOT2, 0.5, 0.5),
    laws.Exponential(scale=0.1): (1.0 - math.exp(-0.1 * ROOT2), 1.0 - 1.0 / ROOT2, 0.5, 0.5),
    laws.Rademacher(): (0.0, 0.0, 0.0, 0.0),
}


@pytest.mark.parametrize("law", CLOSED, ids=str)
def test_laws_against_closed_forms(law):
    report = sparsity(law)
    names = ["near-zero", "hoyer", "gini", "treves-rolls"]
    for name, expected in zip(names, CLOSED[law], strict=True):
        assert report[name].value == pytest.approx(expected, abs=1e-13), name
        assert report[name].stderr < 1e-12
    assert report["exact-zero"].value == 0.0


def test_signed_law_against_quadrature_of_its_density():
    law = laws.Normal(mean=0.7, sd=1.3)

    def density(a):
        return float(law.pdf(a) + law.pdf(-a))

    mean = scipy.integrate.quad(lambda a: a * density(a), 0.0, 15.0, epsabs=1e-13)[0]
    share = scipy.integrate.quad(density, 0.0, 0.1 * math.sqrt(0.49 + 1.69), epsabs=1e-13)[0]
    # E|c - c'| = 4 E[c G(c)] - 2 E[c] with the distribution function G of magnitudes
    ranked = scipy.integrate.quad(
        lambda a: a * density(a) * float(law.cdf(a) - law.cdf(-a)), 0.0, 15.0, epsabs=1e-13
    )[0]
    report = sparsity(law)
    ratio = mean / math.sqrt(0.49 + 1.69)
    assert report["near-zero"].value == pytest.approx(share, abs=1e-12)
    assert report["hoyer"].value == pytest.approx(1.0 - ratio, abs=1e-11)
    assert report["treves-rolls"].value == pytest.approx(1.0 - ratio**2, abs=1e-11)
    assert report["gini"].value == pytest.approx(
        (4.0 * ranked - 2.0 * mean) / (2.0 * mean), abs=1e-11
    )


class _Rectified(laws.Law):
    """relu(Z): an atom of 1/2 at 0."""

    name = "rectified"
    kernel = -1
    support = (0.0, math.inf)
    atoms = {0.0: 0.5}  # noqa: RUF012

    def _moment(self, k):
        return clt.nonlinearities.get("relu").gaussian_moment(k)

    def pdf(self, x):
        return np.where(np.asarray(x) > 0.0, laws.Normal().pdf(x), 0.0)

    def cdf(self, x):
        return np.where(np.asarray(x) >= 0.0, laws.Normal().cdf(x), 0.0)

    def quantile(self, p):
        return np.maximum(laws.Normal().quantile(p), 0.0)

    def characteristic_function(self, t):
        raise NotImplementedError

    def __str__(self):
        return self.name


def test_rectified_normal():
    report = sparsity(_Rectified())
    assert report["exact-zero"].value == 0.5
    assert report["near-zero"].value == pytest.approx(float(ndtr(0.1 / ROOT2)), abs=1e-13)
    assert report["gini"].value == pytest.approx(1.0 / ROOT2, abs=1e-12)
    assert report["hoyer"].value == pytest.approx(1.0 - 1.0 / math.sqrt(math.pi), abs=1e-12)
    assert report["treves-rolls"].value == pytest.approx(1.0 - 1.0 / math.pi, abs=1e-12)


class _Pareto(laws.Law):
    """The law with ``P(X > a) = a**-index`` for a > 1."""

    name = "heavy tail"
    support = (1.0, math.inf)

    def __init__(self, index):
        self.index = index

    tail_index = property(lambda self: self.index)
    variance = property(lambda self: self._moment(2) - self._moment(1) ** 2)

    def _moment(self, k):
        return self.index / (self.index - k) if k < self.index else math.inf

    def pdf(self, x):
        x = np.asarray(x, np.float64)
        inside = x >= 1.0
        return np.where(inside, self.index * np.where(inside, x, 1.0) ** (-self.index - 1.0), 0.0)

    def cdf(self, x):
        return 1.0 - np.maximum(np.asarray(x, np.float64), 1.0) ** -self.index

    def quantile(self, p):
        return (1.0 - np.asarray(p, np.float64)) ** (-1.0 / self.index)

    def characteristic_function(self, t):
        raise NotImplementedError

    def __str__(self):
        return self.name


@pytest.mark.parametrize("index", [1.1, 1.5, 2.0, 2.1, 2.5, 4.0, 30.0])
def test_heavy_tails(index):
    """Its Gini index is 1/(2b - 1), and E X over the root of E X^2 sqrt(b(b - 2))/(b - 1)."""
    report = sparsity(_Pareto(index))
    gini = report["gini"]
    assert abs(gini.value - 1.0 / (2.0 * index - 1.0)) <= gini.stderr < 1e-7
    if index <= 2.0:
        assert report["hoyer"] == report["treves-rolls"] == Estimate(1.0, 0.0)
        assert "no finite second moment" in report.unavailable["near-zero"]
        return
    ratio = math.sqrt(index * (index - 2.0)) / (index - 1.0)
    for name, expected in (("hoyer", 1.0 - ratio), ("treves-rolls", 1.0 - ratio**2)):
        assert abs(report[name].value - expected) <= report[name].stderr < 1e-10


@pytest.mark.parametrize("sd_log", [0.1, 1.0, 3.0, 7.0])
def test_lognormal_laws(sd_log):
    """The Gini index is erf(s/2) and E X over the root of E X^2 is exp(-s^2/2)."""
    report = sparsity(laws.Lognormal(sd_log=sd_log))
    for name, expected in (
        ("gini", math.erf(0.5 * sd_log)),
        ("hoyer", -math.expm1(-0.5 * sd_log**2)),
    ):
        assert abs(report[name].value - expected) <= report[name].stderr < 1e-6


def test_indices_without_a_mean_are_the_limits_of_samples():
    law = _Pareto(0.8)
    report = sparsity(law)
    for name in ("hoyer", "gini", "treves-rolls"):
        assert report[name] == Estimate(1.0, 0.0)
    # The gaps fall like a power of N: about half of the orders of magnitude of N here.
    few, many = (sparsity(law.sample(size, rng=1)) for size in (100, 1_000_000))
    for name in ("hoyer", "gini", "treves-rolls"):
        assert 1.0 - many[name].value < 0.2 * (1.0 - few[name].value)
        assert 1.0 - many[name].value < 0.1


@pytest.mark.parametrize("law", specimens.laws(), ids=str)
def test_every_registered_law(law):
    if law.atoms.get(0.0) == 1.0:
        with pytest.raises(ValueError, match="all 0"):
            sparsity(law)
        return
    report = sparsity(law)
    assert {*report, *report.unavailable} == set(MEASURES)
    for estimate in report.values():
        assert -1e-14 <= estimate.value <= 1.0
        assert 0.0 <= estimate.stderr < 1e-6


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-20, 20), min_size=1, max_size=25, unique=True).filter(any), st.data())
def test_discrete_laws_against_brute_force(places, data):
    shares = data.draw(st.lists(st.integers(1, 9), min_size=len(places), max_size=len(places)))
    weights = [Fraction(share, sum(shares)) for share in shares]
    law = laws.Discrete(tuple(places), tuple(map(float, weights)))
    atoms = [(abs(place), weight) for place, weight in zip(places, weights, strict=True)]
    mean = sum(a * p for a, p in atoms)
    square = sum(a * a * p for a, p in atoms)
    smaller = sum(min(a, b) * p * q for a, p in atoms for b, q in atoms)
    report = sparsity(law)
    assert report["gini"].value == pytest.approx(float(1 - smaller / mean), abs=1e-13)
    assert report["treves-rolls"].value == pytest.approx(float(1 - mean**2 / square), abs=1e-13)


def test_an_empirical_law_and_its_numbers():
    numbers = np.random.default_rng(3).normal(size=50_000)
    law, values = sparsity(laws.Empirical(tuple(numbers.tolist()))), sparsity(numbers)
    assert law["gini"].value == pytest.approx(values["gini"].value, abs=1e-10)
    assert law["near-zero"].value == pytest.approx(values["near-zero"].value, abs=1e-12)


def _definitions(values):
    """Return the indices by their formulas, in exact arithmetic where they are rational."""
    c = sorted(abs(Fraction(value)) for value in values)
    n, l1, squares = len(c), sum(c), sum(x * x for x in c)
    ranked = sum(x / l1 * (n - k + Fraction(1, 2)) / n for k, x in enumerate(c, start=1))
    activity = (l1 / n) ** 2 / (squares / n)
    return {
        "near-zero": Fraction(sum(100 * x * x * n <= squares for x in c), n),
        "exact-zero": Fraction(c.count(0), n),
        "hoyer": (math.sqrt(n) - l1 / math.sqrt(squares)) / (math.sqrt(n) - 1.0),
        "gini": 1 - 2 * ranked,
        "treves-rolls": (1 - activity) / (1 - Fraction(1, n)),
    }


rows = st.lists(st.integers(-20, 20).map(lambda k: k / 4.0), min_size=2, max_size=25).filter(any)


@settings(max_examples=100, deadline=None)
@given(rows)
def test_values_against_the_definitions(row):
    report = sparsity(row)
    for name, expected in _definitions(row).items():
        assert report[name].value == pytest.approx(float(expected), abs=1e-12), name


@settings(max_examples=50, deadline=None)
@given(rows, st.sampled_from([1e-300, 0.25, -2.0, 1e300]))
def test_scale_sign_and_order_do_not_matter(row, scale):
    before, after = sparsity(row), sparsity(np.array(row)[::-1] * scale)
    for name in NAMES:
        assert after[name].value == pytest.approx(before[name].value, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(rows)
def test_all_indices_are_between_0_and_1(row):
    for name, estimate in sparsity(row).items():
        assert -1e-12 <= estimate.value <= 1.0 + 1e-12, name


@settings(max_examples=50, deadline=None)
@given(rows)
def test_gini_of_clones_and_of_a_robbery(row):
    assert sparsity(row * 3)["gini"].value == pytest.approx(sparsity(row)["gini"].value, abs=1e-12)
    magnitudes = np.sort(np.abs(row))
    if magnitudes[0] < magnitudes[-1]:  # from the rich to the poor, without changing places
        given_away = 0.25 * (magnitudes[-1] - magnitudes[0])
        robbed = magnitudes + given_away * np.eye(len(row))[0] - given_away * np.eye(len(row))[-1]
        assert sparsity(robbed)["gini"].value < sparsity(magnitudes)["gini"].value


@pytest.mark.parametrize("n", [2, 7, 100])
def test_one_spike_and_equal_values(n):
    spike, equal = np.eye(n)[0], np.full(n, -3.0)
    assert sparsity(spike)["hoyer"].value == pytest.approx(1.0, abs=1e-14)
    assert sparsity(spike)["treves-rolls"].value == pytest.approx(1.0, abs=1e-14)
    assert sparsity(spike)["gini"].value == pytest.approx(1.0 - 1.0 / n, abs=1e-14)
    for name in NAMES:
        assert sparsity(equal)[name].value == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_influence_is_the_derivative_under_contamination(name):
    values = np.random.default_rng(1).normal(size=50) * np.random.default_rng(2).integers(0, 2, 50)
    magnitudes = Magnitudes.of(values)
    influence = MEASURES[name].influence(magnitudes)
    assert magnitudes.weights @ influence == pytest.approx(0.0, abs=1e-12)
    if name == "near-zero":
        return  # its threshold moves past no value by an infinitesimal step
    step = 1e-6
    for index in (0, 30, 49):
        moved = []
        for share in (-step, step):
            weights = magnitudes.weights * (1.0 - share)
            weights[index] += share
            square = np.asarray(magnitudes.values**2 @ weights)
            other = Magnitudes(magnitudes.values, weights, square, magnitudes.count)
            moved.append(float(MEASURES[name].of_magnitudes(other)))
        assert influence[index] == pytest.approx((moved[1] - moved[0]) / (2.0 * step), abs=1e-6)


SAMPLERS = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "laplace": lambda rng, shape: rng.laplace(size=shape),
    "relu": lambda rng, shape: np.maximum(rng.normal(size=shape), 0.0),
}


@pytest.mark.parametrize("source", SAMPLERS)
def test_standard_errors_match_the_spread_of_repeated_samples(source):
    # The sd of 600 values has a standard error of 3 %: 15 % is beyond 4 sigma, and there are
    # 14 comparisons: a false alarm in less than 1e-3 of seeds.
    draws = SAMPLERS[source](np.random.default_rng(9), (600, 500))
    reports = [sparsity(row) for row in draws]
    for name in NAMES:
        if source != "relu" and name == "exact-zero":
            continue
        values = np.array([report[name].value for report in reports])
        errors = np.array([report[name].stderr for report in reports])
        assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(ddof=1), rel=0.15), name


def test_negative_control_clusters_that_are_ignored_make_errors_too_small():
    rng = np.random.default_rng(4)
    shared = rng.exponential(size=(400, 60, 1)) * rng.normal(size=(400, 60, 8))
    cluster = np.repeat(np.arange(60), 8)
    gini = MEASURES["gini"]
    values = np.array([Draws.of(block.ravel()).estimate(gini).value for block in shared])
    right, wrong = (
        np.array([Draws.of(block.ravel(), rows).estimate(gini).stderr for block in shared])
        for rows in (cluster, None)
    )
    spread = values.std(ddof=1)
    assert np.sqrt(np.mean(right**2)) == pytest.approx(spread, rel=0.15)
    assert np.sqrt(np.mean(wrong**2)) < 0.85 * spread
