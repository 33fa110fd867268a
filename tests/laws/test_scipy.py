"""The laws that scipy.stats also has."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

PEERS = {
    "bernoulli": lambda probability: stats.bernoulli(p=probability),
    "exponential": lambda scale: stats.expon(scale=scale),
    "laplace": lambda mean, scale: stats.laplace(loc=mean, scale=scale),
    "logistic": lambda mean, scale: stats.logistic(loc=mean, scale=scale),
    "lognormal": lambda mean_log, sd_log: stats.lognorm(sd_log, scale=np.exp(mean_log)),
    "normal": lambda mean, sd: stats.norm(loc=mean, scale=sd),
    "rademacher": stats.rv_discrete(values=([-1, 1], [0.5, 0.5])),
    "symmetric-weibull": lambda shape, scale: stats.dweibull(shape, scale=scale),
    "triangular": lambda low, mode, high: stats.triang(
        (mode - low) / (high - low), loc=low, scale=high - low
    ),
    "uniform": lambda low, high: stats.uniform(low, high - low),
}


@pytest.fixture
def peer(law):
    if law.name not in PEERS:
        pytest.skip("scipy.stats has no such law")
    return PEERS[law.name](**dataclasses.asdict(law))


def test_cdf(law, peer):
    x = law.mean + np.sqrt(law.variance) * np.linspace(-6, 6, 241)
    np.testing.assert_allclose(law.cdf(x), peer.cdf(x), rtol=1e-12, atol=1e-300)


def test_density(law, peer):
    if law.atoms:
        pytest.skip("no density")
    x = law.mean + np.sqrt(law.variance) * np.linspace(-6, 6, 241)
    x = x[np.isfinite(law.pdf(x))]
    np.testing.assert_allclose(law.pdf(x), peer.pdf(x), rtol=1e-12, atol=1e-300)


def test_quantile(law, peer):
    # scipy.stats puts its 0-quantile of a lattice one step below the support.
    p = np.linspace(0, 1, 101)[1:]
    size = np.sqrt(law.variance)
    np.testing.assert_allclose(law.quantile(p), peer.ppf(p), rtol=1e-12, atol=1e-13 * size)


def test_four_moments(law, peer):
    mean, variance, skewness, excess_kurtosis = (float(m) for m in peer.stats("mvsk"))
    m = [law.moment(k) for k in range(5)]
    sd = variance**0.5
    third = m[3] - 3 * m[1] * m[2] + 2 * m[1] ** 3
    fourth = m[4] - 4 * m[1] * m[3] + 6 * m[1] ** 2 * m[2] - 3 * m[1] ** 4
    lost = 1e-14 * (1 + abs(mean) / sd) ** 4  # by subtracting powers of the mean
    assert law.mean == pytest.approx(mean, rel=1e-14, abs=1e-15)
    assert law.variance == pytest.approx(variance, rel=1e-13)
    assert third / sd**3 == pytest.approx(skewness, abs=lost)
    assert fourth / sd**4 - 3 == pytest.approx(excess_kurtosis, abs=lost)
