"""Alternatives by name, and draws of them."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

import clt_sim as clt
from clt_sim.normality_tests import alternatives

LAWS = [name for name in alternatives.names() if not name.startswith("relu-network")]


@pytest.mark.parametrize("name", LAWS)
def test_draws_have_the_law_of_their_name(name):
    """Kolmogorov's test at 1e-4; a normal law of the same mean and sd is refused."""
    law = alternatives.get(name)
    values = alternatives.sample(name, 20_000, seed=3)
    assert scipy.stats.kstest(values, law.cdf).pvalue > 1e-4
    fitted = clt.laws.Normal(law.mean, law.variance**0.5)
    assert scipy.stats.kstest(values, fitted.cdf).pvalue < 1e-4


@pytest.mark.parametrize("width", [4, 16, 64])
def test_networks_have_their_exact_law(width):
    """E z^2 is 2, and as many are beyond 2 as the exact law says, not as a normal law does."""
    network = alternatives.get(f"relu-network-{width}")
    values = alternatives.sample(f"relu-network-{width}", 40_000, seed=5)
    assert network.widths == (width,) * 3
    assert np.mean(values**2) == pytest.approx(2.0, abs=5.0 * np.std(values**2) / 200.0)
    beyond = 2.0 * clt.exact(network).sf(2.0)
    assert np.mean(np.abs(values) > 2.0) == pytest.approx(
        beyond, abs=5.0 * np.sqrt(beyond / 40_000)
    )
    normal = 2.0 * scipy.stats.norm.sf(np.sqrt(2.0))
    assert abs(beyond - normal) > 5.0 * np.sqrt(beyond / 40_000) or width == 64


def test_models_are_drawn_by_the_engine():
    model = clt.WeightedSum(n=3, inputs="uniform", weights=1.0)
    drawn = clt.sample(model, 12, seed=9, precision="double")
    assert np.array_equal(alternatives.sample(model, (3, 4), 9), drawn.reshape(3, 4))
    network = clt.RandomNetwork([5, 5], "tanh")
    drawn = clt.sample(network, 8, seed=2, precision="double")
    assert np.array_equal(alternatives.sample(network, 8, seed=2), drawn)


@pytest.mark.parametrize(
    "law",
    ["gamma(shape=0.5)", clt.laws.Gamma(shape=0.5), scipy.stats.gamma(0.5)],
    ids=["text", "law", "scipy"],
)
def test_any_law_is_an_alternative(law):
    values = alternatives.sample(law, 5000, seed=4)
    assert scipy.stats.kstest(values, scipy.stats.gamma(0.5).cdf).pvalue > 1e-4


def test_draws_are_double_precision():
    """Among 2^16 uniform numbers of 24 bits, about 128 would be equal to another."""
    assert np.unique(alternatives.sample("uniform", 2**16)).size == 2**16


@pytest.mark.parametrize(
    ("alternative", "message"),
    [
        ("relu-netwrk-4", "unknown alternative 'relu-netwrk-4'. Did you mean 'relu-network-4'?"),
        ("laplase(scale=2)", "Did you mean 'laplace'?"),
        ("gamma(shpe=2)", "Did you mean 'shape'?"),
    ],
)
def test_unknown_names(alternative, message):
    with pytest.raises(ValueError, match=r"Did you mean") as caught:
        alternatives.get(alternative)
    assert message in str(caught.value)


def test_what_is_no_alternative():
    with pytest.raises(TypeError, match="law"):
        alternatives.get(3.0)
    with pytest.raises(ValueError, match="each number of size must be at least 1, not 0"):
        alternatives.sample("laplace", (5, 0))
    with pytest.raises(ValueError, match="seed"):
        alternatives.sample("laplace", 5, seed=-1)
