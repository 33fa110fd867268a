"""The spike-and-slab law."""

from __future__ import annotations

import numpy as np
import pytest

import clt_sim as clt


def test_the_slab_is_what_is_left_without_atoms():
    slab = clt.laws.Laplace(scale=2.0)
    assert clt.laws.Sparse(slab, 0.9).without_atoms is slab
    assert clt.laws.Sparse("rademacher").without_atoms is None


def test_masses_at_zero_add():
    law = clt.laws.Sparse("bernoulli", zero_probability=0.5)
    assert dict(law.atoms) == {0.0: 0.75, 1.0: 0.25}
    np.testing.assert_array_equal(law.quantile([0.1, 0.75, 0.76]), [0.0, 0.0, 1.0])


def test_it_is_the_mixture_with_zero():
    law = clt.laws.Sparse("normal(mean=1)", 0.3)
    same = clt.laws.Mixture(("constant(value=0)", "normal(mean=1)"), (0.3, 0.7))
    x = np.linspace(-3, 4, 71)
    np.testing.assert_allclose(law.cdf(x), same.cdf(x), rtol=1e-14)
    p = np.linspace(0.001, 0.999, 333)
    np.testing.assert_allclose(law.quantile(p), same.quantile(p), rtol=1e-11, atol=1e-14)
    assert law.variance == pytest.approx(same.variance, rel=1e-14)


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.1, 2.0])
def test_probability_out_of_range(probability):
    with pytest.raises(ValueError, match="zero_probability must be above 0 and below 1"):
        clt.laws.Sparse("normal", probability)
