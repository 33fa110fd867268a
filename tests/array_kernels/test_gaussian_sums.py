"""The fast Gauss transform against sums over all pairs."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.polynomial.hermite_e import HermiteE

from clt_sim._array_kernels import gaussian_sums
from clt_sim.gaussianity.numerics.gauss_transform import ERROR, gauss_transform

ORDERS = 5


def naive(values, weights):
    """Sum over all pairs; row k with the k-th Hermite polynomial."""
    d = np.clip(values - values[:, None], -60.0, 60.0)  # there the kernel is 0
    kernel = np.exp(-0.5 * d * d) * weights
    return np.array([(HermiteE.basis(k)(d) * kernel).sum(axis=1) for k in range(ORDERS)])


def worst(values, weights):
    """The largest error in terms of the stated bound."""
    size = np.abs(weights)
    bound = ERROR * ((np.abs(values - values[:, None]) <= 11.0) @ size) + 1e-17 * size.sum()
    error = np.abs(gauss_transform(values, weights, ORDERS - 1) - naive(values, weights))
    return np.max(error / (bound + 1e-300))


RNG = np.random.default_rng(1)
POINTS = {
    "normal": RNG.normal(size=700),
    "heavy": RNG.standard_cauchy(size=700),
    "far": RNG.normal(size=300) + 1e6,
    "wide": 50.0 * RNG.normal(size=700),
    "corners of boxes": np.concatenate(
        [np.arange(-8.0, 8.0, 0.5), np.arange(-8.0, 8.0, 0.5) - 1e-9]
    ),
    "centres of boxes": np.arange(-8.25, 8.0, 0.5),
    "a cluster and a point": np.append(1e-6 * RNG.normal(size=200), 1e200),
    "beyond whole numbers": np.array([-1e200, -1e17, 1.0, 1.5, 1e17, 1e17 + 32.0, 1e200, 1e200]),
    "huge": np.full(5, 1e200),
    "one": np.array([3.0]),
    "ties": np.repeat(RNG.normal(size=50), 10),
    "a box of many": RNG.uniform(0.0, 0.5, size=1500),
}


@pytest.mark.parametrize("name", POINTS)
def test_agrees_with_sums_over_pairs(name):
    values = np.sort(POINTS[name])
    assert worst(values, RNG.dirichlet(np.ones(values.size))) < 1.0
    assert worst(values, RNG.normal(size=values.size)) < 1.0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-40.0, 40.0), min_size=1, max_size=30), st.randoms())
def test_any_points(values, random):
    values = np.sort(np.array(values))
    assert worst(values, np.array([random.uniform(-1.0, 1.0) for _ in values])) < 1.0


def test_two_points_in_30_digits():
    with mpmath.workdps(30):
        for low, high in [(-0.25, 0.24999), (0.0, 0.5), (0.01, 9.9), (-3.0, 4.2)]:
            fast = gauss_transform(np.array([low, high]), np.array([0.0, 1.0]), 4)[:, 0]
            for k in range(ORDERS):
                exact = mpmath.diff(lambda x: mpmath.exp(-((x - high) ** 2) / 2), low, k)  # noqa: B023
                assert abs(fast[k] - exact) < ERROR


def test_a_term_less_is_seen(monkeypatch):
    """The negative control: moments without their last third are not enough."""
    values, weights = np.sort(POINTS["normal"]), np.full(700, 1.0 / 700.0)
    take = gaussian_sums.add_gaussians

    def without_last_terms(*arguments):
        arguments[5][gaussian_sums.TERMS * 2 // 3 :] = 0.0  # their inverse factorials
        return take(*arguments)

    assert worst(values, weights) < 1.0
    monkeypatch.setattr(gaussian_sums, "add_gaussians", without_last_terms)
    assert worst(values, weights) > 1.0


def test_bytes_do_not_depend_on_what_is_far():
    """Boxes are on one grid: points out of reach add nothing, and move nothing."""
    near = np.sort(RNG.normal(size=200))
    weights = RNG.dirichlet(np.ones(200))
    alone = gauss_transform(near, weights, 2)
    beside = gauss_transform(np.append(near, [40.0, 1e9]), np.append(weights, [1.0, 1.0]), 2)
    assert np.array_equal(alone, beside[:, :-2])
