from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.exact.entropy import entropy

CLOSED = {
    "normal(mean=3,sd=2)": stats.norm(3.0, 2.0),
    "uniform(low=-1,high=3)": stats.uniform(-1.0, 4.0),
    "exponential(scale=.5)": stats.expon(scale=0.5),
    "laplace(scale=2)": stats.laplace(scale=2.0),
    "logistic": stats.logistic(),
    "gamma(shape=2.5,scale=.5)": stats.gamma(2.5, scale=0.5),
    "gamma(shape=100)": stats.gamma(100.0),
    "cauchy(location=1,scale=3)": stats.cauchy(1.0, 3.0),
    "lognormal": stats.lognorm(1.0),
    "pareto(shape=1.5)": stats.pareto(1.5),
    "student-t(df=3)": stats.t(3.0),
    "triangular": stats.triang(0.5),
    "beta(a=2,b=5)": stats.beta(2.0, 5.0),
}
SHANNON = {
    "rademacher": math.log(2.0),
    "bernoulli(probability=0.25)": -0.25 * math.log(0.25) - 0.75 * math.log(0.75),
    "discrete(values=(0,1,5),probabilities=(.5,.25,.25))": 1.5 * math.log(2.0),
}


def standardized(name):
    """The law, and the entropy of the frozen one scaled to the same quartiles."""
    law, frozen = clt.laws.get(name), CLOSED[name]
    scale = float(np.diff(law.quantile([0.25, 0.75]))[0] / np.diff(frozen.ppf([0.25, 0.75]))[0])
    return law, float(frozen.entropy()) + math.log(scale)


@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms(name):
    law, exact = standardized(name)
    assert entropy(law) == pytest.approx(exact, abs=2e-11)


@pytest.mark.parametrize("name", SHANNON)
def test_shannon(name):
    assert entropy(clt.laws.get(name)) == pytest.approx(SHANNON[name], abs=1e-14)


def test_binomial_lattice():
    law = clt.exact(clt.WeightedSum(n=40, inputs="rademacher", weights=0.5), method="lattice")
    masses = stats.binom(40, 0.5).pmf(np.arange(41))
    assert law.entropy == pytest.approx(float(np.sum(-masses * np.log(masses))), abs=1e-13)


@pytest.mark.parametrize("name", ["sparse", "sparse(slab='laplace',zero_probability=1e-6)"])
def test_atoms_beside_a_density_have_none(name):
    assert math.isnan(entropy(clt.laws.get(name)))


def test_bounds_between_entropy_of_terms_and_of_the_normal_law():
    """Sums have more of it, and at most that of the normal law with their variance."""
    entropies = [
        clt.exact(clt.WeightedSum(n=n, inputs="uniform", weights=n**-0.5)).entropy
        for n in (1, 2, 3, 5, 9)
    ]
    assert np.all(np.diff(entropies) > 0.0)
    assert entropies[-1] < 0.5 * math.log(2.0 * math.pi * math.e / 12.0)


@pytest.mark.parametrize(("factor", "terms"), [(2.0, 2), (-0.125, 3)])
def test_scaling_adds_a_logarithm(factor, terms):
    model = clt.WeightedSum(n=terms, inputs="uniform", weights=1.0)
    scaled = clt.WeightedSum(n=terms, inputs="uniform", weights=factor)
    difference = clt.exact(scaled).entropy - clt.exact(model).entropy
    assert difference == pytest.approx(math.log(abs(factor)), abs=1e-12)
