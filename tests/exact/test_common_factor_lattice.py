"""Sums of signs and steps of equicorrelated normal inputs."""

from __future__ import annotations

import functools
import importlib
import itertools
import math
import pickle
from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clt_sim as clt
from clt_sim.exact import LatticeLaw, NoExactLaw
from clt_sim.exact.conditional_masses import PEAK, SidedKernel, masses_of_sum


def model(n: int, r: float, **options) -> clt.WeightedSum:
    options = {"nonlinearity": "step", "weights": 1.0, **options}
    return clt.WeightedSum(n, dependence=f"equicorrelated(correlation={r})", **options)


def law_of(n: int, r: float, **options) -> LatticeLaw:
    return clt.exact(model(n, r, **options))


@pytest.mark.parametrize("r", [0.001, 0.3, 0.5, 0.97, 0.99999])
def test_orthants(r):
    """Of two and of three: Sheppard 1899, and by inclusion and exclusion from that."""
    pairs = law_of(2, r, nonlinearity="sign")
    both = 0.25 + math.asin(r) / math.tau
    expected = [both, math.acos(r) / math.pi, both]
    np.testing.assert_allclose(pairs.pmf([-2.0, 0.0, 2.0]), expected, rtol=1e-13)
    assert pairs.error < 1e-12
    assert float(law_of(3, r).sf(2.0)) == pytest.approx(1.5 * both - 0.25, rel=1e-13)


@pytest.mark.parametrize("n", [1, 10, 2000])
def test_at_correlation_one_half_the_number_of_ones_is_uniform(n):
    """Given the common draw it is binomial with a probability that is a uniform number."""
    law = law_of(n, 0.5)
    assert (law.method, law.support) == ("lattice", (0.0, float(n)))
    np.testing.assert_allclose(law.masses, 1.0 / (n + 1.0), rtol=law.error)
    assert law.error < 1e-15 * (n + 100)
    assert law.mean == pytest.approx(0.5 * n, rel=1e-14)
    assert law.variance == pytest.approx(n * (n + 2) / 12.0, rel=1e-13)
    assert law.moment(4) == pytest.approx(sum(k**4 for k in range(n + 1)) / (n + 1), rel=1e-12)


def by_mpmath(n: int, k: int, r: float, mean: float) -> float:
    """The probability of k ones, as an integral over the common draw."""
    with mp.workdps(25):
        root, spread = mp.sqrt(mp.mpf(r)), mp.sqrt(1 - mp.mpf(r))

        def integrand(z):
            p, q = (mp.ncdf(sign * (mean + root * z) / spread) for sign in (1, -1))
            return mp.binomial(n, k) * p**k * q ** (n - k) * mp.npdf(z)

        return float(mp.quad(integrand, range(-30, 31)))


@pytest.mark.parametrize(
    ("n", "k", "r", "mean"), [(10, 4, 0.1, 0.5), (200, 200, 0.02, 0.0), (40, 40, 0.1, -6.0)]
)
def test_masses_by_mpmath(n, k, r, mean):
    """Also far in a tail: 5e-36 and 1e-73 of the last two."""
    law = law_of(n, r, inputs=f"normal(mean={mean})")
    assert float(law.pmf(k)) == pytest.approx(by_mpmath(n, k, r, mean), rel=law.error)


def by_enumeration(r: float, values: list[dict[int, list[tuple[float, float]]]]) -> dict:
    """Masses of a sum, from values with their masses given the sides of every input."""
    z, weights = np.polynomial.hermite_e.hermegauss(120)
    sides = {-1: np.empty(z.size), 1: np.empty(z.size)}
    for sign, row in sides.items():
        row[:] = [float(mp.ncdf(sign * math.sqrt(r / (1.0 - r)) * x)) for x in z]
    total: dict[float, float] = {}
    for signs in itertools.product((-1, 1), repeat=len(values)):
        chance = math.prod(sides[sign] for sign in signs)
        mass = float(chance @ weights) / math.sqrt(math.tau)
        rows = (given[sign] for given, sign in zip(values, signs, strict=True))
        for chosen in itertools.product(*rows):
            place = sum(x for x, _ in chosen)
            total[place] = total.get(place, 0.0) + mass * math.prod(m for _, m in chosen)
    return dict(sorted(total.items()))


def test_different_weights():
    weights = (1.0, -2.0, 0.5, 0.5)
    values = [{side: [(side * w, 1.0)] for side in (-1, 1)} for w in weights]
    expected = by_enumeration(0.3, [*values, {side: [(3.0, 1.0)] for side in (-1, 1)}])
    law = law_of(4, 0.3, nonlinearity="sign", weights=weights, bias=3.0)
    assert [*law.atoms] == [*expected]
    np.testing.assert_allclose([*law.atoms.values()], [*expected.values()], rtol=1e-12)


def test_random_weights_dropout_and_a_random_bias():
    """Weights 1, 2 or 3, kept with the probability 3/4; a Bernoulli bias."""
    on = [(w / 0.75, 0.25) for w in (1.0, 2.0, 3.0)]
    term = {-1: [(0.0, 1.0)], 1: [(0.0, 0.25), *on]}
    bias = {side: [(0.0, 0.5), (1.0, 0.5)] for side in (-1, 1)}
    expected = by_enumeration(0.3, [term, term, bias])
    law = law_of(2, 0.3, weights="discrete", dropout=0.25, bias="bernoulli")
    places = {round(3.0 * place): 0.0 for place in expected}
    for place, mass in expected.items():
        places[round(3.0 * place)] += mass
    assert [round(3.0 * place) for place in law.atoms] == [*places]
    np.testing.assert_allclose([*law.atoms.values()], [*places.values()], rtol=1e-12)
    assert law.mean == pytest.approx(2.5, rel=1e-13)


def test_draws_of_the_simulation():
    """At every place, 4.5 standard errors; independent inputs are further."""
    options = {"weights": "rademacher", "nonlinearity": "step", "dropout": 0.25}
    draws = 100_000
    counts = clt.sample(model(6, 0.6, **options), draws, seed=8)
    law, other = law_of(6, 0.6, **options), clt.exact(clt.WeightedSum(6, **options))

    def furthest(mass):
        shares = [np.mean(np.abs(counts - place) < 1e-4) for place in law.places]
        return np.max(np.abs(shares - mass) / np.sqrt(mass * (1.0 - mass) / draws))

    assert furthest(law.pmf(law.places)) < 4.5
    assert furthest(other.pmf(other.places)) > 10.0


def test_small_and_large_correlations_are_near_independence_and_one_number():
    independent = clt.exact(clt.WeightedSum(50, nonlinearity="step", weights=1.0))
    np.testing.assert_allclose(law_of(50, 1e-14).masses, independent.masses, rtol=1e-10)
    ends = law_of(50, 1.0 - 1e-7).pmf([0.0, 50.0])
    np.testing.assert_allclose(ends, 0.5, atol=2e-3)


def test_too_few_nodes_are_noticed(monkeypatch):
    """Negative control: what the last doubling of nodes changes is in the error."""
    module = importlib.import_module("clt_sim.exact.common_factor_lattice")
    monkeypatch.setattr(module, "_AGREEMENT", 10.0)
    law = law_of(300, 0.5)
    off = float(np.abs(law.masses * 301.0 - 1.0).max())
    assert 1e-6 < off < law.error


@given(
    st.integers(1, 6), st.fractions(0, 1, max_denominator=50), st.fractions(0, 1, max_denominator=9)
)
def test_masses_of_a_sum_given_the_sides(n, below, above):
    """Of three values, by exact arithmetic; the probabilities of the sides are 1/4 and 3/4."""
    kernel = SidedKernel(
        (0, 1, 3), (below, 1 - below, Fraction(0)), (above, Fraction(0), 1 - above)
    )
    single = [(b + 3 * a) / 4 for b, a in zip(kernel.below, kernel.above, strict=True)]
    expected = [Fraction(0)] * (3 * n + 1)
    for chosen in itertools.product(zip(kernel.places, single, strict=True), repeat=n):
        expected[sum(place for place, _ in chosen)] += math.prod(mass for _, mass in chosen)
    sides = np.log([0.25]), np.log([0.75])
    masses, error = masses_of_sum([(kernel, n)], *sides)
    np.testing.assert_allclose(
        masses[:, 0] * 2.0**-PEAK, [*map(float, expected)], rtol=1e-14, atol=1e-300
    )
    assert 0.0 <= error < 1e-13


@pytest.mark.parametrize(
    ("n", "options", "reason"),
    [
        (9, {"inputs": "laplace"}, "and have not the law normal"),
        (9, {"nonlinearity": "relu"}, r"the inputs are dependent, equicorrelated\."),
        (9, {"weights": "uniform"}, "the law of the weights is not discrete"),
        (9, {"weights": tuple(0.1 * k + 0.3 for k in range(9))}, "on no lattice"),
        (10**6, {}, r"takes \d+e\+\d+ products, for 1000001 places at \d+ nodes; the limit"),
    ],
)
def test_refusals_name_the_part(n, options, reason):
    with pytest.raises(NoExactLaw, match=reason):
        clt.exact(model(n, 0.5, **options), method="lattice")
    with pytest.raises(NoExactLaw, match="all are one number"):
        clt.exact(model(2, 1.0, weights="rademacher"), method="lattice")


def test_a_law_is_a_value():
    law, again = law_of(4, 0.3), functools.partial(law_of, 4)(0.3)
    assert law == again
    assert hash(law) == hash(again)
    assert law != law_of(4, 0.4)
    assert pickle.loads(pickle.dumps(law)) == law  # noqa: S301
    assert str(law).startswith("lattice law on [0, 4]: 5 places in steps of 1, relative error")
    assert float(law.quantile(0.5)) == 2.0
