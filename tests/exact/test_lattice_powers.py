"""Masses of sums of whole numbers against rational numbers, mpmath and each other."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clt_sim.exact import NoExactLaw, lattice_powers
from clt_sim.exact.binomial_masses import binomial_masses
from clt_sim.exact.double_double import DoubleDouble
from clt_sim.exact.lattice_powers import convolve, power, product
from clt_sim.exact.scaled_masses import ScaledMasses
from clt_sim.exact.tilted_convolution import ACCURACY, tilted_convolution


def masses_of(*numerators):
    total = sum(numerators)
    return {k: Fraction(c, total) for k, c in enumerate(numerators) if c}


def exact_power(masses, count):
    """The same by dictionaries of rational numbers, one factor at a time."""
    result = {0: Fraction(1)}
    for _ in range(count):
        after = {}
        for place, mass in result.items():
            for more, chance in masses.items():
                after[place + more] = after.get(place + more, 0) + mass * chance
        result = after
    return result


def largest_relative_error(found, exact, least=1e-300):
    """The largest over all masses above `least`; a mass that is not found has error 1."""
    got = dict(enumerate(found.masses.tolist(), found.first))
    assert all(place in exact for place, mass in got.items() if mass)
    errors = [
        abs(Fraction(got.get(place, 0.0)) / mass - 1)
        for place, mass in exact.items()
        if mass > Fraction(least)
    ]
    return float(max(errors))


def recurrent_power(masses, count, last):
    """Miller's recurrence for powers of polynomials (Knuth, TAOCP 2, 4.7), in 300 digits."""
    with mpmath.workdps(300):
        p = [mpmath.mpf(mass.numerator) / mass.denominator for mass in masses]
        found = [p[0] ** count]
        for k in range(1, last + 1):
            terms = [
                ((count + 1) * j - k) * p[j] * found[k - j]
                for j in range(1, min(k, len(p) - 1) + 1)
            ]
            found.append(mpmath.fsum(terms) / (k * p[0]))
        return found


def error_against(found, reference):
    places = range(found.first, min(found.first + found.size, len(reference)))
    pairs = zip(found.masses.tolist(), (reference[place] for place in places), strict=False)
    errors = [abs(mpmath.mpf(mass) / true - 1) for mass, true in pairs if true > 1e-300]
    assert len(errors) == sum(value > 1e-300 for value in reference)
    return float(max(errors))


@pytest.mark.parametrize(
    ("n", "probability"),
    [
        (1, Fraction(1, 3)),
        (7, Fraction(1, 2)),
        (400, Fraction(0.1)),
        (300, Fraction(1, 10**9)),
        (300, 1 - Fraction(1, 10**9)),
        (4, Fraction(1e-200)),
    ],
)
def test_all_binomial_masses(n, probability):
    exact = {
        k: math.comb(n, k) * probability**k * (1 - probability) ** (n - k) for k in range(n + 1)
    }
    assert largest_relative_error(binomial_masses(n, probability), exact) < 1.2e-16


@pytest.mark.parametrize(
    "probability", [Fraction(1, 2), Fraction(0.1), Fraction(0.999), Fraction(1e-5)]
)
def test_binomial_masses_far_in_the_tails(probability):
    """To the last digit at n = 100000, from 1e-300 on one side to 1e-300 on the other."""
    n = 100_000
    found = binomial_masses(n, probability)
    assert found.masses[0] < 1e-310 or found.first == 0
    assert found.masses[-1] < 1e-310 or found.first + found.size == n + 1
    with mpmath.workdps(40):
        p = mpmath.mpf(probability.numerator) / probability.denominator
        for index in range(0, found.size, max(found.size // 150, 1)):
            k = found.first + index
            exact = mpmath.binomial(n, k) * p**k * (1 - p) ** (n - k)
            if exact > 1e-300:
                assert abs(mpmath.mpf(float(found.masses[index])) / exact - 1) < 1.2e-16


def test_logarithms_in_doubles_would_fail():
    """Negative control: the usual route through logarithms of the gamma function."""
    from scipy.special import gammaln

    n, k = 100_000, 55_000
    usual = math.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) - n * math.log(2.0))
    exact = Fraction(math.comb(n, k), 2**n)
    assert abs(Fraction(usual) / exact - 1) > 1e-12
    found = binomial_masses(n, Fraction(1, 2))
    assert abs(Fraction(float(found.masses[k - found.first])) / exact - 1) < 1.2e-16


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    numerators=st.lists(st.integers(0, 50), min_size=2, max_size=7).filter(
        lambda row: row[0] > 0 and row[-1] > 0
    ),
    count=st.integers(1, 12),
)
def test_powers_of_few_values_are_correctly_rounded(numerators, count):
    masses = masses_of(*numerators)
    found = power(ScaledMasses.of(masses), count)
    assert found.error == 0.0
    assert largest_relative_error(found, exact_power(masses, count)) < 1.2e-16


THREE = [Fraction(99, 100), Fraction(9, 1000), Fraction(1, 1000)]
# Double-double arithmetic must go on until there are some hundred values: the rounding errors of
# fewer are doubled by squares, not averaged.
LIMITS = {"as it is": (), "directly": (10**5, 10**12), "by transforms": (10**5, 10**5)}


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
@pytest.mark.parametrize(
    ("masses", "count", "last"),
    [(THREE, 100_000, 3000), ([Fraction(1, 3), Fraction(1, 2), Fraction(1, 6)], 4000, 8000)],
)
def test_every_mass_of_many_terms(masses, count, last, limits, monkeypatch):
    for name, limit in zip(("MOST_DOUBLE_DOUBLE", "MOST_DIRECT"), limits, strict=False):
        monkeypatch.setattr(lattice_powers, name, limit)
    found = power(ScaledMasses.of(dict(enumerate(masses))), count)
    error = error_against(found, recurrent_power(masses, count, last))
    assert error < max(found.error, 1.2e-16) + 2.3e-16
    assert found.error < 2e-13


def test_mirrored_masses_give_mirrored_powers(monkeypatch):
    monkeypatch.setattr(lattice_powers, "MOST_DIRECT", 10**4)
    monkeypatch.setattr(lattice_powers, "MOST_DOUBLE_DOUBLE", 10**4)
    found, mirrored = (
        power(ScaledMasses.of(dict(enumerate(masses))), 100_000) for masses in (THREE, THREE[::-1])
    )
    seen = found.masses > 1e-300
    assert seen.sum() == np.count_nonzero(mirrored.masses > 1e-300) == 2608
    one, other = found.masses[seen], mirrored.masses[::-1][mirrored.masses[::-1] > 1e-300]
    np.testing.assert_allclose(one, other, rtol=2.0 * found.error)


def test_a_wrong_mass_would_be_seen():
    """Negative control: masses that are rounded once too early are off by count roundings."""
    rounded = {
        k: Fraction(round(float(mass), 12)) + Fraction(1, 10**13) for k, mass in enumerate(THREE)
    }
    found = power(ScaledMasses.of(rounded), 100_000)
    assert error_against(found, recurrent_power(THREE, 100_000, 3000)) > 1e-9


def row(seed, size, spread):
    return np.exp(-spread * np.random.default_rng(seed).random(size))


@pytest.mark.parametrize("spread", [0.0025, 3.0])
@pytest.mark.parametrize(("m", "n"), [(1, 1), (2, 50), (300, 300), (900, 40)])
def test_transforms_against_exact_products(m, n, spread):
    a, b = row(0, m, spread), row(1, n, spread)
    values, exponent, unknown = tilted_convolution(a, b)
    assert unknown.size <= spread * 400
    exact = convolve(ScaledMasses.of(dict(enumerate(map(Fraction, a)))),
                     ScaledMasses.of(dict(enumerate(map(Fraction, b)))))  # fmt: skip
    assert exact.error == 0.0
    found = np.delete(np.ldexp(values, exponent), unknown)
    np.testing.assert_allclose(found, np.delete(exact.masses, unknown), rtol=ACCURACY)


def test_transforms_over_the_whole_range_of_doubles():
    places = np.arange(-1000.0, 1001.0)
    a = np.exp(-0.0005 * places**2)
    values, exponent, unknown = tilted_convolution(a, a)
    assert unknown.size == 0
    exact = np.convolve(a, a)
    seen = exact > 1e-290
    np.testing.assert_allclose(np.ldexp(values, exponent)[seen], exact[seen], rtol=2 * ACCURACY)
    plain = np.fft.irfft(np.fft.rfft(a, 4096) ** 2, 4096)[: exact.size]
    assert np.max(np.abs(plain[seen] / exact[seen] - 1.0)) > 1.0  # the negative control


def test_gaps_between_clusters_are_summed_directly(monkeypatch):
    monkeypatch.setattr(lattice_powers, "MOST_DOUBLE_DOUBLE", 0)
    exact = exact_power({0: Fraction(1, 3), 1: Fraction(1, 3), 40: Fraction(1, 3)}, 6)
    cluster = ScaledMasses.of({0: Fraction(1, 3), 1: Fraction(1, 3), 40: Fraction(1, 3)})
    monkeypatch.setattr(lattice_powers, "MOST_DIRECT", 0)
    monkeypatch.setattr(lattice_powers, "FEW", 10**9)
    found = power(cluster, 6)
    assert largest_relative_error(found, exact) < found.error + 2.3e-16
    monkeypatch.setattr(lattice_powers, "MOST_MISSING", 10)
    with pytest.raises(NoExactLaw, match=r"\d+ masses in gaps between others take \d+ products"):
        power(cluster, 6)


def test_transforms_of_rows_with_a_common_stride(monkeypatch):
    """Odd places have no value; if they were transformed, 260 masses would be missing, not 4."""
    monkeypatch.setattr(lattice_powers, "MOST_DOUBLE_DOUBLE", 0)
    monkeypatch.setattr(lattice_powers, "MOST_DIRECT", 0)
    monkeypatch.setattr(lattice_powers, "MOST_MISSING", 1000)
    four, six = (power(ScaledMasses.of(masses_of(2, 1, 1)), count) for count in (20, 30))
    found = convolve(four.spread(4), six.spread(6))
    assert found.size == 40 * 4 + 60 * 6 + 1
    exact = {}
    for place, mass in exact_power(masses_of(2, 1, 1), 20).items():
        for more, chance in exact_power(masses_of(2, 1, 1), 30).items():
            total = 4 * place + 6 * more
            exact[total] = exact.get(total, 0) + mass * chance
    assert largest_relative_error(found, exact) < found.error + 2.3e-16


def test_products_of_rows_of_few_values():
    """Weights 1, 2, 4, ..., 2^13: every whole number once. Doubles, as the products are many."""
    coins = [ScaledMasses.of({0: Fraction(1, 2), 2**k: Fraction(1, 2)}) for k in range(14)]
    found = product(coins[::-1])
    np.testing.assert_array_equal(found.masses, np.full(2**14, 2.0**-14))


@pytest.mark.parametrize("most", [0, 10**7])
def test_products_of_different_rows(most, monkeypatch):
    monkeypatch.setattr(lattice_powers, "MOST_DOUBLE_DOUBLE", most)
    factors = [
        masses_of(1, 0, 2),
        masses_of(*[1] + [0] * 99 + [2]),
        masses_of(3, 2, 1),
        masses_of(7),
    ]
    factors += [masses_of(*[1] + [0] * 149 + [2, 0, 5])]
    found = product(ScaledMasses.of(masses) for masses in factors)
    exact = {0: Fraction(1)}
    for masses in factors:
        after = {}
        for place, mass in exact.items():
            for more, chance in masses.items():
                after[place + more] = after.get(place + more, 0) + mass * chance
        exact = after
    assert largest_relative_error(found, exact) < found.error + 1.2e-16


def test_masses_below_the_range_of_doubles_do_not_matter_or_stay():
    """A product of masses below 1e-308 may be seen again beside larger ones."""
    rare = ScaledMasses.of({0: 1 - Fraction(1, 10**200), 1: Fraction(1, 10**200)})
    twice = convolve(rare, rare)
    assert twice.size == 2
    assert twice.masses[1] == 2e-200


@settings(max_examples=60, deadline=None, derandomize=True)
@given(*[st.fractions(1, 10**6, max_denominator=10**6)] * 2)
def test_double_doubles(a, b):
    first, second = DoubleDouble.of([a]), DoubleDouble.of([b])
    for got, exact in [
        (first.plus(second), a + b),
        (first.times(second), a * b),
        (first.over(second), a / b),
    ]:
        value = Fraction(float(got.high[0])) + Fraction(float(got.low[0]))
        assert abs(value / exact - 1) < Fraction(1, 2**100)
        assert float(got.high[0]) == float(value)
