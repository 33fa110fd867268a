"""What does not change the measures, and their errors against the jackknife."""

from __future__ import annotations

import numpy as np
import pytest

import clt_sim as clt
from clt_sim.multivariate import multivariate_gaussianity
from clt_sim.multivariate.projections import SlicedWasserstein1
from clt_sim.multivariate.sample import MultivariateSample
from clt_sim.multivariate.whitening import whiten

AFFINE = ["mardia-skewness", "mardia-kurtosis", "henze-zirkler", "energy"]
NAMES = [*AFFINE, "sliced-wasserstein-1", "square-correlation"]
X = np.random.default_rng(0).exponential(size=(300, 3)) @ np.array(
    [[1.0, 0.5, 0.0], [0.0, 1.0, -1.0], [0.0, 0.0, 2.0]]
)


def test_affine_maps():
    report = multivariate_gaussianity(X)
    matrix = np.random.default_rng(1).normal(size=(3, 3))
    moved = multivariate_gaussianity(1e-3 * X @ matrix + 1e3)
    for name in AFFINE:
        assert moved[name].value == pytest.approx(report[name].value, rel=1e-6)
        assert moved[name].stderr == pytest.approx(report[name].stderr, rel=1e-5)
    sliced = "sliced-wasserstein-1"
    assert moved[sliced].value != report[sliced].value
    assert abs(moved[sliced].value - report[sliced].value) < 2 * report[sliced].stderr


def test_shifts_and_scales_of_units():
    report = multivariate_gaussianity(X)
    moved = multivariate_gaussianity(X * np.array([1e-120, 3.0, 1e150]) + np.array([0.0, 9.0, 0.0]))
    for name in NAMES:
        assert moved[name].value == pytest.approx(report[name].value, rel=1e-9), name


def test_raw_distances_see_rotations_no_more_than_rounding_but_shifts():
    rotation, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))
    report = multivariate_gaussianity(X, standardize=False)
    turned = multivariate_gaussianity(X @ rotation, standardize=False)
    shifted = multivariate_gaussianity(X + 1.0, standardize=False)
    for name in AFFINE[2:]:
        assert turned[name].value == pytest.approx(report[name].value, rel=1e-10)
        assert shifted[name].value > 1.1 * report[name].value


def test_order_of_draws_and_seed():
    report = multivariate_gaussianity(X)
    turned = multivariate_gaussianity(X[::-1])
    for name in NAMES:
        assert turned[name].value == pytest.approx(report[name].value, rel=1e-9)
    assert multivariate_gaussianity(X).estimates == report.estimates
    other = multivariate_gaussianity(X, seed=1, directions=500, measures=NAMES[4])[NAMES[4]]
    assert other.value != report[NAMES[4]].value
    assert abs(other.value - report[NAMES[4]].value) < 2 * report[NAMES[4]].stderr


@pytest.mark.parametrize("standardize", [True, False])
def test_jackknife(standardize):
    # Light tails: then the error of the jackknife and of influence functions agree early.
    rng = np.random.default_rng(4)
    n = 200
    x = rng.random((n, 3)) ** 2 @ np.array([[3.0, 0.5, 0.0], [0.0, 3.0, -1.0], [1.0, 0.0, 2.0]])

    def measure(draws):
        return multivariate_gaussianity(draws, standardize=standardize, directions=7)

    report = measure(x)
    without = [measure(np.delete(x, i, axis=0)) for i in range(n)]
    for name in NAMES:
        values = np.array([one[name].value for one in without])
        jackknife = np.sqrt(n - 1) * values.std()
        stderr = report[name].stderr
        if name == "sliced-wasserstein-1":  # has an error over directions as well
            assert jackknife < stderr
            continue
        assert stderr == pytest.approx(jackknife, rel=0.05), name


def test_projections_are_measured_one_by_one():
    n = 150
    x = np.random.default_rng(6).random((n, 3)) ** 2
    sliced = SlicedWasserstein1(directions=3, seed=5)

    def sample(draws):
        return MultivariateSample(draws, whiten(draws, precision=2e-16), standardized=True)

    rng = np.random.default_rng(5)
    directions = rng.standard_normal((3, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    each = [
        clt.gaussianity(sample(x).values @ u, measures="wasserstein-1")["wasserstein-1"].value
        for u in directions
    ]
    estimate = sliced.estimate(sample(x))
    assert estimate.value == pytest.approx(np.mean(each))
    over_directions = np.std(each, ddof=1) / np.sqrt(3)
    without = [sliced.estimate(sample(np.delete(x, i, axis=0))).value for i in range(n)]
    over_draws = np.sqrt(n - 1) * np.std(without)
    assert estimate.stderr == pytest.approx(np.hypot(over_draws, over_directions), rel=0.02)
    assert over_draws > over_directions  # or this would test nothing
