"""Equicorrelated inputs beside a random bias, with weights of few values, and behind tanh."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import clt_sim as clt
from clt_sim.exact import NoExactLaw
from clt_sim.exact.sum_transform import sum_transform

METHOD = "characteristic-function"


def model(n: int, r: float = 0.5, **options) -> clt.WeightedSum:
    return clt.WeightedSum(n, dependence=f"equicorrelated(correlation={r})", **options)


def law_of(n: int, r: float = 0.5, **options):
    return clt.exact(model(n, r, **options), method=METHOD)


@pytest.mark.parametrize("bias", [stats.norm(0.0, 1.0), stats.cauchy()])
def test_signs_with_a_random_bias(bias):
    """At correlation 1/2 every number of ones is as likely: equal shares of the law of the bias."""
    name = "normal" if bias.dist.name == "norm" else "cauchy"
    law = law_of(6, nonlinearity="sign", weights=1.0, bias=name)
    places = np.arange(-6.0, 7.0, 2.0)
    x = np.array([-3.3, 0.0, 2.0, 5.5])
    assert dict(law.atoms) == {}
    np.testing.assert_allclose(law.pdf(x), np.mean(bias.pdf(x[:, None] - places), axis=1), 1e-11)
    np.testing.assert_allclose(law.sf(x), np.mean(bias.sf(x[:, None] - places), axis=1), 1e-11)
    if name == "normal":
        assert float(law.sf(20.0)) == pytest.approx(np.mean(bias.sf(20.0 - places)), rel=1e-11)
        assert law.variance == pytest.approx(np.mean(places**2) + 1.0, rel=1e-13)
        assert law.moment(4) == pytest.approx(np.mean(places**4 + 6.0 * places**2 + 3.0), rel=1e-13)
    else:
        assert math.isnan(law.mean)
        assert law.moment(2) == math.inf


def test_a_random_bias_moves_the_law():
    """Of the values -1 and 1."""
    options = {"nonlinearity": "relu", "weights": 1.0}
    law, alone = law_of(3, **options, bias="rademacher"), law_of(3, **options)
    x = np.array([-0.5, 0.7, 2.5, 9.0])
    expected = 0.5 * (alone.sf(x - 1.0) + alone.sf(x + 1.0))
    np.testing.assert_allclose(law.sf(x), expected, rtol=1e-11)
    assert [*law.atoms] == [-1.0, 1.0]
    assert law.mean == pytest.approx(alone.mean, rel=1e-13)
    assert law.variance == pytest.approx(alone.variance + 1.0, rel=1e-13)
    assert law.moment(3) == pytest.approx(alone.moment(3) + 3.0 * alone.mean, rel=1e-12)


def test_weights_of_0_and_1_without_a_nonlinearity():
    """Given k ones the sum is normal with the variance k (1 - r) + k^2 r."""
    n, r = 5, 0.3
    law = law_of(n, r, weights="bernoulli(probability=0.4)")
    chances = stats.binom.pmf(np.arange(n + 1), n, 0.4)
    k = np.arange(1.0, n + 1.0)
    spread = np.sqrt(k * (1.0 - r) + k * k * r)
    assert dict(law.atoms) == {0.0: pytest.approx(chances[0], rel=1e-13)}
    for x in (0.5, 3.0, 20.0):
        assert float(law.sf(x)) == pytest.approx(chances[1:] @ stats.norm.sf(x / spread), rel=1e-11)
    assert law.variance == pytest.approx(chances[1:] @ spread**2, rel=1e-13)


def test_a_random_sign_of_the_weight():
    """Of one ReLU output: half of the law on either side."""
    law = law_of(1, nonlinearity="relu", weights="rademacher")
    x = np.array([-1.0, 0.2, 3.0])
    expected = np.where(x < 0.0, 1.0 - 0.5 * stats.norm.sf(-x), 0.5 * stats.norm.sf(x))
    np.testing.assert_allclose(law.sf(x), expected, rtol=1e-11)
    assert dict(law.atoms) == {0.0: pytest.approx(0.5, rel=1e-13)}


def test_normal_weights_of_signs_are_normal():
    """A normal weight times an independent sign is a normal number."""
    law = law_of(4, nonlinearity="sign", weights="normal")
    x = np.array([0.5, 3.0, 15.0])
    np.testing.assert_allclose(law.sf(x), stats.norm.sf(x / 2.0), rtol=1e-11)


def test_tanh_in_two_pieces():
    """The halves of the common factor have their slow parts at one end of the support each."""
    transform = sum_transform(model(8, nonlinearity="tanh", weights=1.0)).transform
    assert transform.piece_places == (-8.0, 8.0)
    s = np.array([0.3 + 0.0j, 0.3 + 2.0j, 0.3 + 40.0j])
    pieces = [
        np.exp(transform.log_piece(piece, s) + s * place) for piece, place in ((0, -8.0), (1, 8.0))
    ]
    np.testing.assert_allclose(sum(pieces), np.exp(transform.log(s)), rtol=1e-9)
    law = law_of(8, nonlinearity="tanh", weights=1.0)
    assert law.error < 1e-12
    x = np.array([0.0, 1.3, 6.0, 7.9])
    np.testing.assert_allclose(law.sf(x), law.cdf(-x), rtol=1e-11)
    assert law.relative_error < 1e-6


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"nonlinearity": "sign", "weights": (0.1, 0.3), "bias": "normal"}, "step is at most"),
        ({"nonlinearity": "relu", "weights": "sparse"}, "with weights of the law sparse"),
        ({"bias": "normal", "weights": "uniform"}, "with weights of the law uniform"),
    ],
)
def test_refusals_name_the_part(options, reason):
    with pytest.raises(NoExactLaw, match=reason):
        law_of(2, **options)
