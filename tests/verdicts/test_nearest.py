"""The nearest normal law, against a general optimiser and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import ndtr, ndtri

from clt_sim import laws
from clt_sim.gaussianity.views.sample import Sample
from clt_sim.verdicts.nearest import TOLERANCE, nearest_normal
from clt_sim.verdicts.sources import interval_of
from clt_sim.verdicts.steps import KnownSteps


def steps_of(values):
    return KnownSteps.of_sample(Sample.of(np.asarray(values, float)))


def by_search(values):
    """Return the least distance that Nelder and Mead find from several starts."""
    values = (np.sort(values) - np.mean(values)) / np.std(values)
    right = np.searchsorted(values, values, side="right") / values.size
    left = np.searchsorted(values, values, side="left") / values.size

    def distance(parameters):
        normal = ndtr((values - parameters[0]) / np.exp(parameters[1]))
        return max(np.max(right - normal), np.max(normal - left))

    starts = [(m, s) for m in (-0.4, 0.0) for s in (-0.6, 0.0)]
    options = {"maxiter": 400, "xatol": 1e-7, "fatol": 1e-9}
    return min(
        minimize(distance, start, method="Nelder-Mead", options=options).fun for start in starts
    )


@pytest.mark.parametrize("n", [5, 24, 120])
@pytest.mark.parametrize("name", ["exponential", "laplace", "poisson-like"])
def test_no_search_comes_nearer(n, name):
    rng = np.random.default_rng(n)
    if name == "poisson-like":
        values = rng.poisson(2.0, n).astype(float)  # ties
    else:
        values = getattr(rng, name)(size=n)
    least, most = nearest_normal(steps_of(values))
    found = by_search(values)
    assert 0.0 <= most - least <= 2.0 * TOLERANCE
    assert least <= found + 1e-9
    # The search may end beside the minimum, never below it; it mostly finds it.
    assert found <= most + 0.002


@pytest.mark.parametrize("n", [2, 7, 1000])
def test_normal_quantiles_are_half_a_step_away(n):
    values = 3.0 + 2.0 * ndtri((np.arange(n) + 0.5) / n)
    least, most = nearest_normal(steps_of(values))
    assert least == pytest.approx(0.5 / n, abs=2.0 * TOLERANCE)
    assert most == pytest.approx(0.5 / n, abs=2.0 * TOLERANCE)


def test_two_points_and_a_heavy_atom():
    # A step of height p cannot be met to better than p/2.
    least, most = nearest_normal(steps_of([0.0] * 8 + [1.0, -1.0]))
    assert least <= 0.4 <= most + TOLERANCE
    assert least == pytest.approx(0.4, abs=1e-4)


def test_location_and_scale_do_not_matter():
    values = np.random.default_rng(3).gamma(3.0, size=500)
    first = nearest_normal(steps_of(values))
    assert nearest_normal(steps_of(1e6 - 1e-3 * values)) == pytest.approx(first, abs=1e-6)


def test_bins_bracket_the_draws():
    values = np.random.default_rng(4).exponential(size=3000)
    _, exact = nearest_normal(steps_of(values))
    edges = np.linspace(0.0, 12.0, 200)
    below = np.searchsorted(np.sort(values), edges) / values.size
    least, most = nearest_normal(KnownSteps.of_bins(edges, below))
    assert least <= exact <= most
    assert most - least < 0.1


def test_a_law():
    # The nearest normal of a uniform law has its mean by symmetry: one parameter is left.
    p = np.linspace(0.0, 1.0, 20001)
    law = laws.get("uniform", low=-1.0, high=1.0)
    scales = np.linspace(0.4, 0.8, 2001)
    distances = [np.max(np.abs(p - ndtr((2.0 * p - 1.0) / s))) for s in scales]
    interval = interval_of(law, "kolmogorov-nearest", 0.95, standardize=True)
    assert interval.low <= min(distances) <= interval.high + 1e-4
    assert interval.high - interval.low < 5e-4


def test_far_values_do_not_hide_the_rest():
    values = np.random.default_rng(5).standard_cauchy(2000)
    least, most = nearest_normal(steps_of(values))
    assert most - least <= 2.0 * TOLERANCE
    values[0] = 1e12
    assert nearest_normal(steps_of(values)) == pytest.approx((least, most), abs=1e-3)
