"""Distances: against naive sums, series and closed forms of one dimension."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from scipy.stats import norm

import clt_sim as clt
from clt_sim.multivariate import multivariate_gaussianity, pairs
from clt_sim.multivariate.normal_distance import mean_distance

DISTANCES = ["henze-zirkler", "energy"]


def _draws(n, d, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.exponential(size=(n, d)) - 0.7
    x[3] = x[11]  # a tie
    return x


def _whitened(x):
    centred = x - x.mean(axis=0)
    return np.linalg.solve(np.linalg.cholesky(centred.T @ centred / len(x)), centred.T).T


def _series(length, d):
    """Return E|a - Z| by the series of Szekely & Rizzo (2005)."""
    r, half = mp.mpf(length), mp.mpf(d) / 2

    def term(k):
        top = mp.gamma(half + 0.5) * mp.gamma(k + 1.5) / mp.gamma(k + half + 1)
        return (
            (-1) ** k
            / (mp.factorial(k) * 2**k)
            * r ** (2 * k + 2)
            * top
            / ((2 * k + 1) * (2 * k + 2))
        )

    terms = mp.fsum(term(k) for k in range(200))
    return mp.sqrt(2) * mp.gamma(half + 0.5) / mp.gamma(half) + mp.sqrt(2 / mp.pi) * terms


@pytest.mark.parametrize("d", [1, 2, 3, 10, 100, 784])
def test_mean_distance_to_a_normal_vector(d):
    lengths = np.array([0.0, 1e-3, 0.5, 1.0, 3.0, 6.0])
    points = np.zeros((6, d))
    points[:, d // 2] = lengths
    distances, gradients = mean_distance(points)
    with mp.workdps(60):
        series = [float(_series(r, d)) for r in lengths]
    assert distances == pytest.approx(series, rel=1e-12)
    far = np.full((1, d), 40.0)
    x = mp.mpf(800 * d)
    with mp.workdps(30):
        expected = (
            mp.sqrt(2) * mp.gammaprod([mp.mpf(d + 1) / 2], [mp.mpf(d) / 2])
            * mp.hyp1f1(-0.5, mp.mpf(d) / 2, -x)
        )  # fmt: skip
    assert mean_distance(far)[0][0] == pytest.approx(float(expected), rel=1e-12)
    step = 1e-5 * np.eye(d)[d // 2]
    numeric = (mean_distance(points + step)[0] - mean_distance(points - step)[0]) / 2e-5
    assert gradients[:, d // 2] == pytest.approx(numeric, abs=1e-7 * math.sqrt(d))


@pytest.mark.parametrize("standardize", [True, False])
def test_naive_sums(standardize, monkeypatch):
    monkeypatch.setattr(pairs, "BLOCK", 500)  # several blocks
    n, d = 60, 3
    x = _draws(n, d)
    z = _whitened(x) if standardize else x
    report = multivariate_gaussianity(x, standardize=standardize, measures=DISTANCES)
    squared = np.sum((z[:, None] - z[None]) ** 2, axis=-1)
    b2 = 0.5 * ((2 * d + 1) * n / 4) ** (2 / (d + 4))
    expected = (
        np.mean(np.exp(-b2 * squared / 2))
        - 2 * (1 + b2) ** (-d / 2) * np.mean(np.exp(-b2 * np.sum(z**2, 1) / (2 * (1 + b2))))
        + (1 + 2 * b2) ** (-d / 2)
    )
    assert report["henze-zirkler"].value == pytest.approx(expected, rel=1e-10)
    lengths = np.linalg.norm(z, axis=1)
    expected = (
        2 * np.mean([float(_series(r, d)) for r in lengths])
        - 2 * math.gamma((d + 1) / 2) / math.gamma(d / 2)
        - np.mean(np.sqrt(squared))
    )
    assert report["energy"].value == pytest.approx(expected, rel=1e-9)


def test_one_dimension():
    x = _draws(50, 1)[:, 0]
    report = multivariate_gaussianity(x[:, None], directions=4)
    z = (x - x.mean()) / x.std()
    assert "at least 2 units" in report.unavailable["square-correlation"]
    known = clt.gaussianity(x)["wasserstein-1"]
    sliced = report["sliced-wasserstein-1"]  # the same for either sign
    assert (sliced.value, sliced.stderr) == pytest.approx((known.value, known.stderr), rel=1e-9)
    energy = (
        2 * np.mean(2 * norm.pdf(z) + z * (2 * norm.cdf(z) - 1))
        - 2 / math.sqrt(math.pi)
        - np.mean(np.abs(z[:, None] - z))
    )
    assert report["energy"].value == pytest.approx(energy, rel=1e-10)
    # The distance of characteristic functions, by quadrature.
    beta = (3 * 50 / 4) ** 0.2 / math.sqrt(2)
    t = np.linspace(-8 * beta, 8 * beta, 4001)
    gap = np.abs(np.exp(1j * np.outer(t, z)).mean(axis=1) - np.exp(-(t**2) / 2)) ** 2
    expected = np.sum(gap * norm.pdf(t, scale=beta)) * (t[1] - t[0])
    assert report["henze-zirkler"].value == pytest.approx(expected, rel=1e-9)


def test_a_wider_normal_law():
    d, sd = 4, 1.5
    x = sd * np.random.default_rng(3).standard_normal((3000, d))
    report = multivariate_gaussianity(x, standardize=False)
    expected = (sd - 1) * math.sqrt(2 / math.pi)
    sliced = report["sliced-wasserstein-1"]
    assert abs(sliced.value - expected) < 4 * sliced.stderr < 0.1 * expected
    # |a - b| of normal vectors is a multiple of |Z|.
    norm_mean = math.sqrt(2) * math.gamma((d + 1) / 2) / math.gamma(d / 2)
    expected = norm_mean * (2 * math.hypot(1, sd) - math.sqrt(2) * (1 + sd))
    energy = report["energy"]
    floor = math.sqrt(2) * sd * norm_mean / 3000  # of coincident pairs
    assert abs(energy.value - expected - floor) < 4 * energy.stderr < 0.3 * expected


def test_normal_draws_are_near_and_others_are_not():
    rng = np.random.default_rng(9)
    normal = rng.standard_normal((1500, 3)) @ rng.normal(size=(3, 3))
    cube = rng.random((1500, 3)) @ rng.normal(size=(3, 3))
    near, far = multivariate_gaussianity(normal), multivariate_gaussianity(cube)
    for name in [*DISTANCES, "sliced-wasserstein-1"]:
        assert far[name].value > 1.5 * near[name].value
        assert far[name].value - near[name].value > 5 * far[name].stderr


def test_budget():
    x = _draws(100, 3)
    report = multivariate_gaussianity(x, pair_budget=2000.0)
    for name in DISTANCES:
        assert "n*n*d = 3e+04 is more than pair_budget = 2e+03" in report.unavailable[name]
    assert "min(n*n*d, n*d**3)" in report.unavailable["mardia-skewness"]
    allowed = multivariate_gaussianity(x, pair_budget=None)
    assert allowed.estimates == multivariate_gaussianity(x).estimates
    assert not allowed.unavailable


def test_empty_space():
    x = np.random.default_rng(0).standard_normal((300, 100))
    reason = multivariate_gaussianity(x).unavailable["henze-zirkler"]
    assert "the 300 draws are so far from each other in 100 dimensions" in reason
