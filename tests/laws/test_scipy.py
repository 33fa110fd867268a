"""The laws that scipy.stats also has."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

PEERS = {
    "arcsine": lambda low, high: stats.arcsine(loc=low, scale=high - low),
    "bernoulli": lambda probability: stats.bernoulli(p=probability),
    "beta": lambda a, b, low, high: stats.beta(a, b, loc=low, scale=high - low),
    "cauchy": lambda location, scale: stats.cauchy(loc=location, scale=scale),
    "exponential": lambda scale: stats.expon(scale=scale),
    "gamma": lambda shape, scale: stats.gamma(shape, scale=scale),
    "laplace": lambda mean, scale: stats.laplace(loc=mean, scale=scale),
    "logistic": lambda mean, scale: stats.logistic(loc=mean, scale=scale),
    "lognormal": lambda mean_log, sd_log: stats.lognorm(sd_log, scale=np.exp(mean_log)),
    "normal": lambda mean, sd: stats.norm(loc=mean, scale=sd),
    "pareto": lambda shape, scale: stats.pareto(shape, scale=scale),
    "rademacher": stats.rv_discrete(values=([-1, 1], [0.5, 0.5])),
    "student-t": lambda df, location, scale: stats.t(df, loc=location, scale=scale),
    "symmetric-weibull": lambda shape, scale: stats.dweibull(shape, scale=scale),
    "triangular": lambda low, mode, high: stats.triang(
        (mode - low) / (high - low), loc=low, scale=high - low
    ),
    "truncated-normal": lambda location, scale, low, high: stats.truncnorm(
        -np.inf if low is None else (low - location) / scale,
        np.inf if high is None else (high - location) / scale,
        loc=location,
        scale=scale,
    ),
    "uniform": lambda low, high: stats.uniform(low, high - low),
}


@pytest.fixture
def peer(law):
    if law.name not in PEERS:
        pytest.skip("scipy.stats has no such law")
    return PEERS[law.name](**dataclasses.asdict(law))


def size(law):
    """Return the standard deviation, or where it is infinite the distance of the quartiles."""
    if law.tail_index > 2:
        return np.sqrt(law.variance)
    return law.quantile(0.75) - law.quantile(0.25)


def places(law):
    centre = law.mean if law.tail_index > 2 else law.quantile(0.5)
    return centre + size(law) * np.linspace(-6, 6, 241)


def test_cdf(law, peer):
    x = places(law)
    np.testing.assert_allclose(law.cdf(x), peer.cdf(x), rtol=1e-12, atol=1e-300)


def test_density(law, peer):
    if law.atoms:
        pytest.skip("no density")
    x = places(law)
    x = x[np.isfinite(law.pdf(x))]
    np.testing.assert_allclose(law.pdf(x), peer.pdf(x), rtol=1e-12, atol=1e-300)


def test_quantile(law, peer):
    # scipy.stats puts its 0-quantile of a lattice one step below the support.
    p = np.linspace(0, 1, 101)[1:]
    # SciPy 1.15 has the quantiles of t to 4e-11 only, as mpmath shows.
    rtol, atol = (1e-10, 1e-10) if law.name == "student-t" else (1e-12, 1e-13)
    x = peer.ppf(p)
    np.testing.assert_allclose(law.quantile(p), x, rtol=rtol, atol=atol * size(law))


def test_both_tails(law, peer):
    if law.atoms:
        pytest.skip("no density")
    p = np.array([2.0**-33, 1e-6, 1e-3])
    for side in (p, 1.0 - p):
        x = peer.ppf(side)
        np.testing.assert_allclose(law.quantile(side), x, rtol=1e-11, atol=1e-15 * size(law))
        # Rounding x, or in scipy.stats its distance from the location, moves the probability.
        rounding = 5e-16 * (side + (np.abs(x) + size(law)) * law.pdf(x))
        assert np.all(np.abs(law.cdf(x) - peer.cdf(x)) <= 1e-11 * p + rounding)


def test_four_moments(law, peer):
    if law.tail_index <= 4:
        pytest.skip("no fourth moment")
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


def test_mean_and_variance_that_need_not_be_finite(law, peer):
    mean, variance = (float(m) for m in peer.stats("mv"))
    if np.isinf(mean):
        variance = np.inf  # scipy.stats has nan or inf, according to the law
    if law.name == "student-t" and law.df <= 1:
        mean = variance = np.nan  # scipy.stats has inf for a mean that is not defined
    assert law.mean == pytest.approx(mean, rel=1e-13, abs=1e-15, nan_ok=True)
    assert law.variance == pytest.approx(variance, rel=1e-13, nan_ok=True)
