"""Weighted sums against the linear combinations of OpenTURNS, where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

import clt_sim as clt

ot = pytest.importorskip("openturns")

WEIGHTS = (1.0, -2.0, 0.5)
BIAS = 0.3


def combination(law):
    """The law of the sum by OpenTURNS, under its name of today or that of before 1.25."""
    make = getattr(ot, "LinearCombinationDistribution", None) or ot.RandomMixture
    return make([law] * 3, WEIGHTS, BIAS)


@pytest.mark.parametrize(
    ("inputs", "other", "cdf", "pdf"),
    [
        ("uniform", lambda: ot.Uniform(0.0, 1.0), 1e-12, 1e-12),
        # By its default precision; the cdf of a density that has a corner comes out with 4 digits.
        ("exponential", lambda: ot.Exponential(1.0), 1e-4, 1e-7),
        ("gamma(shape=2.5)", lambda: ot.Gamma(2.5, 1.0), 1e-5, 1e-9),
    ],
)
def test_weighted_sums(inputs, other, cdf, pdf):
    law = clt.exact(clt.WeightedSum(3, inputs, weights=WEIGHTS, bias=BIAS))
    theirs = combination(other())
    x = law.quantile([0.01, 0.2, 0.5, 0.8, 0.99])
    values = [theirs.computeCDF([place]) for place in x.tolist()]
    np.testing.assert_allclose(law.cdf(x), values, rtol=0.0, atol=cdf)
    values = [theirs.computePDF([place]) for place in x.tolist()]
    np.testing.assert_allclose(law.pdf(x), values, rtol=0.0, atol=pdf)
    # A law that is a little off is told from it.
    assert np.max(np.abs(law.pdf(x + 0.01) - values)) > 100.0 * pdf
