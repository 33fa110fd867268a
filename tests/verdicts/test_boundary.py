"""The share of errors below a hypothesis, against intervals made by their definition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from clt_sim.verdicts.boundary import lower_share


def share_by_ordering(mean, alpha):
    """Take draws in the order of their likelihood ratios, on a grid, until they are 1 - alpha."""
    x = np.linspace(-9.0, 13.0, 200_001)
    likelihood = stats.norm.pdf(x - mean)
    ratio = likelihood / stats.norm.pdf(x - np.maximum(x, 0.0))
    order = np.argsort(-ratio, kind="stable")
    taken = order[np.cumsum(likelihood[order]) * (x[1] - x[0]) <= 1.0 - alpha]
    return stats.norm.cdf(x[taken].min() - mean)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("mean", [0.1, 0.5, 1.0, 1.5, 1.9, 2.5])
def test_the_ordering_of_likelihood_ratios(mean, alpha):
    assert lower_share(mean, alpha) == pytest.approx(share_by_ordering(mean, alpha), abs=1e-4)


@pytest.mark.parametrize("alpha", [1e-6, 0.05, 0.5, 0.7, 0.999])
def test_it_grows_from_the_boundary_to_a_half(alpha):
    shares = np.array([lower_share(mean, alpha) for mean in np.linspace(0.0, 8.0, 400)])
    assert shares[0] == pytest.approx(max(0.0, alpha - 0.5))
    assert shares[-1] == 0.5 * alpha
    assert np.all(np.diff(shares) >= -1e-12)
    assert np.max(np.diff(shares)) < 0.4 * alpha
