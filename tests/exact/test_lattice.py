"""What a lattice law answers."""

from __future__ import annotations

import dataclasses
import math
import pickle
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from scipy.special import ndtr

import clt_sim as clt
from clt_sim.exact import ExactLaw
from clt_sim.exact.lattice import LatticeLaw
from clt_sim.exact.lattice_route import lattice_law


def law_of(n=3, inputs="discrete", weights=1.0, **others):
    return lattice_law(clt.WeightedSum(n, inputs, weights=weights, **others))


@pytest.fixture(scope="module")
def coins():
    return law_of(100_000, "rademacher")


def test_facts():
    law = law_of(2, bias=0.5)
    assert isinstance(law, ExactLaw)
    assert law.method == "lattice"
    assert law.support == (2.5, 6.5)
    assert law.kinks == ()
    assert law.error == law.relative_error < 5e-16
    assert law.smallest == 1e-300
    assert str(law) == repr(law)
    assert float(str(law).rsplit(" ", 1)[1]) >= law.error


def test_there_is_no_density():
    law = law_of()
    x = [3.0, 3.5, math.inf]
    np.testing.assert_array_equal(law.pdf(x), 0.0)
    np.testing.assert_array_equal(law.logpdf(x), -math.inf)


def test_outside_the_support_between_places_and_not_a_number():
    law = law_of()
    x = [-math.inf, 2.9, 3.0, 3.5, 9.0, math.inf, math.nan]
    np.testing.assert_array_equal(law.pmf(x), [0, 0, 1 / 27, 0, 1 / 27, 0, math.nan])
    np.testing.assert_array_equal(law.cdf(x), [0, 0, 1 / 27, 1 / 27, 1, 1, math.nan])
    sf = law.sf(x)
    np.testing.assert_array_equal(sf, [1, 1, 1 - 1 / 27, 1 - 1 / 27, 0, 0, math.nan])


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_shapes_are_kept(shape):
    law, x = law_of(), np.full(shape, 0.4)
    for function in (law.pmf, law.pdf, law.cdf, law.sf, law.logpdf, law.quantile):
        assert function(x).shape == shape
        assert function(x).dtype == np.float64


def test_both_tails_keep_their_digits(coins):
    """Sums of binomial masses by mpmath, at 1e-220."""
    with mpmath.workdps(40):
        count = 55_001  # heads of 100000, a sum of 10002
        tail = mpmath.fsum(mpmath.binomial(100_000, k) for k in range(count, count + 2000))
        tail /= mpmath.mpf(2) ** 100_000
        for found in (coins.sf(10_000), coins.sf(10_001.5), coins.cdf(-10_002)):
            assert abs(mpmath.mpf(float(found)) / tail - 1) < coins.error


def test_masses_too_small_for_doubles(coins):
    assert coins.support == (-100_000.0, 100_000.0)
    assert coins.last == 100_000
    assert coins.masses.size < 13_000
    assert coins.pmf(100_000.0) == coins.sf(99_000.0) == coins.cdf(-99_000.0) == 0.0
    assert 100_000.0 not in coins.atoms
    assert coins.cdf(99_000.0) == coins.sf(-99_000.0) == 1.0


def test_quantiles_are_the_least_places():
    law = law_of()
    eighths = np.arange(1, 8) / 8
    below = np.array([1, 4, 10, 17, 23, 26, 27])
    expected = [3 + int(np.flatnonzero(below / 27 >= p)[0]) for p in eighths]
    np.testing.assert_array_equal(law.quantile(eighths), expected)
    np.testing.assert_array_equal(
        law.quantile([0.0, 1.0, -0.1, 1.1, math.nan]), [3, 9] + [math.nan] * 3
    )
    x = np.arange(3.0, 10.0)
    np.testing.assert_array_equal(law.quantile(law.cdf(x)), x)
    np.testing.assert_array_equal(law.quantile(np.nextafter(law.cdf(x[:-1]), 1.0)), x[1:])


@pytest.mark.parametrize("n", [1, 3, 101, 1001, 99_999])
def test_the_median_of_an_odd_number_of_coins(n):
    """The distribution function is exactly 1/2 at -1, although thousands of masses are rounded."""
    law = law_of(n, "rademacher")
    assert law.cdf(-1.0) == 0.5
    assert law.quantile(0.5) == -1.0


def test_ends_of_quantiles(coins):
    np.testing.assert_array_equal(coins.quantile([0.0, 1.0]), [-100_000.0, 100_000.0])
    x = float(coins.quantile(1e-200))
    assert coins.cdf(x) >= 1e-200 > coins.cdf(x - 2.0)


def test_atoms_are_a_read_only_mapping():
    atoms = law_of().atoms
    assert len(atoms) == 7
    assert atoms[6.0] == 7 / 27
    assert [*atoms.values()] == [atoms[x] for x in atoms]
    assert 3.5 not in atoms
    assert 1e9 not in atoms
    with pytest.raises(KeyError):
        atoms[3.5]
    with pytest.raises(TypeError):
        atoms[3.0] = 1.0
    assert repr(atoms) == "<7 atoms>"


def test_moments_of_many_terms():
    """Of n dice with 1, 2, 3: mean 2n, variance 2n/3, third central moment 0."""
    law = law_of(3000)
    assert law.mean == 6000.0
    assert law.variance == 2000.0
    assert law.moment(0) == 1.0
    third = 6000.0**3 + 3 * 6000.0 * 2000.0
    assert law.moment(3) == third


def test_moments_out_of_range():
    law = law_of(2, "rademacher", 1e200)
    assert law.mean == law.moment(1) == 0.0
    with pytest.raises(OverflowError, match=r"the moment of order 2 of lattice law .* too large"):
        law.moment(2)


def test_shannon_entropy():
    weights = np.array([1, 3, 6, 7, 6, 3, 1]) / 27
    assert law_of().entropy == pytest.approx(-math.fsum(weights * np.log(weights)), rel=1e-14)


def test_entropy_of_many_coins(coins):
    """Half the logarithm of 2 pi e times the variance of heads, up to 1/n."""
    expected = 0.5 * math.log(2.0 * math.pi * math.e * 25_000.0)
    assert coins.entropy == pytest.approx(expected, abs=1e-4)


def test_equal_models_give_equal_laws():
    first = law_of(2, weights=[1.0, 2.0])
    second = law_of(3, weights=[2.0, 0.0, 1.0])
    assert first == second
    assert hash(first) == hash(second)
    assert first != law_of(2, weights=[1.0, 3.0])
    assert first != "lattice"
    loaded = pickle.loads(pickle.dumps(first))  # noqa: S301
    assert loaded == first
    assert loaded.error == first.error
    assert dataclasses.replace(first, offset=Fraction(0)).error == first.error


def test_a_law_cannot_be_changed():
    law = law_of()
    with pytest.raises(dataclasses.FrozenInstanceError):
        law.error = 0.0
    with pytest.raises(ValueError, match="read-only"):
        law.masses[0] = 1.0


def test_nothing_is_summed_before_it_is_asked_for():
    law = LatticeLaw(Fraction(0), Fraction(1), (), 0, np.array([0.5, 0.5]), 0.0)
    assert set(vars(law._table)) == {"_offset", "_step", "_first", "masses"}


def brute_force_distance(counts, total, low, variance, mean):
    """The supremum of ``|F - Phi|`` over both limits at every place."""
    z = (low + np.arange(len(counts)) - mean) / math.sqrt(variance)
    right = np.cumsum(counts) / total
    left = right - np.array(counts) / total
    normal = ndtr(z)
    return max(np.max(np.abs(right - normal)), np.max(np.abs(left - normal)))


def test_gaussianity_of_a_lattice_law():
    report = clt.gaussianity(law_of())
    expected = brute_force_distance([1, 3, 6, 7, 6, 3, 1], 27, 3, 2.0, 6.0)
    assert report["kolmogorov"].value == pytest.approx(expected, abs=1e-14)
    assert report["total-variation"].value == 1.0
    assert "atoms" in report.unavailable["negentropy"]
    assert "negentropy" not in report
    assert report["excess-kurtosis"].value == pytest.approx(-0.5, abs=1e-12)


def test_gaussianity_of_many_coins(coins):
    """Half of the middle mass, as the sum is symmetric; the excess kurtosis is -2/n."""
    report = clt.gaussianity(coins)
    assert report["kolmogorov"].value == pytest.approx(0.5 * float(coins.pmf(0.0)), rel=1e-12)
    assert report["excess-kurtosis"].value == pytest.approx(-2e-5, abs=1e-13)
