"""Laws of sums with few values that are on no lattice, against all outcomes one by one."""

from __future__ import annotations

import dataclasses
import itertools
import math
import pickle
from collections import defaultdict
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

import clt_sim as clt
from clt_sim.exact import ExactLaw, NoExactLaw
from clt_sim.exact.atomic_law import DiscreteLaw
from clt_sim.exact.atomic_route import discrete_law
from clt_sim.exact.lattice_route import lattice_law

ULP = 2.0**-52
VALUES, CHANCES = (0.0, 1.0, 2.5), (0.2, 0.3, 0.5)
DICE = f"discrete(values={VALUES},probabilities={CHANCES})"
PAIR = "discrete(values=(0.3,-0.7),probabilities=(0.25,0.75))"
ROOTS = (1.0, -(2.0**0.5), 3.0**0.5, 0.1)


def term(values, chances=None):
    """Exact places with exact masses, which sum to 1."""
    values = list(values)
    chances = [Fraction(p) for p in ([1.0] * len(values) if chances is None else chances)]
    masses = defaultdict(Fraction)
    for x, p in zip(values, chances, strict=True):
        masses[Fraction(x)] += p / sum(chances)
    return dict(masses)


def times(first, second):
    masses = defaultdict(Fraction)
    for (x, p), (y, q) in itertools.product(first.items(), second.items()):
        masses[x * y] += p * q
    return dict(masses)


def dropped_out(one, dropout):
    kept = 1 - Fraction(dropout)
    masses = defaultdict(Fraction, {Fraction(0): 1 - kept})
    for x, p in one.items():
        masses[x / kept] += kept * p
    return dict(masses)


def all_outcomes(terms, offset=0.0):
    """The masses of a sum, by all outcomes of its terms."""
    masses = defaultdict(Fraction)
    for outcome in itertools.product(*(one.items() for one in terms)):
        place = Fraction(offset) + sum(x for x, _ in outcome)
        masses[place] += math.prod(p for _, p in outcome)
    return dict(sorted(masses.items()))


def multinomial(n, values, chances):
    """The masses of the sum of n like terms of three values, by their counts."""
    one = term(values, chances)
    (a, b, c), (p, q, r) = one, one.values()
    masses = defaultdict(Fraction)
    for i in range(n + 1):
        for j in range(n - i + 1):
            k = n - i - j
            ways = math.comb(n, i) * math.comb(n - i, j)
            masses[i * a + j * b + k * c] += ways * p**i * q**j * r**k
    return dict(sorted(masses.items()))


TANH = term(np.tanh(VALUES), CHANCES)
ERF = term(special.erf(VALUES), CHANCES)
SIGNS = term([-1.0, 1.0])
CASES = {
    "tanh": (
        clt.WeightedSum(3, DICE, "tanh", 1.0),
        all_outcomes([TANH] * 3),
    ),
    "one-term": (clt.WeightedSum(1, DICE, "tanh", 1.0), all_outcomes([TANH])),
    "random-weights": (
        clt.WeightedSum(3, DICE, "tanh", PAIR),
        all_outcomes([times(term([0.3, -0.7], [0.25, 0.75]), TANH)] * 3),
    ),
    "fixed-weights": (
        clt.WeightedSum(4, "rademacher", weights=ROOTS, bias=0.7),
        all_outcomes([times(term([w]), SIGNS) for w in ROOTS], 0.7),
    ),
    "fixed-inputs": (
        clt.WeightedSum(3, [0.1, -2.0, 1.5], "tanh", PAIR),
        all_outcomes(
            [times(term([0.3, -0.7], [0.25, 0.75]), term([y])) for y in np.tanh([0.1, -2.0, 1.5])]
        ),
    ),
    "dropout": (
        clt.WeightedSum(3, DICE, "tanh", 1.0, dropout=0.3),
        all_outcomes([dropped_out(TANH, 0.3)] * 3),
    ),
    "random-bias": (
        clt.WeightedSum(3, DICE, "tanh", 1.0, bias=PAIR),
        all_outcomes([TANH] * 3 + [term([0.3, -0.7], [0.25, 0.75])]),
    ),
    "nearly-one-weight": (
        clt.WeightedSum(2, "rademacher", weights=[1.0, 1e-14]),
        all_outcomes([SIGNS, times(term([1e-14]), SIGNS)]),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_all_outcomes(name):
    model, masses = CASES[name]
    law = discrete_law(model)
    assert isinstance(law, ExactLaw)
    np.testing.assert_array_equal(law.places, [*map(float, masses)])
    assert law.place_error == 0.0
    np.testing.assert_allclose(law.masses, [*map(float, masses.values())], rtol=law.error)
    below = [*itertools.accumulate(masses.values())]
    np.testing.assert_allclose(law.cdf(law.places), [*map(float, below)], rtol=law.error)
    above = [float(1 - height) for height in below]
    np.testing.assert_allclose(law.sf(law.places), above, rtol=law.error)
    assert law.error < 1e-14


@pytest.mark.parametrize("name", CASES)
def test_moments(name):
    """Those of all outcomes, rounded, and those of the model."""
    model, masses = CASES[name]
    law = discrete_law(model)
    for k in range(7):
        assert law.moment(k) == float(sum(p * x**k for x, p in masses.items()))
    mean = sum(p * x for x, p in masses.items())
    assert law.variance == float(sum(p * (x - mean) ** 2 for x, p in masses.items()))
    assert law.mean == pytest.approx(model.mean, rel=1e-14, abs=1e-15)
    assert law.variance == pytest.approx(model.variance, rel=1e-14)


def test_erf_is_right_to_its_own_rounding():
    """The package's erf and that of scipy may differ in the last bit, and so may the places."""
    law = discrete_law(clt.WeightedSum(3, DICE, "erf", 1.0))
    masses = all_outcomes([ERF] * 3)
    np.testing.assert_allclose(law.places, [*map(float, masses)], rtol=2 * ULP)
    np.testing.assert_allclose(law.masses, [*map(float, masses.values())], rtol=law.error)


@pytest.mark.parametrize(
    "model",
    [
        clt.WeightedSum(20, "rademacher", weights=1.0),
        clt.WeightedSum(9, "discrete(values=(0,1,5),probabilities=(.1,.2,.7))", weights=0.5),
        clt.WeightedSum(6, "bernoulli", weights=np.arange(1.0, 7.0), bias="rademacher"),
        clt.WeightedSum(5, "normal(mean=0.4)", "sign", "rademacher", dropout=0.25),
        clt.WeightedSum(
            30, "normal", "step", 1.0, dependence="equicorrelated(correlation=0.3)", bias=2.0
        ),
    ],
    ids=["coins", "dice", "weights", "sign", "equicorrelated"],
)
def test_the_lattice_route_agrees(model):
    law, lattice = discrete_law(model), lattice_law(model)
    assert law.support == lattice.support
    np.testing.assert_array_equal(law.places, [*lattice.atoms])
    bound = law.error + lattice.error
    np.testing.assert_allclose(law.masses, [*lattice.atoms.values()], rtol=bound)
    for function in ("cdf", "sf"):
        x = law.places
        np.testing.assert_allclose(getattr(law, function)(x), getattr(lattice, function)(x), bound)
    for k in range(1, 5):
        assert law.moment(k) == pytest.approx(lattice.moment(k), rel=1e-12, abs=1e-12)


@pytest.fixture(scope="module")
def rare():
    """The law and the exact masses of 30 terms with a rare value; tails down to 1e-180."""
    chances = (1e-6, 0.3, 0.699999)
    inputs = f"discrete(values={VALUES},probabilities={chances})"
    law = discrete_law(clt.WeightedSum(30, inputs, "tanh", -1.0))
    return law, multinomial(30, (-np.tanh(VALUES)).tolist(), chances)


def test_both_tails_keep_their_digits(rare):
    law, masses = rare
    assert len(law.atoms) == len(masses) == 31 * 32 // 2
    assert 0.0 < law.masses.min() < 1e-178
    with mpmath.workdps(60):
        exact = [mpmath.mpf(p.numerator) / p.denominator for p in masses.values()]
        below = [*itertools.accumulate(exact)]
        above = [*itertools.accumulate(exact[::-1])][-2::-1]
        for found, right in (
            (law.masses, exact),
            (law.cdf(law.places), below),
            (law.sf(law.places[:-1]), above),
        ):
            off = [abs(x / y - 1) for x, y in zip(found.tolist(), right, strict=True)]
            assert max(off) < law.error < 5e-14
        from_other_side = (1.0 - law.cdf(law.places[:-1])).tolist()
        assert max(abs(x / y - 1) for x, y in zip(from_other_side, above, strict=True)) > 0.5


def test_masses_too_small_for_doubles():
    inputs = "discrete(values=(0,1,2.5),probabilities=(1e-8,0.3,0.69999999))"
    law = discrete_law(clt.WeightedSum(60, inputs, "tanh", 1.0))
    assert law.support[0] == 0.0 < law.places[0]
    assert 0.0 not in law.atoms
    assert law.quantile(0.0) == law.support[0]
    assert law.cdf(0.0) == law.pmf(0.0) == 0.0
    assert math.fsum(law.masses) == pytest.approx(1.0, abs=1e-15)
    assert len(law.atoms) < 61 * 62 // 2


def test_roundings_of_decimals_do_not_part_atoms():
    """In decimals the sums of .1, .2 and .3 are on a lattice; as doubles they are not."""
    decimals = [Fraction(k, 10) for k in (1, 2, 3)]
    law = discrete_law(clt.WeightedSum(4, "discrete(values=(.1,.2,.3))", weights=1.0))
    masses = all_outcomes([term(decimals)] * 4)
    assert len(all_outcomes([term(map(float, decimals))] * 4)) > len(masses) == 9
    np.testing.assert_allclose(law.places, [*map(float, masses)], rtol=ULP)
    np.testing.assert_allclose(law.masses, [*map(float, masses.values())], rtol=law.error)
    assert 0.0 < law.place_error < ULP
    assert f"places within {1.05 * law.place_error:.1e} of the size of their terms" in str(law)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-400, 400), min_size=2, max_size=4, unique=True),
    st.sampled_from([1.0, 0.1, 0.07, 1e-9]),
    st.integers(1, 5),
)
def test_any_decimals(hundredths, weight, n):
    inputs = clt.laws.Discrete([k / 100 for k in hundredths])
    law = discrete_law(clt.WeightedSum(n, inputs, weights=weight))
    exact = Fraction(str(weight))
    masses = all_outcomes([term([exact * Fraction(k, 100) for k in hundredths])] * n)
    size = n * weight * max(map(abs, hundredths)) / 100
    np.testing.assert_allclose(law.places, [*map(float, masses)], rtol=0.0, atol=4 * ULP * size)
    np.testing.assert_allclose(law.masses, [*map(float, masses.values())], rtol=law.error)


def test_what_is_joined_is_said():
    """Weights of 1 and 1e-16 are beyond what roundings leave, of 1 and 1e-14 they are not."""
    joined = discrete_law(clt.WeightedSum(2, "rademacher", weights=[1.0, 1e-16]))
    np.testing.assert_array_equal(joined.places, [-1.0, 1.0])
    assert joined.place_error == pytest.approx(1e-16, rel=1e-12)
    assert joined.variance == 1.0
    apart = discrete_law(clt.WeightedSum(2, "rademacher", weights=[1.0, 1e-14]))
    assert (len(apart.atoms), apart.place_error) == (4, 0.0)
    assert "places within" not in str(apart)


def test_a_far_value_does_not_join_near_ones():
    law = discrete_law(clt.WeightedSum(2, "discrete(values=(0,1,1e20))", weights=1.0))
    np.testing.assert_array_equal(law.places, [0.0, 1.0, 2.0, 1e20, 2e20])
    np.testing.assert_allclose(law.masses, np.array([1, 2, 1, 4, 1]) / 9, rtol=law.error)
    assert 0.0 < law.place_error <= 0.5e-20


def test_a_bias_takes_dependent_signs_off_their_lattice():
    dependence = "equicorrelated(correlation=0.3)"
    model = clt.WeightedSum(3, "normal", "sign", 1.0, bias=PAIR, dependence=dependence)
    signs = lattice_law(clt.WeightedSum(3, "normal", "sign", 1.0, dependence=dependence))
    law = discrete_law(model)
    expected = all_outcomes([term(signs.places, signs.masses), term([0.3, -0.7], [0.25, 0.75])])
    np.testing.assert_array_equal(law.places, [*map(float, expected)])
    np.testing.assert_allclose(law.masses, [*map(float, expected.values())], rtol=law.error)
    assert law.error > signs.error
    assert law.mean == pytest.approx(-0.45, abs=1e-15)


def draws(model, law, count=20_000):
    """The p-value of Pearson's test of the law, of sums of draws in double precision."""
    sums = np.sort(clt.sample(model, count, seed=5, precision="double"))
    middles = 0.5 * (law.places[1:] + law.places[:-1])
    found = np.bincount(np.searchsorted(middles, sums), minlength=law.places.size)
    return float(stats.chisquare(found, count * law.masses / law.masses.sum()).pvalue)


@pytest.mark.parametrize("name", ["tanh", "random-weights", "fixed-weights", "random-bias"])
def test_draws(name):
    """A right law fails this once in 1000 seeds; one off by 0.02 in a probability does not pass."""
    model = CASES[name][0]
    assert draws(model, discrete_law(model)) > 1e-3


def test_draws_of_another_law_are_told_apart():
    other = "discrete(values=(0.0,1.0,2.5),probabilities=(.22,.28,.5))"
    law = discrete_law(clt.WeightedSum(3, other, "tanh", 1.0))
    assert draws(CASES["tanh"][0], law) < 1e-6


@pytest.fixture(scope="module")
def roots():
    """A sum with 2 to the 12 atoms, symmetric about 0."""
    return discrete_law(clt.WeightedSum(12, "rademacher", weights=np.sqrt(np.arange(1, 13) + 0.1)))


def test_as_many_atoms_as_there_may_be(roots):
    assert len(roots.atoms) == 4096
    np.testing.assert_array_equal(roots.masses, 2.0**-12)
    np.testing.assert_array_equal(roots.places, -roots.places[::-1])
    np.testing.assert_array_equal(roots.cdf(roots.places), np.arange(1, 4097) / 4096)
    np.testing.assert_array_equal(roots.sf(roots.places), np.arange(4095, -1, -1) / 4096)
    assert roots.entropy == pytest.approx(12 * math.log(2.0), rel=1e-14)


def test_quantiles(roots):
    places = roots.places
    np.testing.assert_array_equal(roots.quantile(roots.cdf(places)), places)
    np.testing.assert_array_equal(roots.quantile(np.nextafter(roots.cdf(places), 0.0)), places)
    later = roots.quantile(np.nextafter(roots.cdf(places[:-1]), 1.0))
    np.testing.assert_array_equal(later, places[1:])
    ends = roots.quantile([0.0, 1.0, -0.1, 1.1, math.nan])
    np.testing.assert_array_equal(ends, [*roots.support] + [math.nan] * 3)
    assert roots.quantile(1e-300) == places[0]
    assert roots.quantile(1.0 - 2.0**-53) == places[-1]


def test_quantiles_of_small_probabilities(rare):
    law = rare[0]
    np.testing.assert_array_equal(law.quantile(law.cdf(law.places[:10])), law.places[:10])
    assert law.sf(law.quantile(0.999)) <= 1.0 - 0.999


@pytest.mark.parametrize("weights", [(1.0, 2.0**0.5, 0.3), (0.1, 0.2, 0.3, 0.7, 1.0)])
def test_the_median_of_a_symmetric_sum(weights):
    """The distribution function is exactly 1/2 between two halves."""
    coins = discrete_law(clt.WeightedSum(len(weights), "rademacher", weights=weights))
    assert coins.cdf(0.0) == coins.sf(0.0) == 0.5
    assert coins.quantile(0.5) == coins.places[coins.places < 0.0][-1]


def test_outside_the_support_between_places_and_not_a_number():
    law = discrete_law(CASES["tanh"][0])
    low, high = law.support
    x = [-math.inf, np.nextafter(low, -1.0), low, 0.1, high, math.inf, math.nan]
    first, last = law.masses[[0, -1]]
    np.testing.assert_array_equal(law.pmf(x), [0, 0, first, 0, last, 0, math.nan])
    np.testing.assert_array_equal(law.cdf(x), [0, 0, law.cdf(low), law.cdf(low), 1, 1, math.nan])
    np.testing.assert_array_equal(law.sf(x), [1, 1, law.sf(low), law.sf(low), 0, 0, math.nan])
    np.testing.assert_array_equal(law.pdf(x), [0] * 6 + [math.nan])
    np.testing.assert_array_equal(law.logpdf(low), -math.inf)
    assert law.kinks == ()


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_shapes_are_kept(shape):
    law, x = discrete_law(CASES["tanh"][0]), np.full(shape, 0.4)
    for function in (law.pmf, law.pdf, law.cdf, law.sf, law.logpdf, law.quantile):
        assert function(x).shape == shape
        assert function(x).dtype == np.float64


def test_a_constant_sum():
    law = discrete_law(clt.WeightedSum(2, "rademacher", weights=0.0, bias=0.3))
    assert dict(law.atoms) == {0.3: 1.0}
    assert (law.support, law.mean, law.variance) == ((0.3, 0.3), 0.3, 0.0)
    assert str(law).startswith("atoms law on [0.3, 0.3]: 1 atom, relative error below")


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (clt.WeightedSum(2, DICE), "the law of the weights is not discrete: normal has no atoms."),
        (clt.WeightedSum(2, weights=1.0), "the law of the inputs is not discrete: normal has no"),
        (
            clt.WeightedSum(2, DICE, weights=1.0, bias="normal"),
            "the law of the bias is not discrete: normal has no atoms.",
        ),
        (
            clt.WeightedSum(2, "normal", "relu", 1.0),
            "the law of the inputs is not discrete: normal has no atoms.",
        ),
        (
            clt.WeightedSum(2, [[0.1, 0.2], [0.3, 0.5]], weights="rademacher"),
            "the inputs are rows of data",
        ),
        (
            clt.WeightedSum(2, DICE, "tanh", 1.0, dependence="autoregressive(correlation=0.3)"),
            "the inputs are dependent, autoregressive",
        ),
        (
            clt.WeightedSum(
                2,
                "normal",
                "sign",
                1.0,
                bias="normal",
                dependence="equicorrelated(correlation=0.3)",
            ),
            "the law of the bias is not discrete: normal has no atoms.",
        ),
        (clt.WeightedSum(90, DICE, "tanh", 1.0), "the sum has more than 4096 atoms."),
        (clt.WeightedSum(10**6, DICE, "tanh", 1.0), "the sum has more than 4096 atoms."),
        (
            clt.WeightedSum(13, "rademacher", weights=np.sqrt(np.arange(1, 14) + 0.1)),
            "the sum has more than 4096 atoms.",
        ),
        (
            clt.WeightedSum(3, "discrete(values=(0,.1,1))", weights=1.0, bias=1e20),
            "doubles do not tell the 10 places from 1e+20 to 1e+20 apart.",
        ),
        (
            clt.WeightedSum(3, "discrete(values=(0,.1,1.3e308))", weights=1.0),
            "the places are beyond the range of doubles.",
        ),
    ],
    ids=[
        "weights",
        "inputs",
        "bias",
        "relu",
        "rows",
        "autoregressive",
        "bias-of-dependent",
        "terms",
        "many-terms",
        "weights-apart",
        "large-bias",
        "overflow",
    ],
)
def test_refusals(model, reason):
    with pytest.raises(NoExactLaw) as refusal:
        discrete_law(model)
    assert reason in str(refusal.value)


@pytest.mark.parametrize("k", [21, 40, 61])
def test_moments_of_high_orders_are_those_of_the_atoms(rare, k):
    law, masses = rare
    exact = float(sum(p * x**k for x, p in masses.items()))
    assert law.moment(k) == pytest.approx(exact, rel=law.error + k * ULP)
    assert discrete_law(clt.WeightedSum(2, "rademacher", weights=0.0)).moment(k) == 0.0


def test_moments_out_of_range():
    law = discrete_law(clt.WeightedSum(2, "rademacher", weights=[1e200, 3e199]))
    assert law.mean == 0.0
    with pytest.raises(OverflowError, match=r"the moment of order 2 of atoms law .* too large"):
        law.moment(2)
    with pytest.raises(OverflowError, match=r"the moment of order 22 .* too large"):
        law.moment(22)
    with pytest.raises(OverflowError, match=r"the variance of atoms law .* too large"):
        _ = law.variance


def test_equal_models_give_equal_laws():
    first = discrete_law(clt.WeightedSum(2, "rademacher", weights=ROOTS[:2]))
    second = discrete_law(clt.WeightedSum(3, "rademacher", weights=[ROOTS[1], 0.0, 1.0]))
    assert first == second
    assert hash(first) == hash(second)
    assert first != discrete_law(clt.WeightedSum(2, "rademacher", weights=ROOTS[1:3]))
    assert first != "atoms"
    loaded = pickle.loads(pickle.dumps(first))  # noqa: S301
    assert loaded == first
    assert loaded.error == first.error
    np.testing.assert_array_equal(loaded.cdf([0.0, 1.0]), first.cdf([0.0, 1.0]))


def test_a_law_cannot_be_changed():
    law = discrete_law(CASES["tanh"][0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        law.error = 0.0
    for array in (law.places, law.masses):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0
    with pytest.raises(TypeError):
        law.atoms[0.0] = 1.0


def test_facts():
    law = discrete_law(CASES["tanh"][0])
    assert isinstance(law, DiscreteLaw)
    assert str(law) == repr(law)
    assert float(str(law).rsplit(" ", 1)[1]) >= law.error == law.relative_error
    facts = law.to_dict()
    assert (facts["method"], facts["atoms"], facts["smallest"]) == ("atoms", 10, 1e-300)
    assert "10 atoms" in law._repr_html_()


def test_gaussianity_and_sparsity():
    """Kolmogorov's distance is at a limit from one side; the zeros are the atom at 0."""
    model, masses = CASES["tanh"]
    law = discrete_law(model)
    report = clt.gaussianity(law)
    z = (law.places - law.mean) / math.sqrt(law.variance)
    right = np.cumsum([*map(float, masses.values())])
    left = np.append(0.0, right[:-1])
    distance = max(np.abs(side - special.ndtr(z)).max() for side in (left, right))
    assert report["kolmogorov"].value == pytest.approx(distance, abs=1e-14)
    assert report["total-variation"].value == 1.0
    assert "negentropy" in report.unavailable
    zeros = clt.sparsity(law)["exact-zero"].value
    assert zeros == pytest.approx(0.2**3, rel=1e-14)
