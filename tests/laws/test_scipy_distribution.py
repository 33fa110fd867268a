"""Laws that scipy.stats knows, by name or as frozen distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import gamma

import clt_sim as clt


@pytest.mark.parametrize(
    "frozen",
    [stats.gumbel_r(1, scale=2), stats.gamma(2.5), stats.t(df=5, loc=1), stats.poisson(3)],
    ids=lambda frozen: frozen.dist.name,
)
def test_a_frozen_distribution_becomes_a_law(frozen):
    law = clt.laws.get(frozen)
    assert clt.laws.get(str(law)) == law
    x = np.linspace(-2, 8, 21)
    np.testing.assert_array_equal(law.cdf(x), frozen.cdf(x))
    assert law.mean == frozen.mean()
    assert law.variance == frozen.var()


@pytest.mark.parametrize(
    "law", [clt.laws.Scipy(), clt.laws.Sparse(clt.laws.Scipy(scale=2.0))], ids=["default", "part"]
)
def test_the_text_always_names_the_distribution(law):
    assert "distribution='gumbel_r'" in str(law)
    assert clt.laws.get(str(law)) == law


def test_gumbel_characteristic_function():
    t = np.array([-3.0, 0.0, 0.7, 20.0])
    value = clt.laws.Scipy("gumbel_r").characteristic_function(t)
    assert np.all(np.abs(value - gamma(1 - 1j * t)) < 1e-9)


def test_atoms_hold_all_but_rounding():
    law = clt.laws.get(stats.poisson(3))
    assert math.fsum(law.atoms.values()) == pytest.approx(1.0, abs=1e-15)
    assert law.atoms[2.0] == pytest.approx(4.5 * math.exp(-3), rel=1e-14)
    assert law.without_atoms is None


def test_moments_that_are_not_finite():
    assert clt.laws.get(stats.t(2.5)).tail_index == 3.0
    assert clt.laws.get(stats.t(1.5)).variance == math.inf


RATES = [
    (stats.gumbel_r(scale=2), 0.5),
    (stats.gumbel_l(), math.inf),
    (stats.gamma(0.3), 1.0),
    (stats.gamma(100, scale=4), 0.25),
    (stats.lognorm(1), 0.0),
    (stats.lognorm(0.1), 0.0),
    (stats.norm(), math.inf),
    (stats.laplace(loc=1e3), 1.0),
    (stats.logistic(scale=0.1), 10.0),
    (stats.weibull_min(0.95), 0.0),
    (stats.weibull_min(1.05), math.inf),
    (stats.invgauss(1.5), 0.222),
    (stats.hypsecant(), 1.0),
    (stats.johnsonsu(1, 2), 0.0),
    (stats.gennorm(0.5), 0.0),
    (stats.fisk(20), 0.0),
    (stats.cauchy(), 0.0),
    (stats.beta(2, 3), math.inf),
    (stats.poisson(3), math.inf),
]
"""Whose generating functions are finite up to there (Johnson, Kotz & Balakrishnan 1994, 1995)."""


@pytest.mark.parametrize(("frozen", "rate"), RATES, ids=lambda value: str(value)[:20])
def test_exponential_index(frozen, rate):
    assert clt.laws.get(frozen).exponential_index == rate


def test_exponential_moments_that_are_infinite():
    for frozen, expected in ((stats.gumbel_r(), math.inf), (stats.gumbel_r(scale=0.5), gamma(0.5))):
        model = clt.WeightedSum(1, frozen, "exp", 1.0)
        assert model.mean == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"distribution": "gumble_r"}, "Did you mean 'gumbel_"),
        ({"distribution": "multivariate_normal"}, "unknown univariate distribution"),
        ({"distribution": "gamma"}, r"shapes must be 1 numbers for gamma \(a\), not 0"),
        ({"distribution": "gamma", "shapes": (-1.0,)}, "shapes must be in the range of gamma"),
        ({"distribution": "poisson", "shapes": (3,), "scale": 2}, "scale must be 1"),
    ],
)
def test_refusals(parameters, message):
    with pytest.raises(ValueError, match=message):
        clt.laws.Scipy(**parameters)


def test_multivariate_is_refused():
    with pytest.raises(ValueError, match="unknown univariate distribution"):
        clt.laws.get(stats.multivariate_normal([0, 0]))
