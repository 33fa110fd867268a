"""Mixtures: facts that are not those of one component."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clt_sim as clt

GAP = clt.laws.Mixture(("uniform", "uniform(low=2,high=3)"))


def test_the_least_quantile_is_taken_where_there_is_a_gap():
    np.testing.assert_allclose(GAP.quantile([0.25, 0.5, 0.75]), [0.5, 1.0, 2.5], rtol=1e-14)
    assert GAP.kinks == (1.0, 2.0)


@settings(deadline=None)
@given(st.floats(2.0**-33, 1 - 2.0**-33))
def test_quantiles_lie_between_those_of_the_components(p):
    law = clt.laws.Mixture(("normal", "lognormal", "laplace(mean=5)"), (0.2, 0.5, 0.3))
    own = [float(component.quantile(p)) for component in law.components]
    x = float(law.quantile(p))
    assert min(own) <= x <= max(own)
    assert float(law.cdf(x)) == pytest.approx(p, rel=1e-12)


def test_lower_tail_keeps_its_digits():
    law = clt.laws.Mixture(("normal(sd=1)", "normal(sd=2)"))
    assert law.quantile(1e-300) == pytest.approx(2 * clt.laws.Normal().quantile(2e-300), rel=1e-12)


def test_atoms_at_the_same_place_add():
    law = clt.laws.Mixture(("rademacher", "bernoulli", "normal"), (0.5, 0.25, 0.25))
    assert dict(law.atoms) == {-1.0: 0.25, 0.0: 0.125, 1.0: 0.375}
    assert law.without_atoms == clt.laws.Normal()
    two = clt.laws.Mixture(("sparse", "laplace"), (0.5, 0.5)).without_atoms
    assert two == clt.laws.Mixture(("normal", "laplace"), (1 / 3, 2 / 3))


def test_heaviest_tail_decides():
    law = clt.laws.Mixture(("normal", "stable(alpha=1.5)"))
    assert law.tail_index == 1.5
    assert law.mean == 0.0
    assert law.variance == math.inf
    assert law.exponential_index == 0.0


@pytest.mark.parametrize("components", ["normal", None, 3])
def test_not_a_row(components):
    with pytest.raises(TypeError, match="components must be a row of laws"):
        clt.laws.Mixture(components)
